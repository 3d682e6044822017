"""Batches made ahead of the step that needs them, by other processes: reading takes time, too.

    loader = Loader(pictures, labels, 32, transform=...)
    loader.readers = 2

Order and distortions are those of one seed, whatever the number of readers: a batch is a function
of (seed, epoch, batch), and reader r makes the batches r, r + readers, ...  Each is one batch
ahead; then it waits until that has been taken.

Each reader is a Python of its own that gets the loader once, and then the numbers of pictures.  It
ends with its input, however the program ends that has started it; Ctrl-C does not reach it.  What
the loader holds must be known to a reader: a transform is a function of a module.
"""

import os
import pickle
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import Any, BinaryIO

WAIT = 5.0                  # seconds for a reader to end
PROGRAM = ("import sys; from minicnn.data.ahead import serve; "
           "serve(sys.stdin.buffer, sys.stdout.buffer)")


def ahead(loader: Any, jobs: Iterable[tuple], readers: int) -> Iterator[Any]:
    """loader.job(*job) of each of the jobs, in their order."""
    waiting = iter(jobs)
    started: list[Reader] = []
    busy: deque[Reader] = deque()                          # in the order of their jobs
    try:
        for job in islice(waiting, readers):               # no more readers than there are jobs
            started.append(Reader(loader))
            busy.append(started[-1])
            busy[-1].ask(job)
        while busy:
            reader = busy.popleft()
            found = reader.answer()
            for job in islice(waiting, 1):
                reader.ask(job)
                busy.append(reader)
            yield found
    finally:
        for reader in started:
            reader.close()


class Reader:
    """A process that makes batches."""

    def __init__(self, loader: Any) -> None:
        surroundings = os.environ | {"OPENBLAS_NUM_THREADS": "1",
                                     "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM], env=surroundings, start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.ask(loader)

    def ask(self, job: Any) -> None:
        try:
            send(job, self.process.stdin)
        except OSError:
            raise self.gone() from None

    def answer(self) -> Any:
        try:
            fine, found = pickle.load(self.process.stdout)      # type: ignore[arg-type]
        except EOFError:
            raise self.gone() from None
        if fine:
            return found
        raise found

    def gone(self) -> RuntimeError:
        return RuntimeError("a process that reads pictures ahead has ended with status "
                            f"{self.process.wait(WAIT)}; what it said stands above, if anything; "
                            "without readers the program reads by itself")

    def close(self) -> None:
        with suppress(OSError):
            self.process.stdin.close()                     # type: ignore[union-attr]
        self.process.stdout.close()                        # type: ignore[union-attr]
        try:
            self.process.wait(WAIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def send(value: Any, stream: Any) -> None:
    pickle.dump(value, stream, pickle.HIGHEST_PROTOCOL)
    stream.flush()


def serve(asked: BinaryIO, answers: BinaryIO) -> None:
    """What a reader does, until nobody asks any more."""
    with suppress(EOFError, BrokenPipeError):
        loader = pickle.load(asked)
        while True:
            job = pickle.load(asked)
            try:
                found: tuple[bool, Any] = True, loader.job(*job)
            except Exception as problem:                   # it is raised where the batch is needed
                found = False, problem
            send(found, answers)
