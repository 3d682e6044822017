"""How batch norm and ReLU go through large arrays: a few channels at a time.

Several steps then pass over the same few megabytes while these lie in the processor's cache, and
threads can share the channels (threads.py).  For batch norm the values of a channel become rows in
the order of memory, because sums over rows are products of a BLAS library.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from math import gcd, prod
from typing import Any

import numpy as np

from minicnn.backend.arrays import Array, xp_of
from minicnn.backend.layout import batch_first, batch_last, packed
from minicnn.backend.threads import in_blocks, sizes


def rows_of(x: Array) -> Array:
    """(N, C, ...) -> (C, A, B): the values of each channel as they lie in memory, A rows of B."""
    N, C = x.shape[:2]
    run = prod(x.shape[2:]) * N
    # A sum of 100,000 float32 in one go would lose a digit.
    A = gcd(run, 64) if run >= 1 << 14 else 1
    return packed(batch_last(x)).reshape(C, A, run // A)


def from_rows(rows: Array, shape: tuple[int, ...]) -> Array:
    """(C, A, B) -> (N, C, ...): the way back, without a copy."""
    N, C, *sides = shape
    return batch_first(rows.reshape(C, *sides, N))


def sums(q: Array) -> Array:
    """(C, A, B) -> (C, 1, 1).  A product with ones takes a third of the time of q.sum()."""
    ones = xp_of(q).ones((q.shape[2], 1), q.dtype)
    return (q @ ones).sum(axis=1, keepdims=True)           # (C, A, 1) -> (C, 1, 1)


def products(p: Array, q: Array) -> Array:
    """sum p q:  (C, A, B), (C, A, B) -> (C, 1, 1), by dot products of the rows."""
    return (p[:, :, None, :] @ q[:, :, :, None]).sum(axis=1)         # (C, A, 1, 1) -> (C, 1, 1)


def for_channels(work: Callable[[slice], None], x: Array) -> None:
    """work(c) for slices c that cover the first axis of x."""
    def some(c: slice) -> None:
        with short_rows():
            work(c)
    in_blocks(some, len(x), divisible(x))


def in_pieces(work: Callable[[Any], None], x: Array) -> None:
    """work(i) for indices i that cut x along the axis whose steps in memory are longest."""
    if not divisible(x):
        work(...)                                          # also where x has no axis
        return
    axis = max(range(x.ndim), key=lambda axis: abs(x.strides[axis]))
    before = (slice(None),) * axis
    in_blocks(lambda part: work((*before, part)), x.shape[axis], divisible(x))


def divisible(x: Array) -> int:
    """The bytes of x, or 0 if it had better stay whole: on a GPU, or where it is one block anyway.

    Two threads lose 50 microseconds at each handing over: up to 4 MB they would be slower than one.
    """
    return x.nbytes if isinstance(x, np.ndarray) and x.nbytes > sizes.block else 0


def add_to_rows(y: Array, b: Array) -> None:
    """y (..., C, n) += b (..., C, 1), a number for each row: a convolution's bias."""
    with short_rows() if y.shape[-1] > 512 else nullcontext():
        y += b


@contextmanager
def short_rows() -> Iterator[None]:
    """Inside it NumPy is fast at (C, n) * (C, 1) with n from 256 to 8000 as well.

    Where two rows or more fit into its buffer (8192 values), it first copies the one value of each
    row n times: the product of (256, 1568) then takes 70 microseconds, with a small buffer 32.
    """
    before = np.setbufsize(512)
    try:
        yield
    finally:
        np.setbufsize(before)
