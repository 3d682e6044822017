"""An explainer says in numbers what a Function does, at one place, forward and backward.

    @explains(Conv2dFn)
    class Convolution(Explainer):
        def value(self, at): ...                 how y[at] comes about
        def gradient(self, number, at): ...      how the gradient of input `number` at `at` does

It computes from the inputs of the call and from dy alone, by the formula in the layer's file, and
never from what the Function has kept for its backward: else it would agree with any mistake.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from minicnn.autograd.engine import Function
from minicnn.backend.arrays import Array
from minicnn.explain.explanation import Part, Working, largest, number, place
from minicnn.explain.record import Call, Index

MOST = 8                               # terms of a sum that are shown

EXPLAINERS: dict[type[Function], type["Explainer"]] = {}
E = TypeVar("E", bound="type[Explainer]")


def explains(*functions: type[Function]) -> Callable[[E], E]:
    """Decorator that names the Functions which an explainer is for."""
    def note(explainer: E) -> E:
        EXPLAINERS.update(dict.fromkeys(functions, explainer))
        return explainer
    return note


class Explainer(ABC):
    """One call of a Function.  moves: it moves values about, and so is followed, not shown."""

    moves = False

    def __init__(self, call: Call, most: int | None = MOST) -> None:
        self.call, self.most = call, call.y.size + 10 ** 9 if most is None else most
        self.kept, self.inputs, self.y = call.kept, call.inputs, call.y

    @property
    def x(self) -> Array:
        return self.inputs[0]

    @property
    def dy(self) -> Array:
        if self.call.dy is None:
            raise ValueError(f"{self.call.name}: no gradient has reached it")
        return self.call.dy

    @abstractmethod
    def value(self, at: Index) -> Working:
        """How y[at] comes about."""

    @abstractmethod
    def gradient(self, number: int, at: Index) -> Working:
        """How the gradient of input `number` at `at` comes about from dy."""

    def origin(self, at: Index) -> tuple[int, Index] | None:
        """Of what only moves values: the input and the place that y[at] is; None for a constant."""
        return None

    def gradient_places(self, number: int, at: Index) -> Array:
        """Of what only moves values: where in y that element of that input stands."""
        return np.zeros(self.y.shape, bool)

    def named(self, number: int, at: Index) -> str:
        """What a person calls that element of that input: "POOL2[11,3,2]"."""
        return element(*followed(self.call, number, at))

    def sum_of(self, values: Any, describe: Callable[[int], str], *factors: Any,
               before: list[Part] | None = None, extra: dict[str, float] | None = None,
               leads: Callable[[int], tuple[int, Index] | None] = lambda k: None,
               what: str = "sum") -> Working:
        """A Working that is a sum of terms; extra: what is added besides, by name: a bias."""
        terms, k = largest(values, self.most, describe, *factors)
        total, extra = float(np.sum(values)), extra or {}
        value = total + sum(extra.values())
        if extra:
            besides = "".join(f" + {name} {number(q)}" for name, q in extra.items())
            result = f"{what} {number(total)}{besides} = {number(value)}"
        else:
            result = f"{what} {number(value)}"
        size = float(np.abs(values).sum()) + sum(map(abs, extra.values()))
        return Working(value, [*(before or []), terms], result, size,
                       None if k is None else leads(k))


def explainer_of(call: Call, most: int | None = MOST) -> Explainer:
    """The explainer of a call, by its class or one that it is derived from."""
    for cls in call.function.__mro__:
        if cls in EXPLAINERS:
            return EXPLAINERS[cls](call, most)
    raise ValueError(f"{call.function.__name__} has no explainer; write one in minicnn/explain/"
                     "kinds, as the other Functions have")


def followed(call: Call, number: int, at: Index) -> tuple[Call | None, Any, Index]:
    """Where an element of an input comes from, past all that only moves values about.

    The call that computed it, or None if it was given; the Tensor that has it; the place there.
    """
    tensor, source = call.tensors[number], call.sources[number]
    while source is not None:
        explainer = explainer_of(source)
        if not explainer.moves or (found := explainer.origin(at)) is None:
            return source, tensor, at
        number, at = found
        tensor, source = source.tensors[number], source.sources[number]
    return None, tensor, at


def element(call: Call | None, tensor: Any, at: Index) -> str:
    """Its name: of a batch of one image the number of the image is left out."""
    if call is None:
        named = getattr(tensor, "called", "input")
        return named + place(at[1:] if named == "image" and tensor.shape[0] == 1 else at)
    whole = call.visit is not None and call.visit.call is call
    return call.name + place(at[1:] if whole and call.y.ndim > 1 and call.y.shape[0] == 1 else at)


def wherever(shape: Index, y_shape: Index, at: Index) -> Index:
    """The place of an input of `shape` that broadcasting puts beside y[at]."""
    ending = at[len(y_shape) - len(shape):]
    return tuple(0 if size == 1 else i for size, i in zip(shape, ending, strict=True))


def copies(shape: Index, y_shape: Index, at: Index) -> list[Index]:
    """All places of y beside which broadcasting puts the element `at` of an input of `shape`."""
    added = len(y_shape) - len(shape)
    sides = [range(size) for size in y_shape[:added]]
    sides += [range(full) if size == 1 else range(i, i + 1)
              for size, full, i in zip(shape, y_shape[added:], at, strict=True)]
    grid = np.meshgrid(*sides, indexing="ij") if sides else []
    if not sides:
        return [()]
    return [tuple(map(int, found)) for found in np.stack([q.reshape(-1) for q in grid], axis=-1)]


def count_of_zeros(dy: Array) -> str:
    """"; 622 of them got dy = 0"."""
    zeros = int((dy == 0).sum())
    return f"; {zeros} of them got dy = 0" if zeros else ""


def times(shape: Any) -> str:
    return " x ".join(str(int(size)) for size in shape)

