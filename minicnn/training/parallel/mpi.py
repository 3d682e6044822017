"""The processes that mpiexec has started, on one machine or on many: MPI, by mpi4py.

A process that meets an error tells process 0, which hears it while it waits, saves what was learnt
before and ends them all.

Nothing waits for ever.  A process that waits looks from time to time whether another asks for it,
and answers; one that has waited for `patience` seconds asks all others, and names those that are
silent: they were stopped, hang, or have a machine that is gone.
"""

import os
import pickle
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np

from minicnn.backend import card
from minicnn.training.parallel.world import (
    ALONE,
    NAP,
    OtherFailed,
    Request,
    World,
    started_processes,
)

ASK, ANSWER, FAILURE = 1, 2, 3              # kinds of messages
PATIENCE = 300.0            # seconds
GRACE = 1.0                 # seconds for an answer
LOOK = 0.1                  # seconds between two looks for questions
HEARD = 0.5                 # seconds in which process 0 may still meet the same error itself
MOMENT = 2.5                # seconds that it has to save, and to end the others
WAY = 0.5                   # seconds of a line's way to the screen: mpiexec, which hands it on,
#                             does not wait for it when it ends
EAGER = 100                 # looks before the first nap


class SilentError(RuntimeError):
    """A process did not answer."""


class MPIWorld(World):
    """patience : seconds after which a process that nobody hears of ends all of them"""

    def __init__(self, patience: float = PATIENCE) -> None:
        from mpi4py import MPI
        self.mpi, self.patience = MPI, patience
        self.failure: tuple[int, str] | None = None        # of another: its status and what it says
        self.heard = 0.0                                   # when that was
        self.sums, self.talk = MPI.COMM_WORLD.Dup(), MPI.COMM_WORLD.Dup()
        self.rank, self.size = self.sums.Get_rank(), self.sums.Get_size()
        here = self.sums.Split_type(MPI.COMM_TYPE_SHARED)  # the processes of this machine
        self.here = here.Get_size()
        card.stand_at(here.Get_rank())
        here.Free()
        self.places = self.gather(f"{socket.gethostname()}, process {os.getpid()}")

    def cores(self) -> int:
        return max(own_cores() // self.here, 1)

    def start_sum(self, array: np.ndarray) -> Request:
        return Waiting(self, self.sums.Iallreduce(self.mpi.IN_PLACE, array, self.mpi.SUM))

    def gather(self, value: Any) -> list[Any]:
        own = np.frombuffer(pickle.dumps(value), np.uint8)
        sizes = np.zeros(self.size, np.int64)
        sizes[self.rank] = len(own)
        self.start_sum(sizes).wait()
        every = np.empty(sizes.sum(), np.uint8)
        ends = np.cumsum(sizes)
        self.wait(self.sums.Iallgatherv(own, [every, sizes, ends - sizes, self.mpi.BYTE]).Test)
        return [pickle.loads(part.tobytes()) for part in np.split(every, ends[:-1])]

    def abort(self, status: int) -> None:
        time.sleep(WAY)
        self.mpi.COMM_WORLD.Abort(status)
        os._exit(status)                           # Abort may return before the end has come

    def leave_to_first(self, status: int, text: str) -> None:
        with suppress(Exception):                          # it has been MPI's own error, perhaps
            self.told = self.talk.isend((status, text), 0, FAILURE)
        time.sleep(MOMENT)

    # --- waiting ------------------------------------------------------------------------------

    def wait(self, done: Callable[[], bool]) -> None:
        """Return when done() is true; SilentError, which names who is missing, after patience."""
        start = looked = time.monotonic()
        looks = 0
        while not done():
            looks += 1
            if looks < EAGER:
                continue
            time.sleep(NAP)
            now = time.monotonic()
            if now - looked > LOOK:
                looked = now
                self.answer()
            if self.failure and now - self.heard > HEARD:
                raise OtherFailed(*self.failure)
            if now - start > self.patience:
                self.find_silent(done)
                return

    def answer(self) -> None:
        """To whoever asks: I am here; and hear who has failed."""
        status = self.mpi.Status()
        while self.talk.Iprobe(tag=ASK, status=status):
            self.talk.Recv(np.empty(1, np.uint8), status.Get_source(), ASK)
            self.talk.Isend(np.zeros(1, np.uint8), status.Get_source(), ANSWER)
        if self.failure is None and self.talk.Iprobe(tag=FAILURE):
            self.failure, self.heard = self.talk.recv(tag=FAILURE), time.monotonic()

    def find_silent(self, done: Callable[[], bool]) -> None:
        """Ask everybody; nothing is wrong if what was waited for comes meanwhile."""
        missing = set(range(self.size)) - {self.rank}
        question, status, end = np.zeros(1, np.uint8), self.mpi.Status(), time.monotonic() + GRACE
        questions = [self.talk.Isend(question, rank, ASK) for rank in missing]
        while missing and time.monotonic() < end:
            if done():
                return
            self.answer()
            while self.talk.Iprobe(tag=ANSWER, status=status):
                self.talk.Recv(np.empty(1, np.uint8), status.Get_source(), ANSWER)
                missing.discard(status.Get_source())
            time.sleep(LOOK)
        del questions
        if done():
            return
        if not missing:
            raise SilentError(f"all processes have waited for one another for {self.patience:g} s: "
                              "they are not at the same step; do all run the same program?")
        if self.rank != min({*range(self.size)} - missing):
            time.sleep(2 * WAY)                            # one of those who have noticed says it
        raise SilentError("; ".join(
            f"process {rank} ({self.places[rank]}) has been silent for {self.patience:g} s"
            for rank in sorted(missing)) + ": it was stopped, hangs, or its machine is gone "
            "(--patience-seconds waits longer)")


def own_cores() -> int:
    """Cores that the system lets this process use; a starter that binds gives it some alone."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Waiting:
    """A sum of MPI's that is on its way."""

    def __init__(self, world: MPIWorld, request: Any) -> None:
        self.world, self.request = world, request

    def test(self) -> bool:
        return self.request.Test()

    def wait(self) -> None:
        self.world.wait(self.request.Test)


def processes(patience: float = PATIENCE) -> World:
    """The world of this program: those that mpiexec has started, or this one alone.

    ImportError if mpiexec has started several and mpi4py is missing: each would train by itself.
    """
    if started_processes() == 1:
        return ALONE
    try:
        return MPIWorld(patience)
    except ImportError:
        raise ImportError(f"mpiexec has started {started_processes()} processes, but mpi4py is not "
                          "installed, so that each would train by itself; in minicnn's "
                          "folder: pip install -e '.[mpi]'") from None
