"""Max pooling, fast: KH + KW steps in place of KH KW, and one byte for each winner.

Forward combines one axis of the window at a time (pooling.py) and then looks for the first cell
that has the largest value.  Backward adds each dy at the place of its winner, as one flat index
into the images of a few channels.
"""

from functools import partial
from itertools import product
from math import inf
from typing import Any

from minicnn.backend.arrays import Array, sum_dtype, xp_of
from minicnn.backend.cpu.pooling import Meetings, meetings, over_channels, pool, sort_columns
from minicnn.backend.layout import batch_first, batch_last
from minicnn.backend.windows import Window


def max_pool(x: Array, *, window: Window, needs_grad: tuple[bool, ...],
             return_indices: bool = False) -> Any:
    """(N, C, H, W) -> (N, C, OH, OW) and its backward, which keeps the number of each winner."""
    xp, (N, C, H, W), (KH, KW) = xp_of(x), x.shape, window.kernel
    x = batch_last(x)                                      # (C, H, W, N)
    wide = sum_dtype(x.dtype)                              # NumPy compares float16 slowly
    y = xp.empty_like(x, wide, shape=(C, *window.out(H, W), N))
    where = meetings(window, H, W, N)
    winner = None
    if needs_grad[0] or return_indices:
        winner = xp.empty_like(y, "uint8" if KH * KW <= 256 else "int32")

    def some(part: slice) -> None:
        cells = sort_columns(x[part].astype(wide, copy=False), window.stride[1])
        pool(cells, y[part], where, xp.maximum, -inf)
        if winner is not None:
            find_winner(cells, y[part], where, winner[part])

    over_channels(some, x)
    backward = partial(max_pool_backward, winner=winner, x_shape=(N, C, H, W), window=window)
    y = batch_first(y.astype(x.dtype, copy=False))
    return (y, backward, {"winner": batch_first(winner)}) if return_indices else (y, backward)


def find_winner(x: Array, y: Array, where: tuple[Meetings, Meetings], winner: Array) -> None:
    """winner = how many cells come before the first that is y; the columns of x are sorted.

    y is NaN where some cell is, and NaN is not equal to itself.
    """
    has_nan = bool(xp_of(y).isnan(y.min(initial=inf)))
    before = xp_of(y).ones_like(winner, bool)              # as long as none was y
    winner[...] = 0
    for (i, h), (j, w) in list(product(*where))[:-1]:
        other = x[:, h, w] != y[:, i, j]
        if has_nan:
            other &= x[:, h, w] == x[:, h, w]
        before[:, i, j] &= other
        winner += before.view("uint8")


def max_pool_backward(dy: Array, winner: Array, x_shape: tuple[int, ...], window: Window) -> Array:
    """dy (N, C, OH, OW), winner (C, OH, OW, N) -> (N, C, H, W)"""
    xp, (N, C, H, W), (OH, OW) = xp_of(dy), x_shape, dy.shape[2:]
    (KH, KW), (SH, SW), (DH, DW) = window.kernel, window.stride, window.dilation
    (top, _), (left, _) = window.borders(H, W)

    def place(h: Array, w: Array) -> Array:
        """Where pixel (h, w) of the first image lies in a channel (H, W, N)."""
        return (h * W + w) * N

    cell = place(xp.arange(KH)[:, None] * DH, xp.arange(KW) * DW).ravel()        # (KH KW,)
    start = place(xp.arange(OH)[:, None, None] * SH - top,
                  xp.arange(OW)[:, None] * SW - left) + xp.arange(N)             # (OH, OW, N)
    dy = batch_last(dy)                                    # (C, OH, OW, N)
    dx = xp.empty((C, H, W, N), dy.dtype)

    def some(part: slice) -> None:
        pixels, share = dx[part].reshape(-1), xp.ascontiguousarray(dy[part])
        index = xp.take(cell, xp.ascontiguousarray(winner[part]))    # (channels, OH, OW, N)
        index += start
        index += place(xp.arange(len(index)) * H, 0).reshape(-1, 1, 1, 1)
        pixels[...] = 0
        xp.add.at(pixels, index.reshape(-1), share.reshape(-1))      # a pixel may win several times

    over_channels(some, dx)
    return batch_first(dx)
