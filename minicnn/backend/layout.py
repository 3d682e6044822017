"""The memory layout of images, in two words.

What a network sees as (N, C, H, W) lies in memory as (C, H, W, N): the images of the batch side by
side, innermost.  The same pixel of all images is then one run of N numbers, and everything that
moves windows about moves such runs.  Copying windows took a third of a training step of LeNet-5
before; no formula depends on it.
"""

from math import prod

import numpy as np

from minicnn.backend.arrays import Array, xp_of


def batch_last(x: Array) -> Array:
    """(N, C, ...) -> (C, ..., N), a view: the axes as a network's images lie in memory."""
    return x.transpose(*range(1, x.ndim), 0)


def batch_first(y: Array) -> Array:
    """(C, ..., N) -> (N, C, ...): the way back, a view."""
    return y.transpose(y.ndim - 1, *range(y.ndim - 1))


def packed(x: Array) -> Array:
    """x in the order of its axes in memory, without gaps; itself where it lies so already."""
    return xp_of(x).ascontiguousarray(x)


def as_items(x: Array, axes: int = 1) -> Array:
    """A view with the last axes as one item, (..., W, N) -> (...), which NumPy copies faster.

    They lie without gaps.  An array that is empty or CuPy's is left as it is.
    """
    if not isinstance(x, np.ndarray) or not x.size:
        return x
    runs = x.reshape(*x.shape[:-axes], prod(x.shape[-axes:]))
    return runs.view(np.dtype((np.void, runs.shape[-1] * runs.itemsize)))[..., 0]


def without_gaps(x: Array) -> Array:
    """As packed, for images of which rows or columns are left out: (..., W, N), item by item."""
    if x.flags.c_contiguous:
        return x
    y = xp_of(x).empty(x.shape, x.dtype)
    as_items(y)[...] = as_items(x)
    return y


def plus(a: Array, b: Array, out: Array | None = None) -> Array:
    """a + b of one shape, in the order of memory; CuPy would put it in the order of the axes."""
    if a.ndim != 4 or (a.flags.c_contiguous and b.flags.c_contiguous):
        return xp_of(a).add(a, b, out=out)
    if out is None:
        return batch_first(batch_last(a) + batch_last(b))
    xp_of(a).add(batch_last(a), batch_last(b), out=batch_last(out))
    return out


def images_of(x: Array) -> Array:
    """x with 4 axes, of length 1 where it has fewer: what stands beside (N, C, H, W) by NumPy's
    rule, such as (C, 1, 1)."""
    return x.reshape((1,) * (4 - x.ndim) + x.shape)


def last_axes(axes: tuple[int, ...]) -> tuple[int, ...]:
    """Where axes of (N, C, H, W) are in batch_last(x), (C, H, W, N)."""
    return tuple([(axis - 1) % 4 for axis in axes])
