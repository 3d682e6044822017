"""Switches that hold while a `with` block runs, and the name of the layer that is at work.

    with no_grad():            compute without remembering: no backward, less memory
"""

import functools
import threading
from collections.abc import Callable
from typing import Any


class _State(threading.local):
    recording = True
    hooks: tuple = ()                                    # told of every operation: see hooks.py
    trace: list | None = None                            # rows that Module.shape() writes down

    def __init__(self) -> None:
        self.path: list[str] = []                        # the running layers, outermost first


state = _State()


class Setting:
    """Sets one field of `state` for a `with` block or a decorated function, then puts it back."""

    def __init__(self, field: str, value: Any) -> None:
        self.field, self.value = field, value
        self.before: list = []                 # one for each block that is open

    def __enter__(self) -> Any:
        self.before.append(getattr(state, self.field))
        setattr(state, self.field, self.value)
        return self.value

    def __exit__(self, *_: object) -> None:
        setattr(state, self.field, self.before.pop())

    def __call__(self, function: Callable) -> Callable:
        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            with self:
                return function(*args, **kwargs)
        return wrapped


def no_grad() -> Setting:
    """`with no_grad():` or `@no_grad()`: what is computed inside records nothing for backward."""
    return Setting("recording", False)


def record_shapes(rows: list) -> Setting:
    """Inside the block `Module.shape` appends one row for each layer to `rows`."""
    return Setting("trace", rows)


def layer_path() -> str:
    """Names of the running layers joined by dots ("conv1", "block3.conv2"), or an empty string."""
    return ".".join(name for name in state.path if name)


def located(name: str) -> str:
    """`name`, preceded by the path of the running layer if there is one: "C1 (Conv2d ...)"."""
    path = layer_path()
    return f"{path} ({name})" if path else name
