"""Parameter: a Tensor that is learnt, and that costs nothing until its values are read."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import Array, device_of, to_device
from minicnn.backend.seeds import new_seed
from minicnn.init import Init, ones, zeros

__all__ = ["Buffer", "Init", "Parameter", "Shape", "list_of_parameters", "ones", "zeros"]

Shape = tuple[int, ...]


class Parameter(Tensor):
    """A Tensor that is learnt.  Its values are drawn when they are first read.

    shape : the parameter's shape
    init  : init(rng, shape) -> array, for example minicnn.init.he_normal()

    Each parameter has its own child of the seed, so its values do not depend on the order in which
    parameters are read, nor on the device: they are drawn on the CPU and then moved.
    """

    learnt = True

    def __init__(self, shape: Shape, init: Init = zeros) -> None:
        self._array: Array | None = None
        self._shape, self._dtype, self._device = tuple(shape), np.dtype(np.float32), "cpu"
        self._init, self._seed = init, new_seed()
        self.requires_grad, self.grad, self.creator = self.learnt, None, None

    @property
    def data(self) -> Array:
        if self._array is None:
            drawn = self._init(np.random.default_rng(self._seed), self._shape)
            self._array = to_device(np.asarray(drawn, self._dtype), self._device)
        return self._array

    @data.setter
    def data(self, array: Array) -> None:
        if array.shape != self._shape:
            raise ValueError(f"a parameter of shape {self._shape} cannot take values of shape "
                             f"{array.shape}")
        self._array, self._dtype, self._device = array, array.dtype, device_of(array)

    shape = property(lambda self: self._shape)
    dtype = property(lambda self: self._dtype)
    ndim = property(lambda self: len(self._shape))
    size = property(lambda self: int(np.prod(self._shape)))

    def draw_again(self, init: Init) -> None:
        """Start anew: other values, from a seed of their own, when they are next read."""
        self._init, self._seed, self._array, self.grad = init, new_seed(), None, None

    def move(self, device: str | None, dtype: Any) -> None:
        """Go to another device or dtype in place; the gradient is dropped."""
        self._device = device or self._device
        if dtype is not None and self._dtype.kind == "f":
            self._dtype = np.dtype(dtype)
        if self._array is not None:
            self._array = to_device(self._array.astype(self._dtype, copy=False), self._device)
        self.grad = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}(shape={self.shape}, dtype={self.dtype})"


class Buffer(Parameter):
    """State that is saved with the network but not learnt, such as a batch norm's running mean."""

    learnt = False


def list_of_parameters(name: str, parameters: Iterable[Tensor]) -> list[Tensor]:
    """The parameters as a list, or an error that says what is wrong with them."""
    if isinstance(parameters, Tensor) or not isinstance(parameters, Iterable):
        raise TypeError(f"{name}: expected several parameters, got one "
                        f"{type(parameters).__name__}; pass model.parameters(), or a list")
    listed = list(parameters)
    if not listed:
        raise ValueError(f"{name}: no parameters; was the generator model.parameters() used up by "
                         "an earlier call?")
    for number, parameter in enumerate(listed):
        if not isinstance(parameter, Tensor):
            raise TypeError(f"{name}: parameter {number} is a {type(parameter).__name__}, not a "
                            "Tensor; pass model.parameters()")
    if len({id(parameter) for parameter in listed}) < len(listed):
        raise ValueError(f"{name}: a parameter occurs twice; each step would change it twice")
    return listed
