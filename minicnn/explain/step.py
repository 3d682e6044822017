"""One training step, stop by stop: forward layer by layer, the loss, backward, the update.

    walk = walk_through(subject, labels, lr)
    walk.stops                    what there is to see, in order: data
    walk.recorder                 every operation, for an explanation of any number on the way

It is run once and then only read, so that one can go back.  The definitions run, in float64, so
that every number can be explained; memory is counted as if in float32, as training has it.
"""

import inspect
import textwrap
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minicnn.analysis.watch import root
from minicnn.autograd.engine import Function
from minicnn.autograd.hooks import record
from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import Array, is_array
from minicnn.backend.versions import plain
from minicnn.explain.answer import sources
from minicnn.explain.record import Call, Recorder, Visit
from minicnn.explain.subject import Subject, called
from minicnn.training.evaluate import batch_loss

BINS = 40                              # of a histogram


@dataclass(frozen=True)
class Spread:
    """What an array looks like."""

    shape: tuple[int, ...]
    mean: float
    deviation: float
    smallest: float
    largest: float
    zeros: float                       # share
    magnitude: float                   # mean of |q|
    histogram: list[int]

    @staticmethod
    def of(q: Array) -> "Spread":
        q = np.asarray(q, np.float64)
        finite = q[np.isfinite(q)]
        if not finite.size:
            nan = float("nan")
            return Spread(q.shape, nan, nan, nan, nan, 0.0, nan, [0] * BINS)
        return Spread(q.shape, float(q.mean()), float(q.std()), float(finite.min()),
                      float(finite.max()), float((q == 0).mean()), float(np.abs(q).mean()),
                      np.histogram(finite, bins=BINS)[0].tolist())


@dataclass(frozen=True)
class Stop:
    """Something to look at.

    way     : "forward", "loss", "backward", "update" or "again"
    path    : the layer; heading: its class and settings
    inputs  : shapes; sizes: the arithmetic of the output's size
    arrays  : name -> what it looks like
    kept    : what stays in memory for backward, (name, bytes), and all bytes held after the stop
    source  : (where, lines) of what ran; slide: where the lecture has it
    """

    way: str
    path: str = ""
    heading: str = ""
    weights: bool = False
    inputs: list[tuple[int, ...]] = field(default_factory=list)
    sizes: list[str] = field(default_factory=list)
    arrays: dict[str, Spread] = field(default_factory=dict)
    kept: list[tuple[str, int]] = field(default_factory=list)
    held: int = 0
    source: list[tuple[str, str]] = field(default_factory=list)
    slide: str = ""
    said: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Walk:
    words: str
    stops: list[Stop]
    recorder: Recorder
    before: float                      # the loss
    after: float                       # and once more, on the same batch


class Keeping(Recorder):
    """Also knows which arrays stay in memory because of which call."""

    def __init__(self, weights: list[Any]) -> None:
        super().__init__()
        self.seen = {id(root(np.asarray(value.data))) for value in weights}
        self.holders: list[Array] = []                     # kept, so that no id is used twice
        self.kept: dict[int, list[tuple[str, int]]] = {}   # id(call) -> (name, bytes)

    def operation(self, path: str, function: Function, inputs: tuple, y: Any) -> None:
        super().operation(path, function, inputs, y)
        found = []
        for name, value in vars(function).items():
            for part in value if isinstance(value, (list, tuple)) else (value,):
                if is_array(part) and id(root(part)) not in self.seen:
                    self.seen.add(id(root(part)))
                    self.holders.append(root(part))
                    found.append((name, in_float32(root(part))))
        self.kept[id(self.calls[-1])] = found


def in_float32(array: Array) -> int:
    """Bytes that an array would take in float32; whole numbers and booleans as they are."""
    return array.size * 4 if array.dtype.kind == "f" else array.nbytes


def walk_through(subject: Subject, labels: Any, lr: float) -> Walk:
    """One step of plain SGD on the subject's pictures, in training mode."""
    model, x = subject.model.train(), Tensor(subject.x)
    called(x, "image")
    for name, value in model.named_state():
        called(value, name)
    recorder = Keeping([value for _, value in model.named_state()])
    model.zero_grad()
    with plain(), record(recorder):
        loss, scores = batch_loss(model, x, labels)
        recorder.keep_loss(loss)
        loss.backward()
    before = float(loss.data)
    layers = stopped_at(recorder)
    stops = forward_stops(recorder, layers)
    held = stops[-1].held if stops else 0
    answers = scores.numpy().argmax(axis=1)
    stops.append(loss_stop(recorder, before, labels, answers, held))
    stops += backward_stops(recorder, layers, held)
    stops.append(update_stop(model, lr))
    for parameter in model.parameters():
        if parameter.grad is not None:
            parameter.data = parameter.data - lr * parameter.grad
    with plain(), no_grad():
        after = float(batch_loss(model, x, labels)[0].data)
    stops.append(Stop("again", said=[f"loss on the same batch: {before:.6g} -> {after:.6g}"
                                     + ("" if after < before else "; it has not fallen: the step "
                                        "was too long, or there was nothing left to learn")]))
    return Walk(subject.words, stops, recorder, before, after)


def stopped_at(recorder: Recorder) -> list[Visit]:
    """The layers that have computed something themselves, in the order in which they ended."""
    order: dict[int, Visit] = {}
    for call in recorder.calls:
        if call.visit is not None:
            order.setdefault(id(call.visit), call.visit)
    return list(order.values())


