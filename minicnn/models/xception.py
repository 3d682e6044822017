"""Xception, "extreme Inception": channels and space are convolved one after the other.

A depthwise convolution looks at 3 x 3 pixels of each map by itself, a 1 x 1 convolution then mixes
the maps: C (9 + F) weights instead of 9 C F.  Blocks of them are residual.

    variant    input            parameters
    "paper"    3 x 299 x 299    22,855,952
    "timm"     3 x 299 x 299    22,855,952    a port of it to PyTorch: see departure 1
    "small"    3 x 32 x 32      321,034

Source: Chollet, "Xception: deep learning with depthwise separable convolutions", CVPR 2017,
figure 5 (its blocks are the rows) and table 3, which counts 22,855,952.  Input: RGB from -1 to 1.
Slides: virginia "Xception", "Separate convolutional layers".

Departures from the paper
-------------------------
1. Padding, and eps of the batch norms (1e-3), are the paper's program's, which the paper does not
   print: where a 3x3 pooling at stride 2 needs one row and column alone, they lie below and to the
   right.  "timm" has a pixel on every side, and eps 1e-5; the weights of that library load into it
   (legacy_xception).
2. Running averages move by a tenth at every step, in the program by 0.01.
3. Starting weights are He et al.'s; the paper does not say.
Dropout of 0.5 before the last layer is section 4.3's.
"""

from collections.abc import Callable
from functools import partial
from itertools import pairwise

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
from minicnn.models.network import Network, Residual, check_choice, check_classes, conv_unit
from minicnn.models.table import Row, row
from minicnn.weights.names import Names

norm = partial(BatchNorm2d, eps=1e-3)
unit = partial(conv_unit, norm=norm)
Padding = int | str

BLOCKS = (
    # name, input, maps of its separable convolutions, stride of its pooling; output
    ("block1",  64,  (128, 128),      2, "128x74x74"),     # entry flow
    ("block2",  128, (256, 256),      2, "256x37x37"),
    ("block3",  256, (728, 728),      2, "728x19x19"),
    *[(f"block{number}", 728, (728, 728, 728), 1, "728x19x19") for number in range(4, 12)],
    ("block12", 728, (728, 1024),     2, "1024x10x10"),    # exit flow; 4 to 11 are the middle flow
)
SMALL = (
    ("block1", 64,  (128, 128),      2, None),
    ("block2", 128, (128, 128, 128), 1, None),
    ("block3", 128, (128, 128, 128), 1, None),
    ("block4", 128, (160, 192),      2, None),
)


def separable(in_channels: int, out_channels: int) -> Sequential:
    """3 x 3 in each map, then 1 x 1 across maps, nothing in between (section 4.7)."""
    return Sequential(
        depthwise=Conv2d(in_channels, in_channels, 3, padding=1, groups=in_channels, bias=False),
        pointwise=Conv2d(in_channels, out_channels, 1, bias=False))


def block(in_channels: int, maps: tuple[int, ...], stride: int, first: bool,
          padding: Padding) -> Residual:
    """ReLU, separable convolution, batch norm, as often as there are maps; then the pooling.

    first   : the input comes out of a ReLU already
    padding : of the pooling
    """
    parts: list[Module] = []
    for before, after in pairwise((in_channels, *maps)):
        if parts or not first:
            parts.append(ReLU())
        parts += [separable(before, after), norm(after)]
    if stride == 1:
        return Residual(Sequential(*parts))
    return Residual(Sequential(*parts, MaxPool2d(3, stride, padding)),
                    unit(in_channels, maps[-1], 1, stride, activation=None))


def blocks(table: tuple, padding: Padding) -> list[Row]:
    return [row(name, block(in_channels, maps, stride, name == "block1", padding), output=output)
            for name, in_channels, maps, stride, output in table]


def last_unit(in_channels: int, out_channels: int) -> Sequential:
    return Sequential(conv=separable(in_channels, out_channels), norm=norm(out_channels),
                      activation=ReLU())


def paper_rows(channels: int, padding: Padding = "same") -> tuple[Row, ...]:
    return (
        row("conv1", unit(channels, 32, 3, 2, 0), output="32x149x149", kernel="3x3", stride="2"),
        row("conv2", unit(32, 64, 3, 1, 0), output="64x147x147", kernel="3x3", stride="1"),
        *blocks(BLOCKS, padding),
        row("conv3", last_unit(1024, 1536), output="1536x10x10"),
        row("conv4", last_unit(1536, 2048), output="2048x10x10"),
    )


def small_rows(channels: int) -> tuple[Row, ...]:
    return (row("conv1", unit(channels, 32, 3)), row("conv2", unit(32, 64, 3)),
            *blocks(SMALL, "same"), row("conv3", last_unit(192, 384)))


VARIANTS: dict[str, tuple[Callable[[int], tuple[Row, ...]], int, int]] = {   # rows, maps, size
    "paper": (paper_rows, 2048, 299), "timm": (partial(paper_rows, padding=1), 2048, 299),
    "small": (small_rows, 384, 32),
}


class Xception(Network):
    """Xception:  (N, 3, 299, 299) -> (N, classes).

    Parameters
    ----------
    variant : "paper", "timm" or "small"    see the head of this file
    classes : int, default 1000     how many it tells apart
    channels : int, default 3       of the images
    dropout : float, default 0.5    before the last layer

    >>> Xception().num_parameters()
    22855952
    """

    published = {"timm": Names(
        (r"body\.(\d)\.depthwise", r"body.\1.conv1"), (r"body", "rep"),
        (r"shortcut\.conv", "skip"), (r"shortcut\.norm", "skipbn"),
        (r"^conv(\d)\.norm", r"bn\1"), (r"^conv(\d)\.conv\.depthwise", r"conv\1.conv1"),
        (r"^conv(\d)\.conv\.", r"conv\1."), variant="timm")}

    def __init__(self, variant: str = "paper", classes: int = 1000, channels: int = 3,
                 dropout: float = 0.5) -> None:
        rows, maps, size = VARIANTS[check_choice("Xception", "variant", variant, VARIANTS)]
        check_classes("Xception", classes)
        super().__init__(*rows(channels),
                         row("avg pool", GlobalAvgPool2d(), Flatten(),
                             output="2048" if maps == 2048 else None),
                         row("dropout", Dropout(dropout)),
                         row("fc", Linear(maps, classes)),
                         input_shape=(channels, size, size))
        self.variant = variant
        self.keep_published(variant)
        self.preparation = (Preparation(299, 333, (0.5,) * 3, (0.5,) * 3, bicubic=True)
                            if self.published else None)
        for part in self.modules():
            if isinstance(part, BatchNorm2d) and variant == "timm":
                part.eps = 1e-5
        apply_init(self, weight=he_normal(), bias=zeros)


def xception_small(classes: int = 10, channels: int = 3, dropout: float = 0.2) -> Xception:
    """Four blocks for (N, channels, 32, 32), 321,034 parameters; two of them halve the image."""
    return Xception("small", classes, channels, dropout)


NETWORKS: dict[str, Callable[..., Module]] = {
    "xception": Xception,
    "xception_small": xception_small,
}
