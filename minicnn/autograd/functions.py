"""Elementary functions of Tensors under their NumPy names: exp, log, maximum, pad, concatenate, ...

Each Function states its gradient beside it; dy is the gradient of the loss with respect to y.
"""

from typing import Any

import numpy as np

from minicnn.autograd.arithmetic import unbroadcast
from minicnn.autograd.engine import Function
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import xp_of
from minicnn.backend.versions import elementwise


@elementwise
class ExpFn(Function):
    def forward(self, x):
        self.y = xp_of(x).exp(x)
        return self.y

    def backward(self, dy):
        return dy * self.y


@elementwise
class LogFn(Function):
    def forward(self, x):
        self.x = x
        return xp_of(x).log(x)

    def backward(self, dy):
        return dy / self.x


@elementwise
class SqrtFn(Function):
    def forward(self, x):
        self.y = xp_of(x).sqrt(x)
        return self.y

    def backward(self, dy):
        return dy * 0.5 / self.y


@elementwise
class MaximumFn(Function):                           # where a == b, each receives half
    def forward(self, a, b):
        self.a, self.b = a, b
        return xp_of(a).maximum(a, b)

    def backward(self, dy):
        half = 0.5 * (self.a == self.b)
        da = (dy * ((self.a > self.b) + half)).astype(dy.dtype, copy=False)
        db = (dy * ((self.a < self.b) + half)).astype(dy.dtype, copy=False)
        return unbroadcast(da, self.a.shape), unbroadcast(db, self.b.shape)


@elementwise
class ClipFn(Function):                              # gradient 1 inside [low, high], 0 outside
    def __init__(self, low, high):
        self.low, self.high = low, high

    def forward(self, x):
        self.inside = ~((x < self.low) | (x > self.high))
        return x.clip(self.low, self.high)

    def backward(self, dy):
        return dy * self.inside


class WhereFn(Function):                             # condition ? a : b
    def __init__(self, condition):
        self.condition = condition

    def out_shape(self, *shapes):
        return np.broadcast_shapes(self.condition.shape, *shapes)

    def forward(self, a, b):
        self.shapes = a.shape, b.shape
        return xp_of(a).where(self.condition, a, b)

    def backward(self, dy):
        return (unbroadcast(dy * self.condition, self.shapes[0]),
                unbroadcast(dy * ~self.condition, self.shapes[1]))


class PadFn(Function):
    """`value` around x: widths ((before, after), ...) for each axis."""

    def __init__(self, widths, value):
        self.widths, self.value = widths, value

    def out_shape(self, shape):
        return tuple(before + size + after for (before, after), size
                     in zip(self.widths, shape, strict=True))

    def forward(self, x):
        self.inner = tuple(slice(before, before + size) for (before, _), size
                           in zip(self.widths, x.shape, strict=True))
        return xp_of(x).pad(x, self.widths, constant_values=self.value)

    def backward(self, dy):
        return dy[self.inner]


class ConcatenateFn(Function):
    def __init__(self, axis):
        self.axis = axis

    def out_shape(self, *shapes):
        sides = list(shapes[0])
        sides[self.axis] = sum(shape[self.axis] for shape in shapes)
        return tuple(sides)

    def forward(self, *arrays):
        self.ends = np.cumsum([x.shape[self.axis] for x in arrays]).tolist()
        return xp_of(arrays[0]).concatenate(arrays, axis=self.axis)

    def backward(self, dy):
        return tuple(xp_of(dy).split(dy, self.ends[:-1], axis=self.axis))


class BroadcastToFn(Function):
    def __init__(self, shape):
        self.shape = shape

    def out_shape(self, shape):
        return self.shape

    def forward(self, x):
        self.x_shape = x.shape
        return xp_of(x).broadcast_to(x, self.shape)

    def backward(self, dy):
        return unbroadcast(dy, self.x_shape)


def as_tensor(x: Any) -> Tensor:
    return x if isinstance(x, Tensor) else Tensor(x)


def exp(x: Any) -> Tensor:
    """e ** x."""
    return ExpFn()(as_tensor(x))


def log(x: Any) -> Tensor:
    """Natural logarithm; for probabilities use log_softmax, which does not overflow."""
    return LogFn()(as_tensor(x))


def sqrt(x: Any) -> Tensor:
    """Square root; its gradient at 0 is infinite."""
    return SqrtFn()(as_tensor(x))


def maximum(a: Any, b: Any) -> Tensor:
    """The larger of a and b, position by position; NaN where one of them is NaN."""
    a, b = pair_of_tensors(a, b)
    return MaximumFn()(a, b)


