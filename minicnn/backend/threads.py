"""Several threads on the CPU: `set_threads(2)` shares each large array out between two.

NumPy lets go of Python's lock while it works on an array, so two Python threads that each take half
of the channels really run at once.  The BLAS library behind matrix products has threads of its own;
they are switched off then, because four threads on two cores wait for each other.

    set_threads(None)   at the start: one Python thread; the BLAS takes all cores for its products
    set_threads(1)      one of each: leaves the other cores free, best for networks like LeNet
    set_threads(n)      n Python threads, one BLAS thread in each: best for large networks

The environment variable MINICNN_THREADS says the same before Python starts.  A layer only says what
can be done apart: `at_once`, `in_blocks`, `sum_over`.
"""

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import numpy as np

from minicnn.backend.arrays import Array


class _Sizes:
    block = 4 << 20        # bytes that stay in the cache while several steps pass over them
    least = 1 << 19        # bytes below which tiles cost more to hand to a thread than they save


sizes = _Sizes()


@contextmanager
def as_if_large(block: int = 200) -> Iterator[None]:
    """Inside it arrays of more than `block` bytes are cut up as if they were large ones.

    So the gradient check and the tests meet with a few numbers what else takes megabytes.
    """
    before = sizes.block, sizes.least
    sizes.block, sizes.least = block, 0
    try:
        yield
    finally:
        sizes.block, sizes.least = before


MOST_THREADS = 1024        # more than any processor has cores


class _Threads:
    count = 1
    pool: ThreadPoolExecutor | None = None
    blas: Any = None       # threadpoolctl's note of how many threads the BLAS had
    changing = threading.Lock()


class _Own(threading.local):
    busy = False           # inside work that is already shared out: no sharing within


_own = _Own()


def set_threads(count: int | None) -> None:
    """How many threads work on the CPU from here on; the results are the same up to rounding.

    count : whole number from 1 on, at best that of the processor's cores; None: as at the start

    On a machine whose cores are busy with other programs, 1 is steady; the BLAS's own threads then
    wait for each other.  Another Python thread may be training meanwhile: the operation that it is
    at ends as it began, the next has the new number.
    """
    if count is not None and not isinstance(count, (int, np.integer)) or isinstance(count, bool):
        raise TypeError(f"set_threads: a whole number from 1 on, or None, got {count!r}")
    if count is not None and not 1 <= count <= MOST_THREADS:
        raise ValueError("set_threads: a whole number from 1 on, or None, at most "
                         f"{MOST_THREADS:,}, got {count}")
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:
        raise ImportError("set_threads needs threadpoolctl, which is not installed; "
                          "pip install threadpoolctl") from None
    with _Threads.changing:
        if _Threads.blas is not None:
            _Threads.blas.restore_original_limits()
        _Threads.blas = None if count is None else threadpool_limits(1, user_api="blas")
        _Threads.count = int(count or 1)
        _start_pool()


@contextmanager
def one_thread() -> Iterator[None]:
    """Inside it one thread works, and afterwards as many as before."""
    before = None if _Threads.blas is None else _Threads.count
    set_threads(1)
    try:
        yield
    finally:
        set_threads(before)


def _start_pool() -> None:
    """The pool before is not shut down, for others may be using it: it ends with its last user."""
    count = _Threads.count
    _Threads.pool = ThreadPoolExecutor(count - 1, "minicnn") if count > 1 else None


def _after_fork() -> None:
    _Threads.changing = threading.Lock()   # whoever held it is not in the copy
    _start_pool()


if hasattr(os, "register_at_fork"):        # a copy of the process has none of its threads
    os.register_at_fork(after_in_child=_after_fork)


def thread_count() -> int:
    """How many threads can share what is done here: one, inside work that is shared out already."""
    return 1 if _own.busy else _Threads.count


def blas_is_alone() -> bool:
    """Whether the BLAS computes each product with one thread, because set_threads said so."""
    return _Threads.blas is not None


def stretches(size: int, count: int) -> list[slice]:
    """0..size in `count` slices of nearly one length (fewer if size is smaller)."""
    count = max(min(count, size), 1)
    return [slice(i * size // count, (i + 1) * size // count) for i in range(count)]


def in_one_go(nbytes: int) -> bool:
    """Whether work with so much memory is best done whole, by one thread: it is not worth tiles."""
    return nbytes <= (2 * sizes.block if thread_count() == 1 else sizes.least)


def in_blocks(work: Callable[[slice], Any], size: int, nbytes: int) -> None:
    """Call work(part) for slices that together cover 0..size, several at once if there are threads.

    nbytes : of the arrays that all of the work passes over, or 0 for one call with everything (a
             GPU shares out by itself).  Blocks of a few megabytes stay in the processor's cache
             from one step of `work` to the next.
    """
    threads = thread_count() if nbytes > sizes.block else 1
    rounds = -(-nbytes // (threads * sizes.block)) or 1
    at_once(work, stretches(size, rounds * threads))


def tiles(size: int, nbytes: int, least: int, array: Array) -> list[slice]:
    """0..size in slices of about a block: for work that needs so much memory beside its result.

    nbytes : memory for one of `size`           least : the smallest slice, if one thread is at work
    A GPU, which is where `array` may be, takes tiles of a gigabyte.
    """
    on_cpu = isinstance(array, np.ndarray)
    block, threads = (sizes.block, thread_count()) if on_cpu else (1 << 30, 1)
    count = -(-size // max(block // max(nbytes, 1), least))
    return stretches(size, -(-count // threads) * threads)


def at_once(work: Callable[[Any], Any], parts: list, array: Array | None = None) -> list:
    """[work(part) for part in parts], as many of them at the same time as there are threads.

    array : one of those that work computes with.  On a GPU one thread does it all: a handle of
            cuBLAS belongs to its thread
    """
    threads, pool = min(thread_count(), len(parts)), _Threads.pool
    if threads == 1 or pool is None or not isinstance(array, (np.ndarray, type(None))):
        return [work(part) for part in parts]
    answers: list = [None] * len(parts)
    waiting = iter(range(len(parts)))      # an iterator hands out each number once

    def some() -> None:
        _own.busy = True
        try:
            for number in waiting:
                answers[number] = work(parts[number])
        finally:
            _own.busy = False

    others = [pool.submit(some) for _ in range(threads - 1)]
    try:
        some()
    finally:
        for other in others:
            other.result()                 # raises here what went wrong there
    return answers


def sum_over(work: Callable[[Any], Array], parts: list, array: Array | None = None) -> Array:
    """work(part) + ... over all parts; the order of the additions does not depend on timing.

    array : as in at_once
    """
    def subtotal(stretch: slice) -> Array:
        answer = work(parts[stretch.start])
        for part in parts[stretch.start + 1:stretch.stop]:
            answer += work(part)
        return answer

    first, *rest = at_once(subtotal, stretches(len(parts), thread_count()), array)
    for other in rest:
        first += other
    return first


def _from_environment() -> None:
    text = os.environ.get("MINICNN_THREADS", "")
    if not text:
        return
    count = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
    if not 1 <= count <= MOST_THREADS:
        raise ValueError(f"MINICNN_THREADS is {text[:20]!r}, expected a whole number from 1 on, at "
                         f"most {MOST_THREADS:,}; correct it, or unset it")
    set_threads(count)


_from_environment()
