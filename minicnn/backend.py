"""Which array library owns an array, which device it is on, and where random numbers come from.

The rest of the package writes `xp = xp_of(x)` and then `xp.exp(x)`: NumPy for an array in the
computer's memory, CuPy for one on a GPU.  This is the only file that imports cupy, and it does so
only when a GPU is asked for: `import minicnn` needs NumPy alone.

Random numbers are always drawn on the CPU by NumPy and then moved, because the two libraries'
generators differ: one seed gives one network, one shuffle and one dropout mask on either device.
"""

import sys
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
    return sys.modules["cupy"].asarray(array)


def to_cpu(array: Array) -> np.ndarray:
    """`array` as a NumPy array: the one border where data leaves the GPU."""
    return np.asarray(array) if xp_of(array) is np else sys.modules["cupy"].asnumpy(array)


def device_of(array: Array) -> str:
    return "cpu" if xp_of(array) is np else "cuda"


def set_threads(count: int) -> None:
    """How many threads the BLAS takes for a matrix product on the CPU, from here on.

    Small products are faster with one: threads that wait for each other cost more than they bring.
    """
    if not isinstance(count, (int, np.integer)) or isinstance(count, bool) or count < 1:
        raise ValueError(f"set_threads: a whole number from 1 on, got {count!r}")
    from threadpoolctl import threadpool_limits
    threadpool_limits(int(count), user_api="blas")


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


def matmul(a: Array, b: Array) -> Array:
    """a @ b, accumulated in at least float32, in the dtype of a."""
    if a.dtype != np.float16:
        return a @ b
    return (a.astype(np.float32) @ b.astype(np.float32)).astype(np.float16)


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
