"""The engine: a Variable remembers the Function that made it; backward() replays them in reverse.

    forward     y = f(x1, x2, ...)                each call takes the next serial number
    backward    dx_i += (dy/dx_i)^T dy            calls are replayed from the highest serial down,
                                                  each exactly once: the chain rule

A Function works on arrays, not on Variables: `forward(*arrays)` returns an array and keeps on
`self` what `backward(dy)` needs.  `dq` is the gradient of the loss with respect to q.  Gradients
are first order only: second derivatives would triple every layer.  Where a Variable is used twice
(every residual connection), its gradients add up.  docs/engine.md reads this file aloud.
"""

import heapq
import itertools
from typing import Any

import numpy as np

from minicnn.backend import Array, device_of, plus, xp_of
from minicnn.modes import layer_path, located, state

_serials = itertools.count()


class AnomalyError(ArithmeticError):
    """A NaN or an infinity appeared inside `with detect_anomaly():`."""


class Function:
    """One operation: arrays in, one array out, and its gradient.  One instance serves one call.

    A subclass writes `forward(*arrays) -> y` and, right below it, `backward(dy) -> (dx1, dx2, ...)`
    with a gradient for each input of forward, or None where nobody asked: `self.needs_grad[i]` says
    whether the gradient of input i is wanted.  Settings (a stride, an axis) go into `__init__`.
    """

    spent = False                                  # True once backward has passed and freed it
    output: "Variable | None" = None               # set by Variable.retain_grad()

    def __call__(self, *inputs: "Variable") -> Any:
        arrays, recording = check_inputs(self, inputs), state.recording
        self.needs_grad = tuple([recording and x.requires_grad for x in inputs])
        y = inputs[0].like(settled(self.forward(*arrays), arrays[0].dtype))
        if any(self.needs_grad):
            # The graph holds Functions and leaves, not the Variables between: their arrays can go.
            # An input that was computed stands for its creator; a leaf has none and is kept.
            self.sources = [(x.creator or x) if x.requires_grad else None for x in inputs]
            self.kinds = [(x.shape, x.dtype) for x in arrays]
            self.serial = next(_serials)
            y.requires_grad, y.creator = True, self
        if state.anomaly:
            self.place = layer_path() or "outside any layer"
            self.check_finite(y.data, "its output")
        return y

    def forward(self, *arrays: Any) -> Any:
        raise TypeError(f"{type(self).__name__} has no forward: every Function writes its own")

    def backward(self, dy: Any) -> Any:
        raise TypeError(f"{type(self).__name__} has no backward: every Function writes its own")

    def gradients(self, dy: Array) -> list:
        """backward(dy), held to one gradient for each input with that input's shape and dtype."""
        dxs = self.backward(dy)
        dxs = list(dxs) if isinstance(dxs, tuple) else [dxs]
        name, anomaly = type(self).__name__, state.anomaly
        if len(dxs) != len(self.kinds):
            raise RuntimeError(f"{name}.backward returned {len(dxs)} gradients for "
                               f"{len(self.kinds)} inputs")
        for number, dx in enumerate(dxs):
            if dx is None:
                continue
            shape, dtype = self.kinds[number]
            dx = dxs[number] = settled(dx, dtype)
            if dx.shape != shape or dx.dtype != dtype:
                raise RuntimeError(f"{name}.backward: gradient {number} is {dx.dtype} {dx.shape}, "
                                   f"its input was {dtype} {shape}")
            if anomaly:
                self.check_finite(dx, f"the gradient of input {number}")
        return dxs

    def check_finite(self, array: Array, what: str) -> None:
        xp = xp_of(array)
        if not bool(xp.isfinite(array).all()):
            kind = "NaN" if bool(xp.isnan(array).any()) else "infinity"
            place = getattr(self, "place", "a layer that ran outside detect_anomaly()")
            raise AnomalyError(f"{place} ({type(self).__name__}): {kind} in {what}")

    def free(self) -> None:
        """Forget what forward kept, so that memory falls while backward proceeds."""
        vars(self).clear()
        self.spent = True


def settled(y: Array, dtype: np.dtype) -> Array:
    """A single number as an array of `dtype`; arrays as they are.

    NumPy computes with 0-d arrays into scalars, and NumPy 1 makes them float64 where a Python float
    takes part.
    """
    return y if y.ndim else xp_of(y).asarray(y, dtype=dtype)


def check_inputs(function: Function, inputs: tuple) -> list[Array]:
    """The arrays of the inputs: of one floating dtype and on one device, else a TypeError."""
    arrays = []
    for x in inputs:
        if not isinstance(x, Variable):
            raise TypeError(f"{shown(function)}: expected a Tensor, got {type(x).__name__}; "
                            "wrap it: Tensor(x)")
        arrays.append(x.data)
    library, dtype = type(arrays[0]), arrays[0].dtype
    for array in arrays:
        if array.dtype != dtype or dtype.kind != "f" or (
                type(array) is not library and device_of(array) != device_of(arrays[0])):
            refuse(function, array, arrays[0])
    return arrays


