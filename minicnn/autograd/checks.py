"""What the engine refuses, and in which words.  Each check runs before any arithmetic."""

from typing import Any, NoReturn

import numpy as np

from minicnn.autograd.switches import located
from minicnn.backend.arrays import Array, device_of, xp_of


class ValuesNeeded(TypeError):
    """Values were asked for where only a shape is followed: see shapes.py."""


def check_inputs(function: Any, inputs: tuple) -> list[Array]:
    """The arrays of the inputs: of one floating dtype and on one device, else a TypeError."""
    try:
        arrays = [x.data for x in inputs]
        library, dtype = type(arrays[0]), arrays[0].dtype
        for q in arrays:
            if type(q) is not library or q.dtype != dtype or dtype.kind != "f":
                return refuse_inputs(function, inputs)
    except AttributeError:                         # not Tensors: a NumPy array's .data is no array
        return refuse_inputs(function, inputs)
    return arrays


def refuse_inputs(function: Any, inputs: tuple) -> list[Array]:
    """Say what is wrong with the inputs; arrays of one subclass and another are handed on."""
    name = located(type(function).__name__.removesuffix("Fn"))
    for x in inputs:
        if not hasattr(x, "creator"):
            raise TypeError(f"{name}: expected a Tensor, got {type(x).__name__}; "
                            "wrap it: Tensor(x)")
    first = inputs[0].data
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


def check_upstream(y: Any, dy: Any) -> Array:
    """The gradient that backward() starts from, an array of y's shape and dtype; 1 if left out."""
    if not y.requires_grad or dy is None and y.size != 1:
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


def refuse_spent() -> NoReturn:
    raise RuntimeError("backward has already passed here and freed what the forward pass saved; "
                       "compute the loss again, or call backward(retain_graph=True) the first time")
