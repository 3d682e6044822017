"""Max pooling: every window is replaced by its largest value.

    y[n, c, i, j] = max_{u, v}  x_pad[n, c, i SH + u DH, j SW + v DW]

Only the cell (u*, v*) that won had any influence, so it receives all of dy:

    dx_pad[n, c, i SH + u* DH, j SW + v* DW] += dy[n, c, i, j]

The winner is remembered as one number for each window, u* KW + v*.

The padding is minus infinity: with zeros, a border of negative values would come out as 0.  Where
several cells are equally large, the first in row order wins; a NaN wins over every number.

Source: Krizhevsky et al. 2012, section 3.4 (overlapping windows: 3 x 3 at stride 2).  Lectures:
stanford "Review: Pooling" (its 4 x 4 example is in MaxPool2d below), unicamp "Pooling Layer".
"""

from typing import Any

from minicnn.backend import xp_of
from minicnn.engine import Function
from minicnn.geometry import Window
from minicnn.module import Windowed
from minicnn.tensor import Tensor


class MaxPool2dFn(Function):
    def __init__(self, window: Window):
        self.window = window

    def first_inside(self, xp, H, W):
        """(OH, OW): number of each window's first cell that lies on the image.

        It wins where all values are minus infinity, as the padding is.  One byte is enough for
        the number of a cell: a 3 x 3 window costs 1/4 of what keeping float32 values would.
        """
        (KH, KW), (SH, SW), (DH, DW) = self.window.kernel, self.window.stride, self.window.dilation
        (OH, OW), ((top, _), (left, _)) = self.window.out(H, W), self.window.borders(H, W)
        u = xp.maximum(-((xp.arange(OH) * SH - top) // DH), 0)       # rounded up
        v = xp.maximum(-((xp.arange(OW) * SW - left) // DW), 0)
        return (u[:, None] * KW + v).astype("uint8" if KH * KW <= 256 else "int32")

    def forward(self, x):                                  # (N, C, H, W)
        xp, (N, C, H, W) = xp_of(x), x.shape
        OH, OW = self.window.out(H, W)
        self.x_shape = x.shape
        x_pad = self.window.pad(x, -xp.inf)                # (N, C, H', W')
        y = xp.full_like(x, -xp.inf, shape=(N, C, OH, OW))
        if self.needs_grad[0]:
            first = self.first_inside(xp, H, W)
            self.winner = xp.zeros_like(y, first.dtype) + first
        for number, (u, v) in enumerate(self.window.cells()):
            cell = self.window.shifted(x_pad, u, v, OH, OW)
            if self.needs_grad[0]:
                better = ((cell > y) | (cell != cell)).astype(self.winner.dtype)
                xp.maximum(self.winner, number * better, out=self.winner)  # numbers only rise
            xp.maximum(y, cell, out=y)                     # NaN if either is NaN
        return y                                           # (N, C, OH, OW)

    def backward(self, dy):                                # (N, C, OH, OW)
        (N, C, H, W), (OH, OW) = self.x_shape, dy.shape[2:]
        dx_pad = xp_of(dy).zeros_like(dy, shape=(N, C, *self.window.padded_size(H, W)))
        for number, (u, v) in enumerate(self.window.cells()):
            view = self.window.shifted(dx_pad, u, v, OH, OW)
            view += dy * (self.winner == number)           # a pixel may win in several windows
        return self.window.crop(dx_pad, H, W)              # (N, C, H, W)


class MaxPool2d(Windowed):
    """Largest value of every window:  (N, C, H, W) -> (N, C, OH, OW).

    Parameters
    ----------
    kernel_size : int or (int, int)            KH, KW in pixels
    stride : int or (int, int), optional       the kernel size if not given
    padding : int, (int, int), "same" or "valid", default 0
                                               minus infinity around it, at most half the window
    dilation : int or (int, int), default 1    pixels between the cells of a window
    ceil_mode : bool, default False            let a last window hang over the far edge

    >>> x = Tensor([[[[1, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]]]])
    >>> MaxPool2d(2)(x).numpy().tolist()
    [[[[6.0, 8.0], [3.0, 4.0]]]]
    """

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
                 ceil_mode: bool = False) -> None:
        self.window = Window.pooling(kernel_size, stride, padding, dilation, ceil_mode)

    def forward(self, x: Tensor) -> Tensor:
        self.out_shape(x.shape[1:])
        return MaxPool2dFn(self.window)(x)
