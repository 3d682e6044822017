"""ResNeXt: the middle of a unit is split into C parallel paths of width d ("cardinality").

    y = x + sum over i = 1..C of F_i(x)        F_i = [1x1, d; 3x3, d; 1x1, F]

Put side by side, the first layers of all paths are one 1x1 with C d channels, the second ones a
grouped 3x3 (each path sees its own d channels), and the sum of the third ones is one 1x1 again:
figure 3 (c) of the paper, and the units built here.

    ImageNet    depth, C x d    parameters      CIFAR-10    depth, C x d    parameters
                50   32x4d      25,028,904                  29   8x64d      34,426,698
                101  32x4d      44,177,704                  29  16x64d      68,155,210
                101  32x8d      88,791,336
                101  64x4d      83,455,272

Images are those of minicnn.models.resnet and minicnn.models.resnet_cifar; torchvision's names of
weights become ours by the rules told there.

Source: Xie, Girshick, Dollar, Tu, He, "Aggregated residual transformations for deep neural
networks", CVPR 2017, tables 1 to 4 and 7, section 5.2; 101 with 32x8d is torchvision's.  Slide:
stanford "Aggregated Residual Transformations for Deep Neural Networks (ResNeXt)".

Departures from the paper
-------------------------
1. Starting weights have variance 2 / fan_in: see minicnn.models.resnet.
"""

from collections.abc import Callable
from functools import partial

from minicnn.data.preparation import Preparation
from minicnn.init import apply_init, he_normal, zeros
from minicnn.layers.module import Module
from minicnn.models.network import Network, check_choice, check_classes
from minicnn.models.resnet import COLUMNS, RULES, imagenet_rows
from minicnn.models.resnet_cifar import cifar_end, cifar_stages, cifar_start
from minicnn.models.units import (
    ORDERS,
    Unit,
    around,
    bottleneck,
    residual_unit,
    units_per_stage,
)
from minicnn.weights.names import Names

# Depth, cardinality, width: table 3 varies C at equal cost, table 4 at twice the cost.
MEMBERS = [(depth, *paths) for depth in (50, 101)
           for paths in ((1, 64), (2, 40), (4, 24), (8, 14), (32, 4))]
MEMBERS += [(101, 1, 100), (101, 2, 64), (101, 64, 4), (101, 32, 8)]


def resnext_unit(cardinality: int, width: int, base: int = 64) -> Unit:
    """Units with C d channels in the middle where there are `base`, 2 C d where twice as many."""
    def unit(in_channels: int, channels: int, stride: int) -> Module:
        convs = bottleneck(in_channels, cardinality * width * channels // base, 4 * channels,
                           stride, groups=cardinality)
        return residual_unit(convs, around(convs), ORDERS["original"])
    return unit


class ResNeXt(Network):
    """ResNeXt:  (N, 3, H, W) -> (N, classes), published for 224 x 224.

    Parameters
    ----------
    depth : 50 or 101                 layers with weights
    cardinality : int, default 32     C, the number of paths
    width : int, default 4            d, the channels of a path in conv2_x; twice as many in
                                      conv3_x, and so on
    classes : int, default 1000       how many it tells apart

    >>> ResNeXt(50, 32, 4).num_parameters()
    25028904
    """

    published = {"torchvision": Names(*RULES)}

    def __init__(self, depth: int = 50, cardinality: int = 32, width: int = 4,
                 classes: int = 1000) -> None:
        check_choice("ResNeXt", "(depth, cardinality, width)", (depth, cardinality, width), MEMBERS)
        check_classes("ResNeXt", classes)
        super().__init__(
            *imagenet_rows(resnext_unit(cardinality, width), COLUMNS[depth].counts, 4,
                           f"[1x1, {{0}}; 3x3, {{0}}, C={cardinality}; 1x1, {{1}}]", classes,
                           widen=cardinality * width / 64),
            input_shape=(3, 224, 224))
        self.variant = f"{depth} {cardinality}x{width}d"
        self.preparation = Preparation(resize=232 if cardinality == 64 else 256)
        apply_init(self, weight=he_normal(), bias=zeros)


class CifarResNeXt(Network):
    """ResNeXt for small images:  (N, C, H, W) -> (N, classes), published for 3 x 32 x 32.

    Parameters
    ----------
    depth : int, default 29          9 n + 2 layers with weights
    cardinality : int, default 8     C, the number of paths
    width : int, default 64          d, the channels of a path in stage1
    classes : int, default 10        how many it tells apart
    base : int, default 64           stages have 4, 8 and 16 times as many channels
    channels : int, default 3        of the image: 1 for grey ones

    >>> CifarResNeXt(29, 8, 64).num_parameters()
    34426698
    """

    def __init__(self, depth: int = 29, cardinality: int = 8, width: int = 64, classes: int = 10,
                 base: int = 64, channels: int = 3) -> None:
        n = units_per_stage("CifarResNeXt", depth, 9, 2, (29,))
        if min(cardinality, width, base) < 1:
            raise ValueError(f"CifarResNeXt: cardinality, width and base are at least 1, got "
                             f"{cardinality}, {width} and {base}")
        check_classes("CifarResNeXt", classes)
        super().__init__(
            cifar_start(channels, base),
            *cifar_stages(resnext_unit(cardinality, width, base), n, base, base, 4),
            *cifar_end(16 * base, classes), input_shape=(channels, 32, 32))
        self.variant = f"{depth} {cardinality}x{width}d"
        apply_init(self, weight=he_normal(), bias=zeros)


NETWORKS: dict[str, Callable[..., Module]] = {
    **{f"resnext{depth}_{cardinality}x{width}d": partial(ResNeXt, depth, cardinality, width)
       for depth, cardinality, width in ((50, 32, 4), (101, 32, 4), (101, 32, 8), (101, 64, 4))},
    "resnext29_8x64d": CifarResNeXt,
    "resnext29_16x64d": partial(CifarResNeXt, 29, 16),
    "resnext29_small": partial(CifarResNeXt, 29, 8, 4, base=16),
}
