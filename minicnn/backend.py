"""Which array library owns an array, which device it is on, and where random numbers come from.

The rest of the package writes `xp = xp_of(x)` and then `xp.exp(x)`: NumPy for an array in the
computer's memory, CuPy for one on a GPU.  This is the only file that imports cupy, and it does so
only when a GPU is asked for: `import minicnn` needs NumPy alone.

Random numbers are always drawn on the CPU by NumPy and then moved, because the two libraries'
generators differ: one seed gives one network, one shuffle and one dropout mask on either device.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from types import ModuleType
from typing import Any

import numpy as np

Array = Any                    # numpy.ndarray or cupy.ndarray; shapes are given in comments


def xp_of(array: Array) -> ModuleType:
    """The library that owns `array`: the module numpy, or the module cupy."""
    if isinstance(array, (np.ndarray, np.generic)):
        return np
    cupy = sys.modules.get("cupy")        # whoever holds a CuPy array has imported cupy
    if cupy is not None and isinstance(array, cupy.ndarray):
        return cupy
    raise TypeError(f"expected a NumPy or CuPy array, got {type(array).__name__}")


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
    return None


def gpu_name() -> str:
    """The GPU and the CuPy that drives it; only where gpu_problem() is None."""
    cupy = sys.modules["cupy"]
    properties = cupy.cuda.runtime.getDeviceProperties(0)
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
    tell_precision(cupy)
    return cupy.asarray(array)         # memory comes from CuPy's pool, which keeps what is freed


def to_cpu(array: Array) -> np.ndarray:
    """`array` as a NumPy array: the one border where data leaves the GPU."""
    return np.asarray(array) if xp_of(array) is np else sys.modules["cupy"].asnumpy(array)


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
    if a.dtype != np.float16:
        if a.ndim == b.ndim == 2 and a.shape[1] == 1:      # BLAS takes four times as long for it
            return xp_of(a).multiply(a, b, out=out)
        return xp_of(a).matmul(a, b, out=out)
    y = (a.astype(np.float32) @ b.astype(np.float32)).astype(np.float16)
    if out is None:
        return y
    out[...] = y
    return out


# --- kernels of our own ---------------------------------------------------------------------

class _Gpu:
    fused = os.environ.get("MINICNN_FUSED") != "0"
    tf32 = False
    told: Any = None                   # the CuPy that has been told of `tf32`


def fused_on_gpu(launcher: Callable) -> Callable:
    """Decorator of a function of arrays: on a GPU, `launcher` does its work with one CUDA kernel.

    The function's body remains the definition.  NumPy runs it, and so does CuPy inside `with
    fused_kernels(False)`, with MINICNN_FUSED=0 in the environment, and where launcher returns
    NotImplemented: so one can be held against the other.  The first argument is an array.
    """
    def decorate(body: Callable) -> Callable:
        @wraps(body)
        def either(x: Array, *args: Any, **kwargs: Any) -> Any:
            # tests/standin.py, which stands in for CuPy, has no compiler: it runs the body.
            if isinstance(x, np.ndarray) or not (_Gpu.fused and hasattr(xp_of(x), "RawModule")):
                return body(x, *args, **kwargs)
            y = launcher(x, *args, **kwargs)
            return body(x, *args, **kwargs) if y is NotImplemented else y
        either.launcher = launcher     # type: ignore[attr-defined]
        return either
    return decorate


@contextmanager
def fused_kernels(on: bool) -> Iterator[None]:
    """Inside it, CUDA kernels of our own are used (as is usual), or plain CuPy."""
    before, _Gpu.fused = _Gpu.fused, on
    try:
        yield
    finally:
        _Gpu.fused = before


def elementwise(function: Callable) -> Callable:
    """Decorator of a function or method that works element by element and names no axis.

    A network's images lie in memory as (C, H, W, N), and are seen as (N, C, H, W).  NumPy goes
    through an array as it lies; CuPy goes along the axes, and puts its result in their order: both
    scatter each access over 8 times the memory.  So on a GPU, `function` sees (C, H, W, N).
    """
    @wraps(function)
    def as_it_lies(*args: Any) -> Any:
        for value in args:
            if isinstance(value, np.ndarray) or is_array(value) and value.ndim != 4:
                return function(*args)
        y = function(*[value.transpose(1, 2, 3, 0) if is_array(value) else value
                       for value in args])
        if isinstance(y, tuple):
            return tuple(part if part is None else part.transpose(3, 0, 1, 2) for part in y)
        return y.transpose(3, 0, 1, 2)
    return as_it_lies


@elementwise
def plus(a: Array, b: Array) -> Array:
    """a + b, in the memory order of images."""
    return a + b


def allow_tf32(on: bool) -> None:
    """Let a GPU round the factors of float32 products to 10 bits (TF32): faster, error 1e-3.

    Off unless switched on, as CuPy has it; only the GPUs that have TF32 (2020 and later) heed it.
    """
    _Gpu.tf32 = bool(on)
    if "cupy" in sys.modules and gpu_problem() is None:
        tell_precision(sys.modules["cupy"])


def tell_precision(cupy: Any) -> None:
    """Hand `allow_tf32` on to CuPy, whichever was its own default."""
    if _Gpu.told == (cupy, _Gpu.tf32):
        return
    linalg, able = cupy._core._routines_linalg, int(cupy.cuda.Device().compute_capability) >= 80
    wanted = linalg.COMPUTE_TYPE_TF32 if _Gpu.tf32 and able else linalg.COMPUTE_TYPE_FP32
    linalg.set_compute_type(np.float32, wanted)            # products of two matrices
    cupy.cuda.cublas.setMathMode(cupy.cuda.device.get_cublas_handle(),   # and of stacks of them:
                                 3 if _Gpu.tf32 else 0)    # CUBLAS_TF32_TENSOR_OP_MATH, DEFAULT
    _Gpu.told = cupy, _Gpu.tf32


def times_transposed(a: Array, b: Array) -> Array:
    """a @ b^T.  With few rows in a, (b @ a^T)^T: the same numbers in half the time (OpenBLAS)."""
    if a.shape[-2] < 256:
        return matmul(b, a.swapaxes(-1, -2)).swapaxes(-1, -2)
    return matmul(a, b.swapaxes(-1, -2))


# --- random numbers -------------------------------------------------------------------------

class _Seeds:
    root = np.random.SeedSequence(0)
    generator = np.random.default_rng(0)


def manual_seed(seed: int) -> None:
    """Start all random numbers anew: weights of networks built from here on, and dropout.

    Without a call the seed is 0, so a script gives the same result every time it runs.
    """
    if not isinstance(seed, (int, np.integer)) or seed < 0:
        raise ValueError(f"manual_seed: the seed must be a whole number >= 0, got {seed!r}")
    _Seeds.root = np.random.SeedSequence(int(seed))
    _Seeds.generator = np.random.default_rng(int(seed))


def new_seed() -> np.random.SeedSequence:
    """A child of the seed, another at each call: one for each parameter of a network."""
    return _Seeds.root.spawn(1)[0]


def generator() -> np.random.Generator:
    """The stream that dropout draws from."""
    return _Seeds.generator


def random_state() -> dict[str, Any]:
    """What a checkpoint keeps so that a resumed run draws the same numbers."""
    return {"generator": _Seeds.generator.bit_generator.state,
            "entropy": _Seeds.root.entropy, "spawned": _Seeds.root.n_children_spawned}


def set_random_state(state: dict[str, Any]) -> None:
    root = np.random.SeedSequence(state["entropy"], n_children_spawned=state["spawned"])
    generator = np.random.default_rng(0)
    generator.bit_generator.state = state["generator"]
    _Seeds.root, _Seeds.generator = root, generator
