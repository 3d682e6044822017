"""Several networks at once: the seeds of an experiment, the lines of a table.

    map_jobs(function, [(0, 0.1), (0, 0.01), (1, 0.1), (1, 0.01)], processes=2)

Nothing has to be sent but a job and its result, so n processes are n times as fast as long as each
has a core and its pictures in memory.  Compare with one network on all of them (team.py): that
waits for the slowest of them in every step.

The results are those of one process, whatever the number: a job begins with manual_seed(its place
in the list) and has one thread, so that its sums are made in one order.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import active_children, get_context, parent_process
from typing import Any, TypeVar

from minicnn.backend.seeds import manual_seed
from minicnn.backend.threads import one_thread, set_threads
from minicnn.training.interrupt import finish_step
from minicnn.training.parallel import mpi
from minicnn.training.parallel.world import World

Job = TypeVar("Job")
Result = TypeVar("Result")


def map_jobs(function: Callable[[Job], Result], jobs: Iterable[Job], processes: int | None = None,
             world: World | None = None, done: dict[int, Result] | None = None) -> list[Result]:
    """[function(job) for job in jobs], several at once.

    function : of a module, not one that is written inside another: it is sent to the processes by
               its name, and a script that calls map_jobs has `if __name__ == "__main__":`
    processes : of this machine; as many as it has cores if left out.  1: all in this process
    world : where mpiexec has started this program, its processes share the jobs instead: all of
            them call map_jobs with the same jobs, and all get all results
    done : receives {place in the list: result} as jobs end, for whoever keeps at Ctrl-C what there
           is

    The first job that fails ends all, with its error.  ValueError for a number below 1.
    """
    listed, done = list(jobs), {} if done is None else done
    if processes is not None and processes < 1:
        raise ValueError(f"map_jobs: processes is {processes}, expected at least 1")
    world = world or mpi.processes()
    count = min(processes or mpi.own_cores(), len(listed))
    if world.size > 1:
        by_all(function, listed, world, done)
    elif count <= 1:
        by_itself(function, listed, range(len(listed)), done)
    else:
        by_others(function, listed, count, done)
    return [done[number] for number in range(len(listed))]


def by_itself(function: Callable[[Job], Result], jobs: Sequence[Job], numbers: range,
              done: dict[int, Result], bar: bool = True) -> None:
    with one_thread():
        for number in watched(numbers, len(numbers), bar):
            done[number] = numbered(function, number, jobs[number])


def by_all(function: Callable[[Job], Result], jobs: Sequence[Job], world: World,
           done: dict[int, Result]) -> None:
    """By those that mpiexec has started; what was done before Ctrl-C, all get, too."""
    own: dict[int, Result] = {}
    stopped = False
    with world:
        try:
            by_itself(function, jobs, range(world.rank, len(jobs), world.size), own, world.is_first)
        except KeyboardInterrupt:
            stopped = True
        with finish_step(tell=False):                      # it would miss the others' results
            parts = world.gather((own, stopped))
    for results, _ in parts:
        done.update(results)
    if any(stopped for _, stopped in parts):
        raise KeyboardInterrupt


def by_others(function: Callable[[Job], Result], jobs: Sequence[Job], count: int,
              done: dict[int, Result]) -> None:
    """By new processes, which take the next job as soon as they are free."""
    before = {child.pid for child in active_children()}
    pool = ProcessPoolExecutor(count, get_context("spawn"), initializer=begin)
    try:
        with deaf():
            number_of = {pool.submit(numbered, function, number, job): number
                         for number, job in enumerate(jobs)}
        for future in watched(as_completed(number_of), len(number_of), True):
            done[number_of[future]] = future.result()
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for child in active_children():                    # what they are at is of no use any more
            if child.pid not in before:
                child.kill()
                child.join()
        raise
    finally:
        pool.shutdown()


@contextmanager
def deaf() -> Iterator[None]:
    """Who is started inside never hears Ctrl-C: the terminal tells all, and one of us is enough."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def begin() -> None:
    """One thread; and a process whose parent was killed has nobody to work for."""
    set_threads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)           # Windows hands down no such thing
    parent = parent_process()

    def end_with_parent() -> None:
        if parent:
            parent.join()
            os._exit(1)
    threading.Thread(target=end_with_parent, daemon=True).start()


def numbered(function: Callable[[Job], Result], number: int, job: Job) -> Result:
    manual_seed(number)
    return function(job)


def watched(things: Iterable[Any], total: int, bar: bool) -> Iterator[Any]:
    from tqdm import tqdm
    yield from tqdm(things, "jobs", total, leave=False, delay=2, disable=None if bar else True)
