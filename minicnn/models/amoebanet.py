"""AmoebaNet-A: cells found by evolution on small images, stacked as NASNet's.

    name                 N, F        parameters   MACs              made for
    amoebanet_a_mobile   4, 50        5,086,930       554,687,204   3 x 224 x 224, 1000 classes
    amoebanet_a          6, 190      86,718,797    23,133,663,507   3 x 331 x 331, 1000 classes
    amoebanet_a_large    6, 448     468,151,184   103,887,693,968   3 x 299 x 299, 1000 classes
    amoebanet_a_cifar    6, 36        3,207,106       498,388,608   3 x 32 x 32, 10 classes
    amoebanet_small      1, 8            58,306         9,463,040   3 x 32 x 32, 10 classes

N normal cells stand in a row three times, reduction cells between; F filters in the first ones.
The paper's tables have 5.1 million parameters and 555 million MACs, 86.7 million and 23.1 billion,
469 million and 104 billion, and for CIFAR-10 3.2 million parameters.

The space is NASNet's: five sums of two operations each.  What differs is how it was searched:
minicnn/models/search/searches.py has the evolution.  The cells are the paper's figure 5, in the
form of the authors' program, NORMAL and REDUCTION below; how they are read: nasnet.py.

Slide: stanford, "Learning Transferable Architectures for Scalable Image Recognition" ("Many
follow-up works ... e.g. AmoebaNet").  Source: Real, Aggarwal, Huang and Le 2019, "Regularized
evolution for image classifier architecture search", figure 5 and tables 1 and 2.  Input: colours
scaled to values between -1 and 1.

Departures from the paper
-------------------------
1. Neither the auxiliary classifier nor ScheduledDropPath, which it trains with, is there.
2. Its figure does not say how the 1 x 7 and 7 x 1 convolutions are built; they stand between 1 x 1
   ones with a quarter of the channels, as in the authors' program.  Without, the counts are not the
   paper's: 96 million in the place of 86.7.
3. The program reads the output of the stem raw where no cell stands before the first one, and gives
   it its number of filters behind a pooling; so does ours, but for CIFAR-10, where we read it
   through a 1 x 1 convolution, as NASNet does.
4. The largest has 468.2 million parameters where the paper prints 469.  With the auxiliary
   classifier and the 1,001 classes of the authors' program, as it counts while it trains at 299
   pixels, there are 469,041,586.  The paper does not say so, and its 5.1 and 86.7 million are
   without: with that head they would be 5.7 and 87.7.  Its 104 billion MACs, too, are those of 299
   pixels, the program's size; at 331 they are 127.
5. The stem's filters are the program's 32; for CIFAR-10, 3 F as NASNet has them.
6. Dropout before the scores, eps and the start of the weights are those of nasnet.py.
"""

from functools import partial
from typing import Any, NamedTuple

from minicnn.init import apply_init, he_normal, zeros
from minicnn.layers.activations import ReLU
from minicnn.layers.adaptive import GlobalAvgPool2d
from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.dropout import Dropout
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.module import Module
from minicnn.models.nasnet import REDUCTION as HALVES
from minicnn.models.nasnet import Cell, CellChain, Wiring, operation, stacked
from minicnn.models.network import Network, check_choice, check_classes
from minicnn.models.table import row

NORMAL = Wiring([
    ("avg3 x", "max3 x"),                                  # 0
    ("sep3 p", "p"),                                       # 1
    ("x", "avg3 p"),                                       # 2
    ("sep3 x", "sep5 0"),                                  # 3
    ("avg3 3", "sep3 x"),                                  # 4
], joined="p124")
REDUCTION = Wiring([
    ("sep3 p", "avg3 x"),                                  # 0
    ("max3 x", "sep7 0"),                                  # 1
    ("max3 p", "max3 x"),                                  # 2
    ("sep3 2", "con7 x"),                                  # 3
    ("avg3 p", "sep7 x"),                                  # 4
], joined="01234")


