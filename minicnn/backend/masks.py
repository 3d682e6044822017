"""Masks: what is stopped becomes 0, whatever it was.

A mask is not multiplied with.  Infinity * 0 is NaN, and infinities do come: behind max(x, 0), sqrt
has an infinite slope at each 0.  So the values that pass are chosen.
"""

from minicnn.backend.arrays import Array, xp_of
from minicnn.backend.cpu import masks
from minicnn.backend.versions import faster


@faster(cpu=masks.where_kept)
def where_kept(x: Array, kept: Array) -> Array:
    """x where `kept` is true, else 0.  `kept` holds booleans and broadcasts against x."""
    return xp_of(x).where(kept, x, 0)
