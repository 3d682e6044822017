"""What tests/standin.py counts: what a GPU would have been given to do, as CuPy 14 does it.

    launches    kernels, copies and fills, each of which costs a few microseconds by itself
    copied      factors of products that lie so that CuPy copies them before cuBLAS sees them, and
                products whose `out` lies so that CuPy copies them there
    strided     passes over images in which neighbouring threads read numbers that lie far apart:
                arrays of four axes (or more) whose last axis is not innermost in memory
    reshaped    copies because a new shape cannot be had as a view
    zeroed, moved   see standin_memory.py
"""

import threading
from collections import Counter

import numpy as np

from tests import standin_memory as memory

counts: Counter = Counter()
memory_ends_at = None                  # so many launches from the last reset on
strided_passes: list = []              # (name, shapes) of each, to find it by


def reset():
    counts.clear()
    strided_passes.clear()


class OutOfMemoryError(MemoryError):
    """As CuPy's."""


def refuse_a_second_thread():
    """cuBLAS's handle belongs to its thread, and only the first was told of TF32."""
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("a second thread works on arrays of a GPU: its cuBLAS handle has not "
                           "been told how exactly to multiply")


def flat(values):
    for value in values:
        if isinstance(value, (tuple, list)):
            yield from flat(value)
        elif isinstance(value, np.ndarray):
            yield value


def is_strided(array):
    axes = [abs(step) for step, size in zip(array.strides, array.shape, strict=True)
            if size > 1 and step]
    return array.ndim >= 4 and len(axes) >= 3 and axes[-1] > min(axes)


def count(name, *values, launches=1, by_us=False):
    """An operation that reads and writes the NumPy arrays among `values`.

    by_us : a kernel of ours, which takes images as they lie
    """
    refuse_a_second_thread()
    arrays = [array for array in flat(values) if array.size]
    if not arrays:
        return
    counts["launches"] += launches
    full = memory_ends_at is not None and counts["launches"] > memory_ends_at
    if full and name != "copied":                          # to the computer's own memory
        raise OutOfMemoryError("Out of memory allocating 1,024 bytes (allocated so far: 0 bytes).")
    counts["bytes"] += sum(array.nbytes for array in arrays)
    memory.watch(name, arrays, counts)
    if name == "reshaped":
        counts["reshaped"] += 1
    if not by_us and any(map(is_strided, arrays)):
        counts["strided"] += 1
        strided_passes.append((name, [array.shape for array in arrays]))


def count_product(a, b, y, out=None):
    """As CuPy: stacks of matrices are copied unless they lie in rows, matrices unless in rows or
    in columns; a stack in float16 becomes float32."""
    refuse_a_second_thread()
    if not y.size or not a.size:
        return
    stacked = max(a.ndim, b.ndim) > 2
    for factor in (a, b):
        flags = factor.flags
        if not flags.c_contiguous and (stacked or not flags.f_contiguous) or (
                stacked and factor.dtype == np.float16):
            counts["copied"] += 1
            counts["launches"] += 1
            counts["bytes"] += 2 * factor.nbytes
    aside = out is not None and not out.flags.c_contiguous   # computed elsewhere, and moved there
    counts["copied"] += aside
    counts["launches"] += 1 + aside
    counts["products"] += 1
    counts["bytes"] += a.nbytes + b.nbytes + y.nbytes
    memory.multiply((a, b), y, out is not None, counts)


def backwards(array):
    """The order in which CuPy lays out what comes from NumPy."""
    return "F" if array.flags.fnc else "C"


def in_order(result):
    """The result as CuPy lays it out: in the order of its axes."""
    return np.asarray(result, order="C") if isinstance(result, np.ndarray) else result
