"""Whose memory a gradient is.

What a backward returns may be its own dy, a view of something, or an array that it still holds, and
the engine cannot tell.  So it never adds into such an array: the first sum of two gradients is a
new array, and later ones are added into that.  (A leaf's `.grad` is an array of its own likewise:
Variable.accumulate.)
"""

from typing import Any

from minicnn.backend.arrays import Array
from minicnn.backend.layout import plus


class Waiting(dict):
    """Function -> the gradient of its output, as far as its users have answered."""

    sums: set[Any] | None = None                   # Functions whose gradient is a sum made here

    def add(self, function: Any, dx: Array) -> None:
        self.sums = set() if self.sums is None else self.sums
        if function in self.sums:
            self[function] += dx
        else:
            self[function] = plus(self[function], dx)
            self.sums.add(function)
