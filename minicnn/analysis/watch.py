"""Watches a network at work: the time of each layer, and what it reads, writes and keeps.

While `with watch.clocks():` holds, a hook of the engine (autograd/hooks.py) is told of

    layer_begins, layer_ends          when a layer's forward began and ended; the layers inside it
                                      are taken off
    operation                         which layer made a Function
    gradient_begins, gradient_ends    the time of its backward, which goes to that layer

A GPU works on while Python has long gone ahead, so there each reading waits for the GPU.
"""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

import numpy as np

from minicnn.autograd.engine import Function
from minicnn.autograd.hooks import Hook, record
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import Array, is_array, to_cpu, to_device
from minicnn.layers.module import Module, Shape


class Visit:
    """One run of one layer in a step: its seconds in every round, and what is counted once."""

    def __init__(self, path: str, layer: Module | None = None) -> None:
        self.path, self.layer = path, layer
        self.forward: list[float] = []                 # seconds, without the layers inside
        self.backward: list[float] = []
        self.inside = self.spent = 0.0                 # this round: of the layers inside; backward
        self.start = 0.0                               # when its forward, or a backward, began
        self.shape: Shape = ()                         # of the answer to one image
        self.macs, self.rows = 0, 0                    # for one image; images, or regions of them
        self.products = 0                              # in backward: dw, dx, both or neither
        self.functions = 0
        self.output = self.kept = 0                    # bytes
        self.moved_forward = self.moved_backward = 0   # bytes read or written

    def __repr__(self) -> str:
        times = [f"{way} {1e3 * median(seconds):.2f} ms" for way, seconds in
                 (("forward", self.forward), ("backward", self.backward)) if seconds]
        shape = "x".join(map(str, self.shape))
        return f"<{', '.join([f'{self.path} {shape}'.strip(), *times])}>"

    def count(self, inputs: tuple, y: Any) -> None:
        x, y = next(tensors(inputs), None), next(tensors(y), None)
        if x is None or y is None:                                # a detector's boxes
            return
        self.shape, self.output = y.shape[1:], y.data.nbytes
        layer = self.layer
        if layer is not None and not layer.named_parts():         # else those inside count
            self.macs, self.rows = layer.macs(x.shape[1:], self.shape), len(y)
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

    def __repr__(self) -> str:
        return "\n".join(map(repr, [*self.visits.values(), self.outside]))

    def now(self) -> float:
        to_cpu(self.probe)                             # a GPU answers when all before it is done
        return time.perf_counter()

    @contextmanager
    def clocks(self, count: bool = False) -> Iterator[None]:
        """One step inside the block is watched.  count: note bytes and MACs, and no times."""
        with record(Counts(self) if count else Clocks(self)):
            yield
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


class Owners(Hook):
    """Knows which layer made which Function."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        self.runs: Counter[int] = Counter()            # how often each layer has run
        self.running: list[Visit] = []                 # outermost first
        self.owners: dict[int, Visit] = {}             # id(Function) -> the layer that made it

    def layer_begins(self, path: str, layer: Module, inputs: tuple) -> None:
        if id(layer) in self.watch.paths:
            self.runs[id(layer)] += 1
            self.running.append(self.watch.visit(layer, self.runs[id(layer)]))

    def operation(self, path: str, function: Function, inputs: tuple, y: Any) -> None:
        visit = self.running[-1] if self.running else self.watch.outside
        self.owners[id(function)] = visit              # the id alone: its arrays are to go in time


class Clocks(Owners):
    """Reads the clock at the beginning and the end of every layer and of every backward."""

    def layer_begins(self, path: str, layer: Module, inputs: tuple) -> None:
        super().layer_begins(path, layer, inputs)
        if id(layer) in self.watch.paths:
            self.running[-1].start = self.watch.now()

    def layer_ends(self, path: str, layer: Module, inputs: tuple, y: Any) -> None:
        if id(layer) in self.watch.paths:
            visit = self.running.pop()
            seconds = self.watch.now() - visit.start
            if self.running:
                self.running[-1].inside += seconds
            visit.forward.append(seconds - visit.inside)
            visit.inside = 0.0

    def gradient_begins(self, function: Function, dy: Array) -> None:
        self.owners[id(function)].start = self.watch.now()

    def gradient_ends(self, function: Function, dy: Array, dxs: list) -> None:
        visit = self.owners[id(function)]
        visit.spent += self.watch.now() - visit.start


class Counts(Owners):
    """Notes MACs, and bytes that are read, written and kept."""

    def __init__(self, watch: Watch) -> None:
        super().__init__(watch)
        self.seen = {id(root(value.data)) for value in watch.weights}
        self.held: list[Array] = []                    # what the Function had kept for its backward

    def layer_ends(self, path: str, layer: Module, inputs: tuple, y: Any) -> None:
        if id(layer) in self.watch.paths:
            self.running.pop().count(inputs, y)

    def operation(self, path: str, function: Function, inputs: tuple, y: Any) -> None:
        super().operation(path, function, inputs, y)
        visit = self.owners[id(function)]
        visit.functions += 1
        visit.moved_forward += traffic([x.data for x in inputs], [y.data, *arrays_of(function)])
        if any(function.needs_grad):
            visit.kept += newly_kept(function, self.seen)

    def gradient_begins(self, function: Function, dy: Array) -> None:
        self.held = list(arrays_of(function))

    def gradient_ends(self, function: Function, dy: Array, dxs: list) -> None:
        visit = self.owners[id(function)]
        visit.moved_backward += traffic([dy, *self.held], [dx for dx in dxs if dx is not None])


def tensors(value: Any) -> Iterator[Tensor]:
    """Every Tensor in what a layer was given or answers: lists of pictures, losses by name."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, (tuple, list, dict)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from tensors(part)


def arrays_of(function: Function) -> Iterator[Array]:
    """The arrays that a Function keeps on self, or in the backward of its faster version."""
    kept = getattr(vars(function).get("backward"), "keywords", {})
    for value in [*vars(function).values(), *kept.values()]:
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
