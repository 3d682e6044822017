"""Dropout, fast: all bits of a number that goes are cleared."""

from functools import partial
from typing import Any

from minicnn.backend.arrays import Array, xp_of


def dropout(x: Array, *, kept: Array, scale: float, needs_grad: tuple[bool, ...]) -> Any:
    """scale * x where kept, else 0, and its backward."""
    return where_kept(x, kept, scale), partial(where_kept, kept=kept, scale=scale)


def where_kept(x: Array, kept: Array, scale: float) -> Array:
    """scale * x where kept, else 0, also for infinity, where x * kept would be NaN.

    np.where does the same in 8 times the time.
    """
    y, bits = xp_of(x).empty_like(x), f"i{x.itemsize}"     # whole numbers of the same size; -1 is
    xp_of(x).bitwise_and(x.view(bits), -kept.astype(bits), out=y.view(bits))        # all bits
    y *= scale
    return y
