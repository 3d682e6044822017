"""EfficientNet B0 to B7, Lite0: a good small network, made larger in all directions by one rule.

    name                 width   depth   image   dropout   parameters   MACs
    efficientnet_b0       1.0     1.0     224     0.2       5,288,548      385,814,752
    efficientnet_b1       1.0     1.1     240     0.2       7,794,184      686,802,832
    efficientnet_b2       1.1     1.2     260     0.3       9,109,994      993,561,872
    efficientnet_b3       1.2     1.4     300     0.3      12,233,232    1,827,141,392
    efficientnet_b4       1.4     1.8     380     0.4      19,341,616    4,393,771,024
    efficientnet_b5       1.6     2.2     456     0.4      30,389,784   10,266,384,752
    efficientnet_b6       1.8     2.6     528     0.5      43,040,704   19,067,593,536
    efficientnet_b7       2.0     3.1     600     0.5      66,347,960   37,745,884,192
    efficientnet_lite0    1.0     1.0     224     0.2       4,652,008      385,187,552
    efficientnet_small                    32     0.2         224,500       29,596,864

The rule: a budget of 2^phi times B0's cost is spent in all three directions,

    depth alpha^phi,  width beta^phi,  resolution gamma^phi,     alpha beta^2 gamma^2 near 2

for MACs grow with the depth and with the squares of width and resolution.  The paper's alpha, beta
and gamma are 1.2, 1.1 and 1.15, which make 1.92: the function compound_scaling.

Slide: stanford, "EfficientNet: Smart Compound Scaling".  Source: Tan and Le 2019, "EfficientNet:
rethinking model scaling for convolutional neural networks", table 1 (B0) and section 4 (the rule);
widths and depths of B1 to B7 as in the authors' program.  Input: colours scaled to mean 0 and
variance 1 over the training images.  The authors' weights load as the library timm has them
(tf_efficientnet_b0), torchvision's with variant="torchvision".

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
   1 / sqrt(classes), as in the authors' program; the paper does not say.  A depthwise convolution's
   fan_out is that of one group, k k; torchvision counts all channels, F k k, so its depthwise
   weights start smaller by sqrt(F): 6 to 34 times in B0.
5. Lite0 is not in the paper: the authors published it later, for phones and whole-number arithmetic
   (github.com/tensorflow/tpu, models/official/efficientnet/lite).  It is B0 with ReLU6 in the place
   of swish, and without squeeze-and-excitation.
"""

from collections.abc import Sequence
from functools import partial
from math import ceil

from minicnn.data.preparation import Preparation
from minicnn.init import apply_init, he_normal, uniform, zeros
from minicnn.layers.activations import Sigmoid
from minicnn.layers.adaptive import GlobalAvgPool2d
from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.dropout import Dropout
from minicnn.layers.hardtanh import ReLU6
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.module import Module
from minicnn.layers.smooth_activations import SiLU
from minicnn.layers.squeeze_excite import ScaleChannels, SqueezeExcite
from minicnn.layers.stochastic_depth import StochasticDepth
from minicnn.models.mobilenet import divisible
from minicnn.models.network import Network, Residual, check_choice, check_classes, conv_unit
from minicnn.models.table import Row, row
from minicnn.weights.names import Names, numbered

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
    "lite0": (1.0, 1.0, 224, 0.2),
}
# Pixels of the image that torchvision's weights were tested on, and of its shorter side before.
TESTED = {"b0": (224, 256), "b1": (240, 256), "b2": (288, 288), "b3": (300, 320), "b4": (380, 384),
          "b5": (456, 456), "b6": (528, 528), "b7": (600, 600)}
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


def lite_names() -> Names:
    """Of L. Melas-Kyriazi's EfficientNet-PyTorch, which counts the blocks on through all stages."""
    blocks = [f"stage{stage}\\.{number}\\." for stage, (*_, count) in enumerate(STAGES, 1)
              for number in range(count)]
    return Names(
        *((f"^{block}", f"_blocks.{place}.") for place, block in enumerate(blocks)),
        (r"\.body\.", "."), (r"^conv1\.conv", "_conv_stem"), (r"^conv1\.norm", "_bn0"),
        (r"^head\.conv", "_conv_head"), (r"^head\.norm", "_bn1"), (r"^fc\.", "_fc."),
        (r"(expand|depthwise|project)\.conv", r"_\1_conv"), (r"expand\.norm", "_bn0"),
        (r"depthwise\.norm", "_bn1"), (r"project\.norm", "_bn2"))


