"""NASNet-A: cells found by a search on small images, stacked on large ones.

    name              cells x filters   parameters    MACs             made for
    nasnet_a_mobile   4 @ 1056           5,289,978      563,638,816   3 x 224 x 224, 1000 classes
    nasnet_a_large    6 @ 4032          88,753,150   23,783,414,658   3 x 331 x 331, 1000 classes
    nasnet_a_cifar    6 @ 768            3,328,234      525,786,624   3 x 32 x 32, 10 classes
    nasnet_small      1 @ 192               70,674       11,880,320   3 x 32 x 32, 10 classes

"6 @ 4032": six normal cells before each reduction cell, 4032 channels behind the last cell.

The search found two cells.  A normal cell keeps the size of the image, a reduction cell halves it
and doubles the filters.  Each reads the outputs of the two cells before it.  The cells are figure 4
of the paper, NORMAL and REDUCTION below; how they are stacked is its figure 2, `stacked` below.

Slide: stanford, "Learning Transferable Architectures for Scalable Image Recognition" ("NASNet: Use
NAS to find best cell structure on smaller CIFAR-10 dataset, then transfer architecture to
ImageNet").  Source: Zoph et al. 2018 of that title, figures 2 and 4 and table 2.  Input: colours
scaled to values between -1 and 1.

Departures from the paper
-------------------------
1. Neither the auxiliary classifier nor ScheduledDropPath, which the paper trains with, is there.
2. Weights start by He's rule with fan_in, biases at 0; the authors' program takes fan_out, and the
   paper does not say.
3. The paper does not say how a cell reads an output that is twice as large as the other: `halved`
   does it as the authors' program.  The mobile network's MACs are the paper's 564 million; a port
   of it to PyTorch that pads a pixel more and cuts it off again is listed with 568.
4. Nor does it say what the authors' program does in the large network: the first cell behind a
   reduction cell (cells 6 and 12) reads, beside it, cell 4 and cell 10, and not, as in the smaller
   networks, cell 5 and cell 11, which the reduction cell has just read.  So does ours.
5. Dropout before the scores (none for CIFAR-10) and eps of the batch norms (1e-3, for CIFAR-10
   1e-5) are the program's.  Running averages move by a tenth at every step, as in its network for
   CIFAR-10; in those for ImageNet, trained for 250,000 steps, by 0.0003.
"""

from functools import partial
from typing import Any, NamedTuple

from minicnn.autograd.functions import pad
from minicnn.autograd.tensor import Tensor
from minicnn.init import apply_init, he_normal, zeros
from minicnn.layers.activations import ReLU
from minicnn.layers.adaptive import GlobalAvgPool2d
from minicnn.layers.avgpool import AvgPool2d
from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.concat import Concat
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.dropout import Dropout
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.module import Module
from minicnn.layers.residual import Add
from minicnn.models.nasnet_names import OF_LARGE
from minicnn.models.network import Branches, Network, check_choice, check_classes
from minicnn.models.table import TableNet, row

# --- figure 4: the cells -------------------------------------------------------------------------

class Wiring(NamedTuple):
    """A cell: five sums of two terms, and what it puts out.

    x is the output of the cell before, p of the one before that, both brought to the cell's number
    of filters; "0" to "4" are the sums themselves.

    pairs  : the two terms of each sum.  "sep5 x" is a separable 5 x 5 convolution of x, "avg3 0"
             the mean of 3 x 3 pixels of the first sum, "p" p as it is
    joined : what is stacked to the output
    """

    pairs: list[tuple[str, str]]
    joined: str


NORMAL = Wiring([
    ("sep5 x", "sep3 p"),                                  # 0
    ("sep5 p", "sep3 p"),                                  # 1
    ("avg3 x", "p"),                                       # 2
    ("avg3 p", "avg3 p"),                                  # 3
    ("sep3 x", "x"),                                       # 4
], joined="p01234")
REDUCTION = Wiring([
    ("sep5 x", "sep7 p"),                                  # 0
    ("max3 x", "sep7 p"),                                  # 1
    ("avg3 x", "sep5 p"),                                  # 2
    ("avg3 0", "1"),                                       # 3
    ("sep3 0", "max3 x"),                                  # 4
], joined="1234")


def operation(name: str, in_channels: int, out_channels: int, stride: int) -> Module:
    """"sep5", "avg3" or "max3"."""
    kind, kernel = name[:3], int(name[3])
    if kind == "sep":
        return separable(in_channels, out_channels, kernel, stride)
    if kind == "max":
        return MaxPool2d(kernel, stride, "same")
    return AvgPool2d(kernel, stride, "same", count_include_pad=False)


