"""Where process 0 is killed, nothing is lost but the step: a child saves what it leaves behind.

    with Keeper(world, records, log) as keeper:            starts heir.py
        for batch in loader:
            ...
            keeper.keep(state)                             copies state() into memory of the child's

mpiexec kills all processes at once where one is killed, so none of them can save then.  The child
is in a session of its own, which mpiexec does not know of.  What it would save lies in two files in
memory, written in turn; a serial number, written last, makes a half whole.

The price is a copy a step.  One that would take more than SHARE of the time since the last is left
out: where steps are short, or what an optimiser remembers is much, a few steps may be lost, which
took no longer than 1 / SHARE copies.  The copies need memory of twice what last.npz has.

What is kept in the middle of an epoch has the running averages of process 0, not the mean of all:
only a test before they have moved on would see it.
"""

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from tempfile import TemporaryFile
from typing import Any

import numpy as np

from minicnn.training import checkpoint
from minicnn.training.interrupt import SIGNALS
from minicnn.training.parallel import heir
from minicnn.training.parallel.team import Unequal
from minicnn.training.parallel.world import World
from minicnn.training.records import Records
from minicnn.training.rescue import Diverged

SHARE = 1 / 20              # of the time, for copies
PATIENCE = 2.0              # seconds that the child has to save where this process still lives
FULL = "main memory is full"
LOST = "if process 0 is killed, the steps of its epoch are lost"


class Keeper:
    """Keeps nothing where a process is alone, is not the first, or writes into no folder."""

    def __init__(self, world: World, records: Records, log: Callable[[str], object]) -> None:
        self.log = log
        self.child: subprocess.Popen | None = None
        self.halves: list[Any] = []
        self.serial, self.cost, self.last = 0, 0.0, 0.0
        if world.size > 1 and records.folder and records.lock and os.name == "posix":
            self.path = records.folder.absolute() / "last.npz"
            try:
                self.halves = [memory_file(), memory_file()]
                self.child = self.started(records.lock.number)
            except (OSError, ValueError, MemoryError) as problem:
                log("note: no process can be started that keeps what is learnt "
                    f"({str(problem) or FULL}); {LOST}")
                self.end(b"")

    def started(self, lock: int) -> subprocess.Popen:
        shared = [lock, *(half.fileno() for half in self.halves)]
        heard = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)      # the child never hears them
        try:
            return subprocess.Popen(
                [sys.executable, "-I", "-S", heir.__file__, self.path.parent, *map(str, shared)],
                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, pass_fds=shared,
                start_new_session=True)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, heard)

    def keep(self, state: Callable[[], dict[str, Any] | None], always: bool = False) -> None:
        """Copy what state() gives, a checkpoint's tree; nothing if that is None, or not yet due."""
        start = time.perf_counter()
        if not self.child or not always and self.cost > SHARE * (start - self.last):
            return
        try:
            tree = state()
            if tree is not None:
                self.write(checkpoint.packed(tree))
        except (OSError, MemoryError) as problem:
            self.log(f"note: what is learnt can be kept no longer ({str(problem) or FULL}); "
                     f"{LOST}")
            self.end(heir.WORD)
        self.last = time.perf_counter()
        self.cost = self.last - start

    def write(self, arrays: dict[str, np.ndarray]) -> None:
        half = self.halves[self.serial % 2]
        self.serial += 1
        members = [(f"{name}.npy", *member(array)) for name, array in arrays.items()]
        table = json.dumps([heir.stamp(str(self.path)), [
            [name, len(header) + data.nbytes] for name, header, data in members]]).encode()
        os.pwrite(half.fileno(), heir.HEAD.pack(0, 0), 0)
        half.seek(heir.HEAD.size)
        half.write(table)
        for _, header, data in members:
            half.write(header)
            half.write(data)
        half.flush()
        os.pwrite(half.fileno(), heir.HEAD.pack(self.serial, len(table)), 0)

    def end(self, word: bytes) -> None:
        """Let the child go; without a word it saves first what last.npz does not have."""
        child, self.child = self.child, None
        if child:
            with suppress(subprocess.TimeoutExpired):
                child.communicate(word, PATIENCE)
            if word:                                       # it has nothing to do, so it has no time
                child.kill()
                child.wait()
        for half in self.halves:
            with suppress(OSError):                        # what did not fit before does not now
                half.close()

    def __enter__(self) -> "Keeper":
        return self

    def __exit__(self, kind: Any, problem: BaseException | None, trace: Any) -> None:
        """After an error, too, the child saves; but not where the weights had gone wrong before."""
        self.end(heir.WORD if problem is None or isinstance(problem, (Diverged, Unequal)) else b"")


def memory_file() -> Any:
    """A file to write that has no name and lies in memory, where the system can do that."""
    if sys.platform == "linux":
        with suppress(OSError):
            return open(os.memfd_create("minicnn"), "wb")
    return TemporaryFile()


def member(array: np.ndarray) -> tuple[bytes, np.ndarray]:
    """Head and data of what numpy.save would write."""
    turned = array.flags.f_contiguous and not array.flags.c_contiguous
    return (header(array.shape, array.dtype, turned),
            array.T if turned else np.ascontiguousarray(array).reshape(array.shape))


@lru_cache(4096)
def header(shape: tuple[int, ...], dtype: np.dtype, turned: bool) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {
        "descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": turned, "shape": shape})
    return file.getvalue()
