"""Which operation made a value, or used it, and its explanation: `explain(subject, "CONV2")`."""

import inspect
import re
from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import Any, NoReturn

import numpy as np

import minicnn
from minicnn.analysis.layer_names import no_such_layer
from minicnn.autograd.engine import Function
from minicnn.backend.arrays import Array
from minicnn.backend.messages import did_you_mean, type_name
from minicnn.explain import kinds  # noqa: F401
from minicnn.explain.explainer import MOST, explainer_of, followed
from minicnn.explain.explanation import (
    Explanation,
    Term,
    Terms,
    Working,
    number,
    place,
)
from minicnn.explain.question import Box
from minicnn.explain.record import Call, Index, Recorder, Visit
from minicnn.explain.subject import Subject

ROOT = Path(minicnn.__file__).parents[1]


def explain(subject: Subject, layer: str, at: Index | None = None, backward: bool = False,
            of: str | None = None, label: int | None = None, most: int | None = MOST,
            deeper: int = 0) -> Explanation:
    """How one value of a layer comes about, or with `backward` one gradient.

    subject : the network and what it reads: network_subject
    layer  : a path, as activations() names them: "CONV2", "layer1.0.conv1", "relu#2"; or "loss"
    at     : the place, without the image's number; the largest value, or gradient, if left out
    of     : of which gradient: "input", or a parameter of the layer: "weight", "bias"
    label  : of the loss; by default the class that the network answers second
    most   : so many terms of a sum are shown, all if None
    deeper : so many layers down, along the largest term
    """
    with np.errstate(all="ignore"):                        # NaN and infinity are shown as such
        return answered(subject, layer, at, backward, of, label, most, deeper)


def answered(subject: Subject, layer: str, at: Index | None, backward: bool, of: str | None,
             label: int | None, most: int | None, deeper: int) -> Explanation:
    if backward or layer.lower() == "loss":
        label = subject.label(label)
    recorder = subject.run(label)
    visit = visit_of(recorder, layer)
    if backward:
        one = gradient(recorder, visit, at, of, most)
    else:
        one = forward(recorder, visit, at, most, deeper, subject)
    notes = [subject.words]
    if label is not None:
        notes.append(subject.said_of_loss(label))
    if visit is None and not backward and label is not None:
        notes += lost_digits(subject, label, one.layer)
    return replace(one, notes=[*notes, *one.notes])


def lost_digits(subject: Subject, label: int, loss: float) -> list[str]:
    """A note, if float32, in which networks run, shows other digits."""
    if isinstance(subject.question, Box):                  # it draws which boxes count, anew
        return []
    single = subject.loss_in_float32(label)
    if number(single) == number(loss):
        return []
    return [f"in float32, as networks run, it is {number(single)}: the last digits are lost there"]


def visit_of(recorder: Recorder, layer: str) -> Visit | None:
    """The run of a layer of that name; None is the loss."""
    if layer.lower() == "loss":
        return None
    if layer in recorder.visits:
        return recorder.visits[layer]
    alike = [key for key in recorder.visits if key.lower() == layer.lower()]
    if len(alike) == 1:
        return recorder.visits[alike[0]]
    names = [key for key in recorder.visits if key]
    raise ValueError(f"no layer {layer!r} ran; {no_such_layer(layer, names)}")


# --- forward ----------------------------------------------------------------------------------

def forward(recorder: Recorder, visit: Visit | None, at: Index | None, most: int | None,
            deeper: int, subject: Subject) -> Explanation:
    """The value at `at` of what a layer answers, and what is behind it."""
    name = "loss" if visit is None else visit.key or "the network"
    y = recorder.loss if visit is None else visit.output
    if not hasattr(y, "data"):
        raise ValueError(f"{name} answers with a {type_name(y)}, not with numbers; explain one "
                         "of the layers inside it")
    place_, call = located(name, np.asarray(y.data), at), recorder.made.get(id(y))
    if call is None:
        raise ValueError(f"{name} hands on the picture as it is: there is nothing to explain")
    notes = []
    if visit is not None and visit.call is not None and call.visit is not visit:
        notes = [f"{name} is what {call.name} gives"]
    if visit is not None and call not in inside(recorder, visit):
        notes = [f"{name} hands on what it gets, as dropout does in test mode: {call.name}"]
    return value(call, place_, most, deeper, subject, notes)


