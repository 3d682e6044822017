"""Switches that hold while a `with` block runs, and the name of the layer that is at work.

    with no_grad():            compute without remembering: no backward, less memory
"""

import functools
import inspect
import threading
from collections.abc import Callable
from typing import Any

from minicnn.backend.messages import type_name


class _State(threading.local):
    recording = True
    hooks: tuple = ()                                    # told of every operation: see hooks.py
    trace: list | None = None                            # rows that Module.shape() writes down

    def __init__(self) -> None:
        self.path: list[str] = []                        # the running layers, outermost first


state = _State()


class Setting:
    """Sets one field of `state` for a `with` block or a decorated function, then puts it back.

    Each thread has a state of its own, and one Setting may hold in several at once.
    """

    def __init__(self, field: str, value: Any) -> None:
        self.field, self.value = field, value
        self.before: dict[int, list] = {}      # thread -> what held before each open block

    def inside(self) -> Any:
        """What the field becomes."""
        return self.value

    def __enter__(self) -> Any:
        value = self.inside()
        self.before.setdefault(threading.get_ident(), []).append(getattr(state, self.field))
        setattr(state, self.field, value)
        return value

    def __exit__(self, *_: object) -> None:
        thread = threading.get_ident()
        setattr(state, self.field, self.before[thread].pop())
        if not self.before[thread]:
            del self.before[thread]

    def __call__(self, function: Callable) -> Callable:
        if not callable(function):
            raise TypeError(f"@ stands before a function, got {type_name(function)}; a block: with "
                            "no_grad(): ...")
        if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(f"{function.__name__} is async: what runs while it waits would be "
                            "reached, too; inside it, around no await: with no_grad(): ...")
        if inspect.isgeneratorfunction(function):
            return self.around_generator(function)

        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            with self:
                return function(*args, **kwargs)
        return wrapped

    def around_generator(self, function: Callable) -> Callable:
        """A generator function whose body runs inside, and who asks it for values outside."""
        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            with self:
                generator = function(*args, **kwargs)
            resume, given = generator.send, None
            while True:
                try:
                    with self:
                        value = resume(given)
                except StopIteration as end:
                    return end.value
                try:
                    resume, given = generator.send, (yield value)
                except GeneratorExit:
                    with self:
                        generator.close()
                    raise
                except BaseException as problem:
                    resume, given = generator.throw, problem
        return wrapped


def no_grad(function: Callable | None = None) -> Any:
    """`with no_grad():` or `@no_grad()`: what is computed inside records nothing for backward."""
    setting = Setting("recording", False)
    return setting if function is None else setting(function)       # @no_grad, without brackets


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
