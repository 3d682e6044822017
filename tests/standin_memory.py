"""What tests/standin.py knows of the memory of its arrays: zeros for nothing, and products moved.

    zeroed    filled with zeros, and then written whole before anybody has read one of them
    moved     products that are copied elsewhere as soon as they are computed, not written there

Both cost a pass over memory that nobody needs.  An array is known by its addresses, so that its
views count for it.
"""

import bisect
import weakref
from typing import NamedTuple

import numpy as np

FILLING = {"zeros", "zeros_like"}
MOVING = {"assigned", "copyto", "copy", "stack", "reshaped"}


class Block(NamedTuple):
    start: int                         # address
    end: int
    itemsize: int
    written: np.ndarray | None         # of zeros: which have been written over; None: a product
    array: weakref.ref


blocks: dict[int, Block] = {}          # by the address where they start
starts: list[int] = []                 # the addresses, in order


def bounds(array):
    """The addresses of the first byte of an array and of that behind its last."""
    reach = [(size - 1) * step for size, step in zip(array.shape, array.strides, strict=True)]
    start = array.ctypes.data
    return (start + sum(min(far, 0) for far in reach),
            start + sum(max(far, 0) for far in reach) + array.itemsize)


def remember(array, is_product):
    start, end = bounds(array)
    drop(start)
    gone = weakref.ref(array, lambda ref: start in blocks and blocks[start].array is ref
                       and drop(start))
    blocks[start] = Block(start, end, array.itemsize,
                          None if is_product else np.zeros(array.size, bool), gone)
    bisect.insort(starts, start)


def drop(start):
    if blocks.pop(start, None):
        starts.remove(start)


def block_of(array):
    start, end = bounds(array)
    place = bisect.bisect_right(starts, start) - 1
    block = blocks.get(starts[place]) if place >= 0 else None
    return block if block and end <= block.end else None


def forget(array):
    block = block_of(array)
    if block:
        drop(block.start)
    return block


def write(array):
    """Something is written into `array`.  Returns 1 if so zeros have been filled in for nothing."""
    block = block_of(array)
    if block is None:
        return 0
    if block.written is not None and array.itemsize == block.itemsize:
        first = (array.ctypes.data - block.start) // block.itemsize
        np.lib.stride_tricks.as_strided(block.written[first:], array.shape, [
            step // block.itemsize for step in array.strides])[...] = True
        if not block.written.all():
            return 0
    drop(block.start)
    return int(block.written is not None)


def watch(name, arrays, counts):
    """An operation passes over `arrays`, the first of which is its result or what it writes into.
    """
    target, *sources = arrays
    moving = name in MOVING
    for source in sources if moving else arrays:
        block = forget(source)
        counts["moved"] += moving and block is not None and block.written is None
    if name in ("assigned", "copyto"):
        counts["zeroed"] += write(target)
    elif name in FILLING:
        remember(target, is_product=False)


def multiply(factors, y, given, counts):
    """A product, y, which was written into memory that was `given`, or into new memory."""
    for factor in factors:
        forget(factor)
    if given:
        counts["zeroed"] += write(y)
    else:
        remember(y, is_product=True)
