"""The page: a network's layers, maps and arithmetic in one file that needs no network.

    page/page.html, page.css       what is on it, and how it looks
    numbers.js                     the arrays, numbers, places
    forward.js, backward.js        the arithmetic of values and of gradients
    weights.js                     weights and biases, and their gradients
    maps.js, looks.js, keys.js     layers and maps, the cell that is looked at, how one moves

Here the numbers are put in.  JavaScript does again only what a pocket calculator does: sums of
products, maxima, straight lines; a test holds that to the explanations at random cells.
"""

import base64
import html
import inspect
import json
import textwrap
from pathlib import Path
from typing import Any

import numpy as np

from minicnn.analysis.drawing import as_svg, draw
from minicnn.autograd.activations import ReLUFn
from minicnn.autograd.arithmetic import AddFn
from minicnn.explain.answer import one_use, sources, value, visit_of
from minicnn.explain.explainer import MOST, explainer_of
from minicnn.explain.kinds.moves import Move
from minicnn.explain.record import Call, Index, Recorder
from minicnn.explain.subject import Subject
from minicnn.explain.text import working_lines
from minicnn.layers.avgpool import AvgPool2dFn
from minicnn.layers.channelnorm import BatchNormEvalFn
from minicnn.layers.conv import Conv2dFn
from minicnn.layers.linear import LinearFn
from minicnn.layers.maxpool import MaxPool2dFn
from minicnn.layers.residual import ResidualFn

FOLDER = Path(__file__).with_name("page")
SCRIPTS = ("numbers", "forward", "backward", "weights", "maps", "looks", "keys")
LARGEST = 20_000_000                   # bytes of a page
Node = dict[str, Any]


def page(subject: Subject, label: int | None = None, layer: str | None = None,
         at: Index | None = None) -> str:
    """The whole file.  label: of the loss, by default the class that the network answers second.

    ValueError if it would be larger than 20 MB, or if there is no loss, as for R-CNN.
    """
    check_size(16 / 3 * 2 * subject.model.num_parameters())     # before any work: w and dw
    label = subject.label(label)
    recorder = subject.run(label)
    nodes = nodes_of(subject, recorder)
    data = {"nodes": nodes, "sources": sources_of(recorder), "asked": subject.asked,
            "start": start(recorder, nodes, layer, at)}
    # Inside a script element "</" would end it, whatever the language.
    text = json.dumps(data, separators=(",", ":")).replace("</", "<\\/")
    check_size(len(text))
    filled = (FOLDER / "page.html").read_text("utf-8")
    script = "\n".join((FOLDER / f"{name}.js").read_text("utf-8") for name in SCRIPTS)
    for name, part in {"TITLE": html.escape(subject.asked.partition(" ")[0]),
                       "WORDS": html.escape(subject.words), "LABEL": f"(label {label})",
                       "DRAWING": drawing_of(subject),
                       "STYLE": (FOLDER / "page.css").read_text("utf-8"), "DATA": text,
                       "SCRIPT": script}.items():
        filled = filled.replace(f"@@{name}@@", part)
    return filled


def check_size(size: float) -> None:
    """A ValueError for a page of more than 20 MB."""
    if size > LARGEST:
        raise ValueError(f"the page would have {size / 1e6:.0f} MB, more than "
                         f"{LARGEST / 1e6:.0f}; take a smaller network, or explain one layer in "
                         "the terminal: --layer without --html")


def drawing_of(subject: Subject) -> str:
    """The network as `python -m minicnn draw` draws it, for pictures of that size."""
    return as_svg(draw(subject.model, subject.x.shape[1:], subject.asked.partition(" ")[0]))


def start(recorder: Recorder, nodes: list[Node], layer: str | None, at: Index | None) -> list:
    """The node that is shown first, and the place: null is the largest value."""
    if layer is None:
        return [next((k for k, node in enumerate(nodes) if node["kind"] == "conv"), 0), None]
    visit = visit_of(recorder, layer)
    call = recorder.made.get(id(recorder.loss if visit is None else visit.output))
    k = recorder.calls.index(call) + 1 if call in recorder.calls else 0
    shape = nodes[k]["shape"]
    if at is not None and (len(at) != len(shape) or any(
            not 0 <= i < size for i, size in zip(at, shape, strict=True))):
        raise ValueError(f"{layer} is {'x'.join(map(str, shape))}: --at is a place in it; you "
                         f"asked {','.join(map(str, at))}")
    return [k, None if at is None else list(at)]


