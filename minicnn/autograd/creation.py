"""New Tensors by PyTorch's names: tensor, zeros, rand, arange, ...; minicnn.zeros hands them on.

Sizes come one by one or in a tuple, zeros(2, 3) or zeros((2, 3)); what is not said to be otherwise
is float32.  Random numbers come from the stream that manual_seed starts.
"""

from typing import Any

import numpy as np

from minicnn.autograd.engine import Variable
from minicnn.autograd.reshaping import one_tuple
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import Array, is_array, to_device
from minicnn.backend.messages import type_name
from minicnn.backend.seeds import generator
from minicnn.backend.windows import is_whole

__all__ = ["arange", "as_tensor", "empty", "eye", "from_numpy", "full", "linspace", "ones",
           "ones_like", "rand", "rand_like", "randint", "randn", "randn_like", "randperm", "tensor",
           "zeros", "zeros_like"]

# Dtypes are NumPy's; minicnn.float32, minicnn.long and their kin hand them on.
DTYPES = {name: np.dtype(kind) for name, kind in {
    "float16": "f2", "half": "f2", "float32": "f4", "float": "f4", "float64": "f8", "double": "f8",
    "uint8": "u1", "int32": "i4", "int": "i4", "int64": "i8", "long": "i8", "bool": "?"}.items()}


def placed(array: Array, dtype: Any, device: Any, requires_grad: bool) -> Tensor:
    """A Tensor around `array`, which is copied only where its dtype or device changes."""
    array = array if dtype is None else array.astype(dtype, copy=False)
    return Tensor(array if device is None else to_device(array, device), requires_grad)


# --- from values ----------------------------------------------------------------------------

def tensor(data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
           ) -> Tensor:
    """A copy of numbers, lists or an array.  Whole numbers stay whole: Tensor([1]) makes floats.

    >>> tensor([1, 2]).dtype, tensor([1.0, 2.0]).dtype
    (dtype('int64'), dtype('float32'))
    """
    array = Tensor(data).data                  # refuses what holds no numbers
    if isinstance(data, Variable) or is_array(data):
        array = array.copy()
    elif (listed := np.asarray(data)).dtype.kind != "f":
        array = listed.astype(np.int64) if listed.dtype.kind == "i" else listed
    return placed(array, dtype, device, requires_grad)


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """A Tensor as it is, an array without a copy, the rest as `tensor` makes it."""
    if isinstance(data, Tensor):
        return data.to(device, dtype)
    return placed(data, dtype, device, False) if is_array(data) else \
        tensor(data, dtype=dtype, device=device)


def from_numpy(array: Any) -> Tensor:
    """A Tensor in the memory of a NumPy array: what is written into one is in the other."""
    if not isinstance(array, np.ndarray):
        raise TypeError(f"from_numpy: expected a NumPy array, got {type_name(array)}; of other "
                        "values: tensor(values)")
    return Tensor(array)


# --- of one value ---------------------------------------------------------------------------

def full(size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None,
         requires_grad: bool = False) -> Tensor:
    value = tensor(fill_value, dtype=dtype, device=device).data
    array = np.full(sizes("full", (size,)), value.item(), value.dtype)
    return placed(array, None, device, requires_grad)


def zeros(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False
          ) -> Tensor:
    return placed(np.zeros(sizes("zeros", size), float_or(dtype)), None, device, requires_grad)


def ones(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False
         ) -> Tensor:
    return placed(np.ones(sizes("ones", size), float_or(dtype)), None, device, requires_grad)


def empty(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False
          ) -> Tensor:
    """To be filled; PyTorch leaves in it what lay there, here it holds zeros."""
    return placed(np.zeros(sizes("empty", size), float_or(dtype)), None, device, requires_grad)


