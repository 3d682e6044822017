"""Average pooling, fast: the sums of a window's columns first, then of their sums (pooling.py)."""

from functools import partial
from typing import Any

from minicnn.backend.arrays import Array, sum_dtype, xp_of
from minicnn.backend.cpu.pooling import (
    meetings,
    over_channels,
    pool,
    pool_backward,
    sort_columns,
)
from minicnn.backend.layout import batch_first, batch_last
from minicnn.backend.windows import Window


def average_pool(x: Array, *, window: Window, count_include_pad: bool, needs_grad: Any = None
                 ) -> Any:
    """(N, C, H, W) -> (N, C, OH, OW) and its backward."""
    xp, (N, C, H, W), SW = xp_of(x), x.shape, window.stride[1]
    x = batch_last(x)                                      # (C, H, W, N)
    y = xp.empty_like(x, shape=(C, *window.out(H, W), N))
    count, where = counted(x, window, count_include_pad), meetings(window, H, W, N)

    def some(part: slice) -> None:
        wide = x[part].astype(sum_dtype(x.dtype), copy=False)
        sums = xp.empty_like(y[part], wide.dtype)
        pool(sort_columns(wide, SW), sums, where, xp.add, 0.0)
        xp.divide(sums, count, out=y[part])

    over_channels(some, x)
    backward = partial(average_pool_backward, x_shape=(N, C, H, W), window=window,
                       count_include_pad=count_include_pad)
    return batch_first(y), backward


def average_pool_backward(dy: Array, x_shape: tuple[int, ...], window: Window,
                          count_include_pad: bool) -> Array:
    """(N, C, OH, OW) -> (N, C, H, W)"""
    xp, (N, C, H, W) = xp_of(dy), x_shape
    dy = batch_last(dy)                                    # (C, OH, OW, N)
    dx = xp.empty((C, H, W, N), dy.dtype)
    count = counted(dx, window, count_include_pad)

    def some(part: slice) -> None:
        pool_backward(xp.ascontiguousarray(dy[part]) / count, window, dx[part])

    over_channels(some, dx)
    return batch_first(dx)


def counted(x: Array, window: Window, count_include_pad: bool) -> Any:
    """K of the windows on x (C, H, W, N): one number if all have the same, or else (OH, OW, N)."""
    (_, H, W, N), xp, sides = x.shape, xp_of(x), []
    for size, (before, after), positions, kernel, stride in zip(
            (H, W), window.borders(H, W), window.out(H, W), window.kernel, window.stride,
            strict=True):
        first, last = (0, before + size + after) if count_include_pad else (before, before + size)
        sides.append([min(start + kernel, last) - max(start, first)
                      for start in range(0, positions * stride, stride)])
    rows, columns = sides
    if len(set(rows)) == len(set(columns)) == 1:
        return float(rows[0] * columns[0])
    ones = xp.ones(N, sum_dtype(x.dtype))
    return xp.asarray(rows)[:, None, None] * xp.asarray(columns)[:, None] * ones
