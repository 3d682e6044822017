"""Convolution with 1 x 1 filters: no columns.

    y = w @ x,   dx = w^T @ dy,   dw = dy @ x^T,   x as the matrix (C, H W N)

The columns would be x itself: the same small matrix acts on the channels of every pixel, and x is
not even copied.  A stride leaves out pixels; they have no influence, so their gradient is 0.

Source: Lin et al. 2014, "Network in network", section 3.1.  Lectures: stanford "Review: 1x1
convolutions", "Reminder: 1x1 convolutions".
"""

from functools import partial
from typing import Any

from minicnn.backend.arrays import Array, total, xp_of
from minicnn.backend.cpu.channels import add_to_rows
from minicnn.backend.cpu.products import product
from minicnn.backend.layout import batch_first, batch_last, packed


def pointwise_convolution(x: Array, w: Array, b: Array | None, stride: tuple[int, int],
                          needs_grad: tuple[bool, ...]) -> Any:
    """(N, C, H, W), (F, C, 1, 1), (F,) -> (N, F, OH, OW) and its backward."""
    C, F, (SH, SW), x_shape = x.shape[1], len(w), stride, x.shape
    seen = packed(batch_last(x[:, :, ::SH, ::SW]))                  # (C, OH, OW, N)
    x, w = seen.reshape(C, seen[0].size), w.reshape(F, C)  # (C, OH OW N), (F, C)
    y = product(w, x)                                      # (F, OH OW N)
    if b is not None:
        add_to_rows(y, b[:, None])
    backward = partial(pointwise_convolution_backward, x=x, w=w, x_shape=x_shape, stride=stride,
                       needs_grad=needs_grad)
    return batch_first(y.reshape(F, *seen.shape[1:])), backward


def pointwise_convolution_backward(dy: Array, x: Array, w: Array, x_shape: tuple[int, ...],
                                   stride: tuple[int, int], needs_grad: tuple[bool, ...]) -> tuple:
    (N, C, H, W), (_, F, OH, OW), (SH, SW) = x_shape, dy.shape, stride
    dy = packed(batch_last(dy)).reshape(F, OH * OW * N)             # (F, OH OW N)
    dx, dw = None, xp_of(dy).empty((F, C, 1, 1), dy.dtype)          # not a view
    product(dy, x.T, dw.reshape(F, C))
    if needs_grad[0]:
        dx = product(w.T, dy).reshape(C, OH, OW, N)
        if (SH, SW) != (1, 1):
            seen, dx = dx, xp_of(dy).zeros((C, H, W, N), dtype=dy.dtype)
            dx[:, ::SH, ::SW] = seen
        dx = batch_first(dx)                               # (N, C, H, W)
    return (dx, dw, total(dy, axis=1) if len(needs_grad) > 2 else None)[:len(needs_grad)]
