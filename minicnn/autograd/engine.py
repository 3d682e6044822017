"""The engine: a Variable remembers the Function that made it; backward() replays them in reverse.

    forward     y = f(x1, x2, ...)                each call takes the next serial number
    backward    dx_i += J_i^T dy                  calls are replayed from the highest serial down,
                                                  each exactly once: the chain rule.  J_i is the
                                                  derivative of y with respect to x_i

A Function works on arrays, not on Variables: `forward(*arrays)` returns an array and keeps on
`self` what `backward(dy)` needs.  `dq` is the gradient of the loss with respect to q.  Gradients
are first order only: second derivatives would triple every layer.  Where a Variable is used twice
(every residual connection), its gradients add up.  docs/engine.md reads this file aloud.

Beside it: checks.py (what is refused, in which words), ownership.py (whose memory a gradient is),
hooks.py (who watches), shapes.py (what a shape does here), backend/versions.py (faster versions).
"""

import heapq
import itertools
from typing import Any, NoReturn

import numpy as np

from minicnn.autograd.checks import (
    ValuesNeeded,
    check_inputs,
    check_upstream,
    refuse_foreign_style,
    refuse_gradients,
    refuse_stale,
    refuse_taken_names,
)
from minicnn.autograd.hooks import tell_gradient_begins, tell_gradient_ends, tell_operation
from minicnn.autograd.ownership import add, own
from minicnn.autograd.switches import state
from minicnn.backend.arrays import Array, device_of, xp_of
from minicnn.backend.versions import dispatch, switch

_serials = itertools.count()


class Function:
    """One operation: arrays in, one array out, and its gradient.  One instance serves one call.

    A subclass writes `forward(*arrays) -> y` and, right below it, `backward(dy) -> (dx1, dx2, ...)`
    with a gradient for each input of forward, or None where nobody asked: `self.needs_grad[i]` says
    whether the gradient of input i is wanted.  Settings (a stride, an axis) go into `__init__`.
    """

    versions: tuple = (None, None)                 # faster ones, for NumPy and CuPy: @faster
    elementwise = False                            # @elementwise
    in_float32 = False                             # @in_float32; all three: backend/versions.py
    foreign = False                                # somebody's own, outside minicnn: ownership.py
    keeps_shape = False                            # y has x's shape: all that model.shape asks
    any_numbers = False                            # whole numbers, too: it only moves values
    sources: list = []                             # what its inputs come from, in the graph
    used, spent, serial = False, False, 0          # spent: backward has passed and freed it
    requires_grad, written = True, -1              # of its output, into which nobody writes
    output: "Variable | None" = None               # set by Variable.retain_grad()

    def __init_subclass__(cls) -> None:
        refuse_foreign_style(cls)
        cls.foreign = not cls.__module__.startswith("minicnn.")
        if cls.__module__ != __name__:
            refuse_taken_names(cls)
        if {"forward", "backward"} & vars(cls).keys():
            # What decorators say of the parent holds for the parent's own forward and backward.
            cls.versions, cls.elementwise, cls.in_float32 = (None, None), False, False

    def __call__(self, *inputs: "Variable") -> Any:
        try:
            arrays = check_inputs(self, inputs)
        except ValuesNeeded:                       # a shape is followed, as in model.shape(...)
            return self.follow(*inputs)
        self.needs_grad = tuple([state.recording and x.requires_grad for x in inputs])
        version = self.versions[not isinstance(arrays[0], np.ndarray)] if switch.fast else None
        if version or (self.in_float32 and arrays[0].dtype == np.float16):
            y = dispatch(self, version, arrays)
        else:
            y = self.forward(*arrays)
        # What has no axes, such as x.sum(), NumPy makes a number and not an array.
        y = inputs[0].like(y if y.ndim else xp_of(y).asarray(y, arrays[0].dtype))
        if any(self.needs_grad):
            # The graph holds Functions and leaves, not the Variables between: their arrays can go.
            # An input that was computed is represented by its creator; a leaf has none, and stays.
            self.sources = [x.creator or x for x in inputs]
            self.kinds = [(x.shape, x.dtype) for x in arrays]
            self.serial, self.path, self.used = next(_serials), tuple(state.path), True
            y.requires_grad, y.creator = True, self
        if state.hooks:
            tell_operation(self, inputs, y)
        return y

    def forward(self, *arrays: Any) -> Any:
        raise TypeError(f"{type(self).__name__} has no forward: every Function writes its own")

    def backward(self, dy: Any) -> Any:
        raise TypeError(f"{type(self).__name__} has no backward: every Function writes its own")

    def checked_backward(self, dy: Array) -> list:
        """backward(dy), held to one gradient for each input with that input's shape and dtype.

        What was written into since forward is refused, if backward reads it: see checks.py.
        """
        if self.spent or max([source.written for source in self.sources]) > self.serial:
            refuse_stale(self)
        watched = state.hooks and tell_gradient_begins(self, dy)
        dxs = self.backward(dy)
        dxs = list(dxs) if isinstance(dxs, tuple) else [dxs]
        if len(dxs) != len(self.kinds):
            refuse_gradients(self, dxs)
        for number, dx in enumerate(dxs):
            if dx is not None and not dx.ndim:
                dxs[number] = dx = xp_of(dx).asarray(dx, dy.dtype)
            if dx is not None and (dx.shape, dx.dtype) != self.kinds[number]:
                refuse_gradients(self, dxs)
        if watched:
            tell_gradient_ends(self, dy, dxs)
        return dxs

    @classmethod
    def apply(cls, *_: Any) -> NoReturn:
        raise TypeError(f"{cls.__name__}.apply(x) is PyTorch's; here each call takes an instance, "
                        f"with the settings in its __init__: {cls.__name__}()(x)")

    def follow(self, *inputs: Any) -> Any:
        """The shape of y for inputs that are shapes: see shapes.py."""
        return next(x for x in inputs if x.is_shape).through(self, inputs)


