"""Max pooling: every window is replaced by its largest value.

    y[n, c, i, j] = max_{u, v}  x_pad[n, c, i SH + u DH, j SW + v DW]

Only the cell (u*, v*) that won had any influence, so it receives all of dy:

    dx_pad[n, c, i SH + u* DH, j SW + v* DW] += dy[n, c, i, j]

The winner is remembered as one number for each window, u* KW + v*: one byte, so a 3 x 3 window at
stride 2 costs 1/16 of what keeping x would.

The padding is minus infinity: with zeros, a border of negative values would come out as 0.  Where
several cells are equally large, the first in row order wins; a NaN wins over every number.

Source: Krizhevsky et al. 2012, section 3.4 (overlapping windows: 3 x 3 at stride 2).  Lectures:
stanford "Review: Pooling" (its 4 x 4 example is in MaxPool2d below), unicamp "Pooling Layer".
"""

from itertools import product
from math import inf
from typing import Any

from minicnn.backend import Array, fused_on_gpu, xp_of
from minicnn.cuda import windows
from minicnn.engine import Function
from minicnn.geometry import Window
from minicnn.layers.pooling import meetings, over_channels, pool, sort_columns
from minicnn.module import Windowed
from minicnn.tensor import Tensor


@fused_on_gpu(windows.max_pool)
def max_pool(x: Array, window: Window, remember: bool = True) -> tuple[Array, Array | None]:
    """(N, C, H, W) -> y (N, C, OH, OW), winner (N, C, OH, OW), or None if not wanted."""
    xp, (N, C, H, W), (KH, KW) = xp_of(x), x.shape, window.kernel
    x = x.transpose(1, 2, 3, 0)                            # (C, H, W, N)
    y = xp.empty_like(x, shape=(C, *window.out(H, W), N))
    winner = xp.empty_like(y, "uint8" if KH * KW <= 256 else "int32") if remember else None

    def some(part: slice) -> None:
        cells = sort_columns(x[part], window.stride[1])
        pool(cells, window, xp.maximum, -inf, y[part])
        if winner is not None:
            find_winner(cells, window, y[part], winner[part])

    over_channels(some, x)
    return y.transpose(3, 0, 1, 2), None if winner is None else winner.transpose(3, 0, 1, 2)


def find_winner(x: Array, window: Window, y: Array, winner: Array) -> None:
    """winner = how many cells come before the first that is y; the columns of x are sorted.

    A cell is y if it has the same bits: a NaN would not be equal to itself.
    """
    bits = f"i{y.itemsize}"
    x, y = x.view(bits), y.view(bits)
    rows, columns = meetings(window, *x.shape[1:])
    before = xp_of(y).ones_like(winner, "uint8")           # 1 as long as none was y
    winner[...] = 0
    for (i, h), (j, w) in list(product(rows, columns))[:-1]:
        before[:, i, j] &= (x[:, h, w] != y[:, i, j]).view("uint8")
        winner += before


@fused_on_gpu(windows.max_pool_back)
def max_pool_back(dy: Array, winner: Array, x_shape: tuple[int, ...], window: Window) -> Array:
    """dy (N, C, OH, OW), winner (N, C, OH, OW) -> (N, C, H, W)"""
    xp, (N, C, H, W), (OH, OW) = xp_of(dy), x_shape, dy.shape[2:]
    (KH, KW), (SH, SW), (DH, DW) = window.kernel, window.stride, window.dilation
    (top, _), (left, _) = window.borders(H, W)

    def place(h: Array, w: Array) -> Array:
        """Where pixel (h, w) of the first image lies in a channel (H, W, N)."""
        return (h * W + w) * N

    cell = place(xp.arange(KH)[:, None] * DH, xp.arange(KW) * DW).ravel()        # (KH KW,)
    start = place(xp.arange(OH)[:, None, None] * SH - top,
                  xp.arange(OW)[:, None] * SW - left) + xp.arange(N)             # (OH, OW, N)
    reached = xp.ones((1, 1, 1), "uint8")
    if window.dilation != (1, 1):                          # the image may fall between all cells
        reached = xp.zeros((OH, OW, 1), "uint8")
        for (i, _), (j, _) in product(*meetings(window, H, W, N)):
            reached[i, j] = 1
    dy, winner = dy.transpose(1, 2, 3, 0), winner.transpose(1, 2, 3, 0)          # (C, OH, OW, N)
    dx = xp.empty((C, H, W, N), dy.dtype)

    def some(part: slice) -> None:
        pixels, share = dx[part].reshape(-1), xp.ascontiguousarray(dy[part])
        index = xp.take(cell, xp.ascontiguousarray(winner[part]))    # (channels, OH, OW, N)
        index += start
        index += place(xp.arange(len(index)) * H, 0).reshape(-1, 1, 1, 1)
        if window.dilation != (1, 1):
            index, share = index * reached, share * reached
        pixels[...] = 0
        xp.add.at(pixels, index.reshape(-1), share.reshape(-1))      # a pixel may win several times

    over_channels(some, dx)
    return dx.transpose(3, 0, 1, 2)


class MaxPool2dFn(Function):
    def __init__(self, window: Window):
        self.window = window

    def forward(self, x):                                  # (N, C, H, W)
        self.x_shape = x.shape
        y, self.winner = max_pool(x, self.window, self.needs_grad[0])
        return y                                           # (N, C, OH, OW)

    def backward(self, dy):                                # (N, C, OH, OW)
        return max_pool_back(dy, self.winner, self.x_shape, self.window)


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
