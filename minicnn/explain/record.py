"""Everything that happened in one pass: each operation with its inputs, its output, its gradients.

    with plain(), record(recorder := Recorder()):
        loss = cross_entropy(model(x), [label])
        loss.backward()
    recorder.visits["CONV2"].call           the operation that made that layer's output

The definitions run, in float64: what is explained is what stands in the layer's file.
"""

from collections import Counter
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np

from minicnn.autograd.engine import Function
from minicnn.autograd.hooks import Hook
from minicnn.backend.arrays import Array

Index = tuple[int, ...]

# Kept by a convolution for its backward: up to 49 times its input, and made again where needed.
HEAVY = {"cols"}


@dataclass
class Visit:
    """One run of one layer: "relu", and "relu#2" where it runs for the second time."""

    key: str
    layer: Any
    inputs: tuple
    output: Any = None
    call: "Call | None" = None         # which made its output; None if that is what it was given
    calls: list["Call"] = field(default_factory=list)      # its own, without those of layers inside


@dataclass(eq=False)
class Call:
    """One operation: arrays in, one array out; after backward also their gradients.

    kept    : what the Function held after forward, its settings among it
    tensors : its inputs; inputs: their arrays, as they were then; sources: the calls that made
              them, None for what was given
    """

    function: type[Function]
    kept: SimpleNamespace
    visit: Visit | None
    tensors: tuple[Any, ...]
    inputs: list[Array]
    sources: list["Call | None"]
    output: Any
    dy: Array | None = None
    dxs: list[Array | None] = field(default_factory=list)
    is_loss: bool = False

    @property
    def y(self) -> Array:
        return np.asarray(self.output.data)

    @property
    def name(self) -> str:
        """"CONV1"; "norm (Mul)" for a step on the way to what a layer answers; "loss"."""
        if self.visit is None:
            return "loss" if self.is_loss else f"loss ({self.word})"
        own = self.visit.key or "the network"
        return own if self.visit.call is self else f"{own} ({self.word})"

    @property
    def word(self) -> str:
        """"Conv2d" of Conv2dFn."""
        return self.function.__name__.removesuffix("Fn")

    def again(self, *arrays: Array, **changed: Any) -> Array:
        """The definition's forward once more, on other arrays or with other settings."""
        function = object.__new__(self.function)
        vars(function).update({**vars(self.kept), **changed})
        return function.forward(*arrays)


class Recorder(Hook):
    """calls: in the order in which they ran; visits: to layers, by path."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.visits: dict[str, Visit] = {}
        self.running: list[Visit] = []                     # outermost first
        self.runs: Counter[str] = Counter()
        self.made: dict[int, Call] = {}                    # id(output) -> call; outputs are kept
        self.of: dict[int, Call] = {}                      # id(Function) -> call
        self.functions: list[Function] = []                # kept, so that no id is used twice
        self.loss: Any = None                              # the Tensor that backward began at

    def layer_begins(self, path: str, layer: Any, inputs: tuple) -> None:
        self.runs[path] += 1
        key = path if self.runs[path] == 1 else f"{path}#{self.runs[path]}"
        self.visits[key] = Visit(key, layer, inputs)
        self.running.append(self.visits[key])

    def layer_ends(self, path: str, layer: Any, inputs: tuple, y: Any) -> None:
        visit = self.running.pop()
        visit.output = y[0] if isinstance(y, (tuple, list)) and y else y
        visit.call = self.made.get(id(visit.output))

    def operation(self, path: str, function: Function, inputs: tuple, y: Any) -> None:
        visit = self.running[-1] if self.running else None
        kept = {name: value for name, value in vars(function).items() if name not in HEAVY}
        call = Call(type(function), SimpleNamespace(**kept), visit, inputs,
                    [np.asarray(x.data) for x in inputs], [self.made.get(id(x)) for x in inputs], y)
        self.calls.append(call)
        self.functions.append(function)
        self.made[id(y)] = self.of[id(function)] = call
        if visit is not None:
            visit.calls.append(call)

    def keep_loss(self, loss: Any) -> None:
        self.loss = loss
        self.made[id(loss)].is_loss = True

    def gradient_ends(self, function: Function, dy: Array, dxs: list) -> None:
        call = self.of.get(id(function))
        if call is not None:
            call.dy = np.array(dy)
            call.dxs = [None if dx is None else np.array(dx) for dx in dxs]
