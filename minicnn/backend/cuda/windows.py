"""Convolution's windows and pooling on a GPU.  Images: (C, H, W, N) in memory, (N, C, H, W) to see.

`window` is a Window of minicnn/backend/windows.py; the layers have the definitions.
"""

from functools import cache, partial
from types import ModuleType
from typing import Any

import numpy as np

from minicnn.backend.arrays import Array, xp_of
from minicnn.backend.cuda.launch import launch
from minicnn.backend.layout import batch_first, batch_last, packed


def geometry(x_shape: tuple[int, ...], window: Any) -> tuple[int, ...]:
    """C and then what windows.cu calls WINDOW."""
    (N, C, H, W), ((top, _), (left, _)) = x_shape, window.borders(*x_shape[2:])
    return (C, H, W, *window.out(H, W), N, *window.kernel, *window.stride, *window.dilation,
            top, left)


def im2col(x: Array, window: Any) -> Array:
    """(N, C, H, W) in any layout -> (C, KH, KW, OH, OW, N)"""
    N, C, H, W = x.shape
    (KH, KW), (OH, OW) = window.kernel, window.out(H, W)
    cols = xp_of(x).empty((C, KH, KW, OH, OW, N), x.dtype)
    launch("windows", "im2col", (C * KH * KW, OH * OW * N), x, cols, *geometry(x.shape, window),
           *[step // x.itemsize for step in x.strides])
    return cols


def laid_out(x: Array, window: Any) -> Array:
    """(N, C, H, W) in any layout -> (C, H', SW, W'/SW, N), padded"""
    (N, C, H, W), SW = x.shape, window.stride[1]
    (top, _), (left, _) = window.borders(H, W)
    height, width = window.padded_size(H, W)
    image = xp_of(x).empty((C, height, SW, -(-width // SW), N), x.dtype)
    launch("windows", "laid_out", (C, image[0].size if C else 0), x, image, C, H, W, N, height,
           image.shape[3], SW, top, left, *[step // x.itemsize for step in x.strides])
    return image


@cache
def table(xp: ModuleType, corners: tuple[tuple[int, int], ...]) -> Array:
    return xp.asarray(np.array(corners, np.int32).reshape(-1, 2))


def gather(image: Array, corners: list[tuple[int, int]], stride: tuple[int, int], rows: slice,
           OW: int, keep: bool = True) -> Array:
    """(C, H', SW, W'/SW, N) -> (C, K, R OW N), the windows of some rows for each of K corners"""
    xp, (C, H, _, Q, N) = xp_of(image), image.shape
    K, R = len(corners), rows.stop - rows.start
    cols = xp.empty((C, K, R * OW * N), image.dtype)
    launch("windows", "gather", (C * K, R * OW * N), xp.ascontiguousarray(image), cols,
           table(xp, tuple(corners)), C, K, H, Q, N, rows.start, R, OW, *stride)
    return cols


def col2im(dcols: Array, x_shape: tuple[int, ...], window: Any) -> Array:
    """(C, KH, KW, OH, OW, N) -> (N, C, H, W)"""
    N, C, H, W = x_shape
    dcols = xp_of(dcols).ascontiguousarray(dcols)
    dx = xp_of(dcols).empty((C, H, W, N), dcols.dtype)
    launch("windows", "col2im", (C, H * W * N), dcols, dx, *geometry(x_shape, window))
    return batch_first(dx)


def max_pool(x: Array, *, window: Any, needs_grad: tuple[bool, ...], return_indices: bool = False
             ) -> Any:
    """(N, C, H, W) -> (N, C, OH, OW) and its backward, which keeps the winners, a byte each."""
    KH, KW = window.kernel
    if KH * KW > 256:                                      # the number of a cell fills one byte
        return NotImplemented
    N, C, H, W = x.shape
    xp, (OH, OW) = xp_of(x), window.out(H, W)
    y = xp.empty((C, OH, OW, N), x.dtype)
    winner = xp.empty(y.shape, "uint8") if needs_grad[0] or return_indices else None
    launch("windows", "max_pool", (C, OH * OW * N), packed(batch_last(x)), y, winner,
           *geometry(x.shape, window))
    backward = partial(max_pool_backward, winner=winner, x_shape=x.shape, window=window)
    kept = [{"winner": batch_first(winner)}] if return_indices else []
    return batch_first(y), backward, *kept


def max_pool_backward(dy: Array, winner: Array, x_shape: tuple[int, ...], window: Any) -> Array:
    """dy (N, C, OH, OW), winner (C, OH, OW, N) -> (N, C, H, W)"""
    N, C, H, W = x_shape
    dx = xp_of(dy).empty((C, H, W, N), dy.dtype)
    launch("windows", "max_pool_backward", (C, H * W * N), packed(batch_last(dy)), winner,
           dx, *geometry(x_shape, window))
    return batch_first(dx)


def counting(x_shape: tuple[int, ...], window: Any, count_include_pad: bool) -> tuple[int, ...]:
    """First and last row and column that count in a mean, from the padding's edge."""
    H, W = x_shape[2:]
    (top, bottom), (left, right) = window.borders(H, W)
    if count_include_pad:
        return 0, top + H + bottom, 0, left + W + right
    return top, top + H, left, left + W


def average_pool(x: Array, *, window: Any, count_include_pad: bool, needs_grad: Any = None) -> Any:
    """(N, C, H, W) -> (N, C, OH, OW) and its backward."""
    N, C, H, W = x.shape
    OH, OW = window.out(H, W)
    y = xp_of(x).empty((C, OH, OW, N), x.dtype)
    launch("windows", "average_pool", (C, OH * OW * N), packed(batch_last(x)), y,
           *geometry(x.shape, window), *counting(x.shape, window, count_include_pad))
    backward = partial(average_pool_backward, x_shape=x.shape, window=window,
                       count_include_pad=count_include_pad)
    return batch_first(y), backward


def average_pool_backward(dy: Array, x_shape: tuple[int, ...], window: Any,
                          count_include_pad: bool) -> Array:
    """(N, C, OH, OW) -> (N, C, H, W)"""
    N, C, H, W = x_shape
    dx = xp_of(dy).empty((C, H, W, N), dy.dtype)
    launch("windows", "average_pool_backward", (C, H * W * N), packed(batch_last(dy)), dx,
           *geometry(x_shape, window), *counting(x_shape, window, count_include_pad))
    return batch_first(dx)
