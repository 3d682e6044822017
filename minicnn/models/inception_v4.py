"""Inception v4: the modules of v3 made uniform, one kind for each size of the maps.

    variant    input            parameters
    "paper"    3 x 299 x 299    42,679,816
    "small"    3 x 32 x 32      304,026       an eighth of the maps; 2, 3 and 1 modules

Source: Szegedy, Ioffe, Vanhoucke, Alemi, "Inception-v4, Inception-ResNet and the impact of residual
connections on learning", AAAI 2017, figures 3 to 9; a row is a block of figure 9.
Input: RGB from -1 to 1.  Slides: memphis "Inception v4", virginia "GoogLeNet Configuration".  The
authors' weights load as the library timm has them.

Departures from the paper
-------------------------
1. Figures 4 to 6 are read as the authors' own program has them: in Inception-B the second path is
   1x7 then 7x1 (the figure has 1x7 twice), in Inception-C the longest is 3x1 before 1x3.
2. Average pooling counts the pixels of the image only; the paper does not say.
3. Starting weights are He et al.'s; the paper does not say.
4. Batch norms have the program's eps, 1e-3; but their running averages move by a tenth at every
   step, there, in long trainings, by 0.0003.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from minicnn.data.preparation import Preparation
from minicnn.init import apply_init, he_normal, zeros
from minicnn.layers.adaptive import GlobalAvgPool2d
from minicnn.layers.avgpool import AvgPool2d
from minicnn.layers.containers import Sequential
from minicnn.layers.dropout import Dropout
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.module import Module
from minicnn.models.network import Network, check_choice, check_classes
from minicnn.models.paths import (
    COLUMN,
    POOLS,
    ROW,
    Paths,
    Pools,
    branches,
    convolution,
    narrow,
)
from minicnn.models.table import Row, row
from minicnn.weights.names import Names, numbered

SPLIT = [(256, (1, 3)), (256, (3, 1))]

# How to read the paths of a module: minicnn/models/paths.py.  A padding of 0 is the figures' V.
STEM_1: Paths = {"pool": ["max"], "conv": [(96, 3, 2)]}  # figure 3
STEM_2: Paths = {"short": [(64, 1), (96, 3, 1, 0)],
                 "long": [(64, 1), (64, ROW), (64, COLUMN), (96, 3, 1, 0)]}
STEM_3: Paths = {"conv": [(192, 3, 2)], "pool": ["max"]}
INCEPTION_A: Paths = {"one": [(96, 1)],  # figure 4
                      "three": [(64, 1), (96, 3)],
                      "double": [(64, 1), (96, 3), (96, 3)],
                      "pool": ["avg", (96, 1)]}
REDUCTION_A: Paths = {"three": [(384, 3, 2)],  # figure 7, table 1
                      "double": [(192, 1), (224, 3), (256, 3, 2)],
                      "pool": ["max"]}
INCEPTION_B: Paths = {"one": [(384, 1)],  # figure 5
                      "seven": [(192, 1), (224, ROW), (256, COLUMN)],
                      "double": [(192, 1), (192, COLUMN), (224, ROW), (224, COLUMN), (256, ROW)],
                      "pool": ["avg", (128, 1)]}
REDUCTION_B: Paths = {"three": [(192, 1), (192, 3, 2)],  # figure 8
                      "seven": [(256, 1), (256, ROW), (320, COLUMN), (320, 3, 2)],
                      "pool": ["max"]}
INCEPTION_C: Paths = {"one": [(256, 1)],  # figure 6
                      "three": [(384, 1), SPLIT],
                      "double": [(384, 1), (448, (3, 1)), (512, (1, 3)), SPLIT],
                      "pool": ["avg", (256, 1)]}


IMAGE_ONLY: Pools = {**POOLS, "avg": partial(AvgPool2d, 3, 1, 1, count_include_pad=False)}


class Variant(NamedTuple):
    stem: Callable[[int], Module]
    divisor: int                                           # of the maps
    depths: tuple[int, int, int]                           # modules of the kinds A, B and C
    size: int                                              # of the square images, in pixels


def block(in_channels: int, paths: Paths) -> Module:
    """A module whose average pooling counts the pixels of the image only: departure 2."""
    return branches(in_channels, paths, pools=IMAGE_ONLY)


def stem(channels: int) -> Sequential:
    """(N, channels, 299, 299) -> (N, 384, 35, 35)"""
    return Sequential(convolution(channels, 32, 3, 2), convolution(32, 32, 3, 1, 0),
                      convolution(32, 64, 3), block(64, STEM_1), block(160, STEM_2),
                      block(192, STEM_3))


def small_stem(channels: int) -> Module:
    return convolution(channels, 384 // 8, 3)


VARIANTS = {"paper": Variant(stem, 1, (4, 7, 3), 299),
            "small": Variant(small_stem, 8, (2, 3, 1), 32)}


class InceptionV4(Network):
    """Inception v4:  (N, 3, 299, 299) -> (N, classes).

    Parameters
    ----------
    variant : "paper" or "small"    see the head of this file
    classes : int, default 1000     how many it tells apart
    channels : int, default 3       of the images
    dropout : float, default 0.2    before the last layer

    >>> InceptionV4().num_parameters()
    42679816
    """

    published = {"timm": Names(
        (r"\.norm\.", ".bn."), (r"^(Reduction-.)\.three", r"\1.branch0"),
        (r"^(Reduction-.)\.(double|seven)", r"\1.branch1"), (r"\.(one|short)\.", ".branch0."),
        (r"\.(three|seven|long)\.", ".branch1."), (r"\.double\.", ".branch2."),
        (r"\.pool\.", ".branch3."), (r"^(Inception-C\.\d\.branch[12])\.(\d)", r"\1_\2"),
        (r"(?<=_\d)\.0\.", "a."), (r"(?<=_\d)\.1\.", "b."),                    # side by side
        (r"^Stem", "features"), (r"^Inception-A\.(\d)", numbered("features.{}", 6)),
        (r"^Reduction-A", "features.10"), (r"^Inception-B\.(\d)", numbered("features.{}", 11)),
        (r"^Reduction-B", "features.18"), (r"^Inception-C\.(\d)", numbered("features.{}", 19)),
        (r"^Softmax", "last_linear"), variant="paper")}

    def __init__(self, variant: str = "paper", classes: int = 1000, channels: int = 3,
                 dropout: float = 0.2) -> None:
        check_choice("InceptionV4", "variant", variant, VARIANTS)
        check_classes("InceptionV4", classes)
        form = VARIANTS[variant]

        def part(label: str, maps: int, paths: Paths, depth: int, output: str) -> Row:
            thin = narrow(paths, form.divisor)
            blocks = [block(maps // form.divisor, thin) for _ in range(depth)]
            return row(label, Sequential(*blocks) if len(blocks) > 1 else blocks[0],
                       output=output if variant == "paper" else None)

        depth_a, depth_b, depth_c = form.depths
        super().__init__(
            row("Stem", form.stem(channels)),
            part("Inception-A", 384, INCEPTION_A, depth_a, "384x35x35"),
            part("Reduction-A", 384, REDUCTION_A, 1, "1024x17x17"),
            part("Inception-B", 1024, INCEPTION_B, depth_b, "1024x17x17"),
            part("Reduction-B", 1024, REDUCTION_B, 1, "1536x8x8"),
            part("Inception-C", 1536, INCEPTION_C, depth_c, "1536x8x8"),
            row("Average Pooling", GlobalAvgPool2d(), Flatten()),
            row("Dropout", Dropout(dropout)),
            row("Softmax", Linear(1536 // form.divisor, classes)),
            input_shape=(channels, form.size, form.size))
        self.variant = variant
        self.keep_published(variant)
        self.preparation = (Preparation(299, 341, (0.5,) * 3, (0.5,) * 3, bicubic=True)
                            if self.published else None)
        apply_init(self, weight=he_normal(), bias=zeros)


def inception_v4_small(classes: int = 10, channels: int = 3, dropout: float = 0.2) -> InceptionV4:
    """Six modules with an eighth of the maps for (N, channels, 32, 32)."""
    return InceptionV4("small", classes, channels, dropout)


NETWORKS: dict[str, Callable[..., Module]] = {
    "inception_v4": InceptionV4,
    "inception_v4_small": inception_v4_small,
}