def minimum(a: Any, b: Any) -> Tensor:
    """The smaller of a and b, position by position; NaN where one of them is NaN."""
    return -maximum(*(-x for x in pair_of_tensors(a, b)))


def clip(x: Any, low: float, high: float) -> Tensor:
    """x, but not below low and not above high."""
    if low > high:
        raise ValueError(f"clip: low {low} is above high {high}")
    return ClipFn(float(low), float(high))(as_tensor(x))


def where(condition: Any, a: Any, b: Any) -> Tensor:
    """a where `condition` (an array of booleans) is true, else b."""
    a, b = pair_of_tensors(a, b)
    condition = (np if a.is_shape else xp_of(a.data)).asarray(condition)
    if condition.dtype != bool:
        raise TypeError(f"where: the condition must be booleans, got {condition.dtype}; "
                        "write a comparison, for example x > 0")
    return WhereFn(condition)(a, b)


def pad(x: Any, widths: Any, value: float = 0.0) -> Tensor:
    """x with `value` around it; widths: a number, a pair, or a pair for each axis (numpy.pad)."""
    x = as_tensor(x)
    if np.shape(widths) not in ((), (2,), (x.ndim, 2)):
        raise ValueError(f"pad: widths {widths} for shape {x.shape}; give a number, a pair "
                         "(before, after), or such a pair for each axis")
    pairs = np.broadcast_to(widths, (x.ndim, 2)).tolist()
    return PadFn(tuple(map(tuple, pairs)), value)(x)


def concatenate(tensors: Any, axis: int = 0) -> Tensor:
    """Tensors joined along an existing axis, for example channels: axis=1."""
    tensors = [as_tensor(x) for x in tensors]
    if not tensors:
        raise ValueError("concatenate: nothing to join, the list is empty")
    first = tensors[0].shape
    if not -len(first) <= axis < len(first):
        raise ValueError(f"concatenate: there is no axis {axis} in shape {first}")
    beside = {x.shape[:axis % len(first)] + x.shape[axis % len(first) + 1:] for x in tensors}
    if len(beside) > 1 or any(x.ndim != len(first) for x in tensors):
        raise ValueError(f"concatenate: the shapes {[x.shape for x in tensors]} differ outside "
                         f"axis {axis}")
    return ConcatenateFn(axis)(*tensors)


def stack(tensors: Any, axis: int = 0) -> Tensor:
    """Tensors of one shape joined along a new axis."""
    tensors = [as_tensor(x) for x in tensors]
    if not tensors:
        raise ValueError("stack: nothing to join, the list is empty")
    if len({x.shape for x in tensors}) != 1:
        raise ValueError(f"stack: the shapes differ: {[x.shape for x in tensors]}")
    axis = axis % (tensors[0].ndim + 1)
    with_axis = [x.reshape(x.shape[:axis] + (1,) + x.shape[axis:]) for x in tensors]
    return concatenate(with_axis, axis)


def split(x: Any, sections: Any, axis: int = 0) -> list[Tensor]:
    """x cut along an axis: a number of equal parts, or a list of the positions to cut at."""
    x = as_tensor(x)
    length = x.shape[axis]
    if isinstance(sections, int):
        if sections < 1 or length % sections:
            raise ValueError(f"split: {length} positions do not divide into {sections} equal parts")
        sections = range(length // sections, length, length // sections)
    edges = [0, *sections, length]
    before = (slice(None),) * (axis % x.ndim)
    return [x[(*before, slice(a, b))] for a, b in zip(edges[:-1], edges[1:], strict=True)]


def broadcast_to(x: Any, shape: tuple[int, ...]) -> Tensor:
    """x repeated along axes of size 1, and along new axes in front, up to `shape`."""
    x = as_tensor(x)
    added = len(shape) - x.ndim
    if added < 0 or any(m not in (1, n) for m, n in zip(x.shape, shape[added:], strict=True)):
        raise ValueError(f"broadcast_to: {x.shape} does not become {tuple(shape)}; counted from "
                         "the right, sizes must be equal or 1")
    return BroadcastToFn(tuple(shape))(x)


def pair_of_tensors(a: Any, b: Any) -> tuple[Tensor, Tensor]:
    """a and b as Tensors; a plain number takes the dtype and device of the other."""
    if isinstance(a, Tensor):
        return a, a.beside(b)
    if isinstance(b, Tensor):
        return b.beside(a), b
    a = as_tensor(a)
    return a, a.beside(b)
