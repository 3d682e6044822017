"""Inception v2, or BN-Inception: GoogLeNet with batch norm, and two 3x3 filters for each 5x5.

    variant    input            parameters    running averages
    "paper"    3 x 224 x 224    11,295,240    20,032
    "small"    3 x 32 x 32      229,618       2,032

Source: Ioffe and Szegedy, "Batch normalization: accelerating deep network training by reducing
internal covariate shift", 2015, section 4.2 and the table of the appendix (figure 5); the network
is the one released for Caffe.  Input: BGR from 0 to 255 minus the mean (104, 117, 128).  Slides:
memphis "Inception v2, v3" and "What's new?" (batch norm, average pooling in the modules, dual 3x3
filters), iitk "BN-inception" in the table of results.

Departures from the paper
-------------------------
1. The first convolution is a full 7 x 7; the paper's is separable, with depth multiplier 8.
2. The table's column of output sizes contradicts its other columns in four rows, and these are
   followed here, as in the released network: 4c has 160 + 160 + 160 + 128 = 608 maps and 4d
   96 + 192 + 192 + 128 = 608, not 576; 4e has 192 + 256 + 608 = 1,056, not 1,024; and 3c and 4e,
   which have stride 2, put out 14 x 14 and 7 x 7, not their input's 28 x 28 and 14 x 14.
3. Convolutions keep a bias before the batch norm, as the released weights do.  It changes nothing
   but the count: 10,016 of the parameters.
4. Starting weights are He et al.'s; the paper does not say.
"""

from collections.abc import Callable, Iterator
from functools import partial

from minicnn.init import apply_init, he_normal, zeros
from minicnn.layers.activations import ReLU
from minicnn.layers.adaptive import GlobalAvgPool2d
from minicnn.layers.avgpool import AvgPool2d
from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.module import Module
from minicnn.models.network import Network, check_choice, check_classes
from minicnn.models.paths import Paths, Pools, branches
from minicnn.models.table import Row, row

MODULES = (
    # name, input, #1x1, (#3x3 reduce, #3x3), (double #3x3 reduce, double #3x3), pool + proj; the
    # output as the paper prints it
    ("3a", 192,  64,  (64, 64),   (64, 96),   ("avg", 32),  "256x28x28"),
    ("3b", 256,  64,  (64, 96),   (64, 96),   ("avg", 64),  "320x28x28"),
    ("3c", 320,  0,   (128, 160), (64, 96),   ("max", 0),   "576x28x28"),
    ("4a", 576,  224, (64, 96),   (96, 128),  ("avg", 128), "576x14x14"),
    ("4b", 576,  192, (96, 128),  (96, 128),  ("avg", 128), "576x14x14"),
    ("4c", 576,  160, (128, 160), (128, 160), ("avg", 128), "576x14x14"),
    ("4d", 608,  96,  (128, 192), (160, 192), ("avg", 128), "576x14x14"),
    ("4e", 608,  0,   (128, 192), (192, 256), ("max", 0),   "1024x14x14"),
    ("5a", 1056, 352, (192, 320), (160, 224), ("avg", 128), "1024x7x7"),
    ("5b", 1024, 352, (192, 320), (192, 224), ("max", 128), "1024x7x7"),
)

SMALL = (
    ("a", 32,  16, (16, 24), (8, 16),  ("avg", 8),  None),
    ("b", 64,  0,  (32, 48), (16, 16), ("max", 0),  None),
    ("c", 128, 40, (32, 48), (16, 24), ("avg", 16), None),
    ("d", 128, 0,  (40, 64), (24, 32), ("max", 0),  None),
    ("e", 224, 64, (48, 96), (24, 48), ("avg", 32), None),
)


def unit(in_channels: int, out_channels: int, kernel: int = 1, stride: int = 1) -> Sequential:
    """A conv_unit with a bias: departure 3."""
    return Sequential(conv=Conv2d(in_channels, out_channels, kernel, stride, kernel // 2),
                      norm=BatchNorm2d(out_channels), activation=ReLU())


# Poolings of 3 x 3: two that keep the size of the maps, one that halves it.
POOLS: Pools = {"avg": partial(AvgPool2d, 3, 1, 1),
                "max": partial(MaxPool2d, 3, 1, 1, ceil_mode=True),
                "half": partial(MaxPool2d, 3, 2, ceil_mode=True)}


def paths(one: int, three: tuple[int, int], double: tuple[int, int],
          pool: tuple[str, int]) -> Paths:
    """A line of the table, as minicnn/models/paths.py reads it.

    Where no 1x1 maps are asked for (0), the module halves the image and passes the pool on.
    """
    (reduce3, maps3), (reduce, maps), (kind, proj) = three, double, pool
    stride = 1 if one else 2
    middle: Paths = {"three": [(reduce3, 1), (maps3, 3, stride)],
                     "double": [(reduce, 1), (maps, 3), (maps, 3, stride)]}
    if stride == 2:
        return {**middle, "pool": ["half"]}
    return {"one": [(one, 1)], **middle, "pool": [kind, (proj, 1)]}


def modules(table: tuple) -> Iterator[Row]:
    for name, in_channels, *settings, output in table:
        module = branches(in_channels, paths(*settings), unit, POOLS)
        yield row(f"inception ({name})", module, output=output)


def paper_rows(channels: int) -> tuple[Row, ...]:
    return (
        row("conv1", unit(channels, 64, 7, 2), output="64x112x112", kernel="7x7", stride="2"),
        row("pool1", MaxPool2d(3, 2, ceil_mode=True), output="64x56x56", kernel="3x3", stride="2"),
        row("conv2", Sequential(reduce=unit(64, 64), conv=unit(64, 192, 3)), output="192x56x56"),
        row("pool2", MaxPool2d(3, 2, ceil_mode=True), output="192x28x28", kernel="3x3", stride="2"),
        *modules(MODULES),
    )


def small_rows(channels: int) -> tuple[Row, ...]:
    return (row("conv1", unit(channels, 32, 3)), *modules(SMALL))


VARIANTS = {"paper": (paper_rows, 1024, 224), "small": (small_rows, 240, 32)}  # rows, maps, size


class InceptionV2(Network):
    """Inception v2:  (N, 3, 224, 224) -> (N, classes); other sizes: 64, 96, 128, ...

    Parameters
    ----------
    variant : "paper" or "small"    see the head of this file
    classes : int, default 1000     how many it tells apart
    channels : int, default 3       of the images

    >>> InceptionV2().num_parameters()
    11295240
    """

    def __init__(self, variant: str = "paper", classes: int = 1000, channels: int = 3) -> None:
        rows, maps, size = VARIANTS[check_choice("InceptionV2", "variant", variant, VARIANTS)]
        check_classes("InceptionV2", classes)
        super().__init__(*rows(channels),
                         row("avg pool", GlobalAvgPool2d(),
                             output="1024x1x1" if variant == "paper" else None),
                         row("linear", Flatten(), Linear(maps, classes)),
                         input_shape=(channels, size, size))
        self.variant = variant
        apply_init(self, weight=he_normal(), bias=zeros)


def inception_small(classes: int = 10, channels: int = 3) -> InceptionV2:
    """Five modules for (N, channels, 32, 32), 229,618 parameters; two of them halve the image."""
    return InceptionV2("small", classes, channels)


NETWORKS: dict[str, Callable[..., Module]] = {
    "inception_v2": InceptionV2,
    "inception_small": inception_small,
}
