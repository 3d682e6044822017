"""What a layer or a loss has to know where several processes train one network.

    one batch of N pictures  =  parts of n_0, n_1, ... pictures, one for each process
    gradient of the batch    =  sum over processes r of  n_r / N  (gradient of r)

The second line holds where the loss is a mean over the pictures.  A mean over something else,
pixels that count or boxes that hit, divides by `mean_count`.  What is drawn for each picture, as in
dropout, is drawn by its number in the whole batch: so n processes learn what one would learn.

Where one process trains alone, nothing here does anything.  Who sends the numbers from one process
to the others is in minicnn/training/parallel/.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from minicnn.backend.arrays import Array
from minicnn.backend.seeds import generator


class Rows(NamedTuple):
    """Pictures start..stop of a batch of `total` are this process's.

    alike : every process has all of them: too few are left in the epoch to be shared out
    """

    start: int
    stop: int
    total: int
    alike: bool = False

    @property
    def count(self) -> int:
        return self.stop - self.start


class _State(threading.local):
    processes = 1                                      # that train together
    rows: Rows | None = None                           # of the step at work, if it is shared out
    sum: Callable[[Array], Array] | None = None        # over all processes
    norms = False                                      # whether batch norms share mean and variance


state = _State()


@contextmanager
def sharing(rows: Rows, sum_over_all: Callable[[Array], Array], norms: bool) -> Iterator[None]:
    """Inside it one step is at work, of which this process has these rows."""
    if not rows.alike:
        state.rows, state.sum, state.norms = rows, sum_over_all, norms
    try:
        yield
    finally:
        state.rows, state.sum, state.norms = None, None, False


def part(total: int, rank: int, processes: int, whole: bool = True) -> Rows:
    """The rows of process `rank`; parts differ by one picture at most.

    whole : a batch of full size.  The rest of an epoch is learnt by all processes alike unless each
            of them gets two pictures or more: from one, a batch norm learns nothing.

    >>> [part(10, rank, 3)[:2] for rank in range(3)]
    [(0, 3), (3, 6), (6, 10)]
    """
    if processes > 1 and not whole and total < 2 * processes:
        return Rows(0, total, total, True)
    return Rows(rank * total // processes, (rank + 1) * total // processes, total)


def mean_count(count: Any, least: Any = 0) -> Any:
    """What the sum over this process's pictures is divided by, for a mean over what is counted.

    Alone: count, and at least `least`.  Together: the sum of all counts, at least `least`, times
    n_r / N.  So the weight n_r / N of the process cancels, and all of them together have divided
    by the sum of the counts.
    """
    if state.sum is None or state.rows is None:
        return max(count, least)
    every = float(state.sum(np.array([count], np.float64))[0])
    return max(every, least) * state.rows.count / state.rows.total


def random_numbers(shape: tuple[int, ...], each: int | None = None) -> np.ndarray:
    """float32 in 0..1 from the stream of manual_seed: the mask of a dropout.

    each : the number of pictures, where the first axis of `shape` counts them
    """
    with own_numbers(shape, each) as stream:
        return stream.random(shape, np.float32)


@contextmanager
def own_numbers(shape: tuple[int, ...], each: int | None) -> Iterator[np.random.Generator]:
    """The stream, inside it where this process's numbers begin, of which it has to take them all.

    shape, each : as in random_numbers
    """
    rows, stream = state.rows, generator()
    if rows is None or each != rows.count or shape[0] != each:
        yield stream
        return
    size = int(np.prod(shape[1:]))                         # numbers for one picture
    skip(stream, rows.start * size)
    yield stream
    skip(stream, (rows.total - rows.stop) * size)


def skip(stream: np.random.Generator, count: int) -> None:
    """Leave out so many float32 numbers, without drawing them: PCG64 makes two at a time."""
    bits: Any = stream.bit_generator
    if count and bits.state["has_uint32"]:                 # the second of a pair is waiting
        stream.random(1, np.float32)
        count -= 1
    if count > 1:
        bits.advance(count // 2)
    if count % 2:
        stream.random(1, np.float32)