def nodes_of(subject: Subject, recorder: Recorder) -> list[Node]:
    """The image, and every operation, with the numbers of the nodes that it reads."""
    x = recorder.visits[""].inputs[0] if "" in recorder.visits else recorder.calls[0].tensors[0]
    nodes: list[Node] = [{"name": "image", "kind": "image", "shape": list(x.shape[1:]),
                          "inputs": [], "y": packed(x.data), "source": "", "layer": "",
                          **({} if x.grad is None else {"dy": packed(x.grad)})}]
    number = {id(x): 0}
    for k, call in enumerate(recorder.calls, 1):
        inputs = [number.get(id(tensor), -1) for tensor in call.tensors]
        number[id(call.output)] = k
        node: Node = {"name": call.name, "shape": list(shape_of(call.y)), "inputs": inputs,
                "y": packed(call.y), "source": call.function.__name__,
                "layer": call.visit.key if call.visit else "loss"}
        if call.dy is not None:
            node["dy"] = packed(call.dy)
        node |= arithmetic_of(call, inputs)
        if node["kind"] == "text":
            node |= words_of(call, subject, inputs)
        node["hidden"] = node["kind"] == "move" or (call.visit is None and not call.is_loss)
        nodes.append(node)
    return nodes


def shape_of(y: np.ndarray) -> tuple[int, ...]:
    """Without the axis of the batch, which has one picture."""
    return y.shape[1:] if y.ndim > 1 and y.shape[0] == 1 else y.shape


def arithmetic_of(call: Call, inputs: list[int]) -> Node:
    """What JavaScript needs to do it again; else kind "text"."""
    if call.y.ndim == 0 or call.y.shape[0] != 1 or inputs[0] < 0:
        return {"kind": "text"}
    kept, function = call.kept, call.function
    if function is Conv2dFn or function in (MaxPool2dFn, AvgPool2dFn):
        (top, _), (left, _) = kept.window.borders(*call.inputs[0].shape[2:])
        window = {"kernel": kept.window.kernel, "stride": kept.window.stride, "pad": [top, left],
                  "dilation": kept.window.dilation}
        if function is Conv2dFn:
            return {"kind": "conv", "groups": kept.G, **window, **weights(call)}
        if function is MaxPool2dFn:
            return {"kind": "maxpool", **window}
        return {"kind": "avgpool", **window,
                "counts": packed(np.broadcast_to(kept.K, call.y.shape[2:]))}
    if function is LinearFn and call.y.ndim == 2:
        return {"kind": "linear", **weights(call)}
    if function is ReLUFn:
        return {"kind": "relu"}
    if function in (AddFn, ResidualFn) and min(inputs) >= 0 and \
            call.inputs[0].shape == call.inputs[1].shape:
        return {"kind": "add"}
    if function is BatchNormEvalFn and call.y.ndim == 4:
        mu, var, *affine = call.inputs[1:]
        gamma, beta = [*affine, 1.0, 0.0][:2] if len(affine) != 1 else (affine[0], 0.0)
        a = gamma / np.sqrt(var + kept.eps)
        return {"kind": "affine", "a": packed(a), "b": packed(beta - a * mu)}
    explainer = explainer_of(call)
    if isinstance(explainer, Move) and min(inputs) >= 0:
        origins = explainer.origins().reshape(-1) - 1
        return {"kind": "move", "origins": text_of(origins.astype("<i4"))}
    return {"kind": "text"}


def weights(call: Call) -> Node:
    """w and b, and their gradients dw and db, of those that there are."""
    found = dict(zip(("w", "b"), call.inputs[1:], strict=False))
    found |= {name: dx for name, dx in zip(("dw", "db"), call.dxs[1:], strict=False)
              if dx is not None}
    return {name: packed(array) for name, array in found.items()}


def words_of(call: Call, subject: Subject, inputs: list[int]) -> Node:
    """What Python says in place of JavaScript; of many places only the values."""
    node: Node = {"lines": [], "dxs": [
        packed(dx) if k >= 0 and dx is not None else None
        for k, dx in zip(inputs, call.dxs or [None] * len(inputs), strict=True)]}
    if call.y.size == 1:
        at = (0,) * call.y.ndim
        node["lines"] = working_lines(value(call, at, MOST, 0, subject, []))[:-1]
        if call.dxs and call.dxs[0] is not None:
            largest = np.unravel_index(int(np.abs(call.dxs[0]).argmax()), call.dxs[0].shape)
            place = tuple(map(int, largest))
            node["back"] = ["for example, at the place of the largest gradient:", *working_lines(
                one_use(Recorder(), "", call, 0, place, MOST))]
    elif call.visit is None or call.visit.call is not call:
        node["lines"] = ["a step inside a layer; the terminal shows it with the layer: python -m "
                         f"minicnn explain {subject.asked} --layer "
                         f"{call.visit.key if call.visit else 'loss'}"]
    return node


def packed(array: Any) -> str:
    """Four bytes a number."""
    return text_of(np.ascontiguousarray(array, "<f4"))


def text_of(array: np.ndarray) -> str:
    return base64.b64encode(array.tobytes()).decode("ascii")


def sources_of(recorder: Recorder) -> Node:
    """Of every Function that ran: where forward and backward stand, and their lines."""
    found: Node = {}
    for call in recorder.calls:
        if call.function.__name__ not in found:
            found[call.function.__name__] = {
                way: [sources(call.function, way)[0],
                      textwrap.dedent(inspect.getsource(getattr(call.function, way))).rstrip()]
                for way in ("forward", "backward")}
    return found
