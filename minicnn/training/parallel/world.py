"""The processes that train one network together, and what they say to each other.

    with world:                             an error in one of them ends them all
        world.sum(array)                    the same array on all of them: the sum of theirs
        world.gather(value)                 [value of process 0, of process 1, ...]

A program that mpiexec starts n times runs n times; `rank`, from 0 on, is what tells the processes
apart.  `Alone` is the world of a program that was started once: everything in it is at once done.
"""

import os
import signal
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Protocol

import numpy as np

from minicnn.backend.arrays import Array, device_of, to_cpu, to_device
from minicnn.backend.cuda.nccl import Connection
from minicnn.backend.together import state

NAP = 5e-5              # seconds between two looks.  Who only spins takes the core of the process
#                         that it waits for, where processes are more than cores
FAILED = 2              # exit status, as of a command that could not be done
ENDED_BY = 128          # a shell adds the number of the signal


class Request(Protocol):
    """A sum that is on its way."""

    def test(self) -> bool:
        """Whether it is there; asking also helps it along."""

    def wait(self) -> None:
        """Return when it is there."""


class OtherFailed(RuntimeError):
    """Another process has ended by an error, and has told process 0: what it says."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class World(ABC):
    """rank: of this process, from 0 on;  size: how many there are;  cards: their GPUs, once used"""

    rank, size = 0, 1
    cards: Connection | None = None

    @abstractmethod
    def start_sum(self, array: np.ndarray) -> Request:
        """Replace `array`, which lies in one piece, by its sum over all processes, in a while."""

    @abstractmethod
    def gather(self, value: Any) -> list[Any]:
        """What each process has given, in the order of their ranks: the same list on all."""

    @abstractmethod
    def abort(self, status: int) -> None:
        """End all processes now."""

    @abstractmethod
    def leave_to_first(self, status: int, text: str) -> None:
        """Process 0 raises OtherFailed when it hears this; return if it has not ended all then."""

    def wait(self, done: Callable[[], bool]) -> None:
        """Return when done() is true."""
        while not done():
            time.sleep(NAP)

    def sum(self, array: Array) -> Array:
        """A new array, the sum over all processes; it waits for the slowest of them."""
        total = np.array(to_cpu(array), order="C")
        self.start_sum(total).wait()
        return to_device(total, device_of(array))

    def from_first(self, value: Any) -> Any:
        """What process 0 has given."""
        return self.gather(value if self.rank == 0 else None)[0]

    def after_first(self, work: Callable[[], Any]) -> Any:
        """work() of process 0, then of the others: they find what the first has fetched."""
        found = work() if self.is_first else None
        self.gather(None)
        return found if self.is_first else work()

    @property
    def is_first(self) -> bool:
        """Of the one that prints, saves and draws."""
        return self.rank == 0

    def first_prints(self) -> None:
        """From here on the others print nothing."""
        if not self.is_first:
            sys.stdout = open(os.devnull, "w")                                    # noqa: SIM115

    def cores(self) -> int:
        """This process's share of the cores of its machine, from 1 on."""
        return 1

    def name(self) -> str:
        return f"process {self.rank} of 0 to {self.size - 1}"

    def stretch(self, count: int) -> range:
        """This process's part of 0..count."""
        return range(self.rank * count // self.size, (self.rank + 1) * count // self.size)

    def __enter__(self) -> "World":
        state.processes = self.size
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None,
                 trace: TracebackType | None) -> None:
        state.processes = 1
        if problem is None or self.size == 1:
            return
        status, text = ending(problem)
        if not status:
            return
        if text and not isinstance(problem, OtherFailed):
            text = f"{self.name()}: {text}"
        if not self.is_first:
            self.leave_to_first(status, text)              # so what all have met is said once
        with suppress(OSError, ValueError):                # nobody may be reading
            sys.stdout.flush()
            if text:
                print(f"minicnn: {text}", file=sys.stderr, flush=True)
        self.abort(status)


def ending(problem: BaseException) -> tuple[int, str]:
    """The status with which a process ends that has met this, and what it says before."""
    if isinstance(problem, SystemExit):
        known = problem.code if isinstance(problem.code, int) else FAILED
        return (0 if problem.code is None else known), ""
    if isinstance(problem, KeyboardInterrupt):
        return ENDED_BY + getattr(problem, "number", signal.SIGINT), "stopped"
    if isinstance(problem, OtherFailed):
        return problem.status, str(problem)
    told = isinstance(problem, (ValueError, OSError, RuntimeError, ImportError))
    return FAILED, str(problem) if told else f"{type(problem).__name__}: {problem}"


class Done:
    """The Request of a sum over one process."""

    def test(self) -> bool:
        return True

    def wait(self) -> None:
        pass


class Alone(World):
    def start_sum(self, array: np.ndarray) -> Request:
        return Done()

    def gather(self, value: Any) -> list[Any]:
        return [value]

    def leave_to_first(self, status: int, text: str) -> None:
        pass

    def abort(self, status: int) -> None:
        raise SystemExit(status)


ALONE = Alone()


def started_processes() -> int:
    """How many the starter says there are: mpiexec and srun tell it in the environment."""
    return told(1, "PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "MPI_LOCALNRANKS", "PMIX_SIZE")


def started_rank() -> int:
    """Which of them this is, for who has to know before they speak to each other."""
    return told(0, "PMI_RANK", "OMPI_COMM_WORLD_RANK", "PMIX_RANK")


def told(usual: int, *names: str) -> int:
    """The first of these numbers that the environment has."""
    for text in (os.environ.get(name, "") for name in names):
        if text.isascii() and text.isdigit() and len(text) < 8:
            return int(text)
    return usual
