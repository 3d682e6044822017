"""Tensor: an array with operators and methods that remembers how it was computed.

    operators.py     + - * / ** @, comparisons, += in place
    protocols.py     len, float, x[0], x[0] = 5, np.asarray(x), copies: what Python and NumPy ask
    reshaping.py     reshape, permute, squeeze, split
    reductions.py    sum, mean, var, max, argmax
    this file        how a Tensor is made, dtypes and devices, exp, relu and the like
"""

from typing import Any

import numpy as np

from minicnn.autograd import activations, elementary
from minicnn.autograd.engine import Function, Variable
from minicnn.autograd.operators import matmul, native
from minicnn.autograd.protocols import Protocols
from minicnn.autograd.reductions import Reductions
from minicnn.autograd.stand_ins import METHODS, StandIns
from minicnn.backend.arrays import Array, is_array, xp_of
from minicnn.backend.messages import type_name


class Tensor(Reductions, StandIns):
    """An array that remembers how it was computed.

    Parameters
    ----------
    data : array, number or nested list     NumPy and CuPy arrays are kept as they are, without a
                                            copy, and so is what NumPy can read (a Series, an
                                            image); numbers and lists become float32
    requires_grad : bool                    True for what is learnt: backward() fills `.grad`

    The operators mean what they mean in NumPy, the methods what they mean in PyTorch; comparisons
    return plain arrays of booleans.  float16, float32 and float64 come out as they went in, and are
    not mixed.

    >>> x = Tensor([3.0], requires_grad=True)
    >>> y = x * x + x
    >>> y.backward()
    >>> x.grad.tolist()                         # 2 x + 1
    [7.0]
    """

    def __init__(self, data: Any, requires_grad: bool = False) -> None:
        if not isinstance(requires_grad, (bool, np.bool_)):
            raise TypeError(f"Tensor: requires_grad is True or False, got {requires_grad!r}; zeros "
                            "of a shape: Tensor(np.zeros((2, 3), np.float32))")
        array = data.data if isinstance(data, Variable) else data
        if not is_array(array):
            array = array_from(array)
        elif array.dtype.kind not in "fiub":
            raise TypeError(f"Tensor: expected numbers, got an array of {array.dtype}")
        super().__init__(native(array), bool(requires_grad))
        if isinstance(data, Protocols):
            self.shares(data)

    def like(self, array: Array) -> "Tensor":
        y = Tensor.__new__(Tensor)                 # without __init__: there is nothing to convert
        y.data = array
        return y

    def __dir__(self) -> list[str]:
        return sorted(set(super().__dir__()) - METHODS.keys())

    # --- the graph -----------------------------------------------------------------------------

    is_leaf = property(lambda self: self.creator is None, doc="Given, not computed.")

    @property
    def grad_fn(self) -> Function | None:
        """PyTorch's name for `creator`: the Function that made this Tensor."""
        return self.creator

    def requires_grad_(self, requires_grad: bool = True) -> "Tensor":
        """Ask for a gradient, or no longer; returns the Tensor itself."""
        if self.creator is not None and not requires_grad:
            raise RuntimeError("requires_grad_(False): this Tensor was computed from what requires "
                               "a gradient; its values alone: x.detach()")
        if requires_grad and self.dtype.kind != "f":
            raise TypeError(f"{self.dtype} values cannot require a gradient; convert first: "
                            "x.float()")
        self.requires_grad = bool(requires_grad)
        return self

    def detach(self) -> "Tensor":
        """The same values without the history: no gradient flows back through the result."""
        return Tensor(self)

    def clone(self) -> "Tensor":
        """A copy of the values, through which gradients flow back."""
        return elementary.CastFn(self.dtype)(self)

    # --- dtypes and devices: gradients flow back through them ----------------------------------

    def astype(self, dtype: Any) -> "Tensor":
        """The values in another dtype; from a float dtype to another with the history."""
        dtype = np.dtype(dtype)
        if dtype == self.dtype:
            return self
        if dtype.kind not in "fiub":
            raise TypeError(f"astype: a Tensor holds real numbers or booleans, not {dtype}")
        if dtype.kind != "f" or self.dtype.kind != "f":
            return self.like(self.data.astype(dtype))
        if not self.ndim:                          # the engine gives single values x's dtype
            return self.reshape(1).astype(dtype).reshape(())
        return elementary.CastFn(dtype)(self)

    def to(self, device: Any = None, dtype: Any = None) -> "Tensor":
        """The values on "cpu" or "cuda", or in another dtype; a network moves as a whole."""
        if device is not None and is_dtype(device):
            device, dtype = dtype, device
        x = self if device in (None, self.device) else elementary.ToDeviceFn(device)(self)
        return x if dtype is None else x.astype(dtype)

    def cpu(self) -> "Tensor":
        return self.to("cpu")

    def cuda(self) -> "Tensor":
        return self.to("cuda")

    # --- value by value ------------------------------------------------------------------------

    def abs(self) -> Any:
        return abs(self)

    def exp(self) -> Any:
        return elementary.ExpFn()(self)

    def log(self) -> Any:
        """Natural logarithm; for probabilities use log_softmax, which does not overflow."""
        return elementary.LogFn()(self)

    def sqrt(self) -> Any:
        """Square root; its slope at 0 is infinite."""
        return elementary.SqrtFn()(self)

    def square(self) -> Any:
        return self ** 2

    def pow(self, exponent: Any) -> Any:
        return self ** exponent

    def relu(self) -> Any:
        return activations.ReLUFn()(self)

    def sigmoid(self) -> Any:
        return activations.SigmoidFn()(self)

    def tanh(self) -> Any:
        return activations.TanhFn()(self)

    def clamp(self, min: float | None = None, max: float | None = None) -> Any:
        """x, but not below `min` and not above `max`; NaN stays NaN."""
        low, high = -np.inf if min is None else float(min), np.inf if max is None else float(max)
        if low > high:
            raise ValueError(f"clamp: min {min} is above max {max}")
        return elementary.ClipFn(low, high)(self)

    clip = clamp

    def maximum(self, other: Any) -> Any:
        """The larger of the two, position by position; NaN where one of them is NaN."""
        return elementary.MaximumFn()(self, self.beside(other))

    def minimum(self, other: Any) -> Any:
        return -(-self).maximum(-self.beside(other))

    def matmul(self, other: Any) -> Any:
        return matmul(self, self.lift(other))

    def isnan(self) -> Array:
        return xp_of(self.data).isnan(self.data)

    def isinf(self) -> Array:
        return xp_of(self.data).isinf(self.data)

    def isfinite(self) -> Array:
        return xp_of(self.data).isfinite(self.data)

    # --- dtypes by PyTorch's names; last, for they hide Python's in a class --------------------

    def half(self) -> "Tensor":
        return self.astype(np.float16)

    def double(self) -> "Tensor":
        return self.astype(np.float64)

    def long(self) -> "Tensor":
        return self.astype(np.int64)

    def float(self) -> "Tensor":
        return self.astype(np.float32)

    def int(self) -> "Tensor":
        return self.astype(np.int32)

    def bool(self) -> "Tensor":
        return self.astype(np.bool_)


