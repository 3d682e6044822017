"""The receptive field: the part of the input that one output pixel sees.

    size_out = size_in + (reach - 1) * step_in          step_out = stride * step_in

reach is the window's extent, step the distance in input pixels between neighbouring outputs.  Where
branches meet, the largest field counts.  It may be larger than the image: padding adds to it.

Lectures: memphis "Receptive field in CNNs", iitk and stanford (three 3x3 see what one 7x7 sees).
"""

from collections.abc import Sequence

import numpy as np

from minicnn.autograd.hooks import record_outputs
from minicnn.autograd.switches import record_shapes
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import to_cpu
from minicnn.layers.module import Module, Shape
from minicnn.layers.steps import Step

Pair = tuple[int, int]


def trace(model: Module, in_shape: Shape) -> list[Step]:
    """The layers in the order in which shapes pass through them; nothing is computed."""
    steps: list[Step] = []
    with record_shapes(steps):
        model.shape(tuple(in_shape))
    return steps


def receptive_fields(steps: Sequence[Step]) -> dict[int, tuple[Pair, Pair]]:
    """id(step) -> ((height, width), (step down, step right)), in input pixels."""
    fields: dict[int, tuple[Pair, Pair]] = {}
    for step in steps:
        seen = [fields[id(source)] for source in step.sources]
        (h, w), (down, right) = merge(seen) if seen else ((1, 1), (1, 1))
        (RH, RW), (SH, SW) = step.layer.receptive_field(step.in_shapes[0])
        fields[id(step)] = (h + (RH - 1) * down, w + (RW - 1) * right), (down * SH, right * SW)
    return fields


def merge(fields: Sequence[tuple[Pair, Pair]]) -> tuple[Pair, Pair]:
    sizes, steps = zip(*fields, strict=True)
    return tuple(map(max, zip(*sizes, strict=True))), tuple(map(max, zip(*steps, strict=True)))


class _Reached(Exception):
    """Ends a forward pass at the layer that was asked for."""


def measured_field(model: Module, path: str, in_shape: Shape, images: int = 8,
                   seed: int = 0) -> Pair:
    """The same, measured: which input pixels receive a gradient from the middle pixel of a layer.

    path     : the layer, as named by model.named_modules(); what comes after it does not run
    in_shape : (C, H, W), so large that the field does not reach the border
    images   : random images to try; a ReLU or a maximum hides some pixels of each
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
