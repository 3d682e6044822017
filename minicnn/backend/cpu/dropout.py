"""Dropout, fast: all bits of a number that goes are cleared."""

from functools import partial
from typing import Any

import numpy as np

from minicnn.backend.arrays import Array, xp_of
from minicnn.backend.layout import batch_first, batch_last, packed


def dropout(x: Array, *, kept: Array, scale: float, needs_grad: tuple[bool, ...]) -> Any:
    """scale * x where kept, else 0, and its backward."""
    kept = lying_as(x, kept)                               # in place of what the Function has
    return where_kept(x, kept, scale), partial(where_kept, kept=kept, scale=scale), {"kept": kept}


def lying_as(x: Array, kept: Array) -> Array:
    """kept in x's order in memory: to jump about in one of them takes ten times as long."""
    if kept.shape != x.shape or not isinstance(x, np.ndarray):
        return kept
    lying = np.empty_like(x, dtype=bool)
    if lying.strides == kept.strides:
        return kept
    lying[...] = kept
    return lying


def where_kept(x: Array, kept: Array, scale: float) -> Array:
    """scale * x where kept, else 0, also for infinity, where x * kept would be NaN.

    np.where does the same in 8 times the time.
    """
    y, bits = xp_of(x).empty_like(x), f"i{x.itemsize}"     # whole numbers of the same size
    images = x.ndim == kept.ndim == 4                      # CuPy goes along the axes
    if images and kept.shape[3] == 1:                      # runs of W N numbers, not of N
        kept = batch_first(packed(batch_last(kept.repeat(x.shape[3], axis=3))))
    mask = -kept.astype(bits)                              # -1 is all bits
    x, mask, rows = map(batch_last, (x, mask, y)) if images else (x, mask, y)
    xp_of(x).bitwise_and(x.view(bits), mask, out=rows.view(bits))
    rows *= scale
    return y
