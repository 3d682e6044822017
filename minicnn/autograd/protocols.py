"""What a Tensor answers to Python and NumPy: len(x), float(x), x[0] = 5, np.asarray(x), copies.

What has no good answer is refused, with what to write instead.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from minicnn.autograd import arithmetic
from minicnn.autograd.engine import Variable
from minicnn.autograd.operators import Operators
from minicnn.autograd.switches import state
from minicnn.backend.arrays import Array, to_cpu


class Protocols(Operators):
    """What Tensor inherits to stand where Python or NumPy expect a number or a sequence."""

    # --- a number ------------------------------------------------------------------------------

    def item(self) -> float:
        """The only value as a Python number; on a GPU this waits until it has been computed."""
        return self.only("item()").item()

    def only(self, what: str) -> Array:
        """The array, if it holds a single value."""
        if self.data.size != 1:
            raise ValueError(f"{what} needs a single value, this Tensor has shape {self.shape}; "
                             "reduce it, x.mean(), choose one, x[0], or take all: x.tolist()")
        return self.data

    def __float__(self) -> float:
        return float(self.only("float(x)").item())

    def __int__(self) -> int:
        return int(self.only("int(x)").item())

    def __complex__(self) -> complex:
        return complex(self.only("complex(x)").item())

    def __index__(self) -> int:
        if self.dtype.kind not in "iu":
            raise TypeError(f"an index is a whole number, this Tensor is {self.dtype}; int(x)")
        return int(self.only("an index").item())

    def __round__(self, digits: int | None = None) -> Any:
        return round(self.only("round(x)").item(), digits)

    def __bool__(self) -> bool:
        if self.data.size != 1:
            raise ValueError(f"a Tensor of shape {self.shape} is neither true nor false; compare, "
                             "then ask for (x > 0).all() or (x > 0).any()")
        return bool(self.data)

    def __repr__(self) -> str:
        grad = ", requires_grad=True" if self.requires_grad else ""
        return f"Tensor({np.array2string(self.numpy(), prefix='Tensor(')}, {self.dtype}{grad})"

    def __format__(self, form: str) -> str:
        return format(self.only(f"the format {form!r}").item() if form else str(self), form)

    # --- a sequence ----------------------------------------------------------------------------

    def __len__(self) -> int:
        if not self.ndim:
            raise TypeError("a single number has no length and no parts: float(x), or x.reshape(1)")
        return self.shape[0]

    def __iter__(self) -> Iterator:
        return (self[number] for number in range(len(self)))

    def __contains__(self, value: Any) -> bool:
        return bool((self.data == self.beside(value).data).any())

    def __getitem__(self, index: Any) -> Any:
        if not isinstance(index, (int, slice)):
            index = arrays_in(index)
        y = arithmetic.GetItemFn(index)(self)
        return y if y.creator or not arithmetic.is_basic(index) else y.shares(self)

    def __setitem__(self, index: Any, value: Any) -> None:
        """x[index] = value, where backward cannot be misled: see Operators.writable."""
        if state.recording and getattr(value, "requires_grad", False):
            raise RuntimeError("x[...] = value: no gradient goes back through an assignment; join "
                               "parts with functions.stack or cat, choose with functions.where, or "
                               "assign value.detach()")
        array, other = self.writable("x[...] = value"), self.lift(value)
        if other.dtype.kind == "f" != array.dtype.kind:
            raise TypeError(f"x[...] = value: {array.dtype} values cannot hold {other.dtype}; "
                            "convert first: x = x.float()")
        index = arrays_in(index)
        if not isinstance(array, np.ndarray):      # a GPU wraps what is out of range, silently
            arithmetic.check_index(index, array.shape)
        array[index] = other.data if other.ndim else other.data.astype(array.dtype)
        self.mark_written()

    def __delitem__(self, index: Any) -> None:
        raise TypeError("nothing can be deleted from a Tensor; keep the rest: x[1:], x[mask]")

    # --- an array ------------------------------------------------------------------------------

    def numpy(self) -> np.ndarray:
        """The values as a NumPy array; from a GPU they are copied."""
        return to_cpu(self.data)

    def tolist(self) -> Any:
        """The values as nested lists of Python numbers; a single value as a number."""
        return self.data.tolist()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """np.asarray(x), plt.imshow(x): the values, where no gradient is lost by it.

        NumPy records nothing.  A Tensor that requires a gradient is refused here, as in PyTorch:
        else one np.log in a loss would end every gradient behind it, and nothing would say so.
        """
        if self.requires_grad and state.recording:
            raise TypeError("NumPy would lose the gradient of this Tensor; its values: x.detach(), "
                            "or x.numpy(); with the gradient: a method, or minicnn.functions")
        if self.device != "cpu":
            raise TypeError("this Tensor is on the GPU, NumPy is not; bring it: x.cpu()")
        array = np.asarray(self.data, dtype)
        if copy is False and array.dtype != self.dtype:
            raise ValueError(f"{self.dtype} becomes {array.dtype} in a copy only")
        return array.copy() if copy and array.dtype == self.dtype else array

    def __array_function__(self, function: Any, types: Any, args: Any, words: Any) -> Any:
        """np.mean(x), np.stack([x, y]): NumPy's answer about the values, by the rule above."""
        try:
            args, words = values_in(args), values_in(words)
        except TypeError as problem:
            name, library = function.__name__, function.__module__.replace("numpy", "np")
            here = f"; here: x.{name}()" if name in dir(self) else ""
            raise TypeError(f"{library}.{name}: {problem}{here}") from None
        return function(*args, **words)

    # --- copies --------------------------------------------------------------------------------

    def __getstate__(self) -> dict:
        """For copy.deepcopy and pickle: a copy has memory of its own, and no history."""
        if self.creator is not None:
            raise RuntimeError("a Tensor that was computed is copied without its history, "
                               "x.detach().clone(), or with it, x.clone()")
        return {name: value for name, value in vars(self).items() if name not in ("owner", "views")}

    def __copy__(self) -> Any:
        """copy.copy(x): another Tensor around the same memory."""
        y = type(self).__new__(type(self))
        vars(y).update(self.__getstate__())
        return y.shares(self)


def arrays_in(index: Any) -> Any:
    """An index with arrays in the place of Tensors."""
    if isinstance(index, tuple):
        return tuple(map(arrays_in, index))
    return index.data if isinstance(index, Variable) else index


def values_in(argument: Any) -> Any:
    """An argument of a NumPy function with NumPy arrays in the place of Tensors."""
    if isinstance(argument, Protocols):
        return np.asarray(argument)
    if isinstance(argument, (list, tuple)) and not hasattr(argument, "_fields"):
        return type(argument)(map(values_in, argument))
    if isinstance(argument, dict):
        return {name: values_in(value) for name, value in argument.items()}
    return argument
