"""The memory layout of images, in two words.

What a network sees as (N, C, H, W) lies in memory as (C, H, W, N): the images of the batch side by
side, innermost.  The same pixel of all images is then one run of N numbers, and everything that
moves windows about moves such runs.  Copying windows took a third of a training step of LeNet-5
before; no formula depends on it.
"""

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


def plus(a: Array, b: Array) -> Array:
    """a + b of one shape, in the order of memory; CuPy would put it in the order of the axes."""
    return batch_first(batch_last(a) + batch_last(b)) if a.ndim == 4 else a + b
