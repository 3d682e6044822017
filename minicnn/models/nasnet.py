"""NASNet-A: cells found by a search on small images, stacked on large ones.

    name              cells x filters   parameters    MACs             made for
    nasnet_a_mobile   4 @ 1056           5,289,978      563,638,816   3 x 224 x 224, 1000 classes
    nasnet_a_large    6 @ 4032          88,753,150   23,783,414,658   3 x 331 x 331, 1000 classes
    nasnet_a_cifar    6 @ 768            3,328,234      525,786,624   3 x 32 x 32, 10 classes
    nasnet_small      1 @ 192               70,674       11,880,320   3 x 32 x 32, 10 classes

"6 @ 4032": six normal cells before each reduction cell, 4032 channels behind the last cell.

Slide: stanford, "Learning Transferable Architectures for Scalable Image Recognition" ("NASNet: Use
NAS to find best cell structure on smaller CIFAR-10 dataset, then transfer architecture to
ImageNet").  Source: Zoph et al. 2018 of that title, figures 2 and 4 and table 2.  Input: colours
scaled to values between -1 and 1.

Departures from the paper
-------------------------
1. Neither the auxiliary classifier nor ScheduledDropPath, which the paper trains with, is there.
2. Weights start by He's rule, biases at 0; the paper does not say.
3. What a cell reads from two cells before is halved, where a cell between has halved the image, by
   two 1 x 1 convolutions of stride 2, one of them moved by a pixel, as in the authors' program.
   The mobile network's MACs are the paper's 564 million; a port of it to PyTorch that pads a pixel
   more and cuts it off again is listed with 568.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from minicnn.functions import pad
from minicnn.init import apply_init, he_normal, zeros
from minicnn.layers.activations import ReLU
from minicnn.layers.adaptive import GlobalAvgPool2d
from minicnn.layers.avgpool import AvgPool2d
from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.concat import Concat
from minicnn.layers.conv import Conv2d
from minicnn.layers.dropout import Dropout
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.residual import Add
from minicnn.models.network import Branches, Network, check_choice, check_classes
from minicnn.models.wired import Wired
from minicnn.module import Module, Sequential
from minicnn.table import TableNet, row
from minicnn.tensor import Tensor

# Figure 4.  Each pair is added; x is the cell before, p the one before that, both after a 1 x 1
# convolution, and 0 to 4 are the pairs' own results.  The last entry is what is concatenated.
NORMAL = ([("sep5 x", "sep3 p"), ("sep5 p", "sep3 p"), ("avg3 x", "p"), ("avg3 p", "avg3 p"),
           ("sep3 x", "x")], "p01234")
REDUCTION = ([("sep5 x", "sep7 p"), ("max3 x", "sep7 p"), ("avg3 x", "sep5 p"), ("avg3 0", "1"),
              ("sep3 0", "max3 x")], "1234")

# Normal cells in a row, channels behind the last cell, channels of conv0, side of the image.
SIZES = {"mobile": (4, 1056, 32, 224), "large": (6, 4032, 96, 331), "cifar": (6, 768, 96, 32)}

norm = partial(BatchNorm2d, eps=1e-3)


def pointwise(in_channels: int, out_channels: int) -> Sequential:
    return Sequential(relu=ReLU(), conv=Conv2d(in_channels, out_channels, 1, bias=False),
                      norm=norm(out_channels))


def separable(in_channels: int, out_channels: int, kernel: int, stride: int) -> Sequential:
    """Two depthwise separable convolutions, the first with the stride."""
    parts: dict[str, Module] = {}
    for number, (C, step) in enumerate([(in_channels, stride), (out_channels, 1)], 1):
        parts[f"relu{number}"] = ReLU()
        parts[f"depthwise{number}"] = Conv2d(C, C, kernel, step, "same", groups=C, bias=False)
        parts[f"pointwise{number}"] = Conv2d(C, out_channels, 1, bias=False)
        parts[f"norm{number}"] = norm(out_channels)
    return Sequential(**parts)


class MoveByOne(Module):
    """The image one pixel up and to the left, zeros behind it:  (N, C, H, W) -> (N, C, H, W)."""

    def forward(self, x: Tensor) -> Tensor:
        self.image(x.shape[1:])
        return pad(x, ((0, 0), (0, 0), (0, 1), (0, 1)))[:, :, 1:, 1:]


def halved(in_channels: int, out_channels: int) -> Sequential:
    """Half the image, from its even pixels and from its odd ones."""
    even, odd = (Conv2d(in_channels, out_channels // 2, 1, 2, bias=False) for _ in range(2))
    return Sequential(relu=ReLU(), join=Branches(even=even, odd=Sequential(MoveByOne(), odd)),
                      norm=norm(out_channels))


def operation(kind: str, in_channels: int, out_channels: int, stride: int) -> Module:
    name, kernel = kind[:3], int(kind[3])
    if name == "sep":
        return separable(in_channels, out_channels, kernel, stride)
    if name == "max":
        return MaxPool2d(kernel, stride, "same")
    return AvgPool2d(kernel, stride, "same", count_include_pad=False)


class Cell(Wired):
    """One cell:  x (N, C, H, W) and the output before it -> (N, 6 F or 4 F, H', W').

    Parameters
    ----------
    spec : NORMAL or REDUCTION
    x_channels, p_channels : int      C of the two inputs
    filters : int                     F, channels of everything inside
    stride : int                      of the operations that read x or p
    kind : str                        what p is: "conv", the output before x after a 1 x 1
                                      convolution; "halved", the same where that output is twice as
                                      large; "x", x after a 1 x 1 convolution; "raw", x itself
    """

    def __init__(self, spec: tuple[list[tuple[str, str]], str], x_channels: int, p_channels: int,
                 filters: int, stride: int = 1, kind: str = "conv") -> None:
        self.pairs, self.joined = spec
        self.kind = kind
        self.x_conv = pointwise(x_channels, filters)
        if kind != "raw":
            make = halved if kind == "halved" else pointwise
            self.p_conv = make(x_channels if kind == "x" else p_channels, filters)
        self.operations = [self.made(term, x_channels, filters, stride)
                           for pair in self.pairs for term in pair]
        self.add, self.concat = Add(), Concat()

    def made(self, term: str, x_channels: int, filters: int, stride: int) -> Module | None:
        """The operation of "sep5 x"; None for "x", which is taken as it is."""
        *names, source = term.split()
        if not names:
            return None
        channels = x_channels if source == "p" and self.kind == "raw" else filters
        return operation(names[0], channels, filters, stride if source in "xp" else 1)

    def wire(self, run: Callable[..., Any], x: Any, before: Any) -> Any:
        values = {"x": run(self.x_conv, x), "p": x}
        if self.kind != "raw":
            values["p"] = run(self.p_conv, x if self.kind == "x" else before)
        operations = iter(self.operations)
        for number, pair in enumerate(self.pairs):
            sides = []
            for term in pair:
                value, part = values[term[-1]], next(operations)
                sides.append(value if part is None else run(part, value))
            values[str(number)] = run(self.add, *sides)
        return run(self.concat, *[values[name] for name in self.joined])


class CellChain(Wired, TableNet):
    """Rows one after the other; a cell also reads what the row before it read."""

    def wire(self, run: Callable[..., Any], x: Any) -> Any:
        before = x
        for _, part in self.children():
            y = run(part, x, before) if isinstance(part, Cell) else run(part, x)
            before, x = x, y
        return x


class NASNet(Network, CellChain):
    """NASNet-A:  (N, 3, image, image) -> (N, classes) scores.

    Parameters
    ----------
    size : "mobile", "large" or "cifar"     the table at the head of this file
    classes : int, default 1000
    shape : tuple, optional                 a row of SIZES, for a network of another size
    channels : int, default 3               of the image: 1 for grey ones

    >>> NASNet("mobile").num_parameters()
    5289978
    """

    def __init__(self, size: str = "mobile", classes: int = 1000,
                 shape: tuple[int, int, int, int] | None = None, channels: int = 3) -> None:
        check_choice("NASNet", "size", size, SIZES)
        check_classes("NASNet", classes)
        cells, last, stem, image = shape or SIZES[size]
        F, large = last // 24, image > 64                  # the last cell: 6 * 4 F channels
        rows = [row("conv0", Sequential(
            conv=Conv2d(channels, stem, 3, 2 if large else 1, 0 if large else 1, bias=False),
            norm=norm(stem)))]
        plan = []                                          # (label, spec, filters) of each cell
        if large:
            plan += [("cell_stem_0", REDUCTION, F // 4), ("cell_stem_1", REDUCTION, F // 2)]
        for stage in range(3):
            if stage:
                plan.append((f"reduction_cell_{stage - 1}", REDUCTION, F * 2 ** stage))
            plan += [(f"cell_{cells * stage + number}", NORMAL, F * 2 ** stage)
                     for number in range(cells)]
        before, current = channels, stem
        kind = "raw" if large else "x"                     # no cell stands before the first
        for label, spec, filters in plan:
            stride = 2 if spec is REDUCTION else 1
            cell = Cell(spec, current, before, filters, stride, kind)
            rows.append(row(label, cell))
            before, current = current, filters * len(cell.joined)
            kind = "halved" if stride == 2 else "conv"
        super().__init__(*rows, row("relu", ReLU()), row("avg_pool", GlobalAvgPool2d()),
                         row("dropout", Dropout(0.5), Flatten()),
                         row("last_linear", Linear(current, classes)),
                         input_shape=(channels, image, image))
        self.variant = "" if shape else size
        apply_init(self, weight=he_normal(), bias=zeros)


def nasnet_small(classes: int = 10, channels: int = 3) -> NASNet:
    """For 32 x 32 images: one normal cell in a row."""
    return NASNet("cifar", classes, shape=(1, 192, 24, 32), channels=channels)


NETWORKS = {"nasnet_a_mobile": NASNet, "nasnet_a_large": partial(NASNet, "large"),
            "nasnet_a_cifar": partial(NASNet, "cifar", classes=10), "nasnet_small": nasnet_small}
