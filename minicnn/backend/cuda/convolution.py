"""Convolution on a GPU: the way that suits it.

    1 x 1 filters, side by side     cpu/pointwise_convolution.py: needs no columns
    one channel to a group          depthwise.py: needs none either
    columns of at most 32 MB        made once, and kept for backward
    of at most a gigabyte           made again in backward: each pixel would be kept KH KW times
    all others                      cpu/tiled_convolution.py: columns of some rows at a time

All products take their factors as they lie (backend/stacks.py).
"""

from functools import partial
from math import prod
from typing import Any

from minicnn.backend.arrays import Array, matmul, total, xp_of
from minicnn.backend.cpu.pointwise_convolution import pointwise_convolution
from minicnn.backend.cpu.tiled_convolution import tiled_convolution
from minicnn.backend.cuda.depthwise import depthwise
from minicnn.backend.cuda.windows import col2im, im2col
from minicnn.backend.layout import batch_first, batch_last, packed
from minicnn.backend.windows import Window

KEPT, MOST = 32 << 20, 1 << 30         # bytes of columns


def conv2d(x: Array, w: Array, b: Array | None = None, *, window: Window, G: int,
           needs_grad: tuple[bool, ...]) -> Any:
    """(N, C, H, W), (F, C/G, KH, KW), (F,) -> (N, F, OH, OW) and its backward."""
    if window.kernel == window.stride == (1, 1) and G == 1 and window.padding in (
            (0, 0), "same", "valid"):
        return pointwise_convolution(x, w, b, window.stride, needs_grad)
    if G > 1 and w.shape[1] == 1:
        return depthwise(x, w, b, window=window, needs_grad=needs_grad)
    nbytes = (x.shape[1] * prod(window.kernel) * prod(window.out(*x.shape[2:])) * len(x)
              * x.itemsize)
    if nbytes > MOST:
        return tiled_convolution(x, w, b, window, G, needs_grad)
    return whole_columns(x, w, b, window, G, needs_grad, keep=nbytes <= KEPT)


def whole_columns(x: Array, w: Array, b: Array | None, window: Window, G: int,
                  needs_grad: tuple[bool, ...], keep: bool) -> Any:
    """As the definition: one product for each group."""
    N, F, (OH, OW) = len(x), len(w), window.out(*x.shape[2:])
    w_rows = w.reshape(G, F // G, w[0].size)               # (G, F/G, C/G KH KW)
    cols = columns(x, window, G)                           # (G, C/G KH KW, OH OW N)
    y = matmul(w_rows, cols)                               # (G, F/G, OH OW N)
    if b is not None:
        y += b.reshape(G, F // G, 1)
    backward = partial(whole_columns_backward, x=None if keep else x, cols=cols if keep else None,
                       w_rows=w_rows, x_shape=x.shape, window=window, w_shape=w.shape,
                       needs_grad=needs_grad)
    return batch_first(y.reshape(F, OH, OW, N)), backward


def whole_columns_backward(dy: Array, x: Array | None, cols: Array | None, w_rows: Array,
                           x_shape: tuple[int, ...], window: Window, w_shape: tuple[int, ...],
                           needs_grad: tuple[bool, ...]) -> tuple:
    (N, F, OH, OW), C, G, dx, db = dy.shape, x_shape[1], len(w_rows), None, None
    dy = packed(batch_last(dy)).reshape(G, F // G, OH * OW * N)      # (G, F/G, OH OW N)
    cols = columns(x, window, G) if cols is None else cols
    dw = xp_of(dy).empty(w_shape, dy.dtype)                # in rows, and not a view
    matmul(dy, cols.swapaxes(1, 2), out=dw.reshape(w_rows.shape))
    cols = None                                            # its memory can hold the next
    if needs_grad[0]:                                      # a first layer's image needs none
        dcols = matmul(w_rows.swapaxes(1, 2), dy)          # (G, C/G KH KW, OH OW N)
        dx = col2im(dcols.reshape(C, *window.kernel, OH, OW, N), x_shape, window)
    if len(needs_grad) > 2:
        db = total(dy, axis=2).reshape(F)
    return (dx, dw, db)[:len(needs_grad)]


def columns(x: Any, window: Window, G: int) -> Array:
    """(N, C, H, W) -> (G, C/G KH KW, OH OW N)"""
    cols = im2col(x, window)                               # (C, KH, KW, OH, OW, N)
    return cols.reshape(G, prod(cols.shape[:3]) // G, prod(cols.shape[3:]))