def forward_stops(recorder: Keeping, layers: list[Visit]) -> list[Stop]:
    stops, held = [], 0
    for visit in layers:
        kept = [one for call in visit.calls for one in recorder.kept[id(call)]]
        held += sum(size for _, size in kept)
        inputs = [x.shape for x in visit.inputs if hasattr(x, "data")]
        y = visit.output
        stops.append(Stop(
            "forward", visit.key, visit.layer.heading(), has_weights(visit), inputs,
            sizes_of(visit), {"y": Spread.of(y.data)} if hasattr(y, "data") else {}, kept, held,
            [lines_of(call, "forward") for call in shown_calls(visit)], slide_of(visit)))
    return stops


def loss_stop(recorder: Recorder, loss: float, labels: Any, answers: Any, held: int) -> Stop:
    call = recorder.made[id(recorder.loss)]
    said = [f"loss {loss:.6g}; labels {' '.join(map(str, labels))}, answers "
            f"{' '.join(map(str, answers.tolist()))}"]
    return Stop("loss", "loss", call.word, source=[lines_of(call, "forward")], held=held,
                slide=sources(call.function, "forward")[1], said=said)


def backward_stops(recorder: Keeping, layers: list[Visit], held: int) -> list[Stop]:
    """From the last layer up; what a layer has kept is free after it."""
    stops = []
    for visit in reversed(layers):
        calls = [call for call in visit.calls if call.dy is not None]
        arrays: dict[str, Spread] = {}
        for call in reversed(calls):
            for x, dx, asked in zip(call.tensors, call.dxs, call.kept.needs_grad, strict=True):
                if dx is not None and asked and (hasattr(x, "learnt") or call is calls[0]):
                    name = f"d {getattr(x, 'called', 'x').rpartition('.')[2]}"
                    arrays.setdefault(name, Spread.of(dx))
        if visit.call is not None and visit.call.dy is not None:
            arrays = {"dy": Spread.of(visit.call.dy), **arrays}
        freed = [one for call in visit.calls for one in recorder.kept[id(call)]]
        held -= sum(size for _, size in freed)
        stops.append(Stop("backward", visit.key, visit.layer.heading(), has_weights(visit),
                          arrays=arrays, kept=freed, held=held,
                          source=[lines_of(call, "backward") for call in reversed(
                              shown_calls(visit))], slide=slide_of(visit),
                          said=[] if arrays else ["no gradient passes here: nothing before it is "
                                                  "learnt"]))
    return stops


def update_stop(model: Any, lr: float) -> Stop:
    """How far each parameter moves, as a share of its size; about 1e-3 is usual."""
    said = [f"w <- w - {lr:g} x dw; the step's size beside the weights', about 1e-3 is healthy"]
    names = [name for name, p in model.named_parameters() if p.grad is not None]
    width = max(map(len, names), default=0)
    for name, parameter in model.named_parameters():
        if parameter.grad is None:
            continue
        size = float(np.sqrt((parameter.data ** 2).sum()))
        moved = lr * float(np.sqrt((parameter.grad ** 2).sum()))
        ratio = f"{moved / size:.1e}" if size else "from 0"
        said.append(f"{name.ljust(width)}   |lr dw| {moved:9.3g}   |w| {size:9.3g}   ratio {ratio}")
    return Stop("update", "update", f"SGD, lr {lr:g}", said=said)


# --- what is said of a layer ------------------------------------------------------------------

def has_weights(visit: Visit) -> bool:
    return bool(dict(visit.layer.named_parameters(recurse=False)))


def sizes_of(visit: Visit) -> list[str]:
    """(14 + 0 + 0 - 5) / 1 + 1 = 10, for a layer with a window on its input."""
    window, y = getattr(visit.layer, "window", None), visit.output
    x = next((x for x in visit.inputs if hasattr(x, "data")), None)
    if window is None or x is None or x.ndim != 4 or "Transpose" in type(visit.layer).__name__ or \
            getattr(visit.layer, "padding_mode", "zeros") != "zeros" or "Unpool" in \
            type(visit.layer).__name__:
        return []
    said = []
    for word, size, out, (before, after), reach, stride in zip(
            ("rows", "columns"), x.shape[2:], y.shape[2:], window.borders(*x.shape[2:]),
            window.reach, window.stride, strict=True):
        exact = (size + before + after - reach) / stride + 1
        rounded = "" if exact == out else f" = {exact:g}, in whole windows" + (
            ", the last one hangs over," if out > exact else "")
        said.append(f"{word} ({size} + {before} + {after} - {reach}) / {stride} + 1{rounded} = "
                    f"{out}")
    return said[:1] if len({text.partition(" ")[2] for text in said}) == 1 else said


def shown_calls(visit: Visit) -> list[Call]:
    """Its operations, each Function once."""
    once: dict[type[Function], Call] = {}
    for call in visit.calls:
        once.setdefault(call.function, call)
    return list(once.values())


def lines_of(call: Call, way: str) -> tuple[str, str]:
    """Where it stands, and the lines, without their common indentation."""
    where = sources(call.function, way)[0]
    return where, textwrap.dedent(inspect.getsource(getattr(call.function, way))).rstrip()


def slide_of(visit: Visit) -> str:
    return next((slide for call in visit.calls
                 if (slide := sources(call.function, "forward")[1])), "")
