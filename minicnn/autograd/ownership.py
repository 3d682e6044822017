"""Whose memory a gradient is.

What a backward returns may be its own dy, a view of something, or an array that it still holds, and
the engine cannot tell.  So nobody's array is added into: the first sum of two gradients is a new
array, and later ones are added into that.  And a leaf's `.grad`, which optimisers change in place,
is an array that nobody else holds.
"""

from typing import Any

from minicnn.backend.arrays import Array
from minicnn.backend.layout import plus


def add(waiting: dict, function: Any, dx: Array, sums: set) -> None:
    """waiting[function] += dx.  sums : the Functions whose gradient is a sum that was made here."""
    if function in sums:
        plus(waiting[function], dx, out=waiting[function])
    else:
        waiting[function] = plus(waiting[function], dx)
        sums.add(function)


def own(dx: Array, dy: Array, given: set[int], kept: bool) -> Array:
    """dx for a leaf: a copy where somebody else may hold it.

    given : id() of the arrays that other leaves have received;  kept : the graph stays
    """
    shared = kept or dx is dy or dx.base is not None or id(dx) in given
    given.add(id(dx))
    return dx.copy(order="K") if shared else dx
