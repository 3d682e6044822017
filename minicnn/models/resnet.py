"""ResNet for ImageNet, 18 to 152 layers, and the plain networks it was compared with.

    layers    trainable parameters with shortcuts                  MACs (B)         the slide's
              A             B             C             plain                       FLOPs
    18        11,515,688    11,689,512    12,043,816    11,515,688   1,814,073,344   1.8e9
    34        21,623,848    21,797,672    22,716,840    21,623,848   3,663,761,408   3.6e9
    50        22,780,456    25,557,032                               3,857,973,248   3.8e9
    101                     44,549,160                               7,570,194,432   7.6e9
    152                     60,192,808                              11,282,415,616  11.3e9

All read 3 x 224 x 224 images: a random crop of a picture whose shorter side was scaled to between
256 and 480 pixels, the mean of each pixel subtracted (here: of each channel).  Any other size will
do too, for only a mean over all pixels stands before the last layer.

Sources: He, Zhang, Ren, Sun, "Deep residual learning for image recognition", CVPR 2016, table 1 and
section 4.1.  Slides: memphis and iitk, the table of "ResNet" ("Architecture"); virginia "ResNet
Configuration"; stanford "Full ResNet architecture".  The slide's FLOPs are MACs with the stride on
the first 1x1; its 3.6 is the 34-layer network with shortcuts A (B has 3.66), its 3.8 is 3.86 with
the last digit cut off.

variant="torchvision" has the stride of 50, 101 and 152 on the 3x3 ("v1.5"): the same parameters,
and 231,211,008 MACs more.  The weights are named as torchvision's but for the beginnings:

    torchvision              here
    bn1.                     conv1_batchnorm2d.
    layerK.i.downsample.     conv(K+1)_x.i.shortcut.projection.
    layerK.i.                conv(K+1)_x.i.body.

torchvision's weights load into this variant; with 18 and 34 layers the two variants are one.

Departures from the paper
-------------------------
1. Starting weights have variance 2 / fan_in; the paper points to He et al. 2015, where fan_out is
   said to do as well (the authors' successors, and torchvision, took that).
2. The paper does not say which layer of a bottleneck has the stride.  Ours stands on the first 1x1,
   as in the authors' published network.
3. The max pool pads by one pixel; in the authors' program its last window hangs over the edge.
   Both give 56 x 56.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from minicnn.data.preparation import Preparation
from minicnn.init import apply_init, he_normal, zeros
from minicnn.layers.activations import ReLU
from minicnn.layers.adaptive import GlobalAvgPool2d
from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.conv import Conv2d
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.module import Module
from minicnn.models.network import Network, check_choice, check_classes
from minicnn.models.table import Row, row
from minicnn.models.units import (
    ORDERS,
    Unit,
    around,
    convolutions,
    plain_unit,
    residual_unit,
    stage,
)
from minicnn.weights.names import Names, numbered


class Column(NamedTuple):
    """One column of the slide's table: the unit, how many in conv2_x to conv5_x, printed FLOPs."""

    unit: str
    counts: tuple[int, ...]
    flops: str


COLUMNS = {
    18:  Column("basic",      (2, 2, 2, 2),  "1.8e9"),
    34:  Column("basic",      (3, 4, 6, 3),  "3.6e9"),
    50:  Column("bottleneck", (3, 4, 6, 3),  "3.8e9"),
    101: Column("bottleneck", (3, 4, 23, 3), "7.6e9"),
    152: Column("bottleneck", (3, 8, 36, 3), "11.3e9"),
}

# The slide's column "output size".
MAPS = ("112x112", "56x56", "28x28", "14x14", "7x7", "1x1")

# The slide's brackets: {0} and {1} are filled in by imagenet_rows, row for row.
BRACKETS = {"basic": "[3x3, {0}; 3x3, {0}]", "bottleneck": "[1x1, {0}; 3x3, {0}; 1x1, {1}]"}

EXPANSION = {"basic": 1, "bottleneck": 4}

