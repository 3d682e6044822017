"""Work on several threads for the length of a `with` block; whether all processes have ended."""

import time
from contextlib import contextmanager
from multiprocessing import active_children

from minicnn import set_threads


@contextmanager
def several_threads(count):
    set_threads(count)
    try:
        yield
    finally:
        set_threads(None)


def all_end(seconds=5):
    """The pool's own thread may be about to note the end of a process that is gone."""
    end = time.monotonic() + seconds
    while active_children() and time.monotonic() < end:
        time.sleep(0.01)
    return not active_children()
