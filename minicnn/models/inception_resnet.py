"""Inception-ResNet v2: what an Inception module computes is added to its input, scaled down.

    y = ReLU(x + s * conv1x1(module(x)))          s = 0.1 to 0.2: with many filters, training of
                                                  unscaled residuals died (section 3.3)

    variant       source                                              parameters
    "released"    the program and weights the authors published       55,843,464
    "paper"       figures 3 and 7, 15 to 19, table 1                  32,433,928
    "small"       for 32 x 32 images: an eighth of the released       278,482
                  network's maps; 2, 3 and 2 modules

Source: Szegedy, Ioffe, Vanhoucke, Alemi, "Inception-v4, Inception-ResNet and the impact of residual
connections on learning", AAAI 2017.  Input: 3 x 299 x 299, RGB from -1 to 1.  Slides: memphis
"Inception-Residual module", stanford "Good Practices for Deep Feature Fusion".  The authors'
weights load as the library timm has them.

Departures of "released", the network that is known by this name, from the paper
---------------------------------------------------------------------------------
1. The stem is that of Inception v3 with one Inception module (320 maps); the paper's is v4's (384).
2. 10, 20 and 10 residual modules; the paper's figure has 5, 10 and 5.
3. A last 1x1 convolution to 1,536 maps; the last residual module has no scale and no ReLU.

Departures of "paper" from the paper
------------------------------------
4. The 1x1 convolutions behind Inception-B and C have the 1,152 and 2,144 maps of the inputs that
   they are added to; figures 17 and 19 say 1154 and 2048, which cannot be added.
5. Scales are the released ones; the paper gives a range.
6. In both, starting weights are He et al.'s; the paper does not say.
7. In both, batch norms have the released eps, 1e-3; but their running averages move by a tenth at
   every step, in the authors' program, trained for long, by 0.0003.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from minicnn.autograd.tensor import Tensor
from minicnn.data.preparation import Preparation
from minicnn.init import apply_init, he_normal, zeros
from minicnn.layers.activations import ReLU
from minicnn.layers.adaptive import GlobalAvgPool2d
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.dropout import Dropout
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.module import Module
from minicnn.models.inception_v4 import block
from minicnn.models.inception_v4 import stem as stem_of_v4
from minicnn.models.network import Network, Residual, check_choice, check_classes
from minicnn.models.paths import COLUMN, ROW, Paths, convolution, maps_of, narrow
from minicnn.models.table import row
from minicnn.weights.names import Names

# How to read the paths of a module: minicnn/models/paths.py.
MIXED: Paths = {"one": [(96, 1)],  # the release's module on 35x35
                "five": [(48, 1), (64, 5)],
                "double": [(64, 1), (96, 3), (96, 3)],
                "pool": ["avg", (64, 1)]}
INCEPTION_A: Paths = {"one": [(32, 1)],  # figure 16
                      "three": [(32, 1), (32, 3)],
                      "double": [(32, 1), (48, 3), (64, 3)]}
REDUCTION_A: Paths = {"three": [(384, 3, 2)],  # figure 7, table 1
                      "double": [(256, 1), (256, 3), (384, 3, 2)],
                      "pool": ["max"]}
INCEPTION_B: Paths = {"one": [(192, 1)],  # figure 17
                      "seven": [(128, 1), (160, ROW), (192, COLUMN)]}
REDUCTION_B: Paths = {"three": [(256, 1), (384, 3, 2)],  # figure 18
                      "second": [(256, 1), (288, 3, 2)],
                      "double": [(256, 1), (288, 3), (320, 3, 2)],
                      "pool": ["max"]}
INCEPTION_C: Paths = {"one": [(192, 1)],  # figure 19
                      "three": [(192, 1), (224, (1, 3)), (256, (3, 1))]}


class Scale(Module):
    """y = s x  for a fixed number s."""

    def __init__(self, factor: float) -> None:
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        return x * self.factor

    def extra_repr(self) -> str:
        return f"{self.factor:g}"


def residual(channels: int, paths: Paths, scale: float, last: bool = False) -> Residual:
    """The module at the head of this file; `last` has neither scale nor ReLU."""
    body = Sequential(branches=block(channels, paths),
                      conv=Conv2d(maps_of(paths.values()), channels, 1),
                      scale=Scale(1.0 if last else scale))
    return Residual(body, after=None if last else ReLU())


def residuals(depth: int, *settings: Any, **end: Module) -> Sequential:
    return Sequential(*[residual(*settings) for _ in range(depth)], **end)


def stem_of_v3(channels: int) -> Sequential:
    """(N, channels, 299, 299) -> (N, 320, 35, 35)"""
    return Sequential(
        conv2d_1a=convolution(channels, 32, 3, 2), conv2d_2a=convolution(32, 32, 3, 1, 0),
        conv2d_2b=convolution(32, 64, 3), maxpool_3a=MaxPool2d(3, 2),
        conv2d_3b=convolution(64, 80, 1), conv2d_4a=convolution(80, 192, 3, 1, 0),
        maxpool_5a=MaxPool2d(3, 2), mixed_5b=block(192, MIXED))


def small_stem(channels: int) -> Module:
    return convolution(channels, 320 // 8, 3)


class Variant(NamedTuple):
    stem: Callable[[int], Module]
    maps: tuple[int, int, int]                             # behind the stem and each reduction
    depths: tuple[int, int, int]                           # modules of the kinds A, B and C
    divisor: int                                           # of the maps in the modules
    last: int                                              # maps of a last convolution; 0: none
    size: int                                              # of the square images, in pixels


VARIANTS = {
    "released": Variant(stem_of_v3, (320, 1088, 2080), (10, 20, 9), 1, 1536, 299),
    "paper": Variant(stem_of_v4, (384, 1152, 2144), (5, 10, 5), 1, 0, 299),
    "small": Variant(small_stem, (40, 136, 260), (2, 3, 1), 8, 192, 32),
}


class InceptionResNetV2(Network):
    """Inception-ResNet v2:  (N, 3, 299, 299) -> (N, classes).

    Parameters
    ----------
    variant : "released", "paper" or "small"    see the head of this file
    classes : int, default 1000                 how many it tells apart
    channels : int, default 3                   of the images
    dropout : float, default 0.2                before the last layer

    >>> InceptionResNetV2().num_parameters()
    55843464
    """

    published = {"timm": Names(
        (r"\.norm\.", ".bn."), (r"^Stem\.", ""), (r"body\.branches\.", ""),
        (r"body\.conv", "conv2d"), (r"^(Reduction-.)\.three", r"\1.branch0"),
        (r"^Reduction-A\.double", "Reduction-A.branch1"), (r"\.one\.", ".branch0."),
        (r"\.(three|five|seven|second)\.", ".branch1."), (r"\.double\.", ".branch2."),
        (r"\.pool\.", ".branch3."), (r"^Inception-resnet-C\.last", "block8"),
        (r"^Inception-resnet-A", "repeat"), (r"^Inception-resnet-B", "repeat_1"),
        (r"^Inception-resnet-C", "repeat_2"), (r"^Reduction-A", "mixed_6a"),
        (r"^Reduction-B", "mixed_7a"), (r"^Softmax", "classif"), variant="released",
        sign={"repeat.9.conv2d.weight": (320, 128, 1, 1)})}

    def __init__(self, variant: str = "released", classes: int = 1000, channels: int = 3,
                 dropout: float = 0.2) -> None:
        check_choice("InceptionResNetV2", "variant", variant, VARIANTS)
        check_classes("InceptionResNetV2", classes)
        form = VARIANTS[variant]
        (maps_a, maps_b, maps_c), (depth_a, depth_b, depth_c) = form.maps, form.depths
        kind_a, reduction_a, kind_b, reduction_b, kind_c = (
            narrow(paths, form.divisor) for paths in
            (INCEPTION_A, REDUCTION_A, INCEPTION_B, REDUCTION_B, INCEPTION_C))
        end = {"last": residual(maps_c, kind_c, 0.20, last=True)} if form.last else {}
        super().__init__(
            row("Stem", form.stem(channels)),
            row("Inception-resnet-A", residuals(depth_a, maps_a, kind_a, 0.17)),
            row("Reduction-A", block(maps_a, reduction_a)),
            row("Inception-resnet-B", residuals(depth_b, maps_b, kind_b, 0.10)),
            row("Reduction-B", block(maps_b, reduction_b)),
            row("Inception-resnet-C", residuals(depth_c, maps_c, kind_c, 0.20, **end)),
            *([row("conv2d_7b", convolution(maps_c, form.last, 1))] if form.last else []),
            row("Average Pooling", GlobalAvgPool2d(), Flatten()),
            row("Dropout", Dropout(dropout)),
            row("Softmax", Linear(form.last or maps_c, classes)),
            input_shape=(channels, form.size, form.size))
        self.variant = variant
        self.keep_published(variant)
        self.preparation = (Preparation(299, 333, (0.5,) * 3, (0.5,) * 3, bicubic=True)
                            if self.published else None)
        apply_init(self, weight=he_normal(), bias=zeros)


def inception_resnet_v2_small(classes: int = 10, channels: int = 3,
                              dropout: float = 0.2) -> InceptionResNetV2:
    """Seven modules with an eighth of the released maps for (N, channels, 32, 32)."""
    return InceptionResNetV2("small", classes, channels, dropout)


NETWORKS: dict[str, Callable[..., Module]] = {
    "inception_resnet_v2": InceptionResNetV2,
    "inception_resnet_v2_small": inception_resnet_v2_small,
}
