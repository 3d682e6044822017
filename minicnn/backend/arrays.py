"""Which array library owns an array, which device it is on, and sums that do not overflow.

The rest of the package writes `xp = xp_of(x)` and then `xp.exp(x)`: NumPy for an array in the
computer's memory, CuPy for one on a GPU.  `backend/` is the only room that imports cupy, and it
does so only when a GPU is asked for: `import minicnn` needs NumPy alone.
"""

import sys
from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

from minicnn.backend import card, precision
from minicnn.backend.messages import type_name
from minicnn.backend.stacks import cupy_product, stack_product

Array = Any                    # numpy.ndarray or cupy.ndarray; shapes are given in comments


def xp_of(array: Array) -> ModuleType:
    """The library that owns `array`: the module numpy, or the module cupy."""
    return np if isinstance(array, (np.ndarray, np.generic)) else cupy_of(array)


def cupy_of(array: Array) -> ModuleType:
    cupy = sys.modules.get("cupy")        # whoever holds a CuPy array has imported cupy
    if cupy is not None and isinstance(array, cupy.ndarray):
        return cupy
    raise TypeError(f"expected a NumPy or CuPy array, got {type_name(array)}")


def is_array(value: object) -> bool:
    cupy = sys.modules.get("cupy")
    return isinstance(value, np.ndarray) or (cupy is not None and isinstance(value, cupy.ndarray))


def gpu_problem() -> str | None:
    """None if a GPU can be used, else the reason in one line.

    It asks `cupy.cuda.is_available()`: the import alone succeeds on a machine without a GPU.
    """
    try:
        import cupy
    except ImportError:
        return ("CuPy is not installed; in minicnn's folder: pip install -e '.[cuda13]', or "
                "'.[cuda12]' for an older driver")
    except Exception as problem:          # a broken CUDA installation raises all sorts of things
        return f"CuPy does not start: {problem}"
    if int(cupy.__version__.split(".")[0]) < 14:
        return f"CuPy {cupy.__version__} is too old; minicnn needs 14 or newer"
    if not cupy.cuda.is_available():
        return "CuPy is installed but finds no CUDA GPU; is the NVIDIA driver running (nvidia-smi)?"
    card.choose(cupy)
    return toolkit_problem(cupy)


@cache
def toolkit_problem(cupy: ModuleType) -> str | None:
    """Whether cuBLAS and NVRTC are there, by using both: CuPy can be installed without them."""
    try:
        cupy.cuda.device.get_cublas_handle()
        cupy.RawKernel('extern "C" __global__ void nothing() {}', "nothing").compile()
    except Exception as problem:
        return (f"CuPy lacks a part of the CUDA toolkit; in minicnn's folder: pip install -e "
                f"'.[cuda13]', or '.[cuda12]' for an older driver ({str(problem).splitlines()[0]})")
    return None


def gpu_memory() -> int:
    """Bytes of the GPU; only where gpu_problem() is None."""
    return int(sys.modules["cupy"].cuda.Device().mem_info[1])


def gpu_name() -> str:
    """The GPU and the CuPy that drives it; only where gpu_problem() is None."""
    cupy = sys.modules["cupy"]
    properties = cupy.cuda.runtime.getDeviceProperties(card.own())
    return f"{properties['name'].decode()}, CuPy {cupy.__version__}"


def to_device(array: Array, device: str) -> Array:
    """`array` in the memory of `device`, "cpu" or "cuda"; the same array if it is there already."""
    if device == "cpu":
        return to_cpu(array)
    if device != "cuda":
        raise ValueError(f'device must be "cpu" or "cuda", got {device!r}')
    problem = gpu_problem()
    if problem:
        raise RuntimeError(f"device 'cuda': {problem}")
    cupy = sys.modules["cupy"]
    there = getattr(getattr(array, "device", None), "id", card.own())
    if there != card.own():
        raise ValueError(f"the array lies on GPU {there}; minicnn works on GPU {card.own()} here: "
                         "copy it there, or name the card alone in CUDA_VISIBLE_DEVICES")
    precision.tell(cupy)
    # Memory comes from CuPy's pool, which keeps what is freed.
    return as_it_lies(cupy.asarray, array) if isinstance(array, np.ndarray) else cupy.asarray(array)


def to_cpu(array: Array) -> np.ndarray:
    """`array` as a NumPy array: the one border where data leaves the GPU."""
    if xp_of(array) is np:
        return np.asarray(array)
    return as_it_lies(sys.modules["cupy"].asnumpy, array)


def as_it_lies(move: Callable[[Array], Array], array: Array) -> Array:
    """move(array), in memory as it was: CuPy would put it into the order of the axes.

    So images whose batch is innermost stay so, and no kernel has to copy them.
    """
    if array.flags.c_contiguous:
        return move(array)
    steps = [abs(step) for step in array.strides]
    order = sorted(range(array.ndim), key=lambda axis: -steps[axis])
    return move(array.transpose(order)).transpose([order.index(axis) for axis in range(array.ndim)])


def device_of(array: Array) -> str:
    return "cpu" if xp_of(array) is np else "cuda"


# --- sums in float16 ------------------------------------------------------------------------
# 70,000 ones add up to infinity in float16 (its largest number is 65,504), so sums and products
# of matrices accumulate in float32 and only the result is rounded.

def sum_dtype(dtype: np.dtype) -> np.dtype:
    return np.dtype(np.float32) if dtype == np.float16 else dtype


def total(x: Array, axis=None, keepdims: bool = False) -> Array:
    """Sum over `axis`, accumulated in at least float32, in the dtype of x."""
    return x.sum(axis=axis, keepdims=keepdims, dtype=sum_dtype(x.dtype)).astype(x.dtype, copy=False)


def average(x: Array, axis=None, keepdims: bool = False) -> Array:
    """Mean over `axis`, accumulated in at least float32, in the dtype of x."""
    y = x.mean(axis=axis, keepdims=keepdims, dtype=sum_dtype(x.dtype))
    return y.astype(x.dtype, copy=False)


def matmul(a: Array, b: Array, out: Array | None = None) -> Array:
    """a @ b, accumulated in at least float32, in the dtype of a; written into `out` if given."""
    xp = xp_of(a)
    if xp is not np:                                       # cuBLAS adds up in float32 by itself
        return (stack_product if a.ndim == b.ndim == 3 else cupy_product)(xp, a, b, out)
    if a.dtype != np.float16:
        if a.ndim == b.ndim == 2 and a.shape[1] == 1:      # BLAS takes four times as long for it
            return np.multiply(a, b, out=out)
        return np.matmul(a, b, out=out)
    y = (a.astype(np.float32) @ b.astype(np.float32)).astype(np.float16)
    if out is None:
        return y
    out[...] = y
    return out
