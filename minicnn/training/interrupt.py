"""How a script ends: after Ctrl-C the step at work is finished, then it saves and leaves.

    with finish_step() as stop:
        for x, y in loader:
            ...                          # one step
            if stop:
                save(...)
                stop.leave()

A second Ctrl-C ends the program at once, but not in the middle of `with stop.saving():`.  Whatever
else asks a program to end (SIGTERM; SIGHUP of a terminal that is closed) is heard as Ctrl-C is.
"""

import os
import signal
import sys
import threading
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from minicnn.backend.devices import gpu_error

SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP")
           if hasattr(signal, name)]                   # Windows has no hang-up
ENDED_BY = 128                            # a shell adds the number of the signal: Ctrl-C is 130


class Stop:
    """False until Ctrl-C is pressed, then true."""

    def __init__(self) -> None:
        self.signal = 0                   # that asked to stop
        self.is_saving = False

    def __bool__(self) -> bool:
        return self.signal > 0

    @contextmanager
    def saving(self) -> Iterator[None]:
        """Inside it a second Ctrl-C changes nothing: saving is short, and the program ends then."""
        self.is_saving = True
        try:
            yield
        finally:
            self.is_saving = False

    def leave(self) -> NoReturn:
        """End the program, once everything is saved."""
        print("saved; the same command goes on from there")
        sys.exit(ENDED_BY + self.signal)


@contextmanager
def finish_step(tell: bool = True) -> Iterator[Stop]:
    """Inside the block the first Ctrl-C only sets the flag that is handed out.

    tell : say so; of several processes that train together one is enough
    """
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop                        # only the main thread receives Ctrl-C
        return
    before: dict[int, Any] = {number: signal.getsignal(number) for number in SIGNALS}

    def note(number: int, *_: Any) -> None:
        # Not print: Ctrl-C may have come in the middle of a print, which cannot be re-entered.
        if not stop:
            stop.signal = number
            if tell:
                os.write(2, b"\nstopping after this step; press Ctrl-C again to stop at once\n")
        elif stop.is_saving:
            os.write(2, b"\nsaving, a moment\n")
        else:
            signal.signal(number, before[number])
            signal.raise_signal(number)

    # None: the handler is not Python's.  SIG_IGN: whoever started the program wants it not heard.
    heard = [number for number, old in before.items() if old not in (None, signal.SIG_IGN)]
    for number in heard:
        signal.signal(number, note)
    try:
        yield stop
    finally:
        for number in heard:
            signal.signal(number, before[number])


def end_quietly() -> None:
    """From here on Ctrl-C ends the program with one line, without a traceback."""
    def end(number: int, *_: Any) -> NoReturn:
        os.write(2, b"\nstopped\n")
        sys.exit(ENDED_BY + number)

    for number in SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, end)


@contextmanager
def told_in_one_line(parser: ArgumentParser) -> Iterator[None]:
    """What can go wrong inside, with files, numbers or a device, ends the program with a line."""
    try:
        yield
    except (OSError, ValueError, RuntimeError, TypeError, ImportError, MemoryError) as problem:
        text = gpu_error(problem) or str(problem) or "there is not enough memory"
        parser.exit(2, f"{parser.prog}: error: {text}\n")
