"""Memory that is used again: on a CPU, touching fresh memory costs more than the arithmetic on it.

The system hands memory out in pages and clears each when it is first touched.  A training step
frees what it took, and takes as much again in the next.  Two things keep it at hand:

    keep_freed_memory()    what Python frees stays with the process, for the next array of that size
    reused("columns", ...) one array for a purpose, such as im2col's columns, filled anew every time
"""

import ctypes
import os
import threading
from contextlib import suppress
from math import inf
from mmap import mmap
from pathlib import Path

import numpy as np

from minicnn.backend.arrays import Array, gpu_memory, xp_of

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4                      # names and numbers of glibc's malloc.h


def keep_freed_memory() -> bool:
    """Ask the C library (glibc, on Linux) not to give back what is freed; whether it could be done.

    It gives back the end of its memory as soon as a few megabytes lie free there (in a training
    step of LeNet-5, 2,400 pages, cleared again in the next), and whatever has more than 32 MB at
    once.  Where the environment sets MALLOC_TRIM_THRESHOLD_ or MALLOC_MMAP_THRESHOLD_, that holds.
    """
    if "MALLOC_TRIM_THRESHOLD_" in os.environ or "MALLOC_MMAP_THRESHOLD_" in os.environ:
        return False
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):                      # another system, another C library
        return False
    return bool(mallopt(M_MMAP_MAX, 0) and mallopt(M_TRIM_THRESHOLD, 1 << 30))


LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def machine_memory() -> float:
    """Bytes of main memory that this process may have at most; inf where nobody tells."""
    sizes = [inf]
    with suppress(OSError, ValueError, AttributeError):
        sizes.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    for limit in LIMITS:                                   # of a container
        with suppress(OSError, ValueError):
            sizes.append(int(Path(limit).read_text()))
    return min(size for size in sizes if size > 0)


def check_memory(nbytes: float, what: str, device: str = "cpu", batch: int = 1) -> None:
    """MemoryError at once if there is no such memory: a system short of it ends the process, and
    says nothing.

    batch : how many images share it; the error says how many would fit
    """
    there, whose = ((machine_memory(), "this machine") if device == "cpu" else
                    (gpu_memory(), "the GPU"))
    if nbytes > there:
        fits = int(batch * there / nbytes)
        cure = f"; a batch of {fits:,} would fit" if batch > 1 and fits else ""
        raise MemoryError(f"{what} takes about {nbytes / 1e9:,.1f} GB, {whose} has "
                          f"{there / 1e9:,.1f} GB{cure}")


_own = threading.local()


def reused(name: str, size: int, array: Array) -> Array:
    """Memory for `size` numbers of `array`'s dtype, whatever is in it, kept under `name`.

    The next call with that name in the same thread gets the same memory, so nothing may stay in it.
    On a GPU it is fresh: CuPy's pool keeps what is freed.

    It comes from the system, not from where arrays come and go: there it would lie in between for
    good, and two gaps beside it hold less than one.
    """
    if not isinstance(array, np.ndarray):
        return xp_of(array).empty(size, array.dtype)
    nbytes, kept = size * array.itemsize, vars(_own)
    if name not in kept or kept[name].nbytes < nbytes:
        kept[name] = np.frombuffer(mmap(-1, max(nbytes, 1)), np.uint8)
    return kept[name][:nbytes].view(array.dtype)
