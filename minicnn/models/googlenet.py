"""GoogLeNet, and the Inception module that it is built from: several filter sizes side by side.

    variant         slide or source                              parameters    with auxiliary heads
    "paper"         memphis, iitk, "GoogLeNet" (the table)       6,998,552     13,378,280
    "torchvision"   the network whose weights torchvision has    6,624,904     13,004,888
    "small"         four modules for 32 x 32 images              160,146       302,310

    inception_naive_example     stanford, virginia, "Naive Inception ..."     1,089,952
    inception_reduced_example   the same with 1 x 1 bottlenecks of 64         346,720

Source: Szegedy et al., "Going deeper with convolutions", CVPR 2015, table 1 and figures 2 and 3;
heads, section 5.  Input 3 x 224 x 224, RGB minus its mean.  Slides: memphis and iitk "GoogLeNet",
"Intermediate Supervision"; stanford and unicamp "Inception module"; virginia "GoogLeNet
Configuration".  The slides' "ops" are MACs; their "params" leave out biases, with K = 1,024, and
their row of the first convolution (2.7K, 34M) fits 7 x 1 and 1 x 7 filters, not the 7 x 7 it names.

Departures of "paper" from the paper
------------------------------------
1. The last average pooling takes the mean of the whole map, which is 7 x 7 for 224 x 224 images.
2. LRN has size 5, alpha 1e-4, beta 0.75, k 1; the paper does not say.
3. Starting weights are He et al.'s, biases 0; the paper does not say.
The heads are there with aux=True; they count in training only, with 0.3 each in the loss.

Departures of "torchvision"
---------------------------
4. Batch norm (eps 0.001) behind every convolution, no biases there, no LRN.
5. The branch named 5 x 5 has 3 x 3 filters.
6. The fourth pooling is 2 x 2.
7. Dropout of 20 % instead of 40 %; the heads pool to 4 x 4 by adaptive windows.
torchvision's weights load; its file has the auxiliary heads, so it needs aux=True.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from minicnn.data.preparation import Preparation
from minicnn.init import apply_init, he_normal, zeros
from minicnn.layers.activations import ReLU
from minicnn.layers.adaptive import AdaptiveAvgPool2d, GlobalAvgPool2d
from minicnn.layers.avgpool import AvgPool2d
from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.containers import Sequential
from minicnn.layers.dropout import Dropout
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.lrn import LocalResponseNorm
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.module import Module
from minicnn.models.auxiliary import Supervised
from minicnn.models.network import Branches, Network, check_choice, check_classes, conv_unit
from minicnn.models.table import Row, row
from minicnn.weights.names import Names

Unit = Callable[..., Module]                               # as conv_unit(in, out, kernel, stride)

MODULES = (
    # name, input, #1x1, #3x3 reduce, #3x3, #5x5 reduce, #5x5, pool proj; output, params, ops
    ("3a", 192, (64,  96,  128, 16, 32,  32),  "256x28x28", "159K",  "128M"),
    ("3b", 256, (128, 128, 192, 32, 96,  64),  "480x28x28", "380K",  "304M"),
    ("4a", 480, (192, 96,  208, 16, 48,  64),  "512x14x14", "364K",  "73M"),
    ("4b", 512, (160, 112, 224, 24, 64,  64),  "512x14x14", "437K",  "88M"),
    ("4c", 512, (128, 128, 256, 24, 64,  64),  "512x14x14", "463K",  "100M"),
    ("4d", 512, (112, 144, 288, 32, 64,  64),  "528x14x14", "580K",  "119M"),
    ("4e", 528, (256, 160, 320, 32, 128, 128), "832x14x14", "840K",  "170M"),
    ("5a", 832, (256, 160, 320, 32, 128, 128), "832x7x7",   "1072K", "54M"),
    ("5b", 832, (384, 192, 384, 48, 128, 128), "1024x7x7",  "1388K", "71M"),
)
biased = partial(conv_unit, norm=None)
normed = partial(conv_unit, norm=partial(BatchNorm2d, eps=1e-3))


def naive_inception(in_channels: int, one: int, three: int, five: int) -> Branches:
    """Figure 2(a): 1x1, 3x3 and 5x5 filters and 3x3 max pooling, their maps stacked."""
    return Branches(branch1=biased(in_channels, one, 1),
                    branch2=biased(in_channels, three, 3),
                    branch3=biased(in_channels, five, 5),
                    branch4=MaxPool2d(3, stride=1, padding=1))


def inception(in_channels: int, one: int, reduce3: int, three: int, reduce5: int, five: int,
              proj: int, unit: Unit = biased, kernel: int = 5) -> Branches:
    """Figure 2(b): 1x1 filters reduce the maps before the large filters and after the pooling."""
    return Branches(
        branch1=unit(in_channels, one, 1),
        branch2=Sequential(unit(in_channels, reduce3, 1), unit(reduce3, three, 3)),
        branch3=Sequential(unit(in_channels, reduce5, 1), unit(reduce5, five, kernel)),
        branch4=Sequential(MaxPool2d(3, stride=1, padding=1), unit(in_channels, proj, 1)))


def pool(kernel_size: int = 3) -> MaxPool2d:
    return MaxPool2d(kernel_size, 2, ceil_mode=True)       # ceil: 112 -> 56, as the table has it


def stage(number: str, label: str, unit: Unit = biased, kernel: int = 5) -> Iterator[Row]:
    """The modules of one map size: 3, 4 or 5."""
    for name, in_channels, maps, output, params, ops in MODULES:
        if name.startswith(number):
            slide = {"output": output, "filters": ", ".join(map(str, maps)), "parameters": params,
                     "macs": ops}
            yield row(label.format(name), inception(in_channels, *maps, unit, kernel),
                      **slide if kernel == 5 else {})      # torchvision's is on no slide


def paper_rows(classes: int, channels: int, dropout: float) -> tuple[Row, ...]:
    label = "inception ({})"
    return (
        row("conv1", biased(channels, 64, 7, 2), output="64x112x112", kernel="7x7", stride="2",
            parameters="2.7K", macs="34M"),
        row("pool1", pool(), output="64x56x56", kernel="3x3", stride="2"),
        row("lrn1",  LocalResponseNorm(5)),
        row("conv2", Sequential(reduce=biased(64, 64, 1), conv=biased(64, 192, 3)),
            output="192x56x56", filters="64, 192", parameters="112K", macs="360M"),
        row("lrn2",  LocalResponseNorm(5)),
        row("pool2", pool(), output="192x28x28", kernel="3x3", stride="2"),
        *stage("3", label),
        row("pool3", pool(), output="480x14x14", kernel="3x3", stride="2"),
        *stage("4", label),
        row("pool4", pool(), output="832x7x7", kernel="3x3", stride="2"),
        *stage("5", label),
        row("avg pool", GlobalAvgPool2d(), output="1024x1x1"),
        row("flatten", Flatten()),
        row("dropout", Dropout(dropout), output="1024"),
        row("linear", Linear(1024, classes), output="1000", parameters="1000K", macs="1M"),
    )


def torchvision_rows(classes: int, channels: int, dropout: float) -> tuple[Row, ...]:
    label = "inception{}"
    return (
        row("conv1", normed(channels, 64, 7, 2)),
        row("maxpool1", pool()),
        row("conv2", normed(64, 64, 1)),
        row("conv3", normed(64, 192, 3)),
        row("maxpool2", pool()),
        *stage("3", label, normed, kernel=3),
        row("maxpool3", pool()),
        *stage("4", label, normed, kernel=3),
        row("maxpool4", pool(2)),
        *stage("5", label, normed, kernel=3),
        row("avgpool", GlobalAvgPool2d()),
        row("flatten", Flatten()),
        row("dropout", Dropout(dropout)),
        row("fc", Linear(1024, classes)),
    )


def small_rows(classes: int, channels: int, dropout: float) -> tuple[Row, ...]:
    return (
        row("conv1", biased(channels, 32, 3)),
        row("inception (a)", inception(32, 16, 24, 32, 4, 8, 8)),
        row("pool1", pool()),
        row("inception (b)", inception(64, 32, 48, 64, 8, 16, 16)),
        row("inception (c)", inception(128, 32, 48, 64, 8, 16, 16)),
        row("pool2", pool()),
        row("inception (d)", inception(128, 48, 48, 96, 12, 24, 24)),
        row("avg pool", GlobalAvgPool2d()),
        row("flatten", Flatten()),
        row("dropout", Dropout(dropout)),
        row("linear", Linear(192, classes)),
    )


def head(in_channels: int, classes: int, unit: Unit, pooling: Module, maps: int = 128,
         units: int = 1024) -> Sequential:
    """Auxiliary classifier, section 5: its gradient reaches the lower layers undiminished."""
    return Sequential(pool=pooling, conv=unit(in_channels, maps, 1), flatten=Flatten(),
                      fc1=Linear(maps * 4 * 4, units), relu=ReLU(), dropout=Dropout(0.7),
                      fc2=Linear(units, classes))


class Variant(NamedTuple):
    rows: Callable[[int, int, float], tuple[Row, ...]]
    size: int                                              # of the square images, in pixels
    dropout: float
    heads: tuple[tuple[str, int], ...]                     # (row that feeds it, maps), for each
    head: Callable[[int, int], Module]                     # (maps, classes)


VARIANTS = {
    "paper": Variant(
        paper_rows, 224, 0.4, (("inception (4a)", 512), ("inception (4d)", 528)),
        lambda maps, classes: head(maps, classes, biased, AvgPool2d(5, 3))),
    "torchvision": Variant(
        torchvision_rows, 224, 0.2, (("inception4a", 512), ("inception4d", 528)),
        lambda maps, classes: head(maps, classes, normed, AdaptiveAvgPool2d(4))),
    "small": Variant(
        small_rows, 32, 0.4, (("inception (b)", 128), ("inception (c)", 128)),
        lambda maps, classes: head(maps, classes, biased, AdaptiveAvgPool2d(4), 32, 128)),
}


class GoogLeNet(Network, Supervised):
    """GoogLeNet:  (N, 3, 224, 224) -> (N, classes).

    With aux, training gives three scores (main, aux1, aux2); torchvision names aux2 first.

    Parameters
    ----------
    variant : "paper", "torchvision" or "small"    see the head of this file
    classes : int, default 1000                    how many it tells apart
    channels : int, default 3                      of the images
    dropout : float, optional                      before the last layer: 0.4, torchvision's 0.2
    aux : bool, default False                      with both auxiliary classifiers

    >>> GoogLeNet().num_parameters(), GoogLeNet(aux=True).shape((3, 224, 224))
    (6998552, ((1000,), (1000,), (1000,)))
    """

    published = {"torchvision": Names(
        (r"\.norm\.", ".bn."), heads=r"^aux\d", variant="torchvision",
        sign={"conv2.conv.weight": (64, 64, 1, 1), "inception3a.branch1.bn.weight": (64,)})}

    def __init__(self, variant: str = "paper", classes: int = 1000, channels: int = 3,
                 dropout: float | None = None, aux: bool = False) -> None:
        form = VARIANTS[check_choice("GoogLeNet", "variant", variant, VARIANTS)]
        check_classes("GoogLeNet", classes)
        rows = form.rows(classes, channels, form.dropout if dropout is None else dropout)
        super().__init__(*rows, input_shape=(channels, form.size, form.size))
        self.variant = variant
        self.keep_published(variant)
        # torchvision's weights come from TensorFlow, where pictures run from -1 to 1
        self.preparation = (Preparation(mean=(0.5,) * 3, std=(0.5,) * 3)
                            if variant == "torchvision" else None)
        self.add_heads({f"aux{number}": (label, form.head(maps, classes)) for number, (label, maps)
                        in enumerate(form.heads, 1)} if aux else {})
        apply_init(self, weight=he_normal(), bias=zeros)


def googlenet_small(classes: int = 10, channels: int = 3, dropout: float = 0.4,
                    aux: bool = False) -> GoogLeNet:
    """Four Inception modules for (N, channels, 32, 32), 160,146 parameters."""
    return GoogLeNet("small", classes, channels, dropout, aux)


def inception_naive_example() -> Network:
    """The slides' example, (N, 256, 28, 28) -> (N, 672, 28, 28): 854 million MACs."""
    return Network(row("naive", naive_inception(256, 128, 192, 96), output="672x28x28",
                       macs="854M"), input_shape=(256, 28, 28))


def inception_reduced_example() -> Network:
    """The same with bottlenecks, (N, 256, 28, 28) -> (N, 480, 28, 28): 271 million MACs.

    The slides' 358M counts the 3 x 3 convolution (86.7M) twice.
    """
    return Network(row("reduced", inception(256, 128, 64, 192, 64, 96, 64), output="480x28x28",
                       macs="358M"), input_shape=(256, 28, 28))


NETWORKS: dict[str, Callable[..., Module]] = {
    "googlenet": GoogLeNet,
    "googlenet_small": googlenet_small,
    "inception_naive_example": inception_naive_example,
    "inception_reduced_example": inception_reduced_example,
}