def inside(recorder: Recorder, visit: Visit) -> list[Call]:
    """The calls of a layer and of the layers in it."""
    prefix = f"{visit.key}." if visit.key else ""
    return [call for call in recorder.calls if call.visit is visit or (
        call.visit is not None and call.visit.key.startswith(prefix))]


def value(call: Call, at: Index, most: int | None, deeper: int, subject: Subject,
          notes: list[str]) -> Explanation:
    """Of y[at] of a call; what only moves values is followed; steps inside a layer come along."""
    explainer = explainer_of(call, most)
    title = shown(call, at)
    source: Call | None = call
    if explainer.moves and (found := explainer.origin(at)) is not None:
        source, tensor, there = followed(call, *found)
        if source is not None:
            notes = [*notes, f"{title} is {shown(source, there)}: nothing is computed on the way"]
            return value(source, there, most, deeper, subject, notes)
    working = explainer.value(at)
    below: list[Explanation] = []
    command = ""
    if working.leads is not None:
        source, _, there = followed(call, *working.leads)
        if source is not None:
            within = source.visit is call.visit and call.visit is not None
            if within or deeper > 0:
                below = [value(source, there, most, deeper - (not within), subject, [])]
            elif source.visit is not None and source.visit.key:
                command = "one layer down: python -m minicnn explain " \
                          f"{subject.asked} --layer {quote(source.visit.key)} --at " \
                          f"{','.join(map(str, there[1:] if there[0] == 0 else there))}"
    return Explanation(title, working, float(call.y[at]), *sources(call.function, "forward"),
                       notes, below, command)


# --- backward ---------------------------------------------------------------------------------

def gradient(recorder: Recorder, visit: Visit | None, at: Index | None, of: str | None,
             most: int | None) -> Explanation:
    """Of an element of a layer's input or parameter, through all that used it."""
    if visit is None:
        if of not in (None, "input"):
            raise ValueError(f"the loss has no {of}; --of input is what the network answers")
        if "" not in recorder.visits or not uses(recorder, recorder.visits[""].output):
            raise ValueError("this network's loss has its own way through the layers; ask for the "
                             "gradients of one of them")
        tensor, name = recorder.visits[""].output, "score"
    else:
        tensor, name = wanted(recorder, visit, of)
    users = uses(recorder, tensor)
    if not users:
        raise ValueError(f"no gradient reaches {name}: the loss does not depend on it, or nobody "
                         "asked for it")
    total = sum(np.asarray(call.dxs[k]) for call, k in users)
    at = located(name, np.asarray(total), at, strongest=True,
                 images=not hasattr(tensor, "learnt"))
    title = f"d loss / d {name}" + place(at[1:] if not hasattr(tensor, "learnt")
                                         and tensor.shape[0] == 1 else at)
    if visit is not None and not hasattr(tensor, "learnt"):
        title += f", the input of {visit.key or 'the network'},"
    if len(users) == 1:
        return one_use(recorder, title, *users[0], at, most)
    below = [one_use(recorder, f"through {call.name}", call, k, at, most) for call, k in users]
    terms = Terms([Term(one.title, [], one.value) for one in below])
    dx = sum(one.value for one in below)
    working = Working(dx, [terms], f"it was used {len(below)} times; the gradients add up to "
                      f"{number(dx)}", sum(abs(one.value) for one in below))
    return Explanation(title, working, float(np.asarray(total)[at]), deeper=below)


def one_use(recorder: Recorder, title: str, call: Call, k: int, at: Index, most: int | None
            ) -> Explanation:
    """The gradient that comes back through one call; what only moves values leads on."""
    explainer = explainer_of(call, most)
    working = explainer.gradient(k, at)
    below = []
    if explainer.moves:
        users = uses(recorder, call.output)
        found = np.argwhere(explainer.gradient_places(k, at))
        if len(users) == len(found) == 1:
            there = tuple(map(int, found[0]))
            below = [one_use(recorder, f"d loss / d {shown(call, there)}", *users[0], there, most)]
    dx = call.dxs[k]
    return Explanation(title, working, float(np.asarray(dx)[at]), *sources(call.function,
                                                                          "backward"), [], below)


