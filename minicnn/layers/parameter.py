"""Parameter: a Tensor that is learnt, and that costs nothing until its values are read."""

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

import numpy as np

from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import Array, device_of, is_array, to_device, xp_of
from minicnn.backend.messages import type_name
from minicnn.backend.seeds import new_seed
from minicnn.backend.windows import is_whole
from minicnn.init import Init, ones, zeros

__all__ = ["Buffer", "Init", "Parameter", "Shape", "list_of_parameters", "ones", "zeros"]

Shape = tuple[int, ...]


class Parameter(Tensor):
    """A Tensor that is learnt.  Its values are drawn when they are first read, unless given.

    shape : a tuple of whole numbers, the parameter's shape; or its values: an array, a list of
            numbers or a Tensor (arrays are kept as they are, without a copy)
    init  : init(rng, shape) -> array, for example minicnn.init.he_normal(); only with a shape
    requires_grad : bool, by name; False is a Parameter that rests

    Each parameter has its own child of the seed, so its values do not depend on the order in which
    parameters are read, nor on the device: they are drawn on the CPU and then moved.
    """

    learnt = True

    def __init__(self, shape: Any, init: Init | None = None, *, requires_grad: bool = True) -> None:
        kind = type(self).__name__
        if init is not None and not callable(init):
            raise TypeError(f"{kind}: init must be a function of (rng, shape), got {init!r}"
                            + ("; write requires_grad= before it" * isinstance(init, bool)))
        self._array: Array | None = None
        self._init, self._seed = init or zeros, new_seed()
        if isinstance(shape, tuple):
            self._shape = checked_shape(kind, shape)
            self._dtype, self._device = np.dtype(np.float32), "cpu"
        else:
            self.take(shape, init)
        self.grad, self.creator = None, None
        self.requires_grad = self.learnt and bool(requires_grad)

    def take(self, values: Any, init: Init | None) -> None:
        """The values that were given in place of a shape."""
        kind = type(self).__name__
        if init is not None:
            raise TypeError(f"{kind}: values and an init that would draw others; a shape is a "
                            "tuple, such as (3, 2)")
        if isinstance(values, (int, float, str)) or not (
                isinstance(values, (Tensor, list)) or is_array(values)):
            raise TypeError(f"{kind}: expected a shape, such as (3,), or values, such as [3.0], "
                            f"got {values!r}")
        given = values if isinstance(values, Tensor) else Tensor(values)
        if self.learnt and given.dtype.kind != "f":
            raise TypeError(f"{kind}: whole numbers cannot be learnt, got {given.dtype}; convert "
                            "them first: values.astype('float32')")
        computed = given.creator is not None               # others may need what it holds
        self._array, self._shape = given.data.copy() if computed else given.data, given.shape
        self._dtype, self._device = given.dtype, given.device
        if given is values and not computed:
            self.shares(values)

    @property
    def data(self) -> Array:
        if self._array is None:
            drawn = self._init(np.random.default_rng(self._seed), self._shape)
            self._array = to_device(np.asarray(drawn, self._dtype), self._device)
        return self._array

    @data.setter
    def data(self, array: Any) -> None:
        own = self._array
        if own is None or type(array) is not type(own) or array.shape != self._shape:
            array = self.fitting(array)
        self._array, self._dtype, self._device = array, array.dtype, device_of(array)

    def fitting(self, array: Any) -> Any:
        """The array, if it can be this parameter's values; a NumPy number as an array."""
        array = np.asarray(array) if isinstance(array, np.generic) else array
        if not is_array(array):
            raise TypeError(f"a parameter's data is an array, got {type_name(array)}; of a "
                            "Tensor take its .data")
        if array.shape != self._shape:
            raise ValueError(f"a parameter of shape {self._shape} cannot take values of shape "
                             f"{array.shape}")
        return array

    shape = property(lambda self: self._shape)
    dtype = property(lambda self: self._dtype)
    ndim = property(lambda self: len(self._shape))

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

    def __deepcopy__(self, memo: dict) -> "Parameter":
        """Independent, and not drawn before it is read; then it has the same values."""
        twin: Any
        twin = memo[id(self)] = object.__new__(type(self))
        vars(twin).update({name: deepcopy(value, memo)
                           for name, value in Tensor.__getstate__(self).items()})
        return twin

    def __getstate__(self) -> dict[str, Any]:
        """For pickle, which cannot hold a function such as `init`: the values, drawn by now."""
        return super().__getstate__() | {"_array": self.data, "_init": zeros}

    def __repr__(self) -> str:
        return f"{type(self).__name__}(shape={self.shape}, dtype={self.dtype})"


class Buffer(Parameter):
    """State that is saved with the network but not learnt, such as a batch norm's running mean."""

    learnt = False
    persistent = True                  # whether state_dict() has it


def checked_shape(kind: str, shape: tuple) -> Shape:
    for size in shape:
        if not is_whole(size):
            raise TypeError(f"{kind}: a tuple is a shape, of whole numbers, got {shape}; values "
                            "come in a list or an array")
        if size < 0:
            raise ValueError(f"{kind}: no size of a shape is below 0, got {shape}")
    return tuple(int(size) for size in shape)


def zero_gradients(parameters: Iterable[Tensor], set_to_none: bool) -> None:
    """Forget the gradients, or make them arrays of zeros."""
    for parameter in parameters:
        g = parameter.grad
        parameter.grad = None if set_to_none or g is None else xp_of(g).zeros_like(g)


def list_of_parameters(name: str, parameters: Iterable[Tensor]) -> list[Tensor]:
    """The parameters as a list, or an error that says what is wrong with them."""
    if isinstance(parameters, Tensor) or hasattr(parameters, "parameters") \
            or not isinstance(parameters, Iterable):
        raise TypeError(f"{name}: expected several parameters, got one "
                        f"{type_name(parameters)}; pass model.parameters(), or a list")
    listed = list(parameters)
    if not listed:
        raise ValueError(f"{name}: no parameters; was the generator model.parameters() used up by "
                         "an earlier call?")
    for number, parameter in enumerate(listed):
        if not isinstance(parameter, Tensor):
            raise TypeError(f"{name}: parameter {number} is a {type_name(parameter)}, not a "
                            "Tensor; pass model.parameters()")
    if len({id(parameter) for parameter in listed}) < len(listed):
        raise ValueError(f"{name}: a parameter occurs twice; each step would change it twice")
    return listed
