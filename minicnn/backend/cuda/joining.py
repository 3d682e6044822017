"""Images joined, padded and cut on a GPU, in the order of memory: CuPy goes along the axes.

What comes behind, a pooling or a norm, would copy them back.
"""

from functools import partial
from itertools import accumulate
from typing import Any

from minicnn.backend.arrays import Array, xp_of
from minicnn.backend.layout import batch_first, batch_last, last_axes


def concatenate(*arrays: Array, axis: int, needs_grad: tuple[bool, ...]) -> Any:
    """(N, C1, H, W), (N, C2, H, W), ... -> (N, C1 + C2 + ..., H, W) and its backward."""
    if arrays[0].ndim != 4:
        return NotImplemented
    xp, ends = xp_of(arrays[0]), list(accumulate(x.shape[axis] for x in arrays))
    y = xp.concatenate(list(map(batch_last, arrays)), axis=last_axes((axis,))[0])
    return batch_first(y), lambda dy: tuple(xp.split(dy, ends[:-1], axis=axis))


def pad(x: Array, *, widths: tuple, value: float, needs_grad: tuple[bool, ...]) -> Any:
    """(N, C, H, W) with `value` around it and its backward."""
    if x.ndim != 4:
        return NotImplemented
    sides = [(slice(before, before + size)) for (before, _), size
             in zip(widths, x.shape, strict=True)]
    y = xp_of(x).pad(batch_last(x), [*widths[1:], widths[0]], constant_values=value)
    return batch_first(y), partial(inside, sides=tuple(sides))


def inside(dy: Array, sides: tuple[slice, ...]) -> Array:
    return dy[sides]


def part_of(x: Array, *, index: Any, needs_grad: tuple[bool, ...]) -> Any:
    """x[index] of images, where the index is of slices, and its backward."""
    parts = index if isinstance(index, tuple) else (index,)
    if x.ndim != 4 or not all(isinstance(part, slice) for part in parts):
        return NotImplemented
    parts += (slice(None),) * (4 - len(parts))
    return x[parts], partial(part_backward, parts=parts, x_shape=x.shape)


def part_backward(dy: Array, parts: tuple[slice, ...], x_shape: tuple[int, ...]) -> Array:
    N, *sides = x_shape
    every = dy.shape == x_shape                            # as in x[..., ::-1]
    dx = (xp_of(dy).empty if every else xp_of(dy).zeros)((*sides, N), dy.dtype)
    dx[(*parts[1:], parts[0])] = batch_last(dy)
    return batch_first(dx)
