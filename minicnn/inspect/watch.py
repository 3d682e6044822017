"""Watches a network at work: the time of each layer, and what it reads, writes and keeps.

While `with watch.clocks():` holds, three methods are exchanged for ones that read the clock too:

    Module.__call__       when a layer's forward began and ended, without the layers inside it
    Function.__call__     which layer made a Function
    Function.gradients    the time of its backward, which goes to that layer

A GPU works on while Python has long gone ahead, so there each reading waits for the GPU.
"""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from minicnn.backend import Array, is_array, to_cpu, to_device
from minicnn.engine import Function, Variable
from minicnn.module import Module, Shape


class Visit:
    """One run of one layer in a step: its seconds in every round, and what is counted once."""

    def __init__(self, path: str, layer: Module | None = None) -> None:
        self.path, self.layer = path, layer
        self.forward: list[float] = []                 # seconds, without the layers inside
        self.backward: list[float] = []
        self.inside = self.spent = 0.0                 # this round: of the layers inside; backward
        self.shape: Shape = ()                         # of the answer to one image
        self.macs = 0                                  # for one image
        self.products = 0                              # in backward: dw, dx, both or neither
        self.functions = 0
        self.output = self.kept = 0                    # bytes
        self.moved_forward = self.moved_backward = 0   # bytes read or written

    def count(self, inputs: tuple, y: Any) -> None:
        y = y[0] if isinstance(y, (tuple, list)) else y
        self.shape, self.output = y.shape[1:], y.data.nbytes
        layer, x = self.layer, inputs[0]
        if layer is not None and not layer.children():         # else those inside count
            self.macs = layer.macs(x.shape[1:], self.shape)
            self.products = any(p.requires_grad for p in layer.parameters()) + x.requires_grad


class Watch:
    """The visits to the layers of `model`, in the order in which their forward began."""

    def __init__(self, model: Module, device: str) -> None:
        self.paths: dict[int, str] = {}
        for path, part in model.named_modules():
            self.paths.setdefault(id(part), path or type(part).__name__)
        self.weights = [value for _, value in model.named_state()]
        self.probe = to_device(np.zeros(1), device)
        self.visits: dict[tuple[int, int], Visit] = {}         # by layer and how often it has run
        self.outside = Visit("outside the network")            # the loss

    def now(self) -> float:
        to_cpu(self.probe)                             # a GPU answers when all before it is done
        return time.perf_counter()

    @contextmanager
    def clocks(self, count: bool = False) -> Iterator[None]:
        """One step inside the block is watched.  count : note bytes and MACs, and no times."""
        call, apply, gradients = Module.__call__, Function.__call__, Function.gradients
        runs: Counter[int] = Counter()                 # how often each layer has run
        running: list[Visit] = []                      # outermost first
        owners: dict[int, Visit] = {}                  # id(Function) -> the layer that made it
        seen = {id(root(value.data)) for value in self.weights} if count else set()

        def timed_call(layer: Module, *inputs: Any) -> Any:
            if id(layer) not in self.paths:
                return call(layer, *inputs)
            runs[id(layer)] += 1
            visit = self.visit(layer, runs[id(layer)])
            running.append(visit)
            start = self.now()
            y = call(layer, *inputs)
            seconds = self.now() - start
            running.pop()
            if running:
                running[-1].inside += seconds
            if count:
                visit.count(inputs, y)
            else:
                visit.forward.append(seconds - visit.inside)
            visit.inside = 0.0
            return y

        def owned_apply(function: Function, *inputs: Variable) -> Any:
            visit = running[-1] if running else self.outside
            y = apply(function, *inputs)
            owners[id(function)] = visit               # the id alone: its arrays are to go in time
            if count:
                visit.functions += 1
                visit.moved_forward += traffic([x.data for x in inputs],
                                               [y.data, *arrays_of(function)])
                if any(function.needs_grad):
                    visit.kept += newly_kept(function, seen)
            return y

        def timed_gradients(function: Function, dy: Array) -> Any:
            visit = owners[id(function)]
            held = list(arrays_of(function)) if count else []
            start = self.now()
            dxs = gradients(function, dy)
            visit.spent += self.now() - start
            if count:
                visit.moved_backward += traffic([dy, *held], [dx for dx in dxs if dx is not None])
            return dxs

        exchange(timed_call, owned_apply, timed_gradients)
        try:
            yield
        finally:
            exchange(call, apply, gradients)
        for visit in [*self.visits.values(), self.outside]:
            if not count:
                visit.backward.append(visit.spent)
            visit.spent = 0.0

    def visit(self, layer: Module, run: int) -> Visit:
        """The visit to a layer that runs for the run-th time in this step: "relu", "relu#2"."""
        if (id(layer), run) not in self.visits:
            path = self.paths[id(layer)] + (f"#{run}" if run > 1 else "")
            self.visits[id(layer), run] = Visit(path, layer)
        return self.visits[id(layer), run]


def exchange(call: Any, apply: Any, gradients: Any) -> None:
    for owner, name, method in ((Module, "__call__", call), (Function, "__call__", apply),
                                (Function, "gradients", gradients)):
        setattr(owner, name, method)


def arrays_of(function: Function) -> Iterator[Array]:
    """The arrays that a Function keeps on self."""
    for value in vars(function).values():
        for part in value if isinstance(value, (list, tuple)) else (value,):
            if is_array(part):
                yield part


def root(array: Array) -> Array:
    """The array whose memory a view looks at."""
    below = array
    while below is not None:
        array = below if is_array(below) else array        # NumPy puts other things between
        below = getattr(below, "base", None)
    return array


def newly_kept(function: Function, seen: set[int]) -> int:
    """Bytes that stay in memory because of this Function; `seen` are counted already."""
    kept = {id(root(array)): root(array) for array in arrays_of(function)}
    size = sum(array.nbytes for key, array in kept.items() if key not in seen)
    seen.update(kept)
    return size


def traffic(taken: list[Array], made: list[Array]) -> int:
    """Bytes read and written, if each array is passed over once; 0 if nothing new was made.

    A view, as Flatten makes it, and dy handed on as dx, as a sum does, cost nothing.
    """
    there = {id(root(array)) for array in taken}
    new: dict[int, int] = {}
    for array in made:
        key = id(root(array))
        if key not in there:                           # two views of one array are one array
            new[key] = max(new.get(key, 0), array.nbytes)
    return sum(array.nbytes for array in taken) + sum(new.values()) if new else 0
