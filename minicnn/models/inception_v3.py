"""Inception v3: 1 x n and n x 1 filters instead of n x n, and modules that halve the maps.

    variant    input            parameters    with the auxiliary classifier
    "paper"    3 x 299 x 299    23,834,568    27,161,264
    "small"    3 x 32 x 32      344,646       385,776       all modules, an eighth of the maps

Source: Szegedy et al., "Rethinking the Inception architecture for computer vision", CVPR 2016,
figures 5 (Mixed_5), 6 (Mixed_6), 7 (Mixed_7b, c) and 10 (Mixed_6a, 7a).  Rows bear the names of the
released network, which torchvision has too.  Input: RGB from -1 to 1.  Slides: memphis "Inception
v2, v3" ("aggressive factorization of filters", "increase the number of feature maps while
decreasing spatial resolution"), virginia "GoogLeNet Configuration".

Departures from the paper
-------------------------
1. Before the modules stands what the authors released: 1x1 to 80 maps, 3x3 to 192, max pooling.
   Table 1 has 3x3 to 80, 3x3 at stride 2 to 192, 3x3 to 288.
2. The modules on 35 x 35 maps have a 5x5 filter where figure 5 has a single 3x3.
3. Starting weights are He et al.'s; the release draws a truncated normal.
4. Average pooling in the modules counts the zeros of the border, and dropout is 0.5, as in
   torchvision, whose weights fit; the release counts the pixels of the image alone and drops 0.2.
5. Running averages move by a tenth at every step; in the release, trained for long, by 0.0003.
The auxiliary classifier stands on the last 17 x 17 module, batch-normalised, as in section 4; its
layers are the release's.  Label smoothing (section 7) is a matter of the loss: cross_entropy.

torchvision's weights load; those of its files have the auxiliary classifier, so they need aux=True.
Its names number a branch's parts (branch3x3dbl_1, _2); here they are parts of it (branch3x3dbl.0).
"""

from collections.abc import Callable

from minicnn.data.preparation import Preparation
from minicnn.init import apply_init, he_normal, zeros
from minicnn.layers.adaptive import GlobalAvgPool2d
from minicnn.layers.avgpool import AvgPool2d
from minicnn.layers.containers import Sequential
from minicnn.layers.dropout import Dropout
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.module import Module
from minicnn.models.auxiliary import Supervised
from minicnn.models.network import Network, check_choice, check_classes
from minicnn.models.paths import COLUMN, ROW, Paths, branches, convolution, narrow
from minicnn.models.table import Row, row
from minicnn.weights.names import Names, numbered

# How to read the paths of a module: minicnn/models/paths.py.
SPLIT = [(384, (1, 3)), (384, (3, 1))]


def module_35(pool: int) -> Paths:
    """Figure 5, on 35 x 35 maps; `pool` maps come from the pooling."""
    return {"branch1x1": [(64, 1)],
            "branch5x5": [(48, 1), (64, 5)],
            "branch3x3dbl": [(64, 1), (96, 3), (96, 3)],
            "branch_pool": ["avg", (pool, 1)]}


def module_17(n: int) -> Paths:
    """Figure 6, on 17 x 17 maps: 7 x 7 as 1 x 7 and 7 x 1, n maps in between."""
    return {"branch1x1": [(192, 1)],
            "branch7x7": [(n, 1), (n, ROW), (192, COLUMN)],
            "branch7x7dbl": [(n, 1), (n, COLUMN), (n, ROW), (n, COLUMN), (192, ROW)],
            "branch_pool": ["avg", (192, 1)]}


def module_8() -> Paths:
    """Figure 7, on 8 x 8 maps: 3 x 3 as 1 x 3 and 3 x 1 side by side."""
    return {"branch1x1": [(320, 1)],
            "branch3x3": [(384, 1), SPLIT],
            "branch3x3dbl": [(448, 1), (384, 3), SPLIT],
            "branch_pool": ["avg", (192, 1)]}


MODULES: tuple[tuple[str, int, Paths, str], ...] = (
    # name, channels that come in, paths, output
    ("Mixed_5b", 192, module_35(32), "256x35x35"),
    ("Mixed_5c", 256, module_35(64), "288x35x35"),
    ("Mixed_5d", 288, module_35(64), "288x35x35"),
    ("Mixed_6a", 288, {"branch3x3": [(384, 3, 2)],
                       "branch3x3dbl": [(64, 1), (96, 3), (96, 3, 2)],
                       "branch_pool": ["max"]}, "768x17x17"),
    ("Mixed_6b", 768, module_17(128), "768x17x17"),
    ("Mixed_6c", 768, module_17(160), "768x17x17"),
    ("Mixed_6d", 768, module_17(160), "768x17x17"),
    ("Mixed_6e", 768, module_17(192), "768x17x17"),
    ("Mixed_7a", 768, {"branch3x3": [(192, 1), (320, 3, 2)],
                       "branch7x7x3": [(192, 1), (192, ROW), (192, COLUMN), (192, 3, 2)],
                       "branch_pool": ["max"]}, "1280x8x8"),
    ("Mixed_7b", 1280, module_8(), "2048x8x8"),
    ("Mixed_7c", 2048, module_8(), "2048x8x8"),
)


