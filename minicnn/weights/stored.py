"""Arrays that lie in a file: checked against the file's size, read when they are asked for.

A file is mapped into memory "copy on write": the operating system reads a page when somebody looks
at it, and whoever writes into it changes a private copy, never the file.
"""

from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from minicnn.backend.arrays import Array
from minicnn.weights.error import WeightsError
from minicnn.weights.pickled import Strided

MOST_AXES = 32                                     # as many as every NumPy has


class Entry(NamedTuple):
    """One array of a file.

    shape : tuple of int
    kind  : the type in the file, "float32" or "bfloat16"
    read  : read() -> the array, in this machine's byte order; bfloat16 comes as float32
    """

    shape: tuple[int, ...]
    kind: str
    read: Callable[[], Array]

    @property
    def nbytes(self) -> int:
        return prod(self.shape) * item_size(self.kind)


def mapped(path: Path) -> Array:
    """The bytes of a file, (size,) uint8: private pages, read when they are looked at."""
    if not path.stat().st_size:
        raise WeightsError("it is empty")
    return np.memmap(path, np.uint8, mode="c")


def item_size(kind: str) -> int:
    return 2 if kind == "bfloat16" else np.dtype(kind).itemsize


def name_of(kind: str) -> str:
    """"f4" -> "float32"."""
    return "bfloat16" if kind == "bfloat16" else np.dtype(kind).name


def check_strided(tensor: Strided, name: str) -> None:
    """The tensor's numbers lie inside its storage, and are not more than it has."""
    shape, strides, count = tensor.shape, tensor.strides, tensor.storage.length
    if len(shape) != len(strides) or len(shape) > MOST_AXES or min((0, *shape)) < 0:
        raise WeightsError(f"{name}: shape {short(shape)} with strides {short(strides)}")
    if min((tensor.offset, *strides)) < 0:
        raise WeightsError(f"{name}: a negative stride or offset, {short(strides)} from "
                           f"{tensor.offset}")
    last = tensor.offset + sum((n - 1) * step for n, step in zip(shape, strides, strict=True))
    if prod(shape) and last >= count or prod(shape) > count:
        raise WeightsError(f"{name}: shape {short(shape)} with strides {short(strides)} from "
                           f"{tensor.offset} on needs {max(last + 1, prod(shape)):,} numbers, its "
                           f"storage has {count:,}")


def view(raw: Array, tensor: Strided, big_endian: bool) -> Array:
    """The tensor as a view of its storage's bytes (a copy where the type or order is foreign)."""
    kind, shape = tensor.storage.kind, tensor.shape
    dtype = np.dtype("u2" if kind == "bfloat16" else "u1" if kind == "?" else kind)
    if not prod(shape):
        return native(np.empty(shape, dtype), kind)
    numbers = raw.view(dtype.newbyteorder(">" if big_endian else "<"))[tensor.offset:]
    steps = tuple(dtype.itemsize * step for step in tensor.strides)
    return native(np.lib.stride_tricks.as_strided(numbers, shape, steps), kind)


def native(x: Array, kind: str) -> Array:
    """x in this machine's byte order; bfloat16, which NumPy lacks, as float32, exactly."""
    x = np.asarray(x, x.dtype.newbyteorder("="))
    if kind == "bfloat16":                         # float32 without its last 16 bits
        return (x.astype(np.uint32) << 16).view(np.float32)
    return x != 0 if kind == "?" else x


def short(shape: Any) -> str:
    """A shape in a message, at most eight numbers of it."""
    return str(tuple(shape[:8])) if len(shape) <= 8 else f"{tuple(shape[:8])} and more"