def row_and_column(in_channels: int, out_channels: int, stride: int) -> Sequential:
    """1 x 7, then 7 x 1, between two 1 x 1 convolutions: "con7"."""
    C = max(out_channels // 4, 1)
    parts: dict[str, Module] = {}
    for name, conv in {
            "reduce": Conv2d(in_channels, C, 1, bias=False),
            "row": Conv2d(C, C, (1, 7), (1, stride), (0, 3), bias=False),
            "column": Conv2d(C, C, (7, 1), (stride, 1), (3, 0), bias=False),
            "expand": Conv2d(C, out_channels, 1, bias=False)}.items():
        parts |= {f"{name}_relu": ReLU(), name: conv,
                  f"{name}_norm": BatchNorm2d(conv.out_channels)}
    return Sequential(**parts)


class AmoebaCell(Cell):
    """A cell as nasnet.py's, which also knows "con7", and pools what comes raw from the stem."""

    def made(self, term: str, x_channels: int, filters: int, stride: int) -> Module | None:
        *names, source = term.split()
        raw = source == "p" and self.p_is == "raw"
        step = stride if source in "xp" else 1
        if names == ["con7"]:
            return row_and_column(x_channels if raw else filters, filters, step)
        if raw and names and names[0][:3] in ("avg", "max") and x_channels != filters:
            return Sequential(pool=operation(names[0], x_channels, filters, step),
                              conv=Conv2d(x_channels, filters, 1, bias=False),
                              norm=BatchNorm2d(filters))
        return super().made(term, x_channels, filters, stride)


class Form(NamedTuple):
    """cells : N, normal ones in a row;  filters : F;  stem : filters;  image : its side"""

    cells: int
    filters: int
    stem: int
    image: int
    dropout: float = 0.5
    eps: float = 1e-3


SIZES = {
    "mobile": Form(4, 50, 32, 224),
    "middle": Form(6, 190, 32, 331),
    "large":  Form(6, 448, 32, 299),
    "cifar":  Form(6, 36, 108, 32, 0.0, 1e-5),
}


class AmoebaNet(Network, CellChain):
    """AmoebaNet-A:  (N, 3, image, image) -> (N, classes) scores.

    Parameters
    ----------
    size : "mobile", "middle", "large" or "cifar"    the table at the head of this file
    classes : int, default 1000                      how many it tells apart
    shape : tuple, optional                          (N, F, filters of the stem, side of the image);
                                                     the rest is that of `size`
    channels : int, default 3                        of the image: 1 for grey ones

    >>> AmoebaNet("cifar", 10).num_parameters()
    3207106
    """

    def __init__(self, size: str = "mobile", classes: int = 1000,
                 shape: tuple[int, int, int, int] | None = None, channels: int = 3) -> None:
        check_choice("AmoebaNet", "size", size, SIZES)
        check_classes("AmoebaNet", classes)
        form = Form(*shape, *SIZES[size][4:]) if shape else SIZES[size]
        large = form.image > 64
        stride, padding = (2, 0) if large else (1, 1)
        rows = [row("conv0", Sequential(
            conv=Conv2d(channels, form.stem, 3, stride, padding, bias=False),
            norm=BatchNorm2d(form.stem)))]
        before, current = channels, form.stem              # channels of the last two outputs
        p_is = "raw" if large else "x"
        for label, wiring, filters in stacked(form.cells, form.filters, large):
            halves = wiring is HALVES
            wiring = REDUCTION if halves else NORMAL
            rows.append(row(label, AmoebaCell(wiring, current, before, filters, 1 + halves, p_is)))
            before, current = current, filters * len(wiring.joined)
            p_is = "halved" if halves else "conv"
        super().__init__(*rows, row("relu", ReLU()), row("avg_pool", GlobalAvgPool2d()),
                         row("dropout", Dropout(form.dropout), Flatten()),
                         row("last_linear", Linear(current, classes)),
                         input_shape=(channels, form.image, form.image))
        for part in self.modules():
            if isinstance(part, BatchNorm2d):
                part.eps = form.eps
        self.variant = "" if shape else size
        apply_init(self, weight=he_normal(), bias=zeros)


def amoebanet_small(classes: int = 10, channels: int = 3) -> AmoebaNet:
    """For 32 x 32 images: one normal cell in a row."""
    return AmoebaNet("cifar", classes, shape=(1, 8, 16, 32), channels=channels)


NETWORKS: dict[str, Any] = {
    "amoebanet_a_mobile": AmoebaNet, "amoebanet_a": partial(AmoebaNet, "middle"),
    "amoebanet_a_large": partial(AmoebaNet, "large"),
    "amoebanet_a_cifar": partial(AmoebaNet, "cifar", classes=10),
    "amoebanet_small": amoebanet_small}
