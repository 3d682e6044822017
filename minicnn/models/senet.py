"""Squeeze-and-excitation networks: a residual unit that weighs its channels before the sum.

    y = relu(x + s F(x))       s = sigmoid(w2 relu(w1 mean(F(x)))), one number for each channel

    network             parameters         network       parameters
    SE-ResNet-18        11,778,592         SENet-154     115,088,984
    SE-ResNet-34        21,958,868
    SE-ResNet-50        28,088,024         CIFAR
    SE-ResNet-101       49,326,872         SE-ResNet-20      272,095
    SE-ResNet-152       66,821,848         SE-ResNet-110   1,742,200

Images are those of minicnn.models.resnet and minicnn.models.resnet_cifar; the squeeze divides the
channels by 16.

SENet-154, the network of the 2017 competition, is a ResNeXt-152 64x4d with squeeze-and-excitation
and these changes (appendix of the paper): half as many channels leave the first 1x1 of a unit;
three 3x3 stand in place of the 7x7; the projections with stride 2 are 3x3; dropout 0.2 comes before
the last layer.

Source: Hu, Shen, Albanie, Sun, Wu, "Squeeze-and-excitation networks", CVPR 2018 and PAMI 2020,
table 1, section 6.1, appendix.  Slide: stanford "Squeeze-and-Excitation Networks (SENet)", whose
"ResNeXt-152 as a base architecture" this is.

variant="timm" of the SE-ResNets has the stride of 50, 101 and 152 on the 3x3.

Departures from the paper
-------------------------
1. Starting weights have variance 2 / fan_in: see minicnn.models.resnet.
2. For CIFAR the units are those of the 2015 paper with shortcuts A, and any 6 n + 2 is built; with
   16 channels the squeeze leaves one.
"""

from collections.abc import Callable
from functools import partial

from minicnn.init import apply_init, he_normal, zeros
from minicnn.layers.activations import ReLU
from minicnn.layers.adaptive import GlobalAvgPool2d
from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.conv import Conv2d
from minicnn.layers.dropout import Dropout
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.module import Module, Sequential
from minicnn.layers.squeeze_excite import SqueezeExcite
from minicnn.models.network import Network, check_choice, check_classes
from minicnn.models.resnet import BRACKETS, COLUMNS, EXPANSION, imagenet_rows
from minicnn.models.resnet_cifar import DEPTHS, cifar_end, cifar_stages, cifar_start
from minicnn.models.table import row
from minicnn.models.units import (
    ORDERS,
    around,
    basic,
    convolutions,
    residual_unit,
    stage,
    units_per_stage,
)


class SEResNet(Network):
    """ResNet with squeeze-and-excitation:  (N, 3, H, W) -> (N, classes), made for 224 x 224.

    Parameters
    ----------
    depth : 18, 34, 50, 101 or 152     layers with weights, those of the excitation not counted
    classes : int, default 1000
    variant : "paper" or "timm"        see the head of this file
    reduction : int, default 16        r: the squeeze keeps 1 channel in r

    >>> SEResNet(50).num_parameters()
    28088024
    """

    def __init__(self, depth: int = 50, classes: int = 1000, variant: str = "paper",
                 reduction: int = 16) -> None:
        kind, counts, _ = COLUMNS[check_choice("SEResNet", "depth", depth, COLUMNS)]
        check_choice("SEResNet", "variant", variant, ("paper", "timm"))
        check_classes("SEResNet", classes)
        expansion = EXPANSION[kind]
        stride_on = "first 1x1" if variant == "paper" else "3x3"

        def unit(in_channels: int, channels: int, stride: int) -> Module:
            convs = convolutions(kind, in_channels, channels, stride, stride_on)
            return residual_unit(convs, around(convs), ORDERS["original"],
                                 se=SqueezeExcite(expansion * channels, reduction))

        bracket = BRACKETS[kind].replace("]", "; se]")
        super().__init__(*imagenet_rows(unit, counts, expansion, bracket, classes),
                         input_shape=(3, 224, 224))
        self.variant = f"{depth} {variant}"
        apply_init(self, weight=he_normal(), bias=zeros)


class CifarSEResNet(Network):
    """ResNet with squeeze-and-excitation for small images:  (N, C, H, W) -> (N, classes).

    Parameters
    ----------
    depth : int, default 20         6 n + 2 layers with weights
    classes : int, default 10
    reduction : int, default 16     r: the squeeze keeps 1 channel in r
    channels : int, default 3       of the image: 1 for grey ones
    """

    def __init__(self, depth: int = 20, classes: int = 10, reduction: int = 16,
                 channels: int = 3) -> None:
        n = units_per_stage("CifarSEResNet", depth, 6, 2, DEPTHS)
        check_classes("CifarSEResNet", classes)

        def unit(in_channels: int, channels: int, stride: int) -> Module:
            convs = basic(in_channels, channels, stride)
            return residual_unit(convs, around(convs, "A"), ORDERS["original"],
                                 se=SqueezeExcite(channels, reduction))

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

    classes : int, default 1000

    >>> SENet154().num_parameters()
    115088984
    """

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
            row("conv2_x", MaxPool2d(3, 2, 1), stage(unit, 3, 128, 64, 1, 4), output="256x56x56"),
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
    "senet154": SENet154,
}
