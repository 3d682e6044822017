"""MobileNet v1 and v2: depthwise separable convolutions, for mobile phones.

    name                  width   parameters   MACs         made for
    mobilenet_v1_125      1.25     6,270,840   879,516,800  3 x 224 x 224, 1000 classes
    mobilenet_v1          1.0      4,231,976   568,740,352
                          0.75     2,585,560   325,400,448
                          0.5      1,331,592   149,497,088
                          0.25       470,072    41,030,272
    mobilenet_v2          1.4      6,108,776   582,195,824  3 x 224 x 224, 1000 classes
                          1.0      3,504,872   300,774,272
                          0.75     2,636,424   209,069,792
                          0.5      1,968,680    97,131,840
                          0.35     1,677,128    59,285,808
    mobilenet_v1_small    0.5        141,994     6,222,336  3 x 32 x 32, 10 classes
    mobilenet_v2_small    1.0        217,162    35,523,712  3 x 32 x 32, 10 classes

Slide: stanford, "MobileNets: Efficient Convolutional Neural Networks for Mobile Applications": a
3 x 3 convolution C -> C costs 9 C^2 H W, a depthwise and a pointwise one 9 C H W + C^2 H W.

Sources: Howard et al. 2017, "MobileNets", table 1 (v1); Sandler et al. 2018, "MobileNetV2: inverted
residuals and linear bottlenecks", table 2 and section 3 (v2).  Input: colours scaled to mean 0 and
variance 1 over the training images.  torchvision's weights load into v2, those of the library timm
into v1 with variant="timm".

    variant       v1 has    padding at stride 2       eps
    "paper"       ReLU      on each side              1e-5
    "released"    ReLU6     below and to the right    1e-3    in v1 dropout of 0.001 at the end
    "timm"        ReLU6     on each side              1e-5    v1 alone

Departures from the paper
-------------------------
1. v1: the last depthwise convolution has stride 1; table 1 prints "s2" there, and at the same time
   7 x 7 before and behind it.
2. What the papers leave open is torchvision's in "paper": one pixel of padding on each side, eps
   1e-5; so is v2's dropout of 0.2 before the classifier.  "released" follows the authors' program,
   whose ReLU6 in v1 is not the paper's (figure 3), and "timm" the library of that name.
3. Running averages move by a tenth at every step; in the authors' program by 0.0003 (v1) and 0.003
   (v2), for long trainings.
4. Weights start by He's rule, biases at 0; in the authors' program normal, std 0.09, without tails.
   The papers do not say.  MobileNet v1 1.25 is the program's with that width, and timm's; the paper
   stops at 1.
5. v2's classifier is a fully connected layer, as in torchvision; table 2 draws it as a 1 x 1
   convolution.
"""

from collections.abc import Callable, Sequence
from functools import partial

from minicnn.data.preparation import Preparation
from minicnn.init import apply_init, he_normal, zeros
from minicnn.layers.activations import ReLU
from minicnn.layers.adaptive import GlobalAvgPool2d
from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.containers import Sequential
from minicnn.layers.dropout import Dropout
from minicnn.layers.hardtanh import ReLU6
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.module import Module
from minicnn.models.network import (
    ImageShape,
    Network,
    Residual,
    check_choice,
    check_classes,
    conv_unit,
)
from minicnn.models.table import row
from minicnn.weights.names import Names

Unit = Callable[..., Sequential]                           # as conv_unit

UNITS: dict[str, Unit] = {
    "paper": conv_unit,
    "released": partial(conv_unit, padding="same", norm=partial(BatchNorm2d, eps=1e-3)),
    "timm": conv_unit,
}
V1_WIDTHS = (0.25, 0.5, 0.75, 1.0, 1.25)
V2_WIDTHS = (0.35, 0.5, 0.75, 1.0, 1.4)

# channels, stride: table 1 of the paper
V1_BLOCKS = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1), (512, 1),
             (512, 1), (512, 1), (512, 1), (1024, 2), (1024, 1)]
V1_SMALL = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1)]

# t (expansion), c (channels), n (blocks), s (stride of the first): table 2 of the paper
V2_STAGES = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1),
             (6, 160, 3, 2), (6, 320, 1, 1)]
