"""How a kernel of the .cu files is compiled and started.

Every kernel works with any number of threads: its loops (EACH and ROWS in common.cu) go on until
all the work is done, so a grid is a matter of speed alone, and arrays may be empty.
"""

from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from minicnn.backend.arrays import Array, is_array, sum_dtype, xp_of

THREADS = 256                          # in a block, as in channels.cu
MOST_BLOCKS = 1 << 14                  # along a row; more would only wait for a place on the GPU
MOST_ROWS = (1 << 16) - 1              # what CUDA allows
REAL = {"e": "-DHALF", "f": "-DREAL=float", "d": "-DREAL=double"}


def source(name: str) -> str:
    """The text of a .cu file with common.cu in front, as the compiler sees it."""
    folder = Path(__file__).parent
    return "\n".join((folder / f"{part}.cu").read_text(encoding="utf-8")
                     for part in ("common", name))


def options(dtype: np.dtype, huge: bool) -> tuple[str, ...]:
    """What tells common.cu the numbers' types."""
    return "--std=c++17", REAL[dtype.char], f"-DWHOLE={'long long' if huge else 'int'}"


@cache
def compiled(xp: ModuleType, name: str, dtype: np.dtype, huge: bool) -> Any:
    return xp.RawModule(code=source(name), options=options(dtype, huge))


@cache
def kernel(xp: ModuleType, file: str, name: str, dtype: np.dtype, huge: bool) -> Any:
    return compiled(xp, file, dtype, huge).get_function(name)


def reach(array: Array) -> int:
    """How many elements lie between the first of an array in memory and its last, about."""
    return sum((size - 1) * abs(step) for size, step in zip(array.shape, array.strides, strict=True)
               ) // array.itemsize + 1


def launch(file: str, name: str, shape: tuple[int, int], *arguments: Any) -> None:
    """Start a kernel on a grid of `shape`: (rows, elements in each row).

    arguments : arrays, None for an array that is not wanted, and numbers: int and bool become the
                kernel's `whole`, float its `wide`; numpy.uint64 stays.  The first array says what
                `real` is.
    """
    arrays = [value for value in arguments if is_array(value)]
    xp, dtype, huge = xp_of(arrays[0]), arrays[0].dtype, max(map(reach, arrays)) >= 1 << 30
    whole, wide = np.int64 if huge else np.int32, sum_dtype(dtype).type

    def as_the_kernel_has_it(value: Any) -> Any:
        if value is None:
            return np.int64(0)                             # a null pointer
        if is_array(value):
            return value
        if isinstance(value, np.uint64):
            return value
        return wide(value) if isinstance(value, (float, np.floating)) else whole(value)

    rows, run = shape
    grid = min(-(-run // THREADS), MOST_BLOCKS), min(rows, MOST_ROWS)
    if all(grid):
        kernel(xp, file, name, dtype, huge)(
            grid, (THREADS,), tuple(map(as_the_kernel_has_it, arguments)))
