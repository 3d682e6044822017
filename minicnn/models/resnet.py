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

replace_stride_with_dilation, of torchvision's too, keeps the maps of conv3_x, conv4_x or conv5_x as
large as those before: what a stride would have left out, filters with holes look past.  The same
parameters, and the weights of the one fit the other; networks for segmentation stand on it.

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
from minicnn.layers.containers import Sequential
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


def stages(unit: Unit, counts: Sequence[int], seen: int, expansion: int, base: int = 64,
           dilated: Sequence[bool] = (False, False, False), at_once: bool = False
           ) -> list[Sequential]:
    """conv2_x, ..., conv5_x, behind `seen` maps.

    base    : `channels` of the units in conv2_x; they double from stage to stage
    dilated : of conv3_x, conv4_x and conv5_x: whether the stride becomes a dilation
    at_once : the first unit of such a stage is dilated as the others are; torchvision's is not
    """
    parts, dilation = [], 1
    for number, count in enumerate(counts):
        stride, before = 1 if number == 0 else 2, dilation
        if number > 0 and dilated[number - 1]:
            stride, dilation = 1, 2 * dilation
        first = dilation if at_once else before
        parts.append(stage(unit, count, seen, base * 2 ** number, stride, expansion,
                           (first, dilation)))
        seen = expansion * base * 2 ** number
    return parts


def imagenet_rows(unit: Unit, counts: Sequence[int], expansion: int, bracket: str, classes: int,
                  base: int = 64, widen: float = 1, pool: Module | None = None,
                  dilated: Sequence[bool] = (False, False, False)) -> list[Row]:
    """The rows of the slide for any unit: conv1, conv2_x, ..., conv5_x, avgpool, fc.

    unit    : unit(in_channels, channels, stride); it gives expansion * channels
    bracket : what the table prints for a row; {0} is widen * channels, {1} expansion * channels
    base    : `channels` of the units in conv2_x; they double from row to row
    pool    : the one before them; if left out, 3x3 with a border of one pixel
    dilated : of conv3_x, conv4_x and conv5_x: whether its stride becomes a dilation
    """
    rows = [row("conv1", Conv2d(3, 64, 7, 2, 3, bias=False), BatchNorm2d(64), ReLU(),
                maps=MAPS[0], kernel="7x7", stride="2")]
    parts = stages(unit, counts, 64, expansion, base, dilated)
    for number, (count, part) in enumerate(zip(counts, parts, strict=True)):
        channels = base * 2 ** number
        layers: list[Module] = [pool or MaxPool2d(3, 2, 1)] if number == 0 else []
        bracketed = bracket.format(int(widen * channels), expansion * channels)
        rows.append(row(f"conv{number + 2}_x", *layers, part, maps=MAPS[number + 1],
                        units=f"{bracketed} x {count}"))
    return [*rows, row("avgpool", GlobalAvgPool2d(), maps=MAPS[-1]),
            row("fc", Flatten(), Linear(expansion * channels, classes), output="1000")]


def check_dilated(depth: int, dilated: Sequence[bool] | None) -> Sequence[bool]:
    """`dilated`, all False where it is None; else an error unless the network has such a form."""
    if dilated is None:
        return (False, False, False)
    if len(dilated) != 3:
        raise ValueError("ResNet: replace_stride_with_dilation says True or False for conv3_x, "
                         f"conv4_x and conv5_x, three in all; got {dilated!r}")
    if any(dilated) and COLUMNS[depth].unit == "basic":
        raise ValueError(f"ResNet: no dilation in the units of {depth} layers, only in "
                         "bottlenecks; take 50, 101 or 152")
    return dilated


class ResNet(Network):
    """ResNet:  (N, 3, H, W) -> (N, classes), published for 224 x 224.

    Parameters
    ----------
    depth : 18, 34, 50, 101 or 152         layers with weights, shortcuts not counted
    classes : int, default 1000            how many it tells apart
    shortcut : "A", "B", "C" or "none"     the way around a unit that changes the shape:
                                           see minicnn.layers.residual; "none" is a plain network
    variant : "paper" or "torchvision"     see the head of this file
    replace_stride_with_dilation : three of True and False, optional
                                           of conv3_x to conv5_x, for 50 layers and more

    >>> ResNet(152).num_parameters()
    60192808
    """

    published = {"torchvision": Names(*RULES, variant="torchvision")}

    def __init__(self, depth: int = 50, classes: int = 1000, shortcut: str = "B",
                 variant: str = "paper",
                 replace_stride_with_dilation: Sequence[bool] | None = None) -> None:
        kind, counts, _ = COLUMNS[check_choice("ResNet", "depth", depth, COLUMNS)]
        check_choice("ResNet", "shortcut", shortcut, ("A", "B", "C", "none"))
        check_choice("ResNet", "variant", variant, ("paper", "torchvision"))
        check_classes("ResNet", classes)
        stride_on = "first 1x1" if variant == "paper" else "3x3"
        dilated = check_dilated(depth, replace_stride_with_dilation)

        def unit(in_channels: int, channels: int, stride: int, dilation: int = 1) -> Module:
            convs = convolutions(kind, in_channels, channels, stride, stride_on, dilation)
            if shortcut == "none":
                return plain_unit(convs)
            return residual_unit(convs, around(convs, shortcut), ORDERS["original"])

        super().__init__(*imagenet_rows(unit, counts, EXPANSION[kind], BRACKETS[kind], classes,
                                        dilated=dilated), input_shape=(3, 224, 224))
        around_it = "no shortcuts" if shortcut == "none" else f"shortcut {shortcut}"
        self.variant = f"{depth} {variant}, {around_it}"
        self.keep_published("torchvision" if kind == "basic" else variant)   # of these, all are one
        self.preparation = Preparation() if self.published else None
        apply_init(self, weight=he_normal(), bias=zeros)


NETWORKS: dict[str, Callable[..., Module]] = {
    **{f"resnet{depth}": partial(ResNet, depth) for depth in COLUMNS},
    **{f"plain{depth}": partial(ResNet, depth, shortcut="none") for depth in (18, 34)},
}
