"""Convolution, fast: the way that suits the size, and the one for small images.

    1 x 1 filters, not grouped      pointwise_convolution.py: needs no columns
    3 x 3 at stride 1, float32,     winograd.py: a quarter of the multiplications
    many channels and pixels
    a filter for each channel       depthwise_convolution.py: no columns either
    columns that fit the cache      below: columns made once, and kept for backward
    long rows                       banded_convolution.py: copies for a row of the window's cells
    all others                      tiled_convolution.py: columns of some rows at a time, not kept

A GPU has its own rule, in cuda/convolution.py.
"""

from functools import partial
from math import prod
from typing import Any

from minicnn.backend.arrays import Array, total, xp_of
from minicnn.backend.cpu import banded_convolution as banded
from minicnn.backend.cpu import depthwise_convolution as depthwise
from minicnn.backend.cpu import winograd
from minicnn.backend.cpu.channels import add_to_rows
from minicnn.backend.cpu.columns import col2im, gather, laid_out
from minicnn.backend.cpu.pointwise_convolution import pointwise_convolution
from minicnn.backend.cpu.products import times_transposed
from minicnn.backend.cpu.small_products import small_products
from minicnn.backend.cpu.tiled_convolution import tiled_convolution
from minicnn.backend.layout import batch_first, batch_last
from minicnn.backend.threads import in_one_go
from minicnn.backend.windows import Window


def conv2d(x: Array, w: Array, b: Array | None = None, *, window: Window, G: int,
           needs_grad: tuple[bool, ...]) -> Any:
    """(N, C, H, W), (F, C/G, KH, KW), (F,) -> (N, F, OH, OW) and its backward."""
    if window.kernel == (1, 1) and G == 1 and window.padding in ((0, 0), "same", "valid"):
        return pointwise_convolution(x, w, b, window.stride, needs_grad)
    if winograd.pays(x, w, window, G):
        return winograd.winograd_convolution(x, w, b, window, needs_grad)
    if depthwise.takes(x, w, window, G):
        return depthwise.depthwise_convolution(x, w, b, window, needs_grad)
    OH, OW = window.out(*x.shape[2:])
    columns = x.shape[1] * prod(window.kernel) * OH * OW * len(x) * x.itemsize       # bytes
    # With a stride, col2im adds runs of N numbers; NumPy takes 1, but not 2 to 7, in few loops.
    kept = in_one_go(columns) and (window.stride == (1, 1) or not 1 < len(x) < 8)
    if not kept and banded.takes(x, w, window, G):
        return banded.banded_convolution(x, w, b, window, needs_grad)
    way = kept_columns if kept else tiled_convolution
    return way(x, w, b, window, G, needs_grad)


def kept_columns(x: Array, w: Array, b: Array | None, window: Window, groups: int,
                 needs_grad: tuple[bool, ...]) -> Any:
    """As the definition: one product for each group, whose columns are kept."""
    G, F, N = groups, len(w), len(x)
    OH, OW = window.out(*x.shape[2:])
    cols = gather(laid_out(x, window), window.corners(), window.stride, slice(0, OH), OW,
                  keep=any(needs_grad)).reshape(G, w[0].size, OH * OW * N)     # (G, C/G KH KW, ...)
    y = small_products(w.reshape(G, F // G, w[0].size), cols)       # (G, F/G, OH OW N)
    if b is not None:
        add_to_rows(y, b.reshape(G, F // G, 1))
    backward = partial(kept_columns_backward, cols=cols, w=w, x_shape=x.shape, window=window,
                       groups=G, needs_grad=needs_grad)
    return batch_first(y.reshape(F, OH, OW, N)), backward


def kept_columns_backward(dy: Array, cols: Array, w: Array, x_shape: tuple[int, ...],
                          window: Window, groups: int, needs_grad: tuple[bool, ...]) -> tuple:
    G, (N, F, OH, OW), C = groups, dy.shape, x_shape[1]
    dy = batch_last(dy).reshape(G, F // G, OH * OW * N)    # (G, F/G, OH OW N)
    dw = xp_of(dy).empty(w.shape, w.dtype)                 # in rows, however w lies: not a view
    dw.reshape(G, F // G, w[0].size)[...] = times_transposed(dy, cols)
    dx = None
    if needs_grad[0]:                                      # a first layer's image needs none
        w_turned = w.reshape(G, F // G, w[0].size).swapaxes(1, 2)
        dcols = small_products(w_turned, dy)               # like cols
        dx = col2im(dcols.reshape(C, *window.kernel, OH, OW, N), x_shape, window)
    db = total(dy, axis=2).reshape(F) if len(needs_grad) > 2 else None
    return (dx, dw, db)[:len(needs_grad)]
