"""EfficientNet B0 to B7: one good small network, made larger in all directions by one rule.

    name                 width   depth   image   dropout   parameters   MACs
    efficientnet_b0       1.0     1.0     224     0.2       5,288,548      385,814,752
    efficientnet_b1       1.0     1.1     240     0.2       7,794,184      686,802,832
    efficientnet_b2       1.1     1.2     260     0.3       9,109,994      993,561,872
    efficientnet_b3       1.2     1.4     300     0.3      12,233,232    1,827,141,392
    efficientnet_b4       1.4     1.8     380     0.4      19,341,616    4,393,771,024
    efficientnet_b5       1.6     2.2     456     0.4      30,389,784   10,266,384,752
    efficientnet_b6       1.8     2.6     528     0.5      43,040,704   19,067,593,536
    efficientnet_b7       2.0     3.1     600     0.5      66,347,960   37,745,884,192
    efficientnet_small                    32     0.2         224,500       29,596,864

The rule: a budget of 2^phi times B0's cost is spent in all three directions,

    depth alpha^phi,  width beta^phi,  resolution gamma^phi,     alpha beta^2 gamma^2 near 2

for MACs grow with the depth and with the squares of width and resolution.  The paper's alpha, beta
and gamma are 1.2, 1.1 and 1.15, which make 1.92: the function compound_scaling.

Slide: stanford, "EfficientNet: Smart Compound Scaling".  Source: Tan and Le 2019, "EfficientNet:
rethinking model scaling for convolutional neural networks", table 1 (B0) and section 4 (the rule);
widths and depths of B1 to B7 as in the authors' program.  Input: colours scaled to mean 0 and
variance 1 over the training images.  The weights lie in the order of torchvision's, under other
names.

Departures from the paper
-------------------------
1. The factors of B1 to B7 (the table above) are taken as published; the rule is near them: for
   phi = 6 a depth of 2.99, a width of 1.77 and 518 pixels, where B7 has 3.1, 2.0 and 600.
2. At a stride of 2 the default pads below and to the right alone, as the authors' program;
   variant="torchvision" pads k // 2 pixels on each side.
3. The default's batch norms have momentum 0.01 (the paper counts the other way: 0.99) and eps 1e-3.
   torchvision's B0 to B4 have 0.1 and 1e-5, and so has the small network: with 0.01 the running
   averages are those of the last hundred steps and more, and it is trained for a few thousand steps
   only, not for 400,000.
4. Weights start normal with variance 2 / fan_out, the classifier's uniform within
   1 / sqrt(classes), as in the authors' program; the paper does not say.
"""

from collections.abc import Sequence
from functools import partial
from math import ceil

from minicnn.init import apply_init, he_normal, uniform, zeros
from minicnn.layers.activations import Sigmoid
from minicnn.layers.adaptive import GlobalAvgPool2d
from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.dropout import Dropout
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.module import Module, Sequential
from minicnn.layers.smooth_activations import SiLU
from minicnn.layers.squeeze_excite import ScaleChannels, SqueezeExcite
from minicnn.layers.stochastic_depth import StochasticDepth
from minicnn.models.mobilenet import divisible
from minicnn.models.network import Network, Residual, check_choice, check_classes, conv_unit
from minicnn.models.table import Row, row

Stage = tuple[int, int, int, int, int]                     # a line of table 1

# Stages 2 to 8 of the table: blocks of one kind, the first of which has the stride.
STAGES: list[Stage] = [
    # expansion, kernel, stride, channels, blocks
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
]
SMALL: list[Stage] = [
    (1, 3, 1, 16, 1),
    (6, 3, 1, 24, 1),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 2),
]

SIZES = {
    #     width, depth, image, dropout
    "b0": (1.0, 1.0, 224, 0.2),
    "b1": (1.0, 1.1, 240, 0.2),
    "b2": (1.1, 1.2, 260, 0.3),
    "b3": (1.2, 1.4, 300, 0.3),
    "b4": (1.4, 1.8, 380, 0.4),
    "b5": (1.6, 2.2, 456, 0.4),
    "b6": (1.8, 2.6, 528, 0.5),
    "b7": (2.0, 3.1, 600, 0.5),
}
SURVIVAL = 0.8                     # of the last block; StochasticDepth's p rises linearly to 0.2


def compound_scaling(phi: float, alpha: float = 1.2, beta: float = 1.1,
                     gamma: float = 1.15) -> tuple[float, float, float]:
    """(depth, width, resolution) as multiples of B0's, for 2^phi times its cost (nearly).

    >>> [round(factor, 2) for factor in compound_scaling(2)]
    [1.44, 1.21, 1.32]
    """
    return alpha ** phi, beta ** phi, gamma ** phi


