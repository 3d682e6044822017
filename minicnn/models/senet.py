"""Squeeze-and-excitation networks: a residual unit that weighs its channels before the sum.

    y = relu(x + s F(x))       s = sigmoid(w2 relu(w1 mean(F(x)))), one number for each channel

    network             parameters         network                 parameters
    SE-ResNet-18        11,778,592         SE-ResNeXt-50 32x4d     27,559,896
    SE-ResNet-34        21,958,868         SE-ResNeXt-101 32x4d    48,955,416
    SE-ResNet-50        28,088,024         SENet-154              115,088,984
    SE-ResNet-101       49,326,872         CIFAR: SE-ResNet-20        272,095
    SE-ResNet-152       66,821,848                SE-ResNet-110     1,742,200

Images are those of minicnn.models.resnet and minicnn.models.resnet_cifar; the squeeze divides the
channels by 16.

SENet-154, the network of the 2017 competition, is a ResNeXt-152 64x4d with squeeze-and-excitation
and these changes (appendix of the paper): half as many channels leave the first 1x1 of a unit;
three 3x3 stand in place of the 7x7; the projections with stride 2 are 3x3; dropout 0.2 comes before
the last layer.

Source: Hu, Shen, Albanie, Sun, Wu, "Squeeze-and-excitation networks", CVPR 2018 and PAMI 2020,
table 1, section 6.1, appendix.  Slide: stanford "Squeeze-and-Excitation Networks (SENet)", whose
"ResNeXt-152 as a base architecture" this is.

variant="timm" of the SE-ResNets and SE-ResNeXts is the library's of that name: its max pool has a
border of one pixel, and in the SE-ResNets of 50, 101 and 152 layers the stride is on the 3x3.  Its
weights of these load into it (seresnet50); those of Caffe, which it calls legacy_seresnet50, into
"paper".  With 18 and 34 layers none load: that library squeezes to 8 channels at least there, and
has a ReLU more before the squeeze in legacy_seresnet18.  SENet-154's are legacy_senet154's.

Departures from the paper
-------------------------
1. Starting weights have variance 2 / fan_in: see minicnn.models.resnet.
2. The paper does not say how the max pool meets the edge.  As in the authors' program its last
   window hangs over it, and there is no border; both give 56 x 56 for images of 224 x 224.
3. For CIFAR the units are those of the 2015 paper with shortcuts A, and any 6 n + 2 is built; with
   16 channels the squeeze leaves one.
"""

from collections.abc import Callable, Sequence
from functools import partial

from minicnn.data.preparation import Preparation
from minicnn.init import apply_init, he_normal, zeros
from minicnn.layers.activations import ReLU
from minicnn.layers.adaptive import GlobalAvgPool2d
from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.dropout import Dropout
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.module import Module
from minicnn.layers.squeeze_excite import SqueezeExcite
from minicnn.models.network import Network, Residual, check_choice, check_classes
from minicnn.models.resnet import BRACKETS, COLUMNS, EXPANSION, RULES, imagenet_rows
from minicnn.models.resnet_cifar import DEPTHS, cifar_end, cifar_stages, cifar_start
from minicnn.models.table import row
from minicnn.models.units import (
    ORDERS,
    around,
    basic,
    bottleneck,
    convolutions,
    residual_unit,
    stage,
    units_per_stage,
)
from minicnn.weights.names import Names, numbered

VARIANTS = ("paper", "timm")
RESNEXTS = [(50, 32, 4), (101, 32, 4)]                     # depth, cardinality, width

PUBLISHED = {
    "timm": Names(*RULES, (r"\.se\.weights\.reduce", ".se.fc1"),
                  (r"\.se\.weights\.expand", ".se.fc2"),
                  shapes={r"\.se\..*\.weight$": "F C 1 1"}, variant="timm",
                  sign={"bn1.weight": (64,), "layer4.0.se.fc1.weight": (128, 2048, 1, 1)}),
    "cadene": Names((r"^conv1_batchnorm2d", "layer0.bn1"), (r"^conv1\.", "layer0.conv1."), *RULES,
                    (r"\.se\.weights\.reduce", ".se_module.fc1"),
                    (r"\.se\.weights\.expand", ".se_module.fc2"), (r"^fc", "last_linear"),
                    shapes={r"\.se\..*\.weight$": "F C 1 1"}, variant="paper",
                    sign={"layer4.0.se_module.fc1.weight": (128, 2048, 1, 1)})}


