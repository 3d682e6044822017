"""What max and average pooling share: a window's cells are combined one axis at a time.

The largest of a rectangle is the largest of its columns' largest, and the sum likewise:

    t[i, w] = the cells u of x[i SH + u DH, w] combined          KH steps, each on whole rows
    y[i, j] = the cells v of t[i, j SW + v DW] combined          KW steps, on what is left

Each step is one slice of all windows at once: KH + KW steps in place of KH KW.  Nothing is padded;
a cell that lies on the padding takes no part in its step (`meetings`).

Images are (C, H, W, N) here, as a network's lie in memory.  There the columns that a strided window
meets are runs of N numbers with gaps between, and starting on a run takes NumPy as long as adding
50 numbers.  So the columns are sorted once: what one cell meets in a row becomes a single run.
"""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from minicnn.backend.arrays import Array, xp_of
from minicnn.backend.threads import in_blocks
from minicnn.backend.windows import Window

Meetings = list[tuple[slice, slice]]       # for each cell along one axis: (windows, pixels)
Parts = list[tuple[Array, Array]]          # pairs of one shape: (part of an array, values for it)

LONG = 64                                  # from that batch on, runs are long enough as they are


def meetings(window: Window, H: int, W: int, N: int) -> tuple[Meetings, Meetings]:
    """Which windows' cell lies on the image, and on which pixels: for each row u of cells, and for
    each column v.  The pixels' columns are counted as `sort_columns` leaves them.
    """
    (OH, OW), ((top, _), (left, _)) = window.out(H, W), window.borders(H, W)
    (KH, KW), (SH, SW), (DH, DW) = window.kernel, window.stride, window.dilation
    rows, columns, apart = [], [], sorted_by(SW, N)
    for u in range(KH):
        i, h, count = meeting(u * DH - top, SH, H, OH)
        rows.append((slice(i, i + count), slice(h, h + count * SH, SH)))
    for v in range(KW):
        j, w, count = meeting(v * DW - left, SW, W, OW)
        w, step = sum(len(range(r, W, apart)) for r in range(w % apart)) + w // apart, SW // apart
        columns.append((slice(j, j + count), slice(w, w + count * step, step)))
    return rows, columns


def meeting(offset: int, stride: int, size: int, windows: int) -> tuple[int, int, int]:
    """The windows whose cell lies on the image, along an axis: (first window, its pixel, how many).

    The cell of window i lies on pixel i stride + offset.
    """
    first = max(-(offset // stride), 0)                              # rounded up
    last = min((size - 1 - offset) // stride, windows - 1)
    return first, first * stride + offset, max(last - first + 1, 0)


def sorted_by(SW: int, N: int) -> int:
    """How far apart columns lie that become neighbours."""
    return SW if N < LONG else 1


def sort_columns(x: Array, SW: int) -> Array:
    """(C, H, W, N) with the columns in the order 0, SW, 2 SW, ..., 1, SW + 1, ...

    np.take copies a run in 1 ns where slices take 5, but only from an array as it lies in memory.
    """
    (W, N), xp = x.shape[2:], xp_of(x)
    if sorted_by(SW, N) == 1:
        return x
    if N > 1 and x.flags.c_contiguous:
        return xp.take(x, column_order(xp, W, SW), axis=2)
    y, end = xp.empty_like(x), 0
    for r in range(SW):
        start, end = end, end + len(range(r, W, SW))
        y[:, :, start:end] = x[:, :, r::SW]
    return y


def unsort_columns(x: Array, SW: int) -> Array:
    """The way back."""
    (W, N), xp = x.shape[2:], xp_of(x)
    if sorted_by(SW, N) == 1:
        return x
    return xp.take(x, xp.argsort(column_order(xp, W, SW)), axis=2)


def column_order(xp: ModuleType, W: int, SW: int) -> Array:
    return xp.concatenate([xp.arange(r, W, SW) for r in range(SW)])


def over_channels(work: Callable[[slice], Any], x: Array) -> None:
    """work(part) for slices of the channels that stay in the cache; for all at once on a GPU.

    NumPy computes with slices whose rows are shorter than a part of its buffer by copying them
    into the buffer and back.  With a smaller buffer it leaves them in place: 3 x 3 pooling gains
    a tenth.
    """
    def with_small_buffer(part: slice) -> None:
        before = np.setbufsize(1024)                       # of this thread alone
        try:
            work(part)
        finally:
            np.setbufsize(before)

    in_blocks(with_small_buffer, len(x), x.nbytes if isinstance(x, np.ndarray) else 0)


def pool(x: Array, y: Array, where: tuple[Meetings, Meetings], combine: Callable, nothing: float
         ) -> None:
    """y (C, OH, OW, N) = the cells of every window of x (C, H, W, N) combined; columns are sorted.

    combine : xp.maximum or xp.add; `nothing` is -inf or 0, for windows without a cell
    """
    rows, columns = where
    t = xp_of(x).empty_like(y, shape=(len(x), y.shape[1], *x.shape[2:]))         # (C, OH, W, N)
    combine_parts(t, [(t[:, i], x[:, h]) for i, h in rows], combine, nothing)
    combine_parts(y, [(y[:, :, j], t[:, :, w]) for j, w in columns], combine, nothing)


def combine_parts(y: Array, parts: Parts, combine: Callable, nothing: float) -> None:
    """y = all parts combined."""
    parts = sorted(parts, key=lambda pair: -pair[1].size)            # one that fills y comes first
    if parts[0][1].shape == y.shape:
        y[...] = parts.pop(0)[1]
    else:
        y[...] = nothing
    for part, values in parts:
        combine(part, values, out=part)


def pool_backward(dy: Array, window: Window, dx: Array) -> None:
    """The gradient of `pool` with xp.add: dx (C, H, W, N) = dy in every cell; no dilation.

    The columns of dx are in their places again.
    """
    (SH, SW), (C, OH), (H, W, N) = window.stride, dy.shape[:2], dx.shape[1:]
    rows, columns = meetings(window, H, W, N)
    dt = xp_of(dy).empty((C, OH, W, N), dy.dtype)
    share_out(dt, [(dt[:, :, w], dy[:, :, j]) for j, w in columns], SW)
    dt = unsort_columns(dt, SW)
    share_out(dx, [(dx[:, h], dt[:, i]) for i, h in rows], SH)


def share_out(dx: Array, parts: Parts, stride: int) -> None:
    """dx = the sum of all parts; where windows overlap, gradients add up."""
    first, later = parts[:stride], parts[stride:]          # cells closer than a stride never meet
    if sum(values.size for _, values in first) < dx.size:
        dx[...] = 0
    for part, values in first:
        part[...] = values
    for part, values in later:
        part += values
