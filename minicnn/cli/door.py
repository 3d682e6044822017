"""The one door of the command line: whatever goes wrong leaves by it, as one line and a status.

    0    all is well
    1    a check failed
    2    it could not be done; the line says why, and what to do
    70   minicnn itself is at fault
    128  and the signal's number: ended by it (129 hang-up, 130 Ctrl-C, 141 the reader of the pipe
         has seen enough, 143 SIGTERM)
"""

import bdb
import os
import re
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from pathlib import Path
from typing import Any, NoReturn

from minicnn.backend.devices import gpu_error
from minicnn.training.parallel.world import started_rank

REFUSED, FAULT, SIGNALLED = 2, 70, 128
CLOSED = SIGNALLED + 13                # SIGPIPE, which Windows does not know
ENDING = ("SIGTERM", "SIGHUP")         # Windows has no hang-up
PACKAGES = {"PIL": "Pillow"}           # where pip's name is another
LONG = re.compile(r"[^\s]{200,}")      # no name that somebody meant


class Ended(KeyboardInterrupt):
    """SIGTERM or SIGHUP; what tidies up for Ctrl-C tidies up for them."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def through(name: str, work: Callable[[], int], for_good: bool = False) -> int:
    """The status of work(); what it raises becomes a line on stderr, "minicnn NAME: ...".

    for_good : the process ends afterwards, and Ctrl-C does not disturb that any more
    """
    prepare_streams()
    warnings.showwarning = as_note                         # type: ignore[assignment]
    try:
        with signals(for_good):
            status = work()
            sys.stdout.flush()
            return status
    except BrokenPipeError:
        return CLOSED
    except KeyboardInterrupt as stop:
        say(name, "stopped")
        return SIGNALLED + (stop.number if isinstance(stop, Ended) else signal.SIGINT)
    except Exception as problem:
        return told(name, problem)
    finally:
        settle_streams()


def told(name: str, problem: Exception) -> int:
    """One line for what went wrong."""
    if isinstance(problem, bdb.BdbQuit):                   # q in a debugger
        say(name, "stopped")
        return SIGNALLED + signal.SIGINT
    if isinstance(problem, MemoryError):
        say(name, f"there is not enough memory ({str(problem) or 'main memory is full'}); try a "
                  "smaller --batch, --input or --size, or a network's --variant small, where the "
                  "command has it")
        return REFUSED
    if (words := gpu_error(problem)) is not None:
        say(name, words)
        return REFUSED
    if isinstance(problem, ModuleNotFoundError) and problem.name:
        package = PACKAGES.get(problem.name.partition(".")[0], problem.name.partition(".")[0])
        say(name, f"{package} is not installed; pip install {package}")
        return REFUSED
    if isinstance(problem, OSError) and problem.filename and problem.strerror:
        say(name, f"{problem.filename}: {problem.strerror}")
        return REFUSED
    if isinstance(problem, (ValueError, TypeError, OSError, RuntimeError, ImportError)):
        say(name, str(problem) or type(problem).__name__)
        return REFUSED
    place = traceback.extract_tb(problem.__traceback__)[-1]
    say(name, f"minicnn is at fault: {type(problem).__name__}: {problem} "
              f"({Path(place.filename).name}, line {place.lineno}); please report it, with the "
              "command")
    return FAULT


def as_note(message: Warning | str, *_: Any, **__: Any) -> None:
    """A warning, without the line of a program that the user has not written."""
    print(f"note: {message}", file=sys.stderr)


def say(name: str, text: str) -> None:
    """On one line; what is far too long for a name is cut.

    Of several processes the first speaks: a wrong option is wrong in all of them.  What happens to
    one alone, `World` says.
    """
    if started_rank() > 0:
        return
    line = LONG.sub(lambda found: found[0][:60] + "...", " ".join(text.split()))
    with suppress(OSError):                                # nobody may be reading
        print(f"minicnn {name}: {line}".replace("minicnn : ", "minicnn: "), file=sys.stderr)


# --- what a program starts and ends with ------------------------------------------------------

def prepare_streams() -> None:
    """A stream that is closed takes everything; a sign that one cannot write is spelt out."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None or stream.closed:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))      # noqa: SIM115
        elif isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def settle_streams() -> None:
    """Nothing is left to write that could still go wrong when Python ends."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            with suppress(OSError, ValueError):            # a stream without a file of its own
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


@contextmanager
def signals(for_good: bool) -> Iterator[None]:
    """SIGTERM and SIGHUP are heard as Ctrl-C is, unless whoever started the program forbade it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, _: Any) -> NoReturn:
        raise Ended(number)

    numbers = [getattr(signal, name) for name in ENDING if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, *numbers)}
    for number in numbers:
        if before[number] == signal.SIG_DFL:
            signal.signal(number, end)
    if before[signal.SIGINT] == signal.SIG_DFL:            # see minicnn/__init__.py
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        for number, old in before.items():
            if old is not None:                            # None: it was not set by Python
                signal.signal(number, signal.SIG_IGN if for_good else old)
