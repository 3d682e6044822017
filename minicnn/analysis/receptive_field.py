"""The receptive field: the part of the input that one output pixel sees.

    size_out = size_in + (reach - 1) * step_in          step_out = stride * step_in

reach is the window's extent, step the distance in input pixels between neighbouring outputs.  Where
branches meet, the largest field counts.  It may be larger than the image: padding adds to it.

Where a layer has doubled the image, step is half of what it was.  Neighbours then see different or
the same pixels of the small image, by turns: some fields are larger than is said, some smaller, by
less than a pixel of the small image.

Lectures: memphis "Receptive field in CNNs", iitk and stanford (three 3x3 see what one 7x7 sees).
"""

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, floor
from typing import Any, NamedTuple

import numpy as np

from minicnn.autograd.hooks import record_outputs
from minicnn.autograd.switches import record_shapes
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import to_cpu
from minicnn.layers.conv_transpose import ConvTranspose2d
from minicnn.layers.lrn import LocalResponseNormWithin
from minicnn.layers.maxunpool import MaxUnpool2d
from minicnn.layers.module import Module, Shape
from minicnn.layers.steps import Step
from minicnn.layers.windowed import Windowed

Pair = tuple[int, int]
Box = tuple[int, int, int, int]        # top, left, bottom, right, half open, in input pixels


def trace(model: Module, in_shape: Shape) -> list[Step]:
    """The layers in the order in which shapes pass through them; nothing is computed."""
    steps: list[Step] = []
    with record_shapes(steps):
        model.shape(tuple(in_shape))
    return steps


def receptive_fields(steps: Sequence[Step]) -> dict[int, tuple[Pair, Pair]]:
    """id(step) -> ((height, width), (step down, step right)), in input pixels.

    Sizes are rounded up; steps below 1, where layers enlarge, are Fractions.
    """
    fields: dict[int, tuple[Pair, Pair]] = {}
    for step in steps:
        seen = [fields[id(source)] for source in step.sources]
        (h, w), (down, right) = merge(seen) if seen else ((1, 1), (1, 1))
        (RH, RW), (SH, SW) = step.layer.receptive_field(step.in_shapes[0])
        fields[id(step)] = (h + (RH - 1) * down, w + (RW - 1) * right), (down * SH, right * SW)
    return {key: ((ceil(h), ceil(w)), (whole(down), whole(right)))
            for key, ((h, w), (down, right)) in fields.items()}


def whole(step: Any) -> Any:
    return int(step) if step == int(step) else step


def merge(fields: Sequence[tuple[Pair, Pair]]) -> tuple[Pair, Pair]:
    sizes, steps = zip(*fields, strict=True)
    return tuple(map(max, zip(*sizes, strict=True))), tuple(map(max, zip(*steps, strict=True)))


class Field(NamedTuple):
    """Where the units of a layer look: unit (0, 0) at `start`, and each next one a step further.

    size : (height, width);  step : (down, right);  start : (top, left), below 0 in the padding
    """

    size: Pair
    step: Any
    start: Any

    def box(self, place: Sequence[int]) -> Box:
        """What unit (row, column) sees; it may hang over the image."""
        top, left = (floor(start + step * at)
                     for start, step, at in zip(self.start, self.step, place, strict=True))
        return top, left, top + self.size[0], left + self.size[1]


def field_of(model: Module, path: str, in_shape: Shape) -> Field:
    """The field of a layer, or of the last layer inside a block, for images (C, H, W).

    A layer without maps sees the whole image.
    """
    steps = trace(model, in_shape)
    step = last_step(steps, path)
    if len(step.shape) != 3:
        return Field((in_shape[1], in_shape[2]), (1, 1), (0, 0))
    size, right_down = receptive_fields(steps)[id(step)]
    return Field(size, right_down, field_starts(steps)[id(step)])


def last_step(steps: Sequence[Step], path: str) -> Step:
    path, _, run = path.partition("#")
    inside = [step for step in steps if step.path == path]
    inside = inside[int(run or 1) - 1:][:1] or [
        step for step in steps if step.path.startswith(f"{path}.") or not path]
    if not inside:
        raise ValueError(f"field_of: no layer {path!r} was met on the way through the network")
    return inside[-1]


def field_starts(steps: Sequence[Step]) -> dict[int, tuple[Any, Any]]:
    """id(step) -> (top, left) of what its unit (0, 0) sees: padding moves it out of the image."""
    fields, starts = receptive_fields(steps), dict[int, tuple[Any, Any]]()
    for step in steps:
        sides = []
        for axis in (0, 1):
            seen = min((starts[id(source)][axis] for source in step.sources), default=Fraction(0))
            pace = max((fields[id(source)][1][axis] for source in step.sources), default=1)
            sides.append(seen - before(step, axis) * pace)
        starts[id(step)] = sides[0], sides[1]
    return starts


def before(step: Step, axis: int) -> Any:
    """How far unit 0 of a layer reaches above, or to the left of, pixel 0 of its input."""
    layer, shape = step.layer, step.in_shapes[0]
    if isinstance(layer, LocalResponseNormWithin):
        return layer.size // 2
    if not isinstance(layer, Windowed) or isinstance(layer, MaxUnpool2d) or len(shape) != 3:
        return 0
    padding = layer.window.borders(*shape[1:])[axis][0]
    if isinstance(layer, ConvTranspose2d):
        return Fraction(layer.window.reach[axis] - 1 - padding, layer.window.stride[axis])
    return padding


class _Reached(Exception):
    """Ends a forward pass at the layer that was asked for."""


def measured_field(model: Module, path: str, in_shape: Shape, images: int = 8,
                   seed: int = 0) -> Pair:
    """The same, measured: which input pixels receive a gradient from the middle pixel of a layer.

    path     : the layer, as named by model.named_modules(); what comes after it does not run
    in_shape : (C, H, W), so large that the field does not reach the border
    images   : random images to try, by `seed`; a ReLU or a maximum hides some pixels of each
    """
    rng = np.random.default_rng(seed)
    x = Tensor(rng.standard_normal((images, *in_shape)).astype(np.float32), requires_grad=True)
    found: list[Tensor] = []

    def tap(name: str, layer: Module, y: Tensor) -> None:
        if name == path:
            found.append(y)
            raise _Reached

    was_training = model.training
    try:
        with record_outputs(tap):
            model.eval()(x)
    except _Reached:
        pass
    finally:
        model.train(was_training)
    if not found:
        names = ", ".join(name for name, _ in model.named_modules() if name)
        raise ValueError(f"measured_field: no layer {path!r} ran; there are {names}")
    y = found[0]
    middle = tuple(size // 2 for size in y.shape[2:])
    dy = np.zeros(y.shape, np.float32)
    dy[(slice(None), slice(None), *middle)] = rng.uniform(0.5, 1.5, y.shape[:2])
    y.backward(dy)
    touched = np.nonzero(np.abs(to_cpu(x.grad)).sum(axis=(0, 1)))            # rows, columns
    height, width = (int(place.max() - place.min()) + 1 for place in touched)
    return height, width