def excited(convs: Sequence[Conv2d], reduction: int, option: str = "B") -> Residual:
    """ResNet's unit, its channels weighed before the sum."""
    return residual_unit(convs, around(convs, option), ORDERS["original"],
                         se=SqueezeExcite(convs[-1].out_channels, reduction))


def hanging_pool() -> MaxPool2d:
    """Its last window hangs over the edge: departure 2."""
    return MaxPool2d(3, 2, ceil_mode=True)


def prepared(variant: str) -> Preparation:
    """The pictures of the published weights; both have them cut out of 256 pixels."""
    return Preparation(bicubic=variant == "timm")


class SEResNet(Network):
    """ResNet with squeeze-and-excitation:  (N, 3, H, W) -> (N, classes), made for 224 x 224.

    Parameters
    ----------
    depth : 18, 34, 50, 101 or 152     layers with weights, those of the excitation not counted
    classes : int, default 1000        how many it tells apart
    variant : "paper" or "timm"        see the head of this file
    reduction : int, default 16        r: the squeeze keeps 1 channel in r

    >>> SEResNet(50).num_parameters()
    28088024
    """

    published = PUBLISHED

    def __init__(self, depth: int = 50, classes: int = 1000, variant: str = "paper",
                 reduction: int = 16) -> None:
        kind, counts, _ = COLUMNS[check_choice("SEResNet", "depth", depth, COLUMNS)]
        paper = check_choice("SEResNet", "variant", variant, VARIANTS) == "paper"
        check_classes("SEResNet", classes)
        stride_on = "first 1x1" if paper else "3x3"

        def unit(in_channels: int, channels: int, stride: int) -> Module:
            return excited(convolutions(kind, in_channels, channels, stride, stride_on), reduction)

        bracket = BRACKETS[kind].replace("]", "; se]")
        super().__init__(*imagenet_rows(unit, counts, EXPANSION[kind], bracket, classes,
                                        pool=hanging_pool() if paper else None),
                         input_shape=(3, 224, 224))
        self.variant = f"{depth} {variant}"
        if kind == "bottleneck":                           # the others differ: see the head
            self.keep_published(variant)
        else:
            self.published = {}
        self.preparation = prepared(variant) if self.published else None
        apply_init(self, weight=he_normal(), bias=zeros)


class SEResNeXt(Network):
    """ResNeXt with squeeze-and-excitation:  (N, 3, H, W) -> (N, classes), made for 224 x 224.

    Parameters
    ----------
    depth : 50 or 101                  layers with weights, those of the excitation not counted
    cardinality, width : 32 and 4      paths of a unit, and the channels of each
    classes : int, default 1000        how many it tells apart
    variant : "paper" or "timm"        see the head of this file
    reduction : int, default 16        r: the squeeze keeps 1 channel in r

    >>> SEResNeXt(101).num_parameters()
    48955416
    """

    published = PUBLISHED

    def __init__(self, depth: int = 50, cardinality: int = 32, width: int = 4, classes: int = 1000,
                 variant: str = "paper", reduction: int = 16) -> None:
        check_choice("SEResNeXt", "(depth, cardinality, width)", (depth, cardinality, width),
                     RESNEXTS)
        paper = check_choice("SEResNeXt", "variant", variant, VARIANTS) == "paper"
        check_classes("SEResNeXt", classes)

        def unit(in_channels: int, channels: int, stride: int) -> Module:
            return excited(bottleneck(in_channels, cardinality * width * channels // 64,
                                      4 * channels, stride, groups=cardinality), reduction)

        bracket = f"[1x1, {{0}}; 3x3, {{0}}, C={cardinality}; 1x1, {{1}}; se]"
        super().__init__(*imagenet_rows(unit, COLUMNS[depth].counts, 4, bracket, classes,
                                        widen=cardinality * width / 64,
                                        pool=hanging_pool() if paper else None),
                         input_shape=(3, 224, 224))
        self.variant = f"{depth} {cardinality}x{width}d {variant}"
        self.keep_published(variant)
        self.preparation = prepared(variant)
        apply_init(self, weight=he_normal(), bias=zeros)


