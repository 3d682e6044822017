"""Pre-activation ResNet: batch norm and ReLU before each convolution, nothing on the way around.

    y = x + F(x)       F = bn relu conv bn relu conv

so a signal passes from any unit to any later one unchanged, and so does its gradient on its way
back.  Where a unit changes the shape by a projection (a 1x1 convolution on the way around), both
paths read relu(bn(x)).

    CIFAR        layers    parameters          ImageNet    layers    parameters
    2 x 3x3      110        1,727,962          2 x 3x3     18        11,687,848
    bottleneck   164        1,703,258                      34        21,796,008
                 1001      10,327,706          bottleneck  50        25,549,480
                                                           101       44,541,608
                                                           152       60,185,256
                                                           200       64,666,280

Images are those of minicnn.models.resnet and minicnn.models.resnet_cifar.  The weights of the
library timm (resnetv2_50) load with variant="timm".

Source: He, Zhang, Ren, Sun, "Identity mappings in deep residual networks", ECCV 2016, figure 4 (d)
and (e), tables 2 to 5, appendix.  Slide: stanford "Identity Mappings in Deep Residual Networks".

Departures from the paper
-------------------------
1. Starting weights have variance 2 / fan_in: see minicnn.models.resnet.
2. For ImageNet, batch norm and ReLU stand behind conv1 and again in the first unit, on the other
   side of the max pool; the paper asks for one of them.  variant="timm" has only the second, as the
   library of that name: 128 parameters less, 25,549,352 with 50 layers.
3. The strides of the ImageNet networks stand on the 3x3.
4. CIFAR networks of two 3x3 have shortcuts A, which have no parameters, as in the 2015 paper; in
   their first unit conv1's output goes around as it is, not activated.
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
from minicnn.models.resnet import BRACKETS, COLUMNS, EXPANSION, imagenet_rows
from minicnn.models.resnet_cifar import cifar_end, cifar_stages
from minicnn.models.table import row
from minicnn.models.units import ORDERS, convolutions, preactivation_unit, units_per_stage
from minicnn.weights.names import Names, numbered

COUNTS = {**{depth: (column.unit, column.counts) for depth, column in COLUMNS.items()},
          200: ("bottleneck", (3, 24, 36, 3))}


class PreActResNet(Network):
    """Pre-activation ResNet:  (N, 3, H, W) -> (N, classes), published for 224 x 224.

    Parameters
    ----------
    depth : 18, 34, 50, 101, 152 or 200    layers with weights
    classes : int, default 1000            how many it tells apart
    variant : "paper" or "timm"            see the head of this file

    >>> PreActResNet(50).num_parameters()
    25549480
    """

    published = {"timm": Names(
        (r"^conv1\.", "stem.conv."), (r"^conv(\d)_x", numbered("stages.{}.blocks", -2)),
        (r"residual\.shortcut\.projection\.0", "downsample.conv"),
        (r"(before|residual\.body|body)\.", ""), (r"\.bn(\d)", r".norm\1"), (r"^fc", "head.fc"),
        shapes={r"^fc\.weight": "F C 1 1"}, variant="timm",
        sign={"stages.0.blocks.0.norm1.weight": (64,)})}

    def __init__(self, depth: int = 50, classes: int = 1000, variant: str = "paper") -> None:
        kind, counts = COUNTS[check_choice("PreActResNet", "depth", depth, COUNTS)]
        check_choice("PreActResNet", "variant", variant, ("paper", "timm"))
        check_classes("PreActResNet", classes)

        def unit(in_channels: int, channels: int, stride: int) -> Module:
            return preactivation_unit(convolutions(kind, in_channels, channels, stride))

        expansion = EXPANSION[kind]
        rows = imagenet_rows(unit, counts, expansion, BRACKETS[kind], classes)
        if variant == "timm":
            rows[0] = row("conv1", Conv2d(3, 64, 7, 2, 3, bias=False), **rows[0].slide)
        rows.insert(-2, row("norm", BatchNorm2d(expansion * 512), ReLU()))
        super().__init__(*rows, input_shape=(3, 224, 224))
        self.variant = f"{depth} {variant}"
        self.keep_published(variant)
        self.preparation = (Preparation(224, 235, (0.5,) * 3, (0.5,) * 3, bicubic=True)
                            if self.published else None)
        apply_init(self, weight=he_normal(), bias=zeros)


class CifarPreActResNet(Network):
    """Pre-activation ResNet for small images:  (N, C, H, W) -> (N, classes), made for 3 x 32 x 32.

    Parameters
    ----------
    depth : int, default 110      6 n + 2 layers of units [3x3; 3x3], or, from 164 on, 9 n + 2 of
                                  units [1x1; 3x3; 1x1]
    classes : int, default 10                                how many it tells apart
    order : "preactivation" or "relu-only preactivation"     see minicnn.models.units
    channels : int, default 3     of the image: 1 for grey ones

    >>> CifarPreActResNet(164).num_parameters()
    1703258
    """

    def __init__(self, depth: int = 110, classes: int = 10, order: str = "preactivation",
                 channels: int = 3) -> None:
        name = "CifarPreActResNet"
        check_choice(name, "order", order, ("preactivation", "relu-only preactivation"))
        check_classes(name, classes)
        if depth < 164:
            kind, n = "basic", units_per_stage(name, depth, 6, 2, (20, 56, 110))
        else:
            kind, n = "bottleneck", units_per_stage(name, depth, 9, 2, (164, 1001))
        expansion = EXPANSION[kind]

        def unit(in_channels: int, channels: int, stride: int) -> Module:
            convs = convolutions(kind, in_channels, channels, stride)
            return preactivation_unit(convs, "A" if kind == "basic" else "B", ORDERS[order])

        before: list[Module] = [Conv2d(channels, 16, 3, 1, 1, bias=False)]
        after: list[Module] = [BatchNorm2d(64 * expansion), ReLU()]
        if order == "relu-only preactivation":             # each convolution has its norm behind it
            before, after = [*before, BatchNorm2d(16)], after[1:]
        super().__init__(
            row("conv1", *before, maps="32x32"),
            *cifar_stages(unit, n, 16, 16, expansion), row("norm", *after),
            *cifar_end(64 * expansion, classes), input_shape=(channels, 32, 32))
        self.variant = f"{depth}, {order}"
        apply_init(self, weight=he_normal(), bias=zeros)


NETWORKS: dict[str, Callable[..., Module]] = {
    **{f"preact_resnet{depth}": partial(PreActResNet, depth) for depth in COUNTS},
    **{f"preact_resnet{depth}": partial(CifarPreActResNet, depth)
       for depth in (20, 56, 110, 164, 1001)},
}
