"""Convolution with a connection table: each output map sees only some of the input maps.

    y[n, f, i, j] = b[f] + sum_{c in table[f]} sum_{u, v}  w[f, c, u, v] x[n, c, i + u, j + v]

The weights of all links, one KH x KW filter each, are put into a full weight (F, C, KH, KW) that is
zero elsewhere; what follows is a convolution.  Its gradient is read back at the same places:

    w_full[f, c] = w[link of c to f],  else 0           dw[link of c to f] = dw_full[f, c]

LeNet-5's C3 does this: 60 links instead of 96 keep the number of weights down and, above all, make
the maps differ, because they see different inputs.

Source: LeCun et al. 1998, section II.B and table I.  Lectures show LeNet-5's figure without the
table: iitk "LeNet-5", stanford "Review: LeNet-5".
"""

from typing import Any

import numpy as np

from minicnn.autograd.engine import Function
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import xp_of
from minicnn.backend.windows import Window
from minicnn.layers.conv import Conv2dFn
from minicnn.layers.module import Init, Parameter, Shape
from minicnn.layers.windowed import Windowed

Table = list[tuple[int, ...]]                              # for each output map: the inputs it sees

# C3's map:  0 1 2 3 4 5   6 7 8 9 10 11   12 13 14   15          sees
LENET_C3_ROWS = [
            "X . . . X X   X . . X  X  X    X  .  X    X",          # map 0 of S2
            "X X . . . X   X X . .  X  X    X  X  .    X",          # map 1
            "X X X . . .   X X X .  .  X    .  X  X    X",          # map 2
            ". X X X . .   X X X X  .  .    X  .  X    X",          # map 3
            ". . X X X .   . X X X  X  .    X  X  .    X",          # map 4
            ". . . X X X   . . X X  X  X    .  X  X    X"]          # map 5
#            3 in a row    4 in a row       4, with    all
#                                           gaps


def read_table(rows: list[str]) -> Table:
    """From a table, X for a link, to the input maps that each output map sees.

    rows : one for each input map, with a mark for each output map

    >>> read_table(["X . X", ". X X"])
    [(0,), (1,), (0, 1)]
    """
    columns = zip(*[row.split() for row in rows], strict=True)
    return [tuple(c for c, mark in enumerate(column) if mark == "X") for column in columns]


LENET_C3_TABLE = read_table(LENET_C3_ROWS)


class PlaceLinksFn(Function):
    """Filters of the links -> weight of a full convolution, zero where there is no link."""

    def __init__(self, table: Table, in_channels: int):
        self.table, self.in_channels = table, in_channels

    def forward(self, w):                                  # (links, KH, KW)
        C, F = self.in_channels, len(self.table)
        xp, (KH, KW) = xp_of(w), w.shape[1:]
        self.places = xp.asarray([f * C + c for f, seen in enumerate(self.table) for c in seen])
        full = xp.zeros((F * C, KH, KW), dtype=w.dtype)
        full[self.places] = w
        return full.reshape(F, C, KH, KW)

    def backward(self, dw_full):                           # (F, C, KH, KW)
        KH, KW = dw_full.shape[2:]
        return dw_full.reshape(-1, KH, KW)[self.places]    # (links, KH, KW)


class PartialConv2d(Windowed):
    """Convolution by a connection table:  (N, C, H, W) -> (N, F, H - KH + 1, W - KW + 1).

    Parameters
    ----------
    in_channels, out_channels : int        C and F
    kernel_size : int or (int, int)        KH, KW in pixels
    table : list of F tuples               the input maps, from 0, that each output map sees

    weight is (links, KH, KW), ordered by output map and then as in its tuple; bias is (F,).  Both
    are uniform within 1 / sqrt(fan_in), where fan_in counts only the links of the output map.

    >>> C3 = PartialConv2d(6, 16, 5, LENET_C3_TABLE)
    >>> C3.weight.shape, C3.num_parameters()               # 60 * 25 + 16
    ((60, 5, 5), 1516)
    """

    def __init__(self, in_channels: int, out_channels: int, kernel_size: Any, table: Table) -> None:
        self.in_channels, self.out_channels = in_channels, out_channels
        self.table = [tuple(seen) for seen in table]
        self.check_table()
        self.window = Window.of(kernel_size)
        self.weight = Parameter((sum(map(len, self.table)), *self.window.kernel),
                                self.bounded([len(seen) for seen in self.table for _ in seen]))
        self.bias = Parameter((out_channels,), self.bounded([len(seen) for seen in self.table]))

    def check_table(self) -> None:
        if len(self.table) != self.out_channels:
            raise ValueError(f"PartialConv2d: the table has {len(self.table)} entries for "
                             f"{self.out_channels} output maps; it needs one tuple for each")
        inputs = set(range(self.in_channels))
        for f, seen in enumerate(self.table):
            if not seen or len(set(seen)) < len(seen) or not inputs.issuperset(seen):
                raise ValueError(f"PartialConv2d: output map {f} sees the input maps {seen}; it "
                                 f"must see some of 0 to {self.in_channels - 1}, each once")

    def bounded(self, links: list[int]) -> Init:
        """Draw each first index within 1 / sqrt(fan_in) for an output map with that many links."""
        fan_in = np.array(links, np.float32) * (self.window.kernel[0] * self.window.kernel[1])

        def draw(rng, shape):
            bound = (fan_in ** -0.5).reshape(-1, *[1] * (len(shape) - 1))
            return (2 * rng.random(shape, np.float32) - 1) * bound
        return draw

    def forward(self, x: Tensor) -> Tensor:
        self.out_shape(x.shape[1:])                        # checks x
        w = PlaceLinksFn(self.table, self.in_channels)(self.weight)
        return Conv2dFn(self.window)(x, w, self.bias)

    def out_shape(self, in_shape: Shape) -> Shape:
        C = self.image(in_shape)[0]
        if self.in_channels != C:
            raise ValueError(f"{self.located()}: the input has {C} channels, the layer's table "
                             f"was made for {self.in_channels}; which layer is before it?")
        return self.out_channels, *super().out_shape(in_shape)[1:]

    def macs(self, in_shape: Shape, y_shape: Shape) -> int:
        return self.weight.numel() * y_shape[1] * y_shape[2]  # not the zeros of the full weight

    def extra_repr(self) -> str:
        return (f"{self.in_channels} -> {self.out_channels}, {self.window}, "
                f"{self.weight.shape[0]} of {self.in_channels * self.out_channels} links")