V2_SMALL = [(1, 16, 1, 1), (6, 24, 2, 1), (6, 32, 2, 2), (6, 64, 2, 2), (6, 96, 1, 1)]


def divisible(channels: float, step: int = 8) -> int:
    """The multiple of `step` nearest to `channels`, but at least step and 90 % of channels.

    >>> divisible(32 * 0.35), divisible(24 * 0.5), divisible(96 * 1.4)
    (16, 16, 136)
    """
    nearest = max(step, int(channels + step / 2) // step * step)
    return nearest + step if nearest < 0.9 * channels else nearest


def separable(in_channels: int, out_channels: int, stride: int,
              unit: Unit = conv_unit) -> Sequential:
    """A filter for each channel, then 1 x 1 filters across channels."""
    return Sequential(depthwise=unit(in_channels, in_channels, 3, stride, groups=in_channels),
                      pointwise=unit(in_channels, out_channels))


def inverted_residual(in_channels: int, out_channels: int, stride: int, expansion: int,
                      unit: Unit) -> Module:
    """Narrow to wide by 1 x 1, a filter for each channel, wide to narrow without activation."""
    wide = in_channels * expansion
    parts: dict[str, Module] = {}
    if expansion > 1:
        parts["expand"] = unit(in_channels, wide)
    parts["depthwise"] = unit(wide, wide, 3, stride, groups=wide)
    parts["project"] = unit(wide, out_channels, activation=None)
    body = Sequential(**parts)
    return Residual(body) if stride == 1 and in_channels == out_channels else body


def timm_names() -> Names:
    """Of v1 in the library timm, which counts the blocks anew behind each stride of 2."""
    rules, stage, block = [], 0, -1
    for number, (_, stride) in enumerate(V1_BLOCKS, 1):
        stage, block = (stage + 1, 0) if stride == 2 else (stage, block + 1)
        rules.append((rf"^ds{number}\.", f"blocks.{stage}.{block}."))
    return Names(*rules, (r"^conv1\.conv", "conv_stem"), (r"^conv1\.norm", "bn1"),
                 (r"depthwise\.conv", "conv_dw"), (r"depthwise\.norm", "bn1"),
                 (r"pointwise\.conv", "conv_pw"), (r"pointwise\.norm", "bn2"),
                 (r"^fc", "classifier"), variant="timm")


class MobileNetV1(Network):
    """MobileNet v1:  (N, 3, 224, 224) -> (N, classes) scores.

    Parameters
    ----------
    width : 0.25, 0.5, 0.75, 1.0, 1.25   the paper's width multiplier, of all channels
    classes : int, default 1000          how many it tells apart
    variant : "paper", "released", "timm"    see the head of this file

    For networks of another size:

    blocks : list, default V1_BLOCKS   (channels, stride) of each block
    stride : int, default 2            of the first convolution
    input_shape : (C, H, W)            of the images

    >>> MobileNetV1().num_parameters(), MobileNetV1(width=0.25).num_parameters()
    (4231976, 470072)
    """

    published = {"timm": timm_names()}

    def __init__(self, width: float = 1.0, classes: int = 1000,
                 blocks: Sequence[tuple[int, int]] = V1_BLOCKS, stride: int = 2,
                 input_shape: ImageShape = (3, 224, 224), variant: str = "paper") -> None:
        check_choice("MobileNetV1", "width", width, V1_WIDTHS)
        check_classes("MobileNetV1", classes)
        check_choice("MobileNetV1", "variant", variant, UNITS)
        unit = partial(UNITS[variant], activation=ReLU if variant == "paper" else ReLU6)
        channels = int(32 * width)
        rows = [row("conv1", unit(input_shape[0], channels, 3, stride))]
        for number, (out, step) in enumerate(blocks, 1):
            rows.append(row(f"ds{number}", separable(channels, int(out * width), step, unit)))
            channels = int(out * width)
        drop = [Dropout(0.001)] if variant == "released" else []
        super().__init__(*rows, row("gap", GlobalAvgPool2d()),
                         row("fc", Flatten(), *drop, Linear(channels, classes)),
                         input_shape=input_shape)
        self.variant = "" if variant == "paper" else variant
        self.keep_published(variant)
        self.preparation = (Preparation(224, 256, (0.5,) * 3, (0.5,) * 3, bicubic=True)
                            if self.published and blocks is V1_BLOCKS else None)
        apply_init(self, weight=he_normal(), bias=zeros)


class MobileNetV2(Network):
    """MobileNet v2:  (N, 3, 224, 224) -> (N, classes) scores.

    Parameters
    ----------
    width : 0.35, 0.5, 0.75, 1.0 or 1.4    width multiplier, of all channels but the last 1280
                                           (which 1.4 multiplies too)
    classes : int, default 1000            how many it tells apart
    variant : "paper" or "released"        see the head of this file

    For networks of another size:

    stages : list, default V2_STAGES       rows as in table 2
    stride : int, default 2                of the first convolution
    last : int, default 1280               channels of the last convolution
    input_shape : (C, H, W)                of the images

    >>> MobileNetV2().num_parameters()
    3504872
    """

    published = {"torchvision": Names(
        (r"\.body", ""), (r"\.conv\.", ".0."), (r"\.norm\.", ".1."),
        (r"^conv1", "features.0"), (r"^conv2", "features.18"),
        (r"^block1\.depthwise", "block1.0"), (r"^block1\.project\.0", "block1.1"),
        (r"^block1\.project\.1", "block1.2"),
        (r"expand", "0"), (r"depthwise", "1"), (r"project\.0", "2"), (r"project\.1", "3"),
        (r"^block(\d+)", r"features.\1.conv"), (r"^fc", "classifier.1"), variant="paper")}

    def __init__(self, width: float = 1.0, classes: int = 1000,
                 stages: Sequence[tuple[int, int, int, int]] = V2_STAGES, stride: int = 2,
                 last: int = 1280, input_shape: ImageShape = (3, 224, 224),
                 variant: str = "paper") -> None:
        check_choice("MobileNetV2", "width", width, V2_WIDTHS)
        check_classes("MobileNetV2", classes)
        check_choice("MobileNetV2", "variant", variant, ("paper", "released"))
        unit = partial(UNITS[variant], activation=ReLU6)
        channels, last = divisible(32 * width), divisible(last * max(width, 1.0))
        rows = [row("conv1", unit(input_shape[0], channels, 3, stride))]
        for expansion, maps, count, step in stages:
            out = divisible(maps * width)
            for _ in range(count):
                block = inverted_residual(channels, out, step, expansion, unit)
                rows.append(row(f"block{len(rows)}", block))
                channels, step = out, 1                    # only the first block has the stride
        super().__init__(*rows, row("conv2", unit(channels, last)),
                         row("pool", GlobalAvgPool2d()),
                         row("fc", Flatten(), Dropout(0.2), Linear(last, classes)),
                         input_shape=input_shape)
        self.variant = "" if variant == "paper" else variant
        self.keep_published(variant)
        published = variant == "paper" and input_shape == (3, 224, 224)
        self.preparation = Preparation() if published else None
        apply_init(self, weight=he_normal(), bias=zeros)


def mobilenet_v1_small(classes: int = 10, width: float = 0.5, channels: int = 3) -> MobileNetV1:
    """For 32 x 32 images: the first convolution has stride 1, and there are seven blocks."""
    return MobileNetV1(width, classes, V1_SMALL, stride=1, input_shape=(channels, 32, 32))


def mobilenet_v2_small(classes: int = 10, width: float = 1.0, channels: int = 3) -> MobileNetV2:
    """For 32 x 32 images: the first convolution has stride 1, and there are eight blocks."""
    return MobileNetV2(width, classes, V2_SMALL, stride=1, last=320, input_shape=(channels, 32, 32))


NETWORKS = {"mobilenet_v1": MobileNetV1, "mobilenet_v1_125": partial(MobileNetV1, 1.25),
            "mobilenet_v2": MobileNetV2,
            "mobilenet_v1_small": mobilenet_v1_small, "mobilenet_v2_small": mobilenet_v2_small}
