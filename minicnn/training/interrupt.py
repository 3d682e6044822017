"""Ctrl-C that loses nothing: the step at work is finished, then the program saves and leaves.

    with finish_step() as stop:
        for x, y in loader:
            ...                          # one step
            if stop:
                save(...)
                stop.leave()

A second Ctrl-C ends the program at once.
"""

import os
import shlex
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn


class Stop:
    """False until Ctrl-C is pressed, then true."""

    def __init__(self) -> None:
        self.asked = False

    def __bool__(self) -> bool:
        return self.asked

    def leave(self) -> NoReturn:
        """End the program with status 130, naming the command that goes on from the checkpoint."""
        command = [sys.executable, *sys.argv]
        command += [] if "--resume" in command else ["--resume"]
        print("saved; to go on:", shlex.join(command))
        sys.exit(130)                     # what a shell expects of a program ended by Ctrl-C


@contextmanager
def finish_step() -> Iterator[Stop]:
    """Inside the block the first Ctrl-C only sets the flag that is handed out."""
    stop = Stop()

    def note(*_: Any) -> None:
        stop.asked = True
        signal.signal(signal.SIGINT, signal.default_int_handler)
        # Not print: Ctrl-C may have come in the middle of a print, which cannot be re-entered.
        os.write(2, b"\nstopping after this step; press Ctrl-C again to stop at once\n")

    if threading.current_thread() is not threading.main_thread():
        yield stop                        # only the main thread receives Ctrl-C
        return
    before = signal.signal(signal.SIGINT, note)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