# torchvision's names, which ResNeXt and Wide ResNet have too.
RULES = ((r"^conv1_batchnorm2d", "bn1"), (r"^conv(\d)_x", numbered("layer{}", -1)),
         (r"\.shortcut\.projection", ".downsample"), (r"\.body", ""))


def imagenet_rows(unit: Unit, counts: Sequence[int], expansion: int, bracket: str, classes: int,
                  base: int = 64, widen: float = 1, pool: Module | None = None) -> list[Row]:
    """The rows of the slide for any unit: conv1, conv2_x, ..., conv5_x, avgpool, fc.

    unit    : unit(in_channels, channels, stride); it gives expansion * channels
    bracket : what the table prints for a row; {0} is widen * channels, {1} expansion * channels
    base    : `channels` of the units in conv2_x; they double from row to row
    pool    : the one before them; if left out, 3x3 with a border of one pixel
    """
    rows = [row("conv1", Conv2d(3, 64, 7, 2, 3, bias=False), BatchNorm2d(64), ReLU(),
                maps=MAPS[0], kernel="7x7", stride="2")]
    seen = 64
    for number, count in enumerate(counts):
        channels = base * 2 ** number
        layers: list[Module] = [pool or MaxPool2d(3, 2, 1)] if number == 0 else []
        layers.append(stage(unit, count, seen, channels, 1 if number == 0 else 2, expansion))
        seen = expansion * channels
        rows.append(row(f"conv{number + 2}_x", *layers, maps=MAPS[number + 1],
                        units=f"{bracket.format(int(widen * channels), seen)} x {count}"))
    return [*rows, row("avgpool", GlobalAvgPool2d(), maps=MAPS[-1]),
            row("fc", Flatten(), Linear(seen, classes), output="1000")]


class ResNet(Network):
    """ResNet:  (N, 3, H, W) -> (N, classes), published for 224 x 224.

    Parameters
    ----------
    depth : 18, 34, 50, 101 or 152         layers with weights, shortcuts not counted
    classes : int, default 1000
    shortcut : "A", "B", "C" or "none"     the way around a unit that changes the shape:
                                           see minicnn.layers.residual; "none" is a plain network
    variant : "paper" or "torchvision"     see the head of this file

    >>> ResNet(152).num_parameters()
    60192808
    """

    published = {"torchvision": Names(*RULES, variant="torchvision")}

    def __init__(self, depth: int = 50, classes: int = 1000, shortcut: str = "B",
                 variant: str = "paper") -> None:
        kind, counts, _ = COLUMNS[check_choice("ResNet", "depth", depth, COLUMNS)]
        check_choice("ResNet", "shortcut", shortcut, ("A", "B", "C", "none"))
        check_choice("ResNet", "variant", variant, ("paper", "torchvision"))
        check_classes("ResNet", classes)
        stride_on = "first 1x1" if variant == "paper" else "3x3"

        def unit(in_channels: int, channels: int, stride: int) -> Module:
            convs = convolutions(kind, in_channels, channels, stride, stride_on)
            if shortcut == "none":
                return plain_unit(convs)
            return residual_unit(convs, around(convs, shortcut), ORDERS["original"])

        super().__init__(*imagenet_rows(unit, counts, EXPANSION[kind], BRACKETS[kind], classes),
                         input_shape=(3, 224, 224))
        around_it = "no shortcuts" if shortcut == "none" else f"shortcut {shortcut}"
        self.variant = f"{depth} {variant}, {around_it}"
        self.keep_published("torchvision" if kind == "basic" else variant)   # of these, all are one
        self.preparation = Preparation() if self.published else None
        apply_init(self, weight=he_normal(), bias=zeros)


NETWORKS: dict[str, Callable[..., Module]] = {
    **{f"resnet{depth}": partial(ResNet, depth) for depth in COLUMNS},
    **{f"plain{depth}": partial(ResNet, depth, shortcut="none") for depth in (18, 34)},
}
