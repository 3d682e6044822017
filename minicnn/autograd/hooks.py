"""Watching a network at work: one hook, told of every layer and every operation.

    class Names(Hook):
        def operation(self, path, function, inputs, y):
            print(path, type(function).__name__, y.shape)

    with record(Names()):
        model(x)

The table of times, the drawings of activations and the search for NaN are such hooks.  Without one,
a call pays for a single `if`.
"""

import itertools
from collections.abc import Callable
from typing import Any

from minicnn.autograd.switches import Setting, layer_path, state
from minicnn.backend.arrays import Array, xp_of


class Hook:
    """A subclass overrides what it wants to hear; paths are such as "block3.conv2"."""

    def layer_begins(self, path: str, layer: Any, inputs: tuple) -> None:
        """Before the forward of a layer."""

    def layer_ends(self, path: str, layer: Any, inputs: tuple, y: Any) -> None:
        """After it; y is its output."""

    def operation(self, path: str, function: Any, inputs: tuple, y: Any) -> None:
        """After the forward of a Function."""

    def gradient_begins(self, function: Any, dy: Array) -> None:
        """Before the backward of a Function."""

    def gradient_ends(self, function: Any, dy: Array, dxs: list) -> None:
        """After it; dxs are the gradients of its inputs, None where nobody asked."""


class record(Setting):
    """`with record(hook):` tells `hook` of everything that runs inside, beside other hooks."""

    def __init__(self, hook: Hook) -> None:
        super().__init__("hooks", ())
        self.hook = hook

    def inside(self) -> tuple:
        return (*state.hooks, self.hook)

    def __enter__(self) -> Hook:
        super().__enter__()
        return self.hook


class Handle:
    """Of a hook on one layer: remove() ends it, and so does the end of `with handle:`."""

    numbers = itertools.count()

    def __init__(self, hooks: Any, hook: Any) -> None:
        self.hooks, self.number = hooks, next(Handle.numbers)
        hooks[self.number] = hook

    def remove(self) -> None:
        self.hooks.pop(self.number, None)

    def __enter__(self) -> "Handle":
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()


class Outputs(Hook):
    """Tells tap(path, layer, output) of each layer."""

    def __init__(self, tap: Callable[[str, Any, Any], None]) -> None:
        self.tap = tap

    def layer_ends(self, path: str, layer: Any, inputs: tuple, y: Any) -> None:
        self.tap(path, layer, y)


def record_outputs(tap: Callable[[str, Any, Any], None]) -> record:
    """Inside the block `tap(path, layer, output)` is called after each layer has run."""
    return record(Outputs(tap))


class AnomalyError(ArithmeticError):
    """A NaN or an infinity appeared inside `with detect_anomaly():`."""


class FiniteCheck(Hook):
    """Raises AnomalyError at the first output or gradient that is not finite."""

    def operation(self, path: str, function: Any, inputs: tuple, y: Any) -> None:
        function.place = path or "outside any layer"
        self.check(function, y.data, "its output")

    def gradient_ends(self, function: Any, dy: Array, dxs: list) -> None:
        for number, dx in enumerate(dxs):
            if dx is not None:
                self.check(function, dx, f"the gradient of input {number}")

    def check(self, function: Any, array: Array, what: str) -> None:
        xp = xp_of(array)
        if not bool(xp.isfinite(array).all()):
            kind = "NaN" if bool(xp.isnan(array).any()) else "infinity"
            place = getattr(function, "place", "a layer that ran outside detect_anomaly()")
            name = type(function).__name__.removesuffix("Fn")
            raise AnomalyError(f"{place} ({name}): {kind} in {what}")


def detect_anomaly() -> record:
    """`with detect_anomaly():` raises AnomalyError at the first layer that makes NaN or infinity.

    It looks at the output of every operation, and at every gradient when backward() runs inside
    the block too.  That costs a pass over each array, so it is off unless asked for.
    """
    return record(FiniteCheck())


# What the engine calls, where there is a hook.

def tell_operation(function: Any, inputs: tuple, y: Any) -> None:
    path = layer_path()
    for hook in state.hooks:
        hook.operation(path, function, inputs, y)


def tell_gradient_begins(function: Any, dy: Array) -> bool:
    for hook in state.hooks:
        hook.gradient_begins(function, dy)
    return True


def tell_gradient_ends(function: Any, dy: Array, dxs: list) -> None:
    for hook in state.hooks:
        hook.gradient_ends(function, dy, dxs)
