"""Module: a layer or a network, its parameters, its state, and the shapes it produces.

A Module writes `forward(x)`.  `model(x)` runs it with Tensors, and `model.shape(in_shape)` sends a
shape through the same forward, so the table of VGG-16 (553 MB of weights) prints without a weight
being drawn.  A layer whose arithmetic needs values also writes `out_shape(in_shape)`: the shape
that forward will return, without the batch axis, with every check of the input.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NoReturn, TypeVar

import numpy as np

from minicnn.autograd.shapes import BATCH, FollowedShape
from minicnn.autograd.switches import layer_path, located, state
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import to_cpu, to_device
from minicnn.layers.parameter import Buffer, Init, Parameter, Shape, ones, zeros
from minicnn.layers.steps import Step, without_batch

__all__ = ["Buffer", "Init", "Module", "Parameter", "Sequential", "Shape", "ones", "zeros"]

M = TypeVar("M", bound="Module")


class NotATensor(TypeError):
    """Something else came in the place of a Tensor."""


class Module:
    """A layer, or a network of layers.

    Attributes that are Parameters, Buffers, Modules or lists of Modules belong to it, in the order
    in which they were assigned.  `training` is True until eval() is called.
    """

    training = True
    name = ""                          # what the enclosing Module calls it; errors begin with it

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Module):
            value.name = name
        elif isinstance(value, list):
            for number, part in enumerate(value):
                if isinstance(part, Module):
                    part.name = f"{name}.{number}"
        elif isinstance(value, (tuple, dict)):
            parts = value.values() if isinstance(value, dict) else value
            if any(isinstance(part, (Module, Parameter)) for part in parts):
                raise TypeError(f"{type(self).__name__}.{name}: parts in a {type(value).__name__} "
                                "would not be learnt; keep them in a list, or as attributes")
        object.__setattr__(self, name, value)

    def __call__(self, *inputs: Any) -> Any:
        state.path.append(self.name)
        try:
            if state.hooks or not inputs or not isinstance(inputs[0], Tensor) or inputs[0].is_shape:
                return self.watched_or_followed(*inputs)
            return self.forward(*inputs)
        finally:
            state.path.pop()

    def forward(self, *inputs: Any) -> Any:
        raise TypeError(f"{type(self).__name__} has no forward: every Module writes its own")

    def shape(self, *in_shapes: Shape) -> Any:
        """Shape of the output for inputs of these shapes, all without the batch axis.

        They go through the very `forward` that Tensors go through.
        """
        y = self(*[FollowedShape((BATCH, *shape), getattr(shape, "sources", ()))
                   for shape in in_shapes])
        return tuple(map(without_batch, y)) if isinstance(y, (tuple, list)) else without_batch(y)

    def watched_or_followed(self, *inputs: Any) -> Any:
        """The call where hooks listen, or for what is not a Tensor."""
        if any(isinstance(x, FollowedShape) for x in inputs):
            return self.follow(*inputs)
        for hook in state.hooks:
            hook.layer_begins(layer_path(), self, inputs)
        try:
            y = self.forward(*inputs)
        except (AttributeError, TypeError) as problem:
            self.explain(problem, *inputs)
            raise
        for hook in state.hooks:
            hook.layer_ends(layer_path(), self, inputs, y)
        return y

    def explain(self, problem: Exception, x: Any = None, *others: Any) -> None:
        """A clearer error, where forward failed because x was put in the place of a Tensor."""
        if isinstance(x, Tensor) or isinstance(problem, NotATensor):
            return
        what = f"got a {type(x).__name__}"
        if x is None:
            cure = "did the forward before it forget its return?"
        elif isinstance(x, (tuple, list)) and x and all(isinstance(size, int) for size in x):
            what, cure = f"got the {type(x).__name__} {x}", "for shapes call model.shape((C, H, W))"
        elif isinstance(x, (tuple, list)):
            what += f" of {len(x)}"
            cure = "unpack it first: images, labels = batch"
        else:
            cure = "wrap it: Tensor(x)"
        raise NotATensor(f"{self.located()}: expected a Tensor, {what}; {cure}") from problem

    def follow(self, *inputs: Any) -> Any:
        """The call for shapes: by out_shape, where a layer writes it, else by forward."""
        in_shapes = tuple(without_batch(x) if isinstance(x, FollowedShape) else x for x in inputs)
        sources = tuple(dict.fromkeys(step for x in inputs for step in getattr(x, "sources", ())))
        noted, closed = len(state.trace or ()), not self.children()
        if type(self).out_shape is Module.out_shape:
            y = self.forward(*inputs)
        else:
            shape = self.out_shape(*in_shapes)
            y = FollowedShape((BATCH, *shape), getattr(shape, "sources", sources))
            # A block that asks none of its parts stands for itself, or its row would be missing.
            closed = closed or y.sources == sources and len(state.trace or ()) == noted
        if closed and isinstance(y, FollowedShape):
            step = Step(layer_path(), self, in_shapes, without_batch(y), sources)
            y = FollowedShape(y.shape, (step,))
            if state.trace is not None:
                state.trace.append(step)
        return y

    def out_shape(self, *in_shapes: Shape) -> Any:
        """Shape of the output, without the batch axis, with every check of the input.

        A layer writes it that knows its shape before its values; blocks of layers need none.
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
        return f"{type(self).__name__} {self.detail()}".strip()

    def detail(self) -> str:
        """The settings that repr shows after the class name."""
        return ""

    def __repr__(self) -> str:
        inner = [f"  {name}: {part!r}".replace("\n", "\n  ") for name, part in self.children()]
        return "\n".join([f"{self.heading()}(", *inner, ")"]) if inner else self.heading()

    # --- what belongs to it -----------------------------------------------------------------

    def children(self) -> list[tuple[str, "Module"]]:
        """(name, Module) of the Modules directly inside."""
        found = []
        for name, value in vars(self).items():
            if isinstance(value, Module):
                found.append((name, value))
            elif isinstance(value, list):
                found += [(f"{name}.{number}", part) for number, part in enumerate(value)
                          if isinstance(part, Module)]
        return found

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, "Module"]]:
        """(path, Module) of this Module (path "") and of everything inside, outermost first."""
        yield prefix, self
        for name, part in self.children():
            yield from part.named_modules(f"{prefix}.{name}" if prefix else name)

    def modules(self) -> Iterator["Module"]:
        return (part for _, part in self.named_modules())

    def named_state(self) -> Iterator[tuple[str, Parameter]]:
        """(path, Parameter or Buffer), each once even where it is shared."""
        seen = set()
        for path, part in self.named_modules():
            for name, value in vars(part).items():
                if isinstance(value, Parameter) and id(value) not in seen:
                    seen.add(id(value))
                    yield f"{path}.{name}" if path else name, value

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        return ((name, value) for name, value in self.named_state() if value.learnt)

    def parameters(self) -> Iterator[Parameter]:
        return (value for _, value in self.named_parameters())

    def num_parameters(self) -> int:
        """How many numbers are learnt.  Nothing is allocated to count them."""
        return sum(parameter.size for parameter in self.parameters())

    def zero_grad(self) -> None:
        for parameter in self.parameters():
            parameter.grad = None

    # --- mode, device, state ----------------------------------------------------------------

    def train(self: M, mode: bool = True) -> M:
        """Training mode: dropout drops, batch norm uses the batch's own statistics."""
        for part in self.modules():
            part.training = mode
        return self

    def eval(self: M) -> M:
        """Test mode: dropout does nothing, batch norm uses its running averages."""
        return self.train(False)

    def to(self: M, device: str | None = None, dtype: Any = None) -> M:
        """Move to "cpu" or "cuda", or to another floating dtype; returns the Module itself."""
        if dtype is not None and np.dtype(dtype).kind != "f":
            raise TypeError(f"to: dtype must be float16, float32 or float64, got {np.dtype(dtype)}")
        if device is not None:
            to_device(np.zeros(0), device)         # no such device: an error before anything moves
        for _, value in self.named_state():
            value.move(device, dtype)
        return self

    def state_dict(self) -> dict[str, np.ndarray]:
        """Name -> values of all Parameters and Buffers, copied to the CPU."""
        return {name: np.array(to_cpu(value.data)) for name, value in self.named_state()}

    def load_state_dict(self, values: dict[str, np.ndarray], strict: bool = True) -> None:
        """Take over values by name: all of them or, if anything does not fit, none.

        strict=False leaves out names that only one side has; a wrong shape is always an error.
        """
        if not isinstance(values, Mapping):
            raise TypeError(f"load_state_dict: expected a dict of arrays, as state_dict() gives, "
                            f"got {type(values).__name__}; a file is read first, for example by "
                            "dict(numpy.load(path))")
        own = dict(self.named_state())
        wrong = [f"missing: {name}" for name in own if name not in values] if strict else []
        wrong += [f"unexpected: {name}" for name in values if name not in own] if strict else []
        wrong += [f"{name}: {np.shape(values[name])} given, {own[name].shape} needed"
                  for name in own if name in values and np.shape(values[name]) != own[name].shape]
        if wrong:
            shown = "; ".join(wrong[:8] + [f"and {len(wrong) - 8} more"] * (len(wrong) > 8))
            raise ValueError(f"load_state_dict: {shown}; nothing was changed. "
                             "Were these values saved by another network or variant?")
        arrays = {name: np.array(values[name], dtype=own[name].dtype)
                  for name in own if name in values}
        for name, array in arrays.items():
            own[name].data = to_device(array, own[name]._device)


def in_order(forward: Any) -> Any:
    """Marks a forward that, in eval mode, runs the parts one after the other: see fold_all."""
    forward.in_order = True
    return forward


class Sequential(Module):
    """Modules one after the other.  Names are their numbers, or keywords: Sequential(conv1=...)."""

    def __init__(self, *modules: Module, **named: Module) -> None:
        for name, part in {**{str(i): part for i, part in enumerate(modules)}, **named}.items():
            if not isinstance(part, Module):
                raise TypeError(f"Sequential: part {name} is a {type(part).__name__}, not a Module")
            setattr(self, name, part)

    @in_order
    def forward(self, x: Any) -> Any:
        for _, part in self.children():
            x = part(x)
        return x

    def __len__(self) -> int:
        return len(self.children())

    def __getitem__(self, number: int) -> Module:
        return self.children()[number][1]