def paper_stem(channels: int) -> tuple[Row, ...]:
    return (
        row("Conv2d_1a_3x3", convolution(channels, 32, 3, 2), output="32x149x149"),
        row("Conv2d_2a_3x3", convolution(32, 32, 3, 1, 0), output="32x147x147"),
        row("Conv2d_2b_3x3", convolution(32, 64, 3), output="64x147x147"),
        row("maxpool1", MaxPool2d(3, 2), output="64x73x73"),
        row("Conv2d_3b_1x1", convolution(64, 80, 1), output="80x73x73"),
        row("Conv2d_4a_3x3", convolution(80, 192, 3, 1, 0), output="192x71x71"),
        row("maxpool2", MaxPool2d(3, 2), output="192x35x35"),
    )


def small_stem(channels: int) -> tuple[Row, ...]:
    return (row("Conv2d_4a_3x3", convolution(channels, 192 // 8, 3)),)


def modules(divisor: int) -> list[Row]:
    return [row(name, branches(maps // divisor, narrow(paths, divisor)),
                output=output if divisor == 1 else None)
            for name, maps, paths, output in MODULES]


def auxiliary(classes: int, divisor: int) -> Sequential:
    """(N, 768, 17, 17) -> (N, classes), where `divisor` is 1.

    The small network's 15 x 15 maps need the smaller stride: 3 would leave conv1 less than 5 x 5.
    """
    maps, middle = 768 // divisor, 128 // divisor
    return Sequential(
        pool=AvgPool2d(5, 3 if divisor == 1 else 2), conv0=convolution(maps, middle, 1),
        conv1=convolution(middle, maps, 5, padding=0), mean=GlobalAvgPool2d(), flatten=Flatten(),
        fc=Linear(maps, classes))


VARIANTS = {"paper": (paper_stem, 1, 299), "small": (small_stem, 8, 32)}    # stem, divisor, size


class InceptionV3(Network, Supervised):
    """Inception v3:  (N, 3, 299, 299) -> (N, classes), in training with aux (main, aux).

    Parameters
    ----------
    variant : "paper" or "small"    see the head of this file
    classes : int, default 1000     how many it tells apart
    channels : int, default 3       of the images
    dropout : float, default 0.5    before the last layer
    aux : bool, default False       with the auxiliary classifier, behind Mixed_6e

    >>> InceptionV3().num_parameters(), InceptionV3(aux=True).num_parameters()
    (23834568, 27161264)
    """

    published = {"torchvision": Names(
        (r"\.norm\.", ".bn."), (r"branch_pool\.1", "branch_pool"),
        (r"(?<=\.\d)\.0\.", "a."), (r"(?<=\.\d)\.1\.", "b."),                  # side by side
        (r"\.(\d)(?=[ab]?\.(conv|bn))", numbered("_{}", 1)), heads=r"^AuxLogits")}

    def __init__(self, variant: str = "paper", classes: int = 1000, channels: int = 3,
                 dropout: float = 0.5, aux: bool = False) -> None:
        stem, divisor, size = VARIANTS[check_choice("InceptionV3", "variant", variant, VARIANTS)]
        check_classes("InceptionV3", classes)
        super().__init__(*stem(channels), *modules(divisor),
                         row("avgpool", GlobalAvgPool2d()),
                         row("dropout", Dropout(dropout)),
                         row("fc", Flatten(), Linear(2048 // divisor, classes)),
                         input_shape=(channels, size, size))
        self.variant = variant
        # torchvision's weights come from TensorFlow, where pictures run from -1 to 1
        self.preparation = (Preparation(299, 342, (0.5,) * 3, (0.5,) * 3)
                            if variant == "paper" else None)
        self.add_heads({"AuxLogits": ("Mixed_6e", auxiliary(classes, divisor))} if aux else {})
        apply_init(self, weight=he_normal(), bias=zeros)


def inception_v3_small(classes: int = 10, channels: int = 3, dropout: float = 0.5,
                       aux: bool = False) -> InceptionV3:
    """All eleven modules with an eighth of the maps for (N, channels, 32, 32)."""
    return InceptionV3("small", classes, channels, dropout, aux)


NETWORKS: dict[str, Callable[..., Module]] = {
    "inception_v3": InceptionV3,
    "inception_v3_small": inception_v3_small,
}
