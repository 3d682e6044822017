"""Switches that hold while a `with` block runs, and the name of the layer that is at work.

    with no_grad():            compute without remembering: no backward, less memory
    with detect_anomaly():     stop at the first layer that makes a NaN or an infinity
"""

import functools
import threading
from collections.abc import Callable
from typing import Any


class _State(threading.local):
    recording = True
    anomaly = False
    tap: Callable[[str, Any, Any], None] | None = None   # told (path, layer, output) of each layer
    trace: list | None = None                            # rows that Module.shape() writes down

    def __init__(self) -> None:
        self.path: list[str] = []                        # the running layers, outermost first


state = _State()


class _Setting:
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
            with _Setting(self.field, self.value):
                return function(*args, **kwargs)
        return wrapped


def no_grad() -> _Setting:
    """`with no_grad():` or `@no_grad()`: what is computed inside records nothing for backward."""
    return _Setting("recording", False)


def detect_anomaly() -> _Setting:
    """`with detect_anomaly():` raises AnomalyError at the first layer that makes NaN or infinity.

    It looks at the output of every operation, and at every gradient when backward() runs inside
    the block too.  That costs a pass over each array, so it is off unless asked for.
    """
    return _Setting("anomaly", True)


def record_outputs(tap: Callable[[str, Any, Any], None]) -> _Setting:
    """Inside the block `tap(path, layer, output)` is called after each layer has run."""
    return _Setting("tap", tap)


def record_shapes(rows: list) -> _Setting:
    """Inside the block `Module.shape` appends one row for each layer to `rows`."""
    return _Setting("trace", rows)


def layer_path() -> str:
    """Names of the running layers joined by dots ("conv1", "block3.conv2"), or an empty string."""
    return ".".join(name for name in state.path if name)


def located(name: str) -> str:
    """`name`, preceded by the path of the running layer if there is one: "C1 (Conv2d ...)"."""
    path = layer_path()
    return f"{path} ({name})" if path else name
