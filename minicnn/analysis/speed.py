"""How fast this machine is at best: what a layer's speed is held against.

    gigaflops()    a matrix product: more multiplications and additions a second no layer can do
    gigabytes()    a copy of a large array: what lies in main memory goes no faster than that

Both take as many threads as the layers do, see threads.py.  OtherPrograms tells whether others
were at work meanwhile: then neither figure is worth much.
"""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np

from minicnn.backend.arrays import Array, sum_dtype, to_cpu, to_device, xp_of
from minicnn.backend.threads import at_once, thread_count


def gigaflops(size: int = 0, rounds: int = 5, device: str = "cpu", dtype="float32") -> float:
    """Best speed of a product of two size x size matrices, in 10^9 operations per second.

    size : 1024 on a CPU and 8192 on a GPU, if left out
    dtype : float16 is computed in float32, as the layers do
    """
    size = size or (1024 if device == "cpu" else 8192)
    a = to_device(np.ones((size, size), sum_dtype(np.dtype(dtype))), device)
    y, xp = xp_of(a).empty_like(a), xp_of(a)
    seconds = fastest(lambda rows: xp.matmul(a[rows], a, out=y[rows]), y, rounds)
    return 2 * size ** 3 / seconds / 1e9


def gigabytes(size: int = 0, rounds: int = 5, device: str = "cpu") -> float:
    """Best speed of copying an array of `size` bytes, in 10^9 bytes read or written per second.

    size : 64 MB on a CPU and 512 MB on a GPU, if left out: more than their caches hold
    """
    rows = (size or (64_000_000 if device == "cpu" else 512_000_000)) // 4000
    a = to_device(np.ones((rows, 1000), np.float32), device)
    y, xp = xp_of(a).empty_like(a), xp_of(a)
    seconds = fastest(lambda part: xp.copyto(y[part], a[part]), y, rounds)
    return 2 * a.nbytes / seconds / 1e9


def fastest(work: Callable[[slice], object], y: Array, rounds: int) -> float:
    """Seconds of the fastest round of work(part) over all rows of y, shared out among threads."""
    threads = thread_count() if xp_of(y) is np else 1
    parts = [slice(i * len(y) // threads, (i + 1) * len(y) // threads) for i in range(threads)]
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        at_once(work, parts)
        to_cpu(y[-1:, -1:])                                # a GPU works on: wait until it is there
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def threads_at_work() -> str:
    """"1 Python thread, 2 BLAS threads": what set_threads, or the environment, has settled."""
    ours, theirs = thread_count(), blas_threads()
    said = f"{ours} Python thread{'s' * (ours != 1)}"
    return f"{said}, {theirs} BLAS thread{'s' * (theirs != 1)}" if theirs else said


def blas_threads() -> int:
    """Threads that the library behind matrix products takes for one of them; 0 if unknown."""
    with suppress(ImportError):
        from threadpoolctl import threadpool_info
        for part in threadpool_info():
            if part["user_api"] == "blas":
                return part["num_threads"]
    return 0


class OtherPrograms:
    """How many of the cores that this process may use are kept busy by others, from here on.

    Linux alone tells.
    """

    def __init__(self) -> None:
        self.start = self.now()

    def now(self) -> tuple[float, float] | None:
        """Seconds on the clock, and seconds that others have worked; None if nobody tells."""
        names = {f"cpu{core}" for core in usable_cores()}
        work = 0
        try:
            for line in Path("/proc/stat").read_text().splitlines():
                name, *counts = line.split()[:9]
                if name in names:
                    user, nice, system, _, _, irq, softirq, steal = map(int, counts)
                    work += user + nice + system + irq + softirq + steal
            own = sum(os.times()[:4])
            return time.perf_counter(), work / os.sysconf("SC_CLK_TCK") - own
        except (OSError, ValueError):
            return None

    def cores(self) -> float:
        """So many were busy on average; 0 if nobody tells, or too little time has gone by."""
        now = self.now()
        if self.start is None or now is None:
            return 0.0
        seconds, work = (after - before for after, before in zip(now, self.start, strict=True))
        # The system counts in hundredths of a second, which is too coarse for less.
        return max(0.0, work / seconds) if seconds > 0.3 else 0.0


def spare_cores() -> int:
    """Cores that others may have: neither Python's threads nor those of the BLAS take them."""
    cores = len(usable_cores())
    return max(0, cores - max(thread_count(), blas_threads() or cores))


def usable_cores() -> set[int]:
    """The numbers of the logical cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return os.sched_getaffinity(0)
    return set(range(os.cpu_count() or 1))


def physical_cores() -> int:
    """Cores without hyper-threading: the twins of a core share its arithmetic.

    Linux tells which cores are twins; elsewhere every logical core counts.
    """
    cores = usable_cores()
    twins = set()
    for core in cores:
        path = Path(f"/sys/devices/system/cpu/cpu{core}/topology/thread_siblings_list")
        try:
            twins.add(path.read_text())
        except OSError:
            return len(cores)
    return len(twins)
