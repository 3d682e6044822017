"""The first tab: what a network makes of a picture, layer by layer, and any number of it explained.

The newest pictures are kept with their passes, so that a click asks for arithmetic alone, and for
that of the picture which the page really shows.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from minicnn.autograd.hooks import Hook, record
from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.demo.looking import looked_at
from minicnn.demo.packing import packed, strongest
from minicnn.explain.answer import explain, uses
from minicnn.explain.explanation import Explanation
from minicnn.explain.question import first_of
from minicnn.explain.record import Index, Recorder
from minicnn.explain.subject import Subject
from minicnn.explain.text import as_text
from minicnn.explain.web import sources_of
from minicnn.layers.module import Module
from minicnn.training.evaluate import answers_distances

KEPT = 3                       # pictures
MOST_MAPS = 16                 # of a layer, at a time
WIDEST = 64                    # pixels of a map that is shown; of larger ones every second, third
ALL_SHOWN = 24                 # layers: of a network with more, only those that are asked for


class Values(Hook):
    """What each layer answers, in the order in which they ran."""

    def __init__(self) -> None:
        self.found: dict[str, Any] = {}
        self.runs: dict[str, int] = {}

    def layer_ends(self, path: str, layer: Any, inputs: tuple, y: Any) -> None:
        self.runs[path] = self.runs.get(path, 0) + 1
        key = path if self.runs[path] == 1 else f"{path}#{self.runs[path]}"
        moved = isinstance(y, Tensor) and any(
            y is x or y.data.size == x.data.size and y.ndim != x.ndim
            for x in inputs if isinstance(x, Tensor))
        if path and isinstance(y, Tensor) and y.ndim in (2, 4) and not moved:
            self.found[key] = y.data


@dataclass(frozen=True)
class Kept(Subject):
    """A Subject whose passes are kept."""

    passes: dict[int | None, Recorder] = field(default_factory=dict)

    def run(self, label: int | None = None) -> Recorder:
        if label not in self.passes:
            self.passes[label] = super().run(label)
        return self.passes[label]


@dataclass
class Reader:
    """A network in float64, and how a picture becomes its input.

    look, scale : Pillow image -> (C, H, W) uint8, what the network gets -> (C, H, W) float
    words       : which network and weights; asked: the options that name them
    """

    model: Module
    classes: Sequence[str]
    look: Callable[[Any], np.ndarray]
    scale: Callable[[np.ndarray], np.ndarray]
    words: str
    asked: str

    def __post_init__(self) -> None:
        self.model = self.model.eval().to(dtype=np.float64)
        self.lock = threading.Lock()
        self.number = 0
        self.pictures: OrderedDict[int, Kept] = OrderedDict()

    def read(self, image: Any, shown: str | None = None, first: int = 0) -> dict[str, Any]:
        """What the network gets of a Pillow image, what it answers, and the maps of its layers.

        shown : the layer whose maps are wanted, from map `first` on; small networks show them all
        """
        seen = self.look(image)
        subject = Kept(self.model, np.asarray(self.scale(seen), np.float64)[None], self.words,
                       self.asked, lambda k: np.empty(0))
        with self.lock:
            self.number += 1
            self.pictures[self.number] = subject
            while len(self.pictures) > KEPT:
                self.pictures.popitem(last=False)
            return {"picture": self.number, "seen": packed(seen),
                    **self.layers(subject, shown, first)}

    def layers(self, subject: Subject, shown: str | None, first: int) -> dict[str, Any]:
        with no_grad(), record(values := Values()):
            y = first_of(self.model(Tensor(subject.x))).numpy()[0]            # (classes,)
        found, scores = values.found, -y if answers_distances(self.model) else y
        everything = len(found) <= ALL_SHOWN
        if not everything and shown not in found:
            shown = next(iter(found))
        p = np.exp(scores - scores.max())
        p /= p.sum()
        order = np.argsort(-p, kind="stable")[:10] if len(p) > 10 else range(len(p))
        return {"answers": [{"number": int(k), "name": str(self.classes[k]), "p": float(p[k]),
                             "score": float(scores[k])} for k in order],
                "layers": [self.maps(name, y[0], first if name == shown else 0,
                                     everything or name == shown) for name, y in found.items()]}

    @staticmethod
    def maps(name: str, y: np.ndarray, first: int, wanted: bool) -> dict[str, Any]:
        """y: (C, H, W) or (n,).  Every `step`-th pixel of large maps."""
        own: dict[str, Any] = {"name": name, "size": list(y.shape)}
        if wanted:
            part = y if y.ndim == 1 else y[first:first + MOST_MAPS]
            step = -(-max(part.shape[1:], default=1) // WIDEST)
            own |= {"first": first, "step": step, "most": strongest(y),
                    "values": packed(part if y.ndim == 1 else part[:, ::step, ::step])}
        return own

    # --- of a picture that is shown ----------------------------------------------------------

    def subject(self, picture: int) -> Kept:
        if picture not in self.pictures:
            raise ValueError("that picture has gone; draw on, or click again")
        return self.pictures[picture]

    def more(self, picture: int, shown: str, first: int) -> dict[str, Any]:
        """Other maps of a picture that is there."""
        with self.lock:
            return {"picture": picture, **self.layers(self.subject(picture), shown, first)}

    def gradient(self, picture: int, label: int, shown: str | None = None) -> dict[str, Any]:
        """What would make it a nine: -d loss / d of every pixel, where the loss takes `label` for
        right; above 0, more ink makes the network surer of it.  And d loss / d of every layer.
        """
        with self.lock:
            subject = self.subject(picture)
            recorder = subject.run(subject.label(label))
            layers, image = [], np.zeros(subject.x.shape[1:])
            for name, tensor in [("image", recorder.visits[""].inputs[0]),
                                 *[(key, visit.output) for key, visit in recorder.visits.items()]]:
                dxs = [np.asarray(call.dxs[k])[0] for call, k in uses(recorder, tensor)] if \
                    isinstance(tensor, Tensor) else []
                if not dxs:
                    continue
                if name == "image":
                    image = -sum(dxs).sum(axis=0)                             # (H, W)
                elif name:
                    layers.append(self.maps(name, sum(dxs), 0, True))
            return {"picture": picture, "label": label, "image": packed(image),
                    "most": strongest(image), "loss": float(recorder.loss.data), "layers": layers}

    def explain(self, picture: int, layer: str, at: Index | None, label: int | None,
                columns: int) -> dict[str, Any]:
        """The arithmetic of a value; with a label that of the gradient of that value.

        at : map, row, column; the strongest if None
        """
        with self.lock:
            subject = self.subject(picture)
            if label is None:
                found = explain(subject, layer, at)
                where = looked(subject.run(), layer, at or place_in(found.title))
            else:
                user = reader_of(subject.run(subject.label(label)), layer)
                found = explain(subject, user, at, backward=True, of="input", label=label)
                where = {}
            return {"picture": picture, "layer": layer, "title": found.title,
                    "at": at or place_in(found.title), "value": found.value, "equal": found.right,
                    "text": as_text(replace(found, command=""), columns), "down": below(found),
                    "code": code(subject, found, label), "looks": where}


def looked(recorder: Recorder, layer: str, at: Sequence[int]) -> dict[str, Any]:
    visit = recorder.visits.get(layer)
    if visit is None or len(at) != 3:
        return {}
    return {name: list(box) for name, box in looked_at(recorder, layer, tuple(at[1:])).items()}


def reader_of(recorder: Recorder, layer: str) -> str:
    """The layer that takes in what this one gives, or the loss.

    A gradient is explained where it comes from: from what reads the value.
    """
    if layer not in recorder.visits:
        raise ValueError(f"no layer {layer!r} ran")
    y = recorder.visits[layer].output
    readers = [key for key, visit in recorder.visits.items()
               if key and any(x is y for x in visit.inputs)]
    if not readers and y is recorder.visits[""].output:
        return "loss"
    if not readers:
        raise ValueError(f"{layer} is read by no layer of its own, but by a step of the layer "
                         "around it; look at the next one")
    return readers[0]


def place_in(title: str) -> list[int]:
    """[9, 4, 5] of "CONV2[9,4,5]"."""
    inside = title.rpartition("[")[2].partition("]")[0]
    return [int(k) for k in inside.split(",")] if "[" in title else []


def below(found: Explanation) -> dict[str, Any] | None:
    """What the command "one layer down" asks for: the button does the same."""
    words = found.command.split()
    if "--layer" not in words or "--at" not in words:
        return None
    return {"layer": words[words.index("--layer") + 1],
            "at": [int(k) for k in words[words.index("--at") + 1].split(",")]}


def code(subject: Kept, found: Explanation, label: int | None) -> str:
    """The lines of the source that computed it."""
    for ways in sources_of(subject.run(label)).values():
        for where, lines in ways.values():
            if where == found.source:
                return lines
    return ""