def mbconv(in_channels: int, out_channels: int, expansion: int, kernel: int, stride: int,
           drop: float, unit: partial, excite: bool = True) -> Module:
    """MobileNet v2's block with squeeze-and-excitation behind the depthwise convolution.

    drop   : probability of leaving the block out, where its input goes around it
    unit   : conv_unit with norm, activation and padding set
    excite : with squeeze-and-excitation
    """
    wide = in_channels * expansion
    parts: dict[str, Module] = {}
    if expansion > 1:
        parts["expand"] = unit(in_channels, wide)
    parts["depthwise"] = unit(wide, wide, kernel, stride, groups=wide)
    if excite:
        parts["excite"] = SwishExcite(wide, max(in_channels // 4, 1))
    parts["project"] = unit(wide, out_channels, activation=None)
    if stride > 1 or in_channels != out_channels:
        return Sequential(**parts)
    return Residual(Sequential(**parts, drop=StochasticDepth(drop)))


def stage_rows(in_channels: int, stages: Sequence[Stage], width: float, depth: float,
               unit: partial, excite: bool = True) -> tuple[list[Row], int]:
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
            blocks.append(mbconv(in_channels, out_channels, expansion, kernel, stride, drop, unit,
                                 excite))
            in_channels, stride, done = out_channels, 1, done + 1
        rows.append(row(f"stage{number}", Sequential(*blocks)))
    return rows, in_channels


class EfficientNet(Network):
    """EfficientNet:  (N, 3, image, image) -> (N, classes) scores.

    Parameters
    ----------
    size : "b0" to "b7", or "lite0"         which one: the table at the head of this file
    classes : int, default 1000             how many it tells apart
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

    published = {
        "torchvision": Names(
            (r"excite\.weights\.reduce", "excite.fc1"), (r"excite\.weights\.expand", "excite.fc2"),
            (r"\.body", ""), (r"\.conv\.", ".0."), (r"\.norm\.", ".1."),
            (r"^(stage1\.\d+)\.depthwise", r"\1.0"), (r"^(stage1\.\d+)\.excite", r"\1.1"),
            (r"^(stage1\.\d+)\.project", r"\1.2"),
            (r"expand", "0"), (r"depthwise", "1"), (r"excite", "2"), (r"project", "3"),
            (r"^stage(\d\.\d+)", r"features.\1.block"), (r"^conv1", "features.0"),
            (r"^head", "features.8"), (r"^fc", "classifier.1"),
            shapes={r"excite.*\.weight$": "F C 1 1"}, variant="torchvision"),
        "timm": Names(
            (r"excite\.weights\.", "se.conv_"), (r"\.body", ""),
            (r"^(stage1\.\d+)\.depthwise\.norm", r"\1.bn1"),
            (r"^(stage1\.\d+)\.project\.conv", r"\1.conv_pw"),
            (r"^(stage1\.\d+)\.project\.norm", r"\1.bn2"),
            (r"expand\.conv", "conv_pw"), (r"expand\.norm", "bn1"),
            (r"depthwise\.conv", "conv_dw"), (r"depthwise\.norm", "bn2"),
            (r"project\.conv", "conv_pwl"), (r"project\.norm", "bn3"),
            (r"^stage(\d)", numbered("blocks.{}", -1)), (r"^conv1\.conv", "conv_stem"),
            (r"^conv1\.norm", "bn1"), (r"^head\.conv", "conv_head"), (r"^head\.norm", "bn2"),
            (r"^fc", "classifier"), shapes={r"excite.*\.weight$": "F C 1 1"}, variant="paper")}

    def __init__(self, size: str = "b0", classes: int = 1000, variant: str = "paper",
                 stages: Sequence[Stage] = STAGES, stride: int = 2, last: int = 1280,
                 factors: tuple[float, float, int, float] | None = None,
                 channels: int = 3) -> None:
        check_choice("EfficientNet", "size", size, SIZES)
        check_choice("EfficientNet", "variant", variant, ("paper", "torchvision"))
        check_classes("EfficientNet", classes)
        width, depth, image, dropout = factors or SIZES[size]
        torchvision, lite = variant == "torchvision", size == "lite0"
        if torchvision and lite:
            raise ValueError("EfficientNet: torchvision has no lite0; variant='paper' "
                             "(--variant paper) is the authors' program")
        usual = factors or (torchvision and size in ("b0", "b1", "b2", "b3", "b4"))
        norm = BatchNorm2d if usual else partial(BatchNorm2d, eps=1e-3, momentum=0.01)
        unit = partial(conv_unit, norm=norm, activation=ReLU6 if lite else SiLU,
                       padding=None if torchvision else "same")
        first, last = divisible(32 * width), divisible(last * width)
        conv1 = row("conv1", unit(channels, first, 3, stride))
        rows, maps = stage_rows(first, stages, width, depth, unit, excite=not lite)
        scores = Linear(last, classes)
        super().__init__(conv1, *rows, row("head", unit(maps, last)),
                         row("pool", GlobalAvgPool2d()),
                         row("fc", Flatten(), Dropout(dropout), scores),
                         input_shape=(channels, image, image))
        self.variant = variant if factors else f"{size} ({variant})"
        self.keep_published(variant)
        if lite:
            self.published = {"lukemelas": lite_names()}
            self.preparation = Preparation(224, 256, (127 / 255,) * 3, (128 / 255,) * 3,
                                           bicubic=True, nearest=True)
        elif torchvision and not factors:
            self.preparation = Preparation(*TESTED[size], bicubic=True)
        elif not factors:                                  # the authors' program cuts off 16 pixels
            self.preparation = Preparation(image, image + 32, bicubic=True)
        apply_init(self, weight=he_normal(mode="fan_out"), bias=zeros)
        for part in self.modules():
            if isinstance(part, Conv2d) and part.groups > 1 and not torchvision:
                apply_init(part, weight=he_normal(mode="fan_out", groups=part.groups))
        apply_init(scores, weight=uniform(classes ** -0.5), bias=zeros)


def efficientnet_small(classes: int = 10, channels: int = 3) -> EfficientNet:
    """For 32 x 32 images: the first convolution has stride 1, and there are six blocks."""
    return EfficientNet("b0", classes, stages=SMALL, stride=1, last=320, channels=channels,
                        factors=(1.0, 1.0, 32, 0.2))


NETWORKS = {**{f"efficientnet_{size}": partial(EfficientNet, size) for size in SIZES},
            "efficientnet_small": efficientnet_small}
