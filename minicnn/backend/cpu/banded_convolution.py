"""Convolution by bands: an image is copied KW times, where columns hold it KH KW times.

    band[h, v, c] = x_pad[c, h, v : v + OW SW : SW]        KW C rows of OW N numbers for each h

What lies under a row of windows are KH rows of the image, and in memory they follow one another.
So it is a matrix (KH KW C, OW N) as it stands; the next one begins SH rows of the image further on,
and the two overlap.

    y[:, i] = w @ band[i SH : i SH + KH] + b               w (F, KH KW C), in the order of a band

Backward, with w' the filters turned by 180 degrees, as in winograd.py:

    dx[:, h] = w' @ band of dy                             at stride 1; else tiled_convolution.py
    dw' = sum over h of x[:, h] @ (band of dy)^T           or, where nobody asks for dx,
    dw  = sum over i of dy[:, i] @ (band of x)^T

There is a product for each row, so rows must be long.  With the images of a batch innermost they
are.
"""

from functools import partial
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from minicnn.backend.arrays import Array, total
from minicnn.backend.cpu.products import times_transposed
from minicnn.backend.cpu.small_products import small_products
from minicnn.backend.cpu.tiled_convolution import tiled_convolution_backward
from minicnn.backend.layout import as_items, batch_first, batch_last, packed
from minicnn.backend.memory import reused
from minicnn.backend.threads import at_once, sum_over, tiles
from minicnn.backend.windows import Window

FEW = 700                  # weights for each number of a row: with more, products fetch w too often


def takes(x: Array, w: Array, window: Window, groups: int) -> bool:
    """Whether the convolution is one that this file does."""
    return (groups == 1 and window.dilation == (1, 1)
            and w.size <= FEW * len(x) * window.out(*x.shape[2:])[1]
            and x.dtype == w.dtype and x.dtype in (np.float32, np.float64))


def banded_convolution(x: Array, w: Array, b: Array | None, window: Window,
                       needs_grad: tuple[bool, ...]) -> Any:
    """(N, C, H, W), (F, C, KH, KW), (F,) -> (N, F, OH, OW) and its backward."""
    x = packed(batch_last(x))                                       # (C, H, W, N)
    (_, H, W, N), F, (OH, OW) = x.shape, len(w), window.out(*x.shape[1:3])
    y, filters = np.empty((F, OH, OW, N), x.dtype), in_order(w)

    def some(rows: slice) -> None:
        y_rows = lines(y, rows)                            # (R, F, OW N)
        small_products(filters, bands(x, window, top_left(window, H, W), rows, OW), y_rows)
        if b is not None:
            y_rows += b[:, None]

    at_once(some, tiles(OH, row_bytes(x, window, OW), 2 * window.kernel[0], x), x)
    return batch_first(y), partial(banded_backward, x=x, w=w, window=window, needs_grad=needs_grad)


def banded_backward(dy: Array, x: Array, w: Array, window: Window, needs_grad: tuple[bool, ...]
                    ) -> tuple:
    if needs_grad[0] and window.stride != (1, 1):
        return tiled_convolution_backward(dy, x, w, window, 1, needs_grad)
    dy = packed(batch_last(dy))                                     # (F, OH, OW, N)
    (_, H, W, _), (F, C, KH, KW), OW = x.shape, w.shape, dy.shape[2]
    (top, left), dx = top_left(window, H, W), None
    if needs_grad[0]:
        dx, turned = np.empty_like(x), in_order(w[:, :, ::-1, ::-1].swapaxes(0, 1))

        def some(rows: slice) -> Array:                    # fills these rows of dx on the way
            band = bands(dy, window, (KH - 1 - top, KW - 1 - left), rows, W)
            small_products(turned, band, lines(dx, rows))
            return times_transposed(lines(x, rows), band).sum(axis=0)       # (C, KH KW F)

        parts = tiles(H, row_bytes(dy, window, W) + w.nbytes, 2 * KH, x)
        dw = sum_over(some, parts, x).reshape(C, KH, KW, F)[:, ::-1, ::-1].transpose(3, 0, 1, 2)
    else:
        def some(rows: slice) -> Array:
            band = bands(x, window, (top, left), rows, OW)
            return times_transposed(lines(dy, rows), band).sum(axis=0)      # (F, KH KW C)

        parts = tiles(dy.shape[1], row_bytes(x, window, OW) + w.nbytes, 2 * KH, x)
        dw = sum_over(some, parts, x).reshape(F, KH, KW, C).transpose(0, 3, 1, 2)
    db = total(dy.reshape(F, dy[0].size), axis=1) if len(needs_grad) > 2 else None
    dxs = (None if dx is None else batch_first(dx)), np.ascontiguousarray(dw), db
    return dxs[:len(needs_grad)]


def bands(x: Array, window: Window, corner: tuple[int, int], rows: slice, OW: int) -> Array:
    """What lies under some rows of windows, (C, H, W, N) -> (R, KH KW C, OW N); they overlap.

    corner : how far the first window begins above and to the left of x, where there are zeros
    """
    (C, H, W, N), (KH, KW), (SH, SW), (top, left) = x.shape, window.kernel, window.stride, corner
    R = rows.stop - rows.start
    first, height = rows.start * SH - top, (R - 1) * SH + KH
    band = reused("columns", height * KW * C * OW * N, x).reshape(height, KW, C, OW, N)
    above, below = np.clip((-first, H - first), 0, height)
    band[:above], band[below:] = 0, 0
    inside, seen = band[above:below], x[:, first + above:first + below].swapaxes(0, 1)
    if SW > 1:                                             # runs of N numbers
        inside, seen = as_items(inside), as_items(seen)
    for v in range(KW):
        # Window j sees column j SW + v - left: the first that is on the image, and the last.
        begin = min(max(-((v - left) // SW), 0), OW)
        end = max(min((W - 1 + left - v) // SW + 1, OW), begin)
        band[above:below, v, :, :begin], band[above:below, v, :, end:] = 0, 0
        columns = seen[:, :, begin * SW + v - left::SW] if end > begin else seen[:, :, :0]
        inside[:, v, :, begin:end] = columns[:, :, :end - begin]
    size = OW * N * band.itemsize
    return as_strided(band, (R, KH * KW * C, OW * N), (SH * KW * C * size, size, band.itemsize))


def in_order(w: Array) -> Array:
    """Filters in the order of a band, (F, C, KH, KW) -> (F, KH KW C)."""
    return np.ascontiguousarray(w.transpose(0, 2, 3, 1)).reshape(len(w), w[0].size)


def lines(x: Array, rows: slice) -> Array:
    """Some rows, each as a matrix, (C, H, W, N) -> (R, C, W N): a view."""
    C, _, W, N = x.shape
    return x[:, rows].reshape(C, rows.stop - rows.start, W * N).swapaxes(0, 1)


def top_left(window: Window, H: int, W: int) -> tuple[int, int]:
    (top, _), (left, _) = window.borders(H, W)
    return top, left


def row_bytes(x: Array, window: Window, OW: int) -> int:
    """Of what a band holds for one row of windows."""
    return window.stride[0] * window.kernel[1] * len(x) * OW * x.shape[3] * x.itemsize
