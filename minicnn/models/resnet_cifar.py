"""ResNet for CIFAR-10: 6 n + 2 layers on 32 x 32 images, and the plain networks beside it.

    layers        20         32         44         56         110          1202
    n             3          5          7          9          18           200
    parameters    269,722    464,154    658,586    853,018    1,727,962    19,421,274

Plain networks have as many parameters: shortcuts A have none.  Images are 3 x 32 x 32, the mean of
each pixel subtracted; for training they are padded by 4 pixels, cropped at random and flipped.

`order` rearranges the layers of a unit: "bn after addition" and "no relu" are the two that the
memphis slide "ResNet" draws beside the reference ("Batch Norm after add", "No ReLU").  The first
normalises the sum, so that no path leads through the network untouched; it trains worse (2016b,
table 2).  The second leaves out the ReLU behind the sum.  All of them: minicnn.models.units.

Sources: He et al. 2016, "Deep residual learning", section 4.2 and table 6; for the orders, He et
al. 2016b, "Identity mappings in deep residual networks", figure 4 and table 2.  Slides: virginia
"More layers equals better?", stanford (56 layers against 20; "1202 on Cifar"), iitk "Exp Ensembles
of Shallow Nets" (110 layers), memphis "ResNet".

Departures from the paper
-------------------------
1. Starting weights have variance 2 / fan_in: see minicnn.models.resnet.
2. Any n of at least 1 is built: also 8 and 14 layers, for a laptop.
3. variant="akamaster" has half of shortcut A's zero channels before the others and half behind, as
   Y. Idelbayev's program has, whose weights are published (github.com/akamaster,
   pytorch_resnet_cifar10).
"""

from collections.abc import Callable
from functools import partial

from minicnn.data.preparation import Preparation
from minicnn.init import apply_init, he_normal, zeros
from minicnn.layers.activations import ReLU
from minicnn.layers.adaptive import GlobalAvgPool2d
from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.conv import Conv2d
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.module import Module
from minicnn.models.network import Network, check_choice, check_classes
from minicnn.models.table import Row, row
from minicnn.models.units import (
    ORDERS,
    Unit,
    around,
    basic,
    plain_unit,
    residual_unit,
    stage,
    units_per_stage,
)
from minicnn.weights.names import Names

DEPTHS = (20, 32, 44, 56, 110, 1202)                       # those of the paper
MAPS = ("32x32", "16x16", "8x8")                           # and its "output map size"
VARIANTS = {"paper": "A", "akamaster": "A on both sides"}   # what shortcut A is
AKAMASTER = Names((r"^conv1_batchnorm2d", "bn1"), (r"^stage", "layer"), (r"\.body\.", "."),
                  (r"^fc\.", "linear."), variant="akamaster")
ORDERS_HERE = ("original", "bn after addition", "no relu", "relu before addition")


def cifar_start(channels: int, maps: int = 16) -> Row:
    return row("conv1", Conv2d(channels, maps, 3, 1, 1, bias=False), BatchNorm2d(maps), ReLU(),
               maps="32x32")


def cifar_stages(unit: Unit, n: int, seen: int, base: int, expansion: int = 1) -> list[Row]:
    """stage1, stage2, stage3: n units each.

    seen : channels that come in
    base : `channels` of the units in stage1; they double from stage to stage
    """
    rows = []
    for number in range(3):
        channels = base * 2 ** number
        layers = stage(unit, n, seen, channels, 1 if number == 0 else 2, expansion)
        seen = expansion * channels
        rows.append(row(f"stage{number + 1}", layers, maps=MAPS[number]))
    return rows


def cifar_end(seen: int, classes: int) -> list[Row]:
    return [row("avgpool", GlobalAvgPool2d()),
            row("fc", Flatten(), Linear(seen, classes), output="10")]


class CifarResNet(Network):
    """ResNet for small images:  (N, C, H, W) -> (N, classes), published for 3 x 32 x 32.

    Parameters
    ----------
    depth : int, default 20                6 n + 2 layers with weights
    classes : int, default 10              how many it tells apart
    shortcut : "A", "B", "C" or "none"     "A" in the paper; "none" is a plain network
    order : str, default "original"        or "bn after addition", "no relu",
                                           "relu before addition"
    channels : int, default 3              of the image: 1 for grey ones
    variant : "paper" or "akamaster"       see departure 3

    >>> CifarResNet(56).num_parameters(), CifarResNet(56, shortcut="none").num_parameters()
    (853018, 853018)
    """

    published = {"akamaster": AKAMASTER}

    def __init__(self, depth: int = 20, classes: int = 10, shortcut: str = "A",
                 order: str = "original", channels: int = 3, variant: str = "paper") -> None:
        n = units_per_stage("CifarResNet", depth, 6, 2, DEPTHS)
        check_choice("CifarResNet", "shortcut", shortcut, ("A", "B", "C", "none"))
        check_choice("CifarResNet", "order", order,
                     ORDERS_HERE if shortcut != "none" else ("original",))
        check_choice("CifarResNet", "variant", variant, VARIANTS)
        if variant != "paper" and (shortcut, order) != ("A", "original"):
            raise ValueError(f"CifarResNet: variant {variant!r} has shortcut A and the original "
                             f"order, got {shortcut!r} and {order!r}")
        check_classes("CifarResNet", classes)
        option = VARIANTS[variant] if shortcut == "A" else shortcut

        def unit(in_channels: int, channels: int, stride: int) -> Module:
            convs = basic(in_channels, channels, stride)
            if shortcut == "none":
                return plain_unit(convs)
            return residual_unit(convs, around(convs, option), ORDERS[order])

        super().__init__(
            cifar_start(channels), *cifar_stages(unit, n, 16, 16), *cifar_end(64, classes),
            input_shape=(channels, 32, 32))
        around_it = "no shortcuts" if shortcut == "none" else f"shortcut {shortcut}"
        self.variant = f"{depth}, {around_it}, {order}"
        self.keep_published(variant)
        self.preparation = Preparation(32, 32, trained_on="cifar10") if self.published else None
        apply_init(self, weight=he_normal(), bias=zeros)


NETWORKS: dict[str, Callable[..., Module]] = {
    **{f"resnet{depth}": partial(CifarResNet, depth) for depth in DEPTHS},
    **{f"plain{depth}": partial(CifarResNet, depth, shortcut="none") for depth in (20, 32, 44, 56)},
}
