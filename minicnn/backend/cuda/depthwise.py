"""Depthwise convolution on a GPU: columns would move each pixel KH KW times."""

from functools import partial
from math import prod
from typing import Any

from minicnn.backend.arrays import Array, total, xp_of
from minicnn.backend.cuda.launch import launch
from minicnn.backend.cuda.windows import geometry
from minicnn.backend.layout import batch_first, batch_last, packed
from minicnn.backend.windows import Window


def depthwise(x: Array, w: Array, b: Array | None, *, window: Window, needs_grad: tuple[bool, ...]
              ) -> Any:
    """(N, C, H, W), (C m, 1, KH, KW), (C m,) -> (N, C m, OH, OW) and its backward."""
    (N, C), F, (OH, OW) = x.shape[:2], len(w), window.out(*x.shape[2:])
    sizes, m = geometry(x.shape, window), F // C
    x, w = packed(batch_last(x)), packed(w)                # (C, H, W, N)
    y = xp_of(x).empty((F, OH, OW, N), x.dtype)
    launch("depthwise", "depthwise", (F, OH * OW * N), x, w, b, y, m, *sizes)
    return batch_first(y), partial(depthwise_backward, x=x, w=w, m=m, sizes=sizes,
                                   needs_grad=needs_grad)


def depthwise_backward(dy: Array, x: Array, w: Array, m: int, sizes: tuple[int, ...],
                       needs_grad: tuple[bool, ...]) -> tuple:
    dy, dx, db = packed(batch_last(dy)), None, None        # (C m, OH, OW, N)
    if needs_grad[0]:
        dx = xp_of(x).empty_like(x)
        launch("depthwise", "depthwise_dx", (len(x), prod(x.shape[1:])), dy, w, dx, m, *sizes)
        dx = batch_first(dx)
    dw = xp_of(w).empty(w.shape, w.dtype)
    launch("depthwise", "depthwise_dw", (w.size, 1), dy, x, dw, m, *sizes)     # a block for each
    if len(needs_grad) > 2:
        db = total(dy, axis=(1, 2, 3))
    return (dx, dw, db)[:len(needs_grad)]