def array_from(data: Any) -> np.ndarray:
    """The array of numbers that NumPy sees in `data`, numbers and lists in float32."""
    listed = isinstance(data, (bool, int, float, list, tuple)) and not isinstance(data, np.generic)
    if not listed and not is_readable(data):
        raise TypeError("Tensor: expected an array, a number or a list of numbers, got "
                        f"{type_name(data)}")
    if isinstance(data, (list, tuple)) and any(isinstance(part, Variable) and part.requires_grad
                                               for part in data):
        raise TypeError(f"Tensor: a {type_name(data)} of Tensors that require a gradient would "
                        "lose it; join them: functions.stack(tensors)")
    try:
        array = np.asarray(data)
    except ValueError as problem:
        raise ValueError(f"Tensor: the rows of this {type_name(data)} differ in length; {problem}"
                         ) from None
    if array.dtype.kind not in "fiub":
        raise TypeError(f"Tensor: expected numbers, got a {type_name(data)} of {array.dtype}")
    return array.astype(np.float32) if listed else array


def is_readable(data: Any) -> bool:
    """Whether NumPy sees an array in it: a Series, a picture, another library's tensor."""
    return hasattr(data, "__array__") or hasattr(data, "__array_interface__")


def is_dtype(value: Any) -> bool:
    """Whether `value` names a dtype, as np.float32 and "float32" do."""
    try:
        return value not in ("cpu", "cuda") and np.dtype(value) is not None
    except TypeError:
        return False
