"""Module: a layer or a network, its parameters, its state, and the shapes it produces.

A Module writes `forward(x)`.  `model(x)` runs it with Tensors, and `model.shape(in_shape)` sends a
shape through the same forward, so the table of VGG-16 (553 MB of weights) prints without a weight
being drawn.  A layer whose arithmetic needs values also writes `out_shape(in_shape)`: the shape
that forward will return, without the batch axis, with every check of the input.
"""

from collections import UserDict
from collections.abc import Callable, Mapping
from inspect import signature
from typing import Any, NamedTuple, NoReturn, TypeVar

import numpy as np

from minicnn.autograd.hooks import Handle
from minicnn.autograd.shapes import BATCH, FollowedShape
from minicnn.autograd.switches import layer_path, located, state
from minicnn.autograd.tensor import Tensor, is_dtype
from minicnn.backend.arrays import to_cpu, to_device
from minicnn.backend.messages import type_name
from minicnn.backend.windows import truth
from minicnn.layers.assigned import check_class, check_name, in_place_of, take_in
from minicnn.layers.parameter import Buffer, Init, Parameter, Shape, ones, zeros
from minicnn.layers.parts import PLAIN, Parts
from minicnn.layers.steps import Step, without_batch

__all__ = ["Buffer", "Init", "Module", "Parameter", "Shape", "ones", "zeros"]

M = TypeVar("M", bound="Module")


class NotATensor(TypeError):
    """Something else came in the place of a Tensor."""