def separable(in_channels: int, out_channels: int, kernel: int, stride: int) -> Sequential:
    """Two depthwise separable convolutions, the first with the stride."""
    parts: dict[str, Module] = {}
    for number, (C, step) in enumerate([(in_channels, stride), (out_channels, 1)], 1):
        parts[f"relu{number}"] = ReLU()
        parts[f"depthwise{number}"] = Conv2d(C, C, kernel, step, "same", groups=C, bias=False)
        parts[f"pointwise{number}"] = Conv2d(C, out_channels, 1, bias=False)
        parts[f"norm{number}"] = BatchNorm2d(out_channels)
    return Sequential(**parts)


def pointwise(in_channels: int, out_channels: int) -> Sequential:
    """How a cell brings what it reads to its number of filters: a 1 x 1 convolution."""
    return Sequential(relu=ReLU(), conv=Conv2d(in_channels, out_channels, 1, bias=False),
                      norm=BatchNorm2d(out_channels))


def halved(in_channels: int, out_channels: int) -> Sequential:
    """The same for an output twice as large as x: half of the filters see the pixels of even rows
    and columns, half those of odd ones.
    """
    even, odd = (Conv2d(in_channels, C // 2, 1, 2, bias=False)
                 for C in (out_channels, out_channels + 1))
    return Sequential(relu=ReLU(), join=Branches(even=even, odd=Sequential(MoveByOne(), odd)),
                      norm=BatchNorm2d(out_channels))


class MoveByOne(Module):
    """The image one pixel up and to the left, zeros behind it:  (N, C, H, W) -> (N, C, H, W)."""

    def forward(self, x: Tensor) -> Tensor:
        self.image(x.shape[1:])
        return pad(x, ((0, 0), (0, 0), (0, 1), (0, 1)))[:, :, 1:, 1:]


class Cell(Module):
    """One cell:  x (N, C, H, W) and the output before it -> (N, 6 F or 4 F, H', W').

    Parameters
    ----------
    wiring : NORMAL or REDUCTION      which outputs the operations read, and which are joined
    x_channels, p_channels : int      of the two inputs
    filters : int                     F, channels of everything inside
    stride : int                      of the operations that read x or p
    p_is : str                        "conv": the output before x, by a 1 x 1 convolution;
                                      "halved": the same, where that output is twice as large as x;
                                      "x": x once more, by a 1 x 1 convolution of its own;
                                      "raw": x itself
    """

    def __init__(self, wiring: Wiring, x_channels: int, p_channels: int, filters: int,
                 stride: int = 1, p_is: str = "conv") -> None:
        self.pairs, self.joined = wiring
        self.p_is = p_is
        self.x_conv = pointwise(x_channels, filters)
        if p_is == "halved":
            self.p_conv = halved(p_channels, filters)
        elif p_is != "raw":
            self.p_conv = pointwise(x_channels if p_is == "x" else p_channels, filters)
        self.operations = [self.made(term, x_channels, filters, stride)
                           for pair in self.pairs for term in pair]
        self.add, self.concat = Add(), Concat()

    def made(self, term: str, x_channels: int, filters: int, stride: int) -> Module | None:
        """The operation of "sep5 x"; None for "x", which is taken as it is."""
        *names, source = term.split()
        if not names:
            return None
        channels = x_channels if source == "p" and self.p_is == "raw" else filters
        return operation(names[0], channels, filters, stride if source in "xp" else 1)

    def forward(self, x: Any, before: Any) -> Any:
        values = {"x": self.x_conv(x), "p": x}
        if self.p_is != "raw":
            values["p"] = self.p_conv(x if self.p_is == "x" else before)
        operations = iter(self.operations)
        for number, pair in enumerate(self.pairs):
            terms = []
            for term in pair:
                value, part = values[term[-1]], next(operations)
                terms.append(value if part is None else part(value))
            values[str(number)] = self.add(*terms)
        return self.concat(*[values[name] for name in self.joined])


# --- figure 2: the stack -------------------------------------------------------------------------

class Form(NamedTuple):
    """What the sizes differ in; `passes`: whether departure 4 is this network's."""

    cells: int                                             # normal ones in a row
    last: int                                              # channels behind the last cell
    stem: int                                              # channels of conv0
    image: int                                             # its side, in pixels
    dropout: float = 0.5
    eps: float = 1e-3
    passes: bool = False


SIZES = {
    "mobile": Form(4, 1056, 32, 224),
    "large":  Form(6, 4032, 96, 331, passes=True),
    "cifar":  Form(6, 768,  96, 32, dropout=0.0, eps=1e-5),
}


def stacked(cells: int, F: int, large: bool) -> list[tuple[str, Wiring, int]]:
    """Label, wiring and filters of each cell, from the image to the scores.

    Three stages of normal cells with F, 2 F and 4 F filters, a reduction cell before the second and
    the third.  Large images are halved by two more, with fewer filters, before the first.
    """
    found = []
    if large:
        found += [("cell_stem_0", REDUCTION, F // 4), ("cell_stem_1", REDUCTION, F // 2)]
    for stage in range(3):
        filters = F * 2 ** stage
        if stage:
            found.append((f"reduction_cell_{stage - 1}", REDUCTION, filters))
        found += [(f"cell_{cells * stage + number}", NORMAL, filters) for number in range(cells)]
    return found


class CellChain(TableNet):
    """Rows one after the other; a cell also reads what the row before it read.

    Behind the cells named in `passed`, it reads what that row, too, read beside: cell_4, where
    reduction_cell_0 read cell_5 and cell_4.
    """

    passed: frozenset[str] = frozenset()

    def forward(self, x: Any) -> Any:
        before = x
        for name, part in self.named_parts():
            y = part(x, before) if isinstance(part, Cell) else part(x)
            if name not in self.passed:
                before = x
            x = y
        return x


class NASNet(Network, CellChain):
    """NASNet-A:  (N, 3, image, image) -> (N, classes) scores.

    Parameters
    ----------
    size : "mobile", "large" or "cifar"     the table at the head of this file
    classes : int, default 1000             how many it tells apart
    shape : tuple, optional                 cells in a row, channels behind the last and of conv0,
                                            side of the image; the rest is that of `size`
    channels : int, default 3               of the image: 1 for grey ones

    >>> NASNet("mobile").num_parameters()
    5289978
    """

    def __init__(self, size: str = "mobile", classes: int = 1000,
                 shape: tuple[int, int, int, int] | None = None, channels: int = 3) -> None:
        check_choice("NASNet", "size", size, SIZES)
        check_classes("NASNet", classes)
        form = Form(*shape, *SIZES[size][4:]) if shape else SIZES[size]
        large = form.image > 64
        least = 96 if large else 24                        # the first cells have last / 96 filters
        if form.last % least:
            raise ValueError(f"NASNet: {form.last} channels behind the last cell do not divide by "
                             f"{least}, for its 6 parts have 4 times the first cells' filters")
        stride, padding = (2, 0) if large else (1, 1)
        rows = [row("conv0", Sequential(
            conv=Conv2d(channels, form.stem, 3, stride, padding, bias=False),
            norm=BatchNorm2d(form.stem)))]
        before, current = channels, form.stem              # channels of the last two outputs
        p_is = "raw" if large else "x"                     # no cell stands before the first
        passed = {f"reduction_cell_{number}" for number in range(2) if form.passes}
        for label, wiring, filters in stacked(form.cells, form.last // 24, large):  # last = 6 * 4 F
            step = 2 if wiring is REDUCTION else 1
            rows.append(row(label, Cell(wiring, current, before, filters, step, p_is)))
            before = before if label in passed else current
            current = filters * len(wiring.joined)
            p_is = "halved" if wiring is REDUCTION else "conv"
        super().__init__(*rows, row("relu", ReLU()), row("avg_pool", GlobalAvgPool2d()),
                         row("dropout", Dropout(form.dropout), Flatten()),
                         row("last_linear", Linear(current, classes)),
                         input_shape=(channels, form.image, form.image))
        self.passed = frozenset(passed)
        for part in self.modules():
            if isinstance(part, BatchNorm2d):
                part.eps = form.eps
        self.variant = "" if shape else size
        self.published, self.preparation = OF_LARGE if self.variant == "large" else ({}, None)
        apply_init(self, weight=he_normal(), bias=zeros)


def nasnet_small(classes: int = 10, channels: int = 3) -> NASNet:
    """For 32 x 32 images: one normal cell in a row."""
    return NASNet("cifar", classes, shape=(1, 192, 24, 32), channels=channels)


NETWORKS = {"nasnet_a_mobile": NASNet, "nasnet_a_large": partial(NASNet, "large"),
            "nasnet_a_cifar": partial(NASNet, "cifar", classes=10), "nasnet_small": nasnet_small}
