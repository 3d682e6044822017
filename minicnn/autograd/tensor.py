"""Tensor: an array with NumPy's operators that remembers how it was computed."""

from typing import Any

import numpy as np

from minicnn.autograd import arithmetic
from minicnn.autograd.engine import Variable
from minicnn.autograd.switches import located
from minicnn.backend.arrays import Array, is_array, to_cpu, to_device, xp_of


class Tensor(Variable):
    """An array that remembers how it was computed.

    Parameters
    ----------
    data : array, number or nested list     NumPy and CuPy arrays are kept as they are, without a
                                            copy; numbers and lists become float32
    requires_grad : bool                    True for what is learnt: backward() fills `.grad`

    The operators mean what they mean in NumPy; comparisons return plain arrays of booleans.
    float16, float32 and float64 come out as they went in, and are not mixed.

    >>> x = Tensor([3.0], requires_grad=True)
    >>> y = x * x + x
    >>> y.backward()
    >>> x.grad.tolist()                         # 2 x + 1
    [7.0]
    """

    __array_ufunc__ = None                         # numpy_array * tensor asks Tensor.__rmul__
    __hash__ = object.__hash__                     # == compares values, a dict wants the object

    def __init__(self, data: Any, requires_grad: bool = False) -> None:
        data = data.data if isinstance(data, Variable) else data
        if not is_array(data):
            if not isinstance(data, (bool, int, float, list, tuple, np.generic)):
                raise TypeError("Tensor: expected an array, a number or a list of numbers, got "
                                f"{type(data).__name__}")
            data = np.asarray(data, None if isinstance(data, np.generic) else np.float32)
        if not data.dtype.isnative:                # big-endian files; BLAS and CuPy want native
            data = data.astype(data.dtype.newbyteorder("="))
        super().__init__(data, requires_grad)

    def like(self, array: Array) -> "Tensor":
        y = Tensor.__new__(Tensor)                 # without __init__: there is nothing to convert
        y.data = array
        return y

    def __repr__(self) -> str:
        grad = ", requires_grad=True" if self.requires_grad else ""
        return f"Tensor({np.array2string(self.numpy(), prefix='Tensor(')}, {self.dtype}{grad})"

    def __format__(self, form: str) -> str:
        return format(self.item() if form else str(self), form)

    def __len__(self) -> int:
        return len(self.data)

    def __bool__(self) -> bool:
        return bool(self.data)

    def __float__(self) -> float:
        return float(self.data)

    def numpy(self) -> np.ndarray:
        """The values as a NumPy array; from a GPU they are copied."""
        return to_cpu(self.data)

    def item(self) -> float:
        """The only value as a Python number; on a GPU this waits until it has been computed."""
        return self.data.item()

    def detach(self) -> "Tensor":
        """The same values without the history: no gradient flows back through the result."""
        return Tensor(self.data)

    def to(self, device: str) -> "Tensor":
        """The values on "cpu" or "cuda", without the history; a network moves as a whole."""
        return Tensor(to_device(self.data, device), self.requires_grad)

    def astype(self, dtype: Any) -> "Tensor":
        """The values in another dtype, without the history."""
        return Tensor(self.data.astype(dtype), self.requires_grad)

    def lift(self, value: Any) -> "Tensor":
        """A number, list or array as a constant beside this Tensor, whole numbers in its dtype."""
        if isinstance(value, Tensor):
            return value
        number = isinstance(value, (int, float, np.number, np.bool_))
        if not number and is_array(value) and value.ndim:
            return Tensor(value if value.dtype.kind == "f" else value.astype(self.dtype))
        if number or isinstance(value, (list, tuple)) or is_array(value):
            return self.like(xp_of(self.data).asarray(value, dtype=self.data.dtype))
        raise TypeError(f"expected a Tensor, an array or a number, got {type(value).__name__}")

    def beside(self, value: Any) -> "Tensor":
        """`lift(value)` for an operator that works position by position: the shapes must fit."""
        other = self.lift(value)
        if other.shape not in ((), self.shape):
            for m, n in zip(reversed(self.shape), reversed(other.shape), strict=False):
                if m != n and 1 not in (m, n):
                    raise ValueError(f"{located('Tensor')}: shapes {self.shape} and {other.shape} "
                                     "do not fit; counted from the right, sizes must be equal or 1")
        return other

    def __add__(self, other: Any) -> "Tensor":
        return arithmetic.AddFn()(self, self.beside(other))

    def __sub__(self, other: Any) -> "Tensor":
        return arithmetic.SubFn()(self, self.beside(other))

    def __rsub__(self, other: Any) -> "Tensor":
        return arithmetic.SubFn()(self.beside(other), self)

    def __mul__(self, other: Any) -> "Tensor":
        return arithmetic.MulFn()(self, self.beside(other))

    def __truediv__(self, other: Any) -> "Tensor":
        return arithmetic.DivFn()(self, self.beside(other))

    def __rtruediv__(self, other: Any) -> "Tensor":
        return arithmetic.DivFn()(self.beside(other), self)

    def __pow__(self, other: Any) -> "Tensor":
        if isinstance(other, (int, float)):
            return arithmetic.PowerFn(float(other))(self)      # np.float64 is a float, too
        return arithmetic.PowerOfFn()(self, self.beside(other))

    def __rpow__(self, other: Any) -> "Tensor":
        return arithmetic.PowerOfFn()(self.beside(other), self)

    def __matmul__(self, other: Any) -> "Tensor":
        return matmul(self, self.lift(other))

    def __rmatmul__(self, other: Any) -> "Tensor":
        return matmul(self.lift(other), self)

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self) -> "Tensor":
        return arithmetic.NegFn()(self)

    def __abs__(self) -> "Tensor":
        return arithmetic.AbsFn()(self)

    def __getitem__(self, index: Any) -> "Tensor":
        return arithmetic.GetItemFn(index)(self)

    def __lt__(self, other: Any) -> Array:
        return self.data < self.beside(other).data

    def __le__(self, other: Any) -> Array:
        return self.data <= self.beside(other).data

    def __gt__(self, other: Any) -> Array:
        return self.data > self.beside(other).data

    def __ge__(self, other: Any) -> Array:
        return self.data >= self.beside(other).data

    def __eq__(self, other: Any) -> Array:         # type: ignore[override]
        return self.data == self.beside(other).data

    def __ne__(self, other: Any) -> Array:         # type: ignore[override]
        return self.data != self.beside(other).data

    def sum(self, axis: Any = None, keepdims: bool = False) -> "Tensor":
        return arithmetic.SumFn(axis, keepdims)(self)

    def mean(self, axis: Any = None, keepdims: bool = False) -> "Tensor":
        return arithmetic.MeanFn(axis, keepdims)(self)

    def max(self, axis: Any = None, keepdims: bool = False) -> "Tensor":
        """The largest value; where several are largest, they share the gradient equally."""
        return arithmetic.MaxFn(axis, keepdims)(self)

    def min(self, axis: Any = None, keepdims: bool = False) -> "Tensor":
        return -(-self).max(axis, keepdims)

    def var(self, axis: Any = None, keepdims: bool = False, ddof: int = 0) -> "Tensor":
        """Mean squared distance from the mean; the sum is divided by (number of values - ddof)."""
        mean = self.mean(axis, keepdims=True)
        count = self.size / max(mean.size, 1)
        if count <= ddof:
            raise ValueError(f"var: ddof is {ddof}, but only {count:g} values share a mean")
        return ((self - mean) ** 2).mean(axis, keepdims) * (count / (count - ddof))

    def reshape(self, *shape: Any) -> "Tensor":
        """The same values in another shape; one size may be -1: as many as are left."""
        return arithmetic.ReshapeFn(one_tuple(shape))(self)

    def transpose(self, *axes: Any) -> "Tensor":
        """The axes in another order; without arguments, reversed."""
        return arithmetic.TransposeFn(one_tuple(axes))(self)

    def flatten(self, start: int = 0) -> "Tensor":
        """All axes from `start` on as one: flatten(1) keeps the batch."""
        rest = 1
        for size in self.shape[start:]:
            rest *= size
        return self.reshape(self.shape[:start] + (rest,))


def one_tuple(numbers: tuple) -> tuple:
    """f(2, 3), f((2, 3)) and f([2, 3]) mean the same."""
    return tuple(numbers[0]) if len(numbers) == 1 and isinstance(numbers[0], (tuple, list)) \
        else numbers


def matmul(a: Tensor, b: Tensor) -> Tensor:
    """a @ b, the inner sizes compared first."""
    if not a.ndim or not b.ndim:
        raise ValueError(f"@: shapes {a.shape} and {b.shape}; a single number is multiplied with *")
    inner = b.shape[-2] if b.ndim > 1 else b.shape[0]
    if a.shape[-1] != inner:
        raise ValueError(f"@: shapes {a.shape} and {b.shape} do not fit: the last size of the "
                         f"left, {a.shape[-1]}, must be the last but one of the right, {inner}")
    return arithmetic.MatMulFn()(a, b)