def zeros_like(x: Tensor, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    return zeros(x.shape, dtype=kind_of(x, dtype), device=x.device, requires_grad=requires_grad)


def ones_like(x: Tensor, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    return ones(x.shape, dtype=kind_of(x, dtype), device=x.device, requires_grad=requires_grad)


def eye(n: int, m: int | None = None, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Ones from the upper left corner down, zeros else:  (n, m), m = n if not given."""
    rows, columns = sizes("eye", (n, n if m is None else m))
    return placed(np.eye(rows, columns, dtype=float_or(dtype)), None, device, False)


# --- rows of numbers ------------------------------------------------------------------------

def arange(start: Any, end: Any = None, step: Any = 1, *, dtype: Any = None, device: Any = None,
           requires_grad: bool = False) -> Tensor:
    """start, start + step, ... below end; of whole numbers int64.  arange(n) begins with 0."""
    start, end = (0, start) if end is None else (start, end)
    array = np.arange(start, end, step)
    kind = np.int64 if array.dtype.kind in "iu" else np.float32
    return placed(array, dtype or kind, device, requires_grad)


def linspace(start: float, end: float, steps: int, *, dtype: Any = None, device: Any = None,
             requires_grad: bool = False) -> Tensor:
    """`steps` numbers at equal distances, the first `start`, the last `end`."""
    array = np.linspace(start, end, sizes("linspace", (steps,))[0])
    return placed(array, float_or(dtype), device, requires_grad)


# --- random ---------------------------------------------------------------------------------

def rand(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False
         ) -> Tensor:
    """Uniform from 0 on, below 1."""
    array = generator().random(sizes("rand", size), np.float32)
    return placed(array, fractional("rand", dtype), device, requires_grad)


def randn(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False
          ) -> Tensor:
    """Normal, with mean 0 and standard deviation 1."""
    array = np.asarray(generator().standard_normal(sizes("randn", size), np.float32))
    return placed(array, fractional("randn", dtype), device, requires_grad)


def rand_like(x: Tensor, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    return rand(x.shape, dtype=kind_of(x, dtype), device=x.device, requires_grad=requires_grad)


def randn_like(x: Tensor, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    return randn(x.shape, dtype=kind_of(x, dtype), device=x.device, requires_grad=requires_grad)


def randint(low: int, high: Any, size: Any = None, *, dtype: Any = np.int64, device: Any = None
            ) -> Tensor:
    """Whole numbers from `low` on, below `high`; randint(high, size) begins with 0."""
    low, high, size = (0, low, high) if size is None else (low, high, size)
    array = generator().integers(low, high, sizes("randint", (size,)))
    return placed(np.asarray(array), dtype, device, False)


def randperm(n: int, *, dtype: Any = np.int64, device: Any = None) -> Tensor:
    """0 to n - 1 in a random order."""
    return placed(generator().permutation(*sizes("randperm", (n,))), dtype, device, False)


def float_or(dtype: Any) -> Any:
    return np.float32 if dtype is None else dtype


def kind_of(x: Tensor, dtype: Any) -> Any:
    return x.dtype if dtype is None else dtype


def fractional(name: str, dtype: Any) -> np.dtype:
    """The dtype, if numbers between 0 and 1 can be told apart in it."""
    dtype = np.dtype(float_or(dtype))
    if dtype.kind != "f":
        raise TypeError(f"{name}: {dtype} would round all numbers to whole ones; whole numbers are "
                        "randint(low, high, size)")
    return dtype


def sizes(name: str, size: tuple) -> tuple[int, ...]:
    """zeros(2, 3), zeros((2, 3)) and zeros([2, 3]) mean the same; zeros(()) has no axes."""
    size = one_tuple(size)
    if not all(is_whole(side) for side in size):
        cure = f"; what is no size comes by name: {name}(2, 3, dtype=...)" if len(size) > 1 else ""
        raise TypeError(f"{name}: sizes are whole numbers, got {size}{cure}")
    if min(size, default=0) < 0:
        raise ValueError(f"{name}: no size is below 0, got {size}")
    return tuple(int(side) for side in size)