class Module(Parts):
    """A layer, or a network of layers.

    Attributes that are Parameters, Buffers or Modules, or lists, tuples and dicts of them, belong
    to it, in the order in which they were assigned: see parts.py.  `training` is True until eval()
    is called.
    """

    training = True
    reads_lists = False                            # whether forward takes a list of Tensors
    _frozen = False                                # see freeze.py
    _hooks: Mapping[int, Any] = {}    # later a UserDict, in which nobody looks for parts

    def __new__(cls: type[M], *given: Any, **settings: Any) -> M:
        if (given or settings) and cls.__init__ is object.__init__:      # which ignores them
            raise TypeError(f"{cls.__name__} takes no arguments, got "
                            f"{', '.join([*map(repr, given), *settings])}")
        for name in settings.keys() & {"device", "dtype"}:
            taken = signature(cls.__init__).parameters
            if name not in taken and all(a.kind is not a.VAR_KEYWORD for a in taken.values()):
                raise TypeError(f"{cls.__name__}: {name} is not set layer by layer; build the "
                                f"network, then .to({name}=...)")
        return super().__new__(cls)

    def __init_subclass__(cls) -> None:
        check_class(cls, Module, OWN)

    def __setattr__(self, name: str, value: Any) -> None:
        held, method = vars(self).get(name), getattr(type(self), name, None)
        if method is not None:
            check_name(self, name, value, method)
        if held is not value and isinstance(held, (Parts, Parameter)):
            value = in_place_of(self, name, held, value)
        if not (isinstance(value, PLAIN) and isinstance(held, PLAIN)):
            take_in(self, name, held, value)
        object.__setattr__(self, name, value)

    def __call__(self, *inputs: Any, **named: Any) -> Any:
        (path := state.path).append(self._name)
        try:
            if state.hooks or self._hooks or named or not inputs or type(inputs[0]) is not Tensor:
                return self.watched_or_followed(*inputs, **named)
            return self.forward(*inputs)
        finally:
            path.pop()

    def forward(self, *inputs: Any, **settings: Any) -> Any:
        raise TypeError(f"{type(self).__name__} has no forward: every Module writes its own")

    def shape(self, *in_shapes: Shape) -> Any:
        """Shape of the output for inputs of these shapes, all without the batch axis.

        They go through the very `forward` that Tensors go through.
        """
        y = self(*[FollowedShape((BATCH, *shape), getattr(shape, "sources", ()))
                   for shape in in_shapes])
        return tuple(map(without_batch, y)) if isinstance(y, (tuple, list)) else without_batch(y)

    def watched_or_followed(self, *inputs: Any, **settings: Any) -> Any:
        """The call where hooks listen, or for what is not a Tensor."""
        if any(isinstance(x, FollowedShape) for x in inputs):
            return self.follow(*inputs, **settings)
        for before, own_hook in list(self._hooks.values()):
            if before and (changed := own_hook(self, inputs)) is not None:
                inputs = changed if isinstance(changed, tuple) else (changed,)
        for hook in state.hooks:
            hook.layer_begins(layer_path(), self, inputs)
        try:
            y = self.forward(*inputs, **settings)
        except (AttributeError, TypeError) as problem:
            self.explain(problem, *inputs)
            raise
        for before, own_hook in list(self._hooks.values()):
            if not before and (changed := own_hook(self, inputs, y)) is not None:
                y = changed
        for hook in state.hooks:
            hook.layer_ends(layer_path(), self, inputs, y)
        return y

    def register_forward_hook(self, hook: Callable[[Any, tuple, Any], Any]) -> Handle:
        """hook(module, inputs, y) after each forward; what it returns, if anything, replaces y.

        It is not asked where a shape is followed.  handle.remove() ends it.
        """
        return Handle(vars(self).setdefault("_hooks", UserDict()), (False, hook))

    def register_forward_pre_hook(self, hook: Callable[[Any, tuple], Any]) -> Handle:
        """hook(module, inputs) before each forward; a tuple that it returns replaces the inputs."""
        return Handle(vars(self).setdefault("_hooks", UserDict()), (True, hook))

    def explain(self, problem: Exception, x: Any = None, *others: Any) -> None:
        """A clearer error, where forward failed because x was put in the place of a Tensor."""
        if isinstance(x, Tensor) or isinstance(problem, NotATensor) or self.reads_lists:
            return
        what = f"got a {type_name(x)}"
        if x is None:
            cure = "did the forward before it forget its return?"
        elif isinstance(x, (tuple, list)) and x and all(isinstance(size, int) for size in x):
            what, cure = f"got the {type_name(x)} {x}", "for shapes call model.shape((C, H, W))"
        elif isinstance(x, (tuple, list)):
            what += f" of {len(x)}"
            cure = "unpack it first: images, labels = batch"
        else:
            cure = "wrap it: Tensor(x)"
        raise NotATensor(f"{self.located()}: expected a Tensor, {what}; {cure}") from problem

    def follow(self, *inputs: Any, **settings: Any) -> Any:
        """The call for shapes: by out_shape, where a layer writes it, else by forward."""
        in_shapes = tuple(without_batch(x) if isinstance(x, FollowedShape) else x for x in inputs)
        sources = tuple(dict.fromkeys(step for x in inputs for step in getattr(x, "sources", ())))
        noted, closed = len(state.trace or ()), not self.named_parts()
        others: list[Shape] = []                           # of a layer with several outputs
        if type(self).out_shape is Module.out_shape:
            y = self.forward(*inputs, **settings)
            # What a function's own layer gave, as interpolate's, is that layer's row.
            closed = closed and set(getattr(y, "sources", ())) <= set(sources)
        else:
            shape = self.out_shape(*in_shapes, **settings)
            shape, *others = shape if isinstance(shape, list) else [shape]
            samples = next(x.shape[0] for x in inputs if isinstance(x, FollowedShape))
            y = FollowedShape((samples, *shape), getattr(shape, "sources", sources))
            # A block that asks none of its parts stands for itself, or its row would be missing.
            closed = closed or y.sources == sources and len(state.trace or ()) == noted
        if closed and isinstance(y, FollowedShape):
            step = Step(layer_path(), self, in_shapes, without_batch(y), sources,
                        count=max(y.shape[0] // BATCH, 1))
            y = FollowedShape(y.shape, (step,))
            if state.trace is not None:
                state.trace.append(step)
        return (y, *[y.of((y.shape[0], *other)) for other in others]) if others else y

    def out_shape(self, *in_shapes: Shape) -> Any:
        """Shape of the output, without the batch axis, with every check of the input.

        A layer writes it that knows its shape before its values; blocks of layers need none.  With
        several outputs it is a list of shapes.
        """
        raise TypeError(f"{type(self).__name__} writes no out_shape: its forward is followed")

    def image(self, in_shape: Shape) -> tuple[int, int, int]:
        """(C, H, W) of images, or an error that says what came instead."""
        if len(in_shape) != 3:
            self.refuse_image(in_shape)
        return in_shape

    def refuse_image(self, in_shape: Shape) -> NoReturn:
        cure = {1: "one grey image needs two more axes, x[None, None]; or is a Flatten before it?",
                2: "one image still needs the batch axis, x[None]; a batch of grey images the "
                   "channel axis, x[:, None]"}.get(len(in_shape), "that is one axis too many")
        raise ValueError(f"{self.located()}: expected images (N, C, H, W), got "
                         f"(N, {', '.join(map(str, in_shape))}); {cure}")

    def macs(self, in_shape: Shape, y_shape: Shape) -> int:
        """Multiply-accumulate operations for one sample; the slides often write FLOPs for it."""
        return 0

    def receptive_field(self, in_shape: Shape) -> tuple[tuple[int, int], tuple[int, int]]:
        """(height, width) of input that one output pixel sees, and the step to the next pixel's."""
        return (1, 1), (1, 1)

    def located(self) -> str:
        """How error messages name this layer: "C1 (Conv2d 1 -> 6, kernel 5x5)"."""
        return located(self.heading())

    def heading(self) -> str:
        """The class and its settings, in one line."""
        return f"{type(self).__name__} {self.extra_repr()}".strip()

    def extra_repr(self) -> str:
        """The settings that repr shows after the class name."""
        return ""

    def __repr__(self) -> str:
        inner = [f"  {name}: {part!r}".replace("\n", "\n  ") for name, part in self.named_parts()]
        return "\n".join([f"{self.heading()}(", *inner, ")"]) if inner else self.heading()

    def __iter__(self) -> Any:
        raise TypeError(f"{type(self).__name__} is no sequence; write: for part in net.children()")

    def __getitem__(self, index: Any) -> Any:
        raise TypeError(f"{type(self).__name__} is no sequence; its parts are attributes, such as "
                        "net.conv1, or net.get_submodule(path)")

    # --- mode, device, state ----------------------------------------------------------------

    def train(self: M, mode: bool = True) -> M:
        """Training mode: dropout drops, batch norm uses the batch's own statistics."""
        training = truth(mode, "train: mode")
        for part in self.modules():
            object.__setattr__(part, "training", training and not part._frozen)
        return self

    def eval(self: M) -> M:
        """Test mode: dropout does nothing, batch norm uses its running averages."""
        return self.train(False)

    def to(self: M, device: Any = None, dtype: Any = None) -> M:
        """Move to "cpu" or "cuda", or to another floating dtype; returns the Module itself."""
        if device is not None and is_dtype(device):
            device, dtype = dtype, device
        if dtype is not None and np.dtype(dtype).kind != "f":
            raise TypeError(f"to: dtype must be float16, float32 or float64, got {np.dtype(dtype)}")
        if device is not None:
            to_device(np.zeros(0), device)         # no such device: an error before anything moves
        for _, value in self.named_state():
            value.move(device, dtype)
        return self

    def state_dict(self) -> dict[str, np.ndarray]:
        """Name -> values of all Parameters and Buffers, copied to the CPU."""
        return {name: np.array(to_cpu(value.data)) for name, value in self.saved()}

    def saved(self) -> list[tuple[str, Parameter]]:
        return [(name, value) for name, value in self.named_state()
                if value.learnt or value.persistent]

    def load_state_dict(self, values: Mapping[str, Any], strict: bool = True) -> "Names":
        """Take over values by name: all of them or, if anything does not fit, none.

        strict=False leaves out names that only one side has, and returns them; a wrong shape is
        always an error.
        """
        if not isinstance(values, Mapping):
            raise TypeError(f"load_state_dict: expected a dict of arrays, as state_dict() gives, "
                            f"got {type_name(values)}; a file is read first, for example by "
                            "dict(numpy.load(path))")
        own = dict(self.saved())
        names = Names([name for name in own if name not in values],
                      [name for name in values if name not in own])
        wrong = [f"missing: {name}" for name in names.missing_keys if strict]
        wrong += [f"unexpected: {name}" for name in names.unexpected_keys if strict]
        wrong += [f"{name}: {np.shape(values[name])} given, {own[name].shape} needed"
                  for name in own if name in values and np.shape(values[name]) != own[name].shape]
        if wrong:
            shown = "; ".join(wrong[:8] + [f"and {len(wrong) - 8} more"] * (len(wrong) > 8))
            raise ValueError(f"load_state_dict: {shown}; nothing was changed. "
                             "Were these values saved by another network or variant?")
        arrays = {name: np.array(values[name], dtype=own[name].dtype, order="C")
                  for name in own if name in values}
        for name, array in arrays.items():
            own[name].data = to_device(array, own[name]._device)
        return names


class Names(NamedTuple):
    """Those that load_state_dict has left out."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        return f"<missing: {self.missing_keys}, unexpected: {self.unexpected_keys}>" \
            if any(self) else "<all names matched>"


# Methods that layers inherit and the package calls: no subclass writes them anew.
OWN = {"explain", "follow", "heading", "image", "located", "named_parts", "named_state",
       "refuse_image", "register", "saved", "shape", "watched_or_followed"}
