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
    """waiting[function] += dx.  sums: the Functions whose gradient is a sum that was made here."""
    if function in sums:
        plus(waiting[function], dx, out=waiting[function])
    else:
        waiting[function] = plus(waiting[function], dx)
        sums.add(function)


def own(dx: Array, dy: Array, given: dict[int, Array], kept: bool) -> Array:
    """dx for a leaf: a copy where somebody else may hold it.

    A new array that backward has only given another shape, dw.reshape(w.shape), is as good as new.

    given : the arrays that other leaves have received, by id(); it keeps them, for Python gives the
            id of what is gone to something new
    kept  : backward may still hold dx: the graph stays, or the Function is somebody's own.  Those
            of minicnn return nothing that they keep; tests/autograd/test_engine_ownership.py runs
            them all
    """
    owner = dx if dx.base is None else dx.base
    shared = (kept or owner is dy or owner is dy.base or id(owner) in given
              or getattr(owner, "size", 0) != dx.size)     # a part of it; others may have the rest
    given.update({} if shared else {id(owner): owner})
    return dx.copy(order="K") if shared else dx