class SwishExcite(SqueezeExcite):
    """Squeeze-and-excitation with swish in the middle and a middle of a given width."""

    def __init__(self, channels: int, middle: int) -> None:
        self.channels = channels
        self.weights = Sequential(squeeze=GlobalAvgPool2d(), flatten=Flatten(),
                                  reduce=Linear(channels, middle), swish=SiLU(),
                                  expand=Linear(middle, channels), sigmoid=Sigmoid())
        self.scale = ScaleChannels()


def mbconv(in_channels: int, out_channels: int, expansion: int, kernel: int, stride: int,
           drop: float, unit: partial) -> Module:
    """MobileNet v2's block with squeeze-and-excitation behind the depthwise convolution.

    drop : probability of leaving the block out, where its input goes around it
    unit : conv_unit with norm and padding set
    """
    wide = in_channels * expansion
    parts: dict[str, Module] = {}
    if expansion > 1:
        parts["expand"] = unit(in_channels, wide)
    parts["depthwise"] = unit(wide, wide, kernel, stride, groups=wide)
    parts["excite"] = SwishExcite(wide, max(in_channels // 4, 1))
    parts["project"] = unit(wide, out_channels, activation=None)
    if stride > 1 or in_channels != out_channels:
        return Sequential(**parts)
    return Residual(Sequential(**parts, drop=StochasticDepth(drop)))


def stage_rows(in_channels: int, stages: Sequence[Stage], width: float, depth: float,
               unit: partial) -> tuple[list[Row], int]:
    """Rows stage1, stage2, ... and the channels of the last; `in_channels` come in.

    They have `width` times the table's channels (in multiples of 8) and `depth` times its blocks
    (rounded up).
    """
    total = sum(ceil(depth * count) for *_, count in stages)
    rows, done = [], 0
    for number, (expansion, kernel, stride, channels, count) in enumerate(stages, 1):
        blocks, out_channels = [], divisible(channels * width)
        for _ in range(ceil(depth * count)):
            drop = (1 - SURVIVAL) * done / total
            blocks.append(mbconv(in_channels, out_channels, expansion, kernel, stride, drop, unit))
            in_channels, stride, done = out_channels, 1, done + 1
        rows.append(row(f"stage{number}", Sequential(*blocks)))
    return rows, in_channels


class EfficientNet(Network):
    """EfficientNet:  (N, 3, image, image) -> (N, classes) scores.

    Parameters
    ----------
    size : "b0" to "b7"                     which one: the table at the head of this file
    classes : int, default 1000
    variant : "paper" or "torchvision"      see departures 2 and 3
    channels : int, default 3               of the image: 1 for grey ones

    For networks of another size:

    stages : list, default STAGES           rows as in table 1
    stride : int, default 2                 of the first convolution
    last : int, default 1280                channels of the last convolution, before the widening
    factors : tuple, optional               (width, depth, image, dropout) instead of a row of SIZES

    >>> EfficientNet("b0").num_parameters()
    5288548
    """

    def __init__(self, size: str = "b0", classes: int = 1000, variant: str = "paper",
                 stages: Sequence[Stage] = STAGES, stride: int = 2, last: int = 1280,
                 factors: tuple[float, float, int, float] | None = None,
                 channels: int = 3) -> None:
        check_choice("EfficientNet", "size", size, SIZES)
        check_choice("EfficientNet", "variant", variant, ("paper", "torchvision"))
        check_classes("EfficientNet", classes)
        width, depth, image, dropout = factors or SIZES[size]
        torchvision = variant == "torchvision"
        usual = factors or (torchvision and size in ("b0", "b1", "b2", "b3", "b4"))
        norm = BatchNorm2d if usual else partial(BatchNorm2d, eps=1e-3, momentum=0.01)
        unit = partial(conv_unit, norm=norm, activation=SiLU,
                       padding=None if torchvision else "same")
        first, last = divisible(32 * width), divisible(last * width)
        conv1 = row("conv1", unit(channels, first, 3, stride))
        rows, maps = stage_rows(first, stages, width, depth, unit)
        scores = Linear(last, classes)
        super().__init__(conv1, *rows, row("head", unit(maps, last)),
                         row("pool", GlobalAvgPool2d()),
                         row("fc", Flatten(), Dropout(dropout), scores),
                         input_shape=(channels, image, image))
        self.variant = variant if factors else f"{size} ({variant})"
        apply_init(self, weight=he_normal(mode="fan_out"), bias=zeros)
        apply_init(scores, weight=uniform(classes ** -0.5), bias=zeros)


def efficientnet_small(classes: int = 10, channels: int = 3) -> EfficientNet:
    """For 32 x 32 images: the first convolution has stride 1, and there are six blocks."""
    return EfficientNet("b0", classes, stages=SMALL, stride=1, last=320, channels=channels,
                        factors=(1.0, 1.0, 32, 0.2))


NETWORKS = {**{f"efficientnet_{size}": partial(EfficientNet, size) for size in SIZES},
            "efficientnet_small": efficientnet_small}
