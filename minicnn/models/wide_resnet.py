"""Wide ResNet: F x k channels in each unit instead of F, and fewer layers.

    CIFAR-10    depth-k    parameters        ImageNet    depth-k    parameters
                16-8       10,961,370                    18-2         45,618,216
                28-10      36,479,194                    50-2        68,883,240
                40-4        8,949,210                    101-2      126,886,696

The CIFAR networks (WRN-depth-k, 6 n + 4 layers) have pre-activation units and read 3 x 32 x 32
images, scaled to mean 0 and variance 1 in each channel.  Those for ImageNet (3 x 224 x 224) have
the units of minicnn.models.resnet with the stride on the 3x3: two 3x3 as wide as the output with 18
and 34 layers, and with 50 and 101 a bottleneck in which only the layers inside are wider.  Their
weights have the names of ResNet's, and torchvision's by the rules told there.

Source: Zagoruyko and Komodakis, "Wide residual networks", BMVC 2016, table 1; tables 5, 7 and 8.
Slide: stanford "Wide Residual Networks".

Departures from the paper
-------------------------
1. Starting weights have variance 2 / fan_in: see minicnn.models.resnet.
2. Any depth 6 n + 4 and any whole k are built for CIFAR, so that small ones can be trained.
3. 101-2 is torchvision's; the paper stops at 50 layers for ImageNet.
"""

from collections.abc import Callable
from functools import partial

from minicnn.data.preparation import Preparation
from minicnn.init import apply_init, he_normal, zeros
from minicnn.layers.activations import ReLU
from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.conv import Conv2d
from minicnn.layers.module import Module
from minicnn.models.network import Network, check_choice, check_classes
from minicnn.models.resnet import BRACKETS, COLUMNS, EXPANSION, RULES, imagenet_rows
from minicnn.models.resnet_cifar import cifar_end, cifar_stages
from minicnn.models.table import row
from minicnn.models.units import (
    ORDERS,
    Order,
    around,
    basic,
    bottleneck,
    preactivation_unit,
    residual_unit,
    units_per_stage,
)
from minicnn.weights.names import Names

WIDTHS = {18: (1, 1.5, 2, 3), 34: (1, 1.5, 2), 50: (2,), 101: (2,)}      # k, by ImageNet depth

WITH_DROPOUT = Order("bn relu conv", "bn relu dropout conv")             # section 2.4, figure 1 (d)


class WideResNet(Network):
    """Wide ResNet:  (N, 3, H, W) -> (N, classes), published for 224 x 224.

    Parameters
    ----------
    depth : 18, 34, 50 or 101      layers with weights
    width : 1, 1.5, 2 or 3         k; 2 for 50 and 101 layers
    classes : int, default 1000    how many it tells apart

    >>> WideResNet(50).num_parameters()
    68883240
    """

    published = {"torchvision": Names(*RULES)}
    preparation = Preparation()

    def __init__(self, depth: int = 50, width: float = 2, classes: int = 1000) -> None:
        check_choice("WideResNet", "depth", depth, WIDTHS)
        check_choice(f"WideResNet({depth})", "width", width, WIDTHS[depth])
        check_classes("WideResNet", classes)
        kind, counts, _ = COLUMNS[depth]
        base = int(64 * width) if kind == "basic" else 64

        def unit(in_channels: int, channels: int, stride: int) -> Module:
            if kind == "basic":
                convs = basic(in_channels, channels, stride)
            else:
                convs = bottleneck(in_channels, int(width * channels), 4 * channels, stride)
            return residual_unit(convs, around(convs), ORDERS["original"])

        super().__init__(
            *imagenet_rows(unit, counts, EXPANSION[kind], BRACKETS[kind], classes, base,
                           widen=1 if kind == "basic" else width), input_shape=(3, 224, 224))
        self.variant = f"{depth}-{width}"
        apply_init(self, weight=he_normal(), bias=zeros)


class CifarWideResNet(Network):
    """WRN-depth-k for small images:  (N, C, H, W) -> (N, classes), made for 3 x 32 x 32.

    Parameters
    ----------
    depth : int, default 28         6 n + 4 layers with weights
    width : int, default 10         k: the stages have 16 k, 32 k and 64 k channels
    classes : int, default 10       how many it tells apart
    dropout : float, default 0      probability, between the convolutions of a unit (paper: 0.3)
    channels : int, default 3       of the image: 1 for grey ones

    >>> CifarWideResNet(28, 10).num_parameters()
    36479194
    """

    def __init__(self, depth: int = 28, width: int = 10, classes: int = 10, dropout: float = 0.0,
                 channels: int = 3) -> None:
        n = units_per_stage("CifarWideResNet", depth, 6, 4, (16, 22, 28, 40))
        if not isinstance(width, int) or width < 1:
            raise ValueError(f"CifarWideResNet: width is a whole number of at least 1, such as 2, "
                             f"4, 8, 10 or 12, got {width!r}")
        check_classes("CifarWideResNet", classes)
        order = WITH_DROPOUT if dropout else ORDERS["preactivation"]

        def unit(in_channels: int, channels: int, stride: int) -> Module:
            return preactivation_unit(basic(in_channels, channels, stride), "B", order, dropout)

        super().__init__(
            row("conv1", Conv2d(channels, 16, 3, 1, 1, bias=False), maps="32x32"),
            *cifar_stages(unit, n, 16, 16 * width),
            row("norm", BatchNorm2d(64 * width), ReLU()),
            *cifar_end(64 * width, classes), input_shape=(channels, 32, 32))
        self.variant = f"{depth}-{width}"
        apply_init(self, weight=he_normal(), bias=zeros)


NETWORKS: dict[str, Callable[..., Module]] = {
    "wide_resnet50_2": partial(WideResNet, 50), "wide_resnet101_2": partial(WideResNet, 101),
    **{f"wrn_{depth}_{width}": partial(CifarWideResNet, depth, width) for depth, width in
       ((10, 2), (16, 8), (16, 10), (22, 8), (22, 10), (28, 10), (28, 12), (40, 1), (40, 2),
        (40, 4), (40, 8))},
}