class CifarSEResNet(Network):
    """ResNet with squeeze-and-excitation for small images:  (N, C, H, W) -> (N, classes).

    Parameters
    ----------
    depth : int, default 20         6 n + 2 layers with weights
    classes : int, default 10       how many it tells apart
    reduction : int, default 16     r: the squeeze keeps 1 channel in r
    channels : int, default 3       of the image: 1 for grey ones
    """

    def __init__(self, depth: int = 20, classes: int = 10, reduction: int = 16,
                 channels: int = 3) -> None:
        n = units_per_stage("CifarSEResNet", depth, 6, 2, DEPTHS)
        check_classes("CifarSEResNet", classes)

        def unit(in_channels: int, channels: int, stride: int) -> Module:
            return excited(basic(in_channels, channels, stride), reduction, "A")

        super().__init__(
            cifar_start(channels), *cifar_stages(unit, n, 16, 16), *cifar_end(64, classes),
            input_shape=(channels, 32, 32))
        self.variant = f"{depth}"
        apply_init(self, weight=he_normal(), bias=zeros)


def senet154_unit(in_channels: int, channels: int, stride: int) -> Module:
    """[1x1, 2 channels; 3x3, 4 channels, C=64; 1x1, 4 channels; se]"""
    F = 4 * channels
    convs = [Conv2d(in_channels, 2 * channels, 1, bias=False),
             Conv2d(2 * channels, F, 3, stride, 1, groups=64, bias=False),
             Conv2d(F, F, 1, bias=False)]
    shortcut = None
    if in_channels != F:
        size = 3 if stride == 2 else 1
        shortcut = Sequential(conv=Conv2d(in_channels, F, size, stride, size // 2, bias=False),
                              norm=BatchNorm2d(F))
    return residual_unit(convs, shortcut, ORDERS["original"], se=SqueezeExcite(F))


class SENet154(Network):
    """SENet-154:  (N, 3, H, W) -> (N, classes), published for 224 x 224.

    classes : int, default 1000    how many it tells apart

    >>> SENet154().num_parameters()
    115088984
    """

    preparation = Preparation()

    published = {"timm": Names(
        (r"^conv1_(\d)_batchnorm2d", r"layer0.bn\1"), (r"^conv1_(\d)", r"layer0.conv\1"),
        (r"^conv(\d)_x", numbered("layer{}", -1)), (r"\.body", ""),
        (r"\.se\.weights\.reduce", ".se_module.fc1"), (r"\.se\.weights\.expand", ".se_module.fc2"),
        (r"shortcut\.conv", "downsample.0"), (r"shortcut\.norm", "downsample.1"),
        (r"^fc", "last_linear"), shapes={r"\.se\..*\.weight$": "F C 1 1"})}

    def __init__(self, classes: int = 1000) -> None:
        check_classes("SENet154", classes)
        stem = [row("conv1_1", Conv2d(3, 64, 3, 2, 1, bias=False), BatchNorm2d(64), ReLU(),
                    output="64x112x112"),
                row("conv1_2", Conv2d(64, 64, 3, 1, 1, bias=False), BatchNorm2d(64), ReLU(),
                    output="64x112x112"),
                row("conv1_3", Conv2d(64, 128, 3, 1, 1, bias=False), BatchNorm2d(128), ReLU(),
                    output="128x112x112")]
        unit = senet154_unit
        super().__init__(
            *stem,
            row("conv2_x", hanging_pool(), stage(unit, 3, 128, 64, 1, 4), output="256x56x56"),
            row("conv3_x", stage(unit, 8, 256, 128, 2, 4), output="512x28x28"),
            row("conv4_x", stage(unit, 36, 512, 256, 2, 4), output="1024x14x14"),
            row("conv5_x", stage(unit, 3, 1024, 512, 2, 4), output="2048x7x7"),
            row("avgpool", GlobalAvgPool2d(), output="2048x1x1"),
            row("fc", Flatten(), Dropout(0.2), Linear(2048, classes), output="1000"),
            input_shape=(3, 224, 224))
        apply_init(self, weight=he_normal(), bias=zeros)


NETWORKS: dict[str, Callable[..., Module]] = {
    **{f"se_resnet{depth}": partial(SEResNet, depth) for depth in COLUMNS},
    **{f"se_resnet{depth}": partial(CifarSEResNet, depth) for depth in (20, 110)},
    **{f"se_resnext{depth}_{cardinality}x{width}d": partial(SEResNeXt, depth, cardinality, width)
       for depth, cardinality, width in RESNEXTS},
    "senet154": SENet154,
}