def wanted(recorder: Recorder, visit: Visit, of: str | None) -> tuple[Any, str]:
    """The Tensor whose gradient is asked for, and its name."""
    own = dict(visit.layer.named_parameters(recurse=False))
    of = of or ("weight" if "weight" in own else "input")
    if of == "input":
        x = next((x for x in visit.inputs if hasattr(x, "data")), None)
        if x is None:
            raise ValueError(f"{visit.key}: no Tensor goes in")
        source = recorder.made.get(id(x))
        return x, source.name if source else getattr(x, "called", "input")
    if of not in own:
        hint = did_you_mean(of, [*own, "input"]) or \
            f"there {'are' if own else 'is'} {', '.join([*own, 'input'])}"
        raise ValueError(f"{visit.key or 'the network'} has no {of}; {hint}")
    return own[of], f"{visit.key}.{of}"


def uses(recorder: Recorder, tensor: Any) -> list[tuple[Call, int]]:
    """The calls, and the number of the input, through which a gradient came back to a Tensor."""
    return [(call, k) for call in recorder.calls for k, x in enumerate(call.tensors)
            if x is tensor and k < len(call.dxs) and call.dxs[k] is not None]


# --- places, names, sources -------------------------------------------------------------------

def located(name: str, y: Array, at: Index | None, strongest: bool = False,
            images: bool = True) -> Index:
    """The place with the image's number; of the first image the largest value, if none is given."""
    if not y.size:
        raise ValueError(f"{name} has no values: {y.shape}")
    if at is None:
        if images and y.ndim > 1:
            return (0, *located(name, y[0], None, strongest, images=False))
        ranked = np.abs(y) if strongest else y
        ranked = np.where(np.isnan(ranked), -np.inf, ranked)
        return tuple(map(int, np.unravel_index(int(np.argmax(ranked)), y.shape)))
    if images and len(at) == y.ndim - 1:
        at = (0, *at)
    if len(at) != y.ndim or any(not 0 <= i < size for i, size in zip(at, y.shape, strict=True)):
        refuse_place(name, y.shape[1:] if images and y.shape[:1] == (1,) else y.shape, at, images)
    return at


def refuse_place(name: str, shape: Index, at: Index, images: bool) -> NoReturn:
    asked = ",".join(map(str, at[1:] if images and len(at) == len(shape) + 1 else at))
    if not shape:
        raise ValueError(f"{name} is a single number: leave --at out")
    if images and len(shape) == 3:
        C, H, W = shape
        raise ValueError(f"{name} has {C} maps of {H}x{W}: --at is map, row, column, 0..{C - 1}, "
                         f"0..{H - 1}, 0..{W - 1}; you asked {asked}")
    ranges = ", ".join(f"0..{size - 1}" for size in shape)
    raise ValueError(f"{name} is {'x'.join(map(str, shape))}: --at is {ranges}; "
                     f"you asked {asked}")


def shown(call: Call, at: Index) -> str:
    """"CONV2[9,4,5]": without the image's number, where there is one image."""
    whole = call.visit is not None and call.visit.call is call
    return call.name + place(at[1:] if (whole or call.visit is None) and call.y.ndim > 1
                             and call.y.shape[0] == 1 else at)


def sources(function: type[Function], way: str) -> tuple[str, str, str]:
    """"minicnn/layers/conv.py:47-61 (Conv2dFn.forward)", the slide, the file of a faster way."""
    method = getattr(function, way)
    try:
        lines, first = inspect.getsourcelines(method)
        path = Path(inspect.getsourcefile(method) or "")
    except (OSError, TypeError):
        return f"{function.__name__}.{way}", "", ""
    where = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    text = inspect.getmodule(function).__doc__ or ""
    found = re.search(r"Lectures?:\s*(.+?)(?:\n\n|\Z)", text, re.DOTALL)
    slide = re.match(r'[^;"]*("[^"]*")?', " ".join(found[1].split())) if found else None
    return (f"{where.as_posix()}:{first}-{first + len(lines) - 1} ({method.__qualname__})",
            slide[0].strip().rstrip(".,") if slide else "", faster_way(function))


def faster_way(function: type[Function]) -> str:
    """The file of the version for NumPy that stands in for the definition."""
    version = function.versions[0]
    if version is None:
        return ""
    path = Path(inspect.getsourcefile(inspect.unwrap(version)) or "")
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else ""