class ViewFn(Function):
    """Its y lies in the memory of its x: what is written into x, is written into y as well."""

    any_numbers = True

    @property
    def written(self) -> int:                      # type: ignore[override]
        return max([source.written for source in self.sources], default=-1)


class Variable:
    """An array, its gradient and the Function that made it.  `Tensor` adds NumPy's operators.

    data : array                 float16, float32 or float64 if it is to have a gradient
    requires_grad : bool         True for what is learnt: backward() fills `.grad`
    grad : array or None         same shape and dtype as data
    creator : Function or None   None for a leaf: a Variable that was given, not computed
    written : int                the serial that was due when its array was last written into
    """

    requires_grad = False
    grad: Array | None = None
    creator: Function | None = None
    written = -1
    is_shape = False                               # True for a FollowedShape, which has no values

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
    device = property(lambda self: device_of(self.data), doc='"cpu" or "cuda"')

    def mark_written(self) -> None:
        """To be called after writing into `.data`: a backward that reads it is refused then."""
        self.written = next(_serials)

    def retain_grad(self) -> None:
        """Ask backward() to leave `.grad` on this Tensor although it was computed, not given."""
        if self.creator is not None:
            self.creator.output = self

    def backward(self, dy: Any = None, retain_graph: bool = False) -> None:
        """Add to the `.grad` of every leaf the gradient of the sum of dy * self.

        dy : array of this Tensor's shape; may be left out for a single value, where it is 1
        retain_graph : keep what the forward pass saved, so that backward can be called once more
        """
        dy = check_upstream(self, dy)
        if self.creator is None:
            return self.accumulate(dy.copy())
        waiting = {self.creator: dy}               # Function -> gradient of its output so far
        order = [(-self.creator.serial, self.creator)]     # a heap: the highest serial first
        sums, given = set[Function](), dict[int, Array]()  # what they are for: ownership.py
        while order:
            function = heapq.heappop(order)[1]     # the latest call: all who used it have answered
            dy = waiting.pop(function)
            if function.output is not None:
                function.output.accumulate(dy.copy())
            for source, dx in zip(function.sources, function.checked_backward(dy), strict=True):
                if dx is None or not source.requires_grad:
                    continue
                if isinstance(source, Variable):   # a leaf
                    source.accumulate(own(dx, dy, given, retain_graph or function.foreign))
                elif source in waiting:
                    add(waiting, source, dx, sums)
                else:
                    waiting[source] = dx
                    heapq.heappush(order, (-source.serial, source))
            if not retain_graph:                   # so memory falls while backward proceeds
                vars(function).clear()
                function.used = function.spent = True

    def accumulate(self, dx: Array) -> None:
        """grad += dx, an array that nobody else holds."""
        self.grad = dx if self.grad is None else xp_of(dx).asarray(self.grad + dx, dx.dtype)
