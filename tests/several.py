"""Work on several threads for the length of a `with` block."""

from contextlib import contextmanager

from minicnn import set_threads


@contextmanager
def several_threads(count):
    set_threads(count)
    try:
        yield
    finally:
        set_threads(None)