def refuse(function: Function, array: Array, first: Array) -> None:
    """Say what is wrong with an input, or with the first one, and what to do."""
    for given in (first.dtype, array.dtype):
        if given.kind != "f":
            cure = ("scale images first: x.astype('float32') / 255" if given == np.uint8
                    else "convert first: x.astype('float32')")
            raise TypeError(f"{shown(function)}: {given} values have no gradient; {cure}")
    if array.dtype != first.dtype:
        raise TypeError(f"{shown(function)}: {first.dtype} and {array.dtype} mixed; convert the "
                        f"data, x.astype('{array.dtype}'), or the network, "
                        f"model.to(dtype='{first.dtype}')")
    raise TypeError(f"{shown(function)}: one input is on {device_of(first)}, another on "
                    f"{device_of(array)}; move both, model.to(device) and Tensor(x).to(device)")


def shown(function: Function) -> str:
    return located(type(function).__name__.removesuffix("Fn"))


class Variable:
    """An array, its gradient and the Function that made it.  `Tensor` adds NumPy's operators.

    data : array                 float16, float32 or float64 if it is to have a gradient
    requires_grad : bool         True for what is learnt: backward() fills `.grad`
    grad : array or None         same shape and dtype as data
    creator : Function or None   None for a leaf: a Variable that was given, not computed
    """

    requires_grad = False
    grad: Array | None = None
    creator: Function | None = None

    def __init__(self, data: Array, requires_grad: bool = False) -> None:
        if requires_grad and data.dtype.kind != "f":
            raise TypeError(f"{data.dtype} values cannot require a gradient; "
                            "convert first: x.astype('float32')")
        self.data, self.requires_grad = data, requires_grad

    def like(self, array: Array) -> "Variable":
        """A Variable of this kind around what a Function has computed."""
        return Variable(array)

    shape = property(lambda self: self.data.shape)
    dtype = property(lambda self: self.data.dtype)
    ndim = property(lambda self: self.data.ndim)
    size = property(lambda self: self.data.size)
    device = property(lambda self: device_of(self.data), doc='"cpu" or "cuda"')

    def retain_grad(self) -> None:
        """Ask backward() to leave `.grad` on this Tensor although it was computed, not given."""
        if self.creator is not None:
            self.creator.output = self

    def backward(self, dy: Any = None, retain_graph: bool = False) -> None:
        """Add to the `.grad` of every leaf its gradient: the sum over dy of dy * d(self)/d(leaf).

        dy : array of this Tensor's shape; may be left out for a single value, where it is 1
        retain_graph : keep what the forward pass saved, so that backward can be called once more
        """
        if not self.requires_grad:
            raise RuntimeError("backward: nothing here requires a gradient; was it computed inside "
                               "no_grad(), or from Tensors without requires_grad=True?")
        if dy is None and self.size != 1:
            raise ValueError(f"backward: a Tensor of shape {self.shape} needs the upstream "
                             "gradient dy of that shape; or reduce it to one number first: "
                             "y.sum().backward()")
        xp = xp_of(self.data)
        dy = xp.ones_like(self.data) if dy is None else xp.asarray(
            dy.data if isinstance(dy, Variable) else dy, dtype=self.dtype)
        if dy.shape != self.shape:
            raise ValueError(f"backward: dy has shape {dy.shape}, this Tensor {self.shape}")
        if self.creator is None:
            self.accumulate(dy)
            return
        check_unspent(self.creator)
        waiting = {self.creator: dy}               # Function -> gradient of its output so far
        order = [(-self.creator.serial, self.creator)]
        kept: set[int] = set()                     # which arrays became the gradient of a leaf
        summed: set[Any] = set()                   # whose gradient is a sum that was made here
        while order:
            function = heapq.heappop(order)[1]     # the latest call: all who used it have answered
            dy = waiting.pop(function)
            if function.output is not None:
                function.output.accumulate(dy)
            for source, dx in zip(function.sources, function.gradients(dy), strict=True):
                if source is None or dx is None:
                    continue
                if isinstance(source, Variable):
                    # Shared: dy itself, a view of something, or one array for two inputs (a + a).
                    source.accumulate(dx, dx is dy or dx.base is not None or id(dx) in kept)
                    kept.add(id(dx))
                elif source not in waiting:
                    check_unspent(source)
                    waiting[source] = dx
                    heapq.heappush(order, (-source.serial, source))
                elif source in summed:
                    waiting[source] += dx
                else:                              # whose array it is, nobody can tell: a new one
                    waiting[source] = plus(waiting[source], dx)
                    summed.add(source)
            if not retain_graph:
                function.free()

    def accumulate(self, dx: Array, shared: bool = True) -> None:
        """grad += dx.  An array that someone else holds too is copied, never kept."""
        if self.grad is not None:
            self.grad = settled(self.grad + dx, dx.dtype)
        else:
            self.grad = dx.copy(order="K") if shared else dx


def check_unspent(function: Function) -> None:
    if function.spent:
        raise RuntimeError("backward has already passed here and freed what the forward pass "
                           "saved; compute the loss again, or call backward(retain_graph=True) "
                           "the first time")
