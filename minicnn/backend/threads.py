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
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from minicnn.backend.arrays import Array

BLOCK = 4 << 20            # bytes that stay in the cache while several steps pass over them
LEAST = 1 << 19            # bytes below which tiles cost more to hand to a thread than they save


class _Threads:
    count = 1
    pool: ThreadPoolExecutor | None = None
    blas: Any = None       # threadpoolctl's note of how many threads the BLAS had


class _Own(threading.local):
    busy = False           # inside work that is already shared out: no sharing within


_own = _Own()


def set_threads(count: int | None) -> None:
    """How many threads work on the CPU from here on; the results are the same up to rounding.

    count : whole number from 1 on, at best that of the processor's cores; None: as at the start

    On a machine whose cores are busy with other programs, 1 is steady; the BLAS's own threads then
    wait for each other.
    """
    if count is not None and (not isinstance(count, (int, np.integer)) or isinstance(count, bool)
                              or count < 1):
        raise ValueError(f"set_threads: a whole number from 1 on, or None, got {count!r}")
    from threadpoolctl import threadpool_limits
    if _Threads.blas is not None:
        _Threads.blas.restore_original_limits()
    _Threads.blas = None if count is None else threadpool_limits(1, user_api="blas")
    if _Threads.pool is not None:
        _Threads.pool.shutdown()
    _Threads.count = int(count or 1)
    _start_pool()


def _start_pool() -> None:
    count = _Threads.count
    _Threads.pool = ThreadPoolExecutor(count - 1, "minicnn") if count > 1 else None


if hasattr(os, "register_at_fork"):        # a copy of the process has none of its threads
    os.register_at_fork(after_in_child=_start_pool)


def thread_count() -> int:
    """How many threads can share what is done here: one, inside work that is shared out already."""
    return 1 if _own.busy else _Threads.count


def stretches(size: int, count: int) -> list[slice]:
    """0..size in `count` slices of nearly one length (fewer if size is smaller)."""
    count = max(min(count, size), 1)
    return [slice(i * size // count, (i + 1) * size // count) for i in range(count)]


def in_one_go(nbytes: int) -> bool:
    """Whether work with so much memory is best done whole, by one thread: it is not worth tiles."""
    return nbytes <= (2 * BLOCK if thread_count() == 1 else LEAST)


def in_blocks(work: Callable[[slice], Any], size: int, nbytes: int) -> None:
    """Call work(part) for slices that together cover 0..size, several at once if there are threads.

    nbytes : of the arrays that all of the work passes over, or 0 for one call with everything (a
             GPU shares out by itself).  Blocks of a few megabytes stay in the processor's cache
             from one step of `work` to the next.
    """
    threads = thread_count() if nbytes > BLOCK else 1
    rounds = -(-nbytes // (threads * BLOCK)) or 1
    at_once(work, stretches(size, rounds * threads))


def tiles(size: int, nbytes: int, least: int, array: Array) -> list[slice]:
    """0..size in slices of about BLOCK bytes: for work that needs so much memory beside its result.

    nbytes : memory for one of `size`           least : the smallest slice, if one thread is at work
    A GPU, which is where `array` may be, takes tiles of a gigabyte.
    """
    block, threads = (BLOCK, thread_count()) if isinstance(array, np.ndarray) else (1 << 30, 1)
    count = -(-size // max(block // max(nbytes, 1), least))
    return stretches(size, -(-count // threads) * threads)


def at_once(work: Callable[[Any], Any], parts: list) -> list:
    """[work(part) for part in parts], as many of them at the same time as there are threads."""
    threads = min(thread_count(), len(parts))
    if threads == 1 or _Threads.pool is None:
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

    others = [_Threads.pool.submit(some) for _ in range(threads - 1)]
    try:
        some()
    finally:
        for other in others:
            other.result()                 # raises here what went wrong there
    return answers


def sum_over(work: Callable[[Any], Array], parts: list) -> Array:
    """work(part) + ... over all parts; the order of the additions does not depend on timing."""
    def subtotal(stretch: slice) -> Array:
        answer = work(parts[stretch.start])
        for part in parts[stretch.start + 1:stretch.stop]:
            answer += work(part)
        return answer

    first, *rest = at_once(subtotal, stretches(len(parts), thread_count()))
    for other in rest:
        first += other
    return first


def _from_environment() -> None:
    text = os.environ.get("MINICNN_THREADS", "")
    if text:
        if not text.isdecimal() or not int(text):
            raise ValueError(f"MINICNN_THREADS is {text!r}, expected a whole number from 1 on; "
                             "correct it, or unset it")
        set_threads(int(text))


_from_environment()
