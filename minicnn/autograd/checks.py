"""What the engine refuses, and in which words.  Each check runs before any arithmetic."""

import dis
from functools import partial
from typing import Any, NoReturn

import numpy as np

from minicnn.autograd.switches import located
from minicnn.backend.arrays import Array, device_of, xp_of
from minicnn.backend.messages import type_name


class ValuesNeeded(TypeError):
    """Values were asked for where only a shape is followed: see shapes.py."""


def check_inputs(function: Any, inputs: tuple) -> list[Array]:
    """The arrays of the inputs: of one floating dtype and on one device, else a TypeError."""
    try:
        arrays = [x.data for x in inputs]
        library, dtype = type(arrays[0]), arrays[0].dtype
        for q in arrays:
            if type(q) is not library or q.dtype != dtype or dtype.kind != "f" or function.used:
                return refuse_inputs(function, inputs)
    except AttributeError:                         # not Tensors: a NumPy array's .data is no array
        return refuse_inputs(function, inputs)
    return arrays


def refuse_inputs(function: Any, inputs: tuple) -> list[Array]:
    """Say what is wrong with the inputs; arrays of one subclass and another are handed on."""
    if function.used:
        refuse_reuse(function)
    name = located(type(function).__name__.removesuffix("Fn"))
    for x in inputs:
        if not hasattr(x, "creator"):
            raise TypeError(f"{name}: expected a Tensor, got {type_name(x)}; wrap it: Tensor(x)")
    if not inputs:
        raise TypeError(f"{name}: called without a Tensor")
    first = inputs[0].data
    if function.any_numbers and all(x.dtype == first.dtype for x in inputs) and len(
            {device_of(x.data) for x in inputs}) == 1:
        return [x.data for x in inputs]
    for array in (x.data for x in inputs):
        if array.dtype.kind != "f":
            cure = ("scale images first: x.astype('float32') / 255" if array.dtype == np.uint8
                    else "convert first: x.astype('float32')")
            raise TypeError(f"{name}: {array.dtype} values have no gradient; {cure}")
        if array.dtype != first.dtype:
            raise TypeError(f"{name}: {first.dtype} and {array.dtype} mixed; convert the data, "
                            f"x.astype('{array.dtype}'), or the network, "
                            f"model.to(dtype='{first.dtype}')")
        if device_of(array) != device_of(first):
            raise TypeError(f"{name}: one input is on {device_of(first)}, another on "
                            f"{device_of(array)}; move both, model.to(device) and "
                            "Tensor(x).to(device)")
    return [x.data for x in inputs]


def refuse_reuse(function: Any) -> NoReturn:
    name = type(function).__name__
    raise RuntimeError(f"{name}: this instance has been called before, and keeps what that call "
                       f"needs for its backward; every call takes a new one: {name}(...)(x)")


def refuse_foreign_style(cls: type) -> None:
    """A Function written as for PyTorch, forward(ctx, x), is refused where it is defined."""
    for method in ("forward", "backward"):
        if isinstance(vars(cls).get(method), (staticmethod, classmethod)):
            raise TypeError(f"{cls.__name__}.{method}: here it is an ordinary method, "
                            f"{method}(self, ...); what PyTorch keeps on ctx, self keeps")


# What the engine writes on a Function; a method or a value of that name would be lost.
TAKEN = {"sources", "kinds", "serial", "path", "used", "spent", "needs_grad", "output",
         "requires_grad", "written"}


def refuse_taken_names(cls: type) -> None:
    """Refuse a subclass that uses a name of the engine for something of its own."""
    for name, value in vars(cls).items():
        code = getattr(value, "__code__", None)
        taken = TAKEN & ({name} | (set(code.co_names) if code else set()))
        written = {step.argval for step in dis.get_instructions(code)
                   if step.opname == "STORE_ATTR"} if taken and code else set()
        for clash in sorted(taken & (written | {name})):
            raise TypeError(f"{cls.__name__}: the engine itself writes self.{clash}; call it "
                            f"something else, such as self.my_{clash}")


def check_upstream(y: Any, dy: Any) -> Array:
    """The gradient that backward() starts from, an array of y's shape and dtype; 1 if left out."""
    if not y.requires_grad or dy is None and y.data.size != 1:
        refuse_upstream(y, "")
    if dy is None:
        return xp_of(y.data).ones_like(y.data)
    dy = xp_of(y.data).asarray(dy.data if hasattr(dy, "creator") else dy, y.dtype)
    return dy if dy.shape == y.shape else refuse_upstream(y, dy.shape)


def refuse_upstream(y: Any, dy_shape: Any) -> NoReturn:
    if not y.requires_grad:
        raise RuntimeError("backward: nothing here requires a gradient; was it computed inside "
                           "no_grad(), or from Tensors without requires_grad=True?")
    if dy_shape == "":
        raise ValueError(f"backward: a Tensor of shape {y.shape} needs the upstream gradient dy of "
                         "that shape; or reduce it to one number first: y.sum().backward()")
    raise ValueError(f"backward: dy has shape {dy_shape}, this Tensor {y.shape}")


def refuse_gradients(function: Any, dxs: list) -> NoReturn:
    """Name the Function whose backward returned too few gradients, or a wrong one."""
    name, kinds = type(function).__name__, function.kinds
    if len(dxs) != len(kinds):
        raise RuntimeError(f"{name}.backward returned {len(dxs)} gradients for {len(kinds)} inputs")
    number = next(i for i, dx in enumerate(dxs)
                  if dx is not None and (dx.shape, dx.dtype) != kinds[i])
    dx, (shape, dtype) = dxs[number], kinds[number]
    raise RuntimeError(f"{name}.backward: gradient {number} is {dx.dtype} {dx.shape}, its input "
                       f"was {dtype} {shape}")


def refuse_stale(function: Any) -> None:
    """Refuse a second backward, and one that reads an array which was written into since forward.
    """
    if function.spent:
        raise RuntimeError("backward has already passed here and freed what the forward pass saved;"
                           " compute the loss again, or call backward(retain_graph=True) the first "
                           "time")
    late = [x for x in leaves_of(function.sources)
            if x.written > function.serial and keeps(vars(function), x.data)]
    if not late:
        return
    x = late[0]
    path = ".".join(filter(None, function.path))
    name = type(function).__name__.removesuffix("Fn")
    raise RuntimeError(
        f"{path + ': ' if path else ''}{name}.backward needs the values that forward read, but its "
        f"{type_name(x)} of shape {x.shape} was written into since then, by optimizer.step() "
        "or in place: the gradient would be wrong; call backward() before the step, or compute the "
        "loss again after it")


def leaves_of(sources: list) -> list:
    """The Variables in whose memory the inputs lie, where something was written at all."""
    leaves = []
    for x in sources:
        if hasattr(x, "sources"):                  # a view, for of others nothing is written
            leaves += leaves_of(x.sources) if x.written >= 0 else []
        else:
            leaves.append(x)
    return leaves


def keeps(kept: Any, array: Array) -> bool:
    """Whether `kept`, what a Function saved, has `array` or a view of it somewhere."""
    if type(kept) is type(array):
        return bool(xp_of(array).may_share_memory(kept, array))
    if isinstance(kept, dict):
        return any(keeps(value, array) for value in kept.values())
    if isinstance(kept, (list, tuple)):
        return any(keeps(value, array) for value in kept)
    if isinstance(kept, partial):                  # the backward of a faster version
        return keeps((kept.args, kept.keywords), array)
    cells = getattr(kept, "__closure__", None) or ()
    return any(keeps(cell.cell_contents, array) for cell in cells)
