"""Transposed convolution on columns as they lie in memory, and on a GPU by CUDA's im2col, col2im.

As the definition, in layers/conv_transpose.py; what leaves it lies with the batch innermost, as the
next layers read it: a step with batch norm, ReLU and a convolution behind takes a tenth less.
"""

from functools import partial
from typing import Any

from minicnn.backend.arrays import Array, matmul, total
from minicnn.backend.cpu.columns import col2im, im2col
from minicnn.backend.cpu.products import times_transposed
from minicnn.backend.layout import batch_first, batch_last
from minicnn.backend.windows import Window


def conv_transpose2d(x: Array, w: Array, b: Array | None = None, *, window: Window,
                     output_size: tuple[int, int], G: int, needs_grad: tuple[bool, ...]) -> Any:
    """(N, C, H, W), (C, F/G, KH, KW), (F,) -> (N, F, OH, OW) and its backward."""
    (N, C, H, W), F = x.shape, w.shape[1] * G
    if window.out(*output_size) != (H, W):                 # output padding of a stride or more
        return NotImplemented
    x_rows = batch_last(x).reshape(G, C // G, H * W * N)
    w_rows = w.reshape(G, C // G, w[0].size)
    cols = matmul(w_rows.swapaxes(1, 2), x_rows)           # (G, F/G KH KW, H W N)
    y = col2im(cols.reshape(F, *window.kernel, H, W, N), (N, F, *output_size), window)
    if b is not None:
        rows = batch_last(y)                               # (F, OH, OW, N), the same y
        rows += b.reshape(F, 1, 1, 1)
    return y, partial(backward, x=x_rows, w=w_rows, shapes=(x.shape, w.shape), window=window,
                      needs_grad=needs_grad)


def backward(dy: Array, x: Array, w: Array, shapes: tuple, window: Window,
             needs_grad: tuple[bool, ...]) -> tuple:
    (N, C, H, W), w_shape = shapes
    dcols = im2col(dy, window).reshape(len(w), w.shape[2], H * W * N)
    dx = None
    if needs_grad[0]:
        dx = batch_first(matmul(w, dcols).reshape(C, H, W, N))
    dw = times_transposed(x, dcols).reshape(w_shape)       # (G, C/G, F/G KH KW)
    (F, OH, OW), db = dy.shape[1:], None
    if len(needs_grad) > 2:
        db = total(batch_last(dy).reshape(F, OH * OW * N), axis=1)
    return (dx, dw, db)[:len(needs_grad)]
