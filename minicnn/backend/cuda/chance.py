"""Dropout on a GPU: the mask is drawn there, and is the one that a CPU would draw.

NumPy's generator makes its numbers one after the other; a GPU's threads jump to theirs (chance.cu).
"""

from functools import partial
from math import ceil, prod
from typing import Any

import numpy as np

from minicnn.backend.arrays import Array, xp_of
from minicnn.backend.cuda.elements import in_rows, is_batch_last
from minicnn.backend.cuda.launch import launch
from minicnn.backend.layout import batch_first
from minicnn.backend.together import own_numbers, skip

RUN = 64                               # numbers that one thread makes, as in chance.cu


def drawn(x: Array, shape: tuple[int, ...], p: float, each: int | None) -> Any:
    """A mask of `shape` on x's GPU: booleans, each 0 with probability p."""
    with own_numbers(shape, each) as stream:
        bits: Any = stream.bit_generator
        if bits.state["bit_generator"] != "PCG64":
            return NotImplemented
        count, state = prod(shape), bits.state
        skip(stream, count)
    last = len(shape) == 4 or shape == x.shape and is_batch_last(x)
    N, M = (shape[0], prod(shape[1:])) if last else (1, count)
    kept = xp_of(x).empty((*shape[1:], shape[0]) if last else shape, bool)
    numbers = state["state"]["state"], state["state"]["inc"]
    words = [number >> part & (1 << 64) - 1 for number in numbers for part in (64, 0)]
    words += [2 - state["has_uint32"], state["uinteger"], ceil(float(np.float32(p)) * (1 << 24))]
    launch("chance", "draw", (1, N * -(-M // RUN)), x, kept, N, M, *map(np.uint64, words))
    return batch_first(kept) if last else kept


def dropout(x: Array, *, kept: Array, scale: float, needs_grad: tuple[bool, ...]) -> Any:
    """scale * x where kept, else 0, and its backward.

    kept : a value for each of x, or for all pixels of images (N or 1, C or 1, 1, 1)
    """
    maps = x.ndim == kept.ndim == 4 and kept.shape[2:] == (1, 1)
    if kept.shape != x.shape and not maps or not x.ndim:
        return NotImplemented
    return where_kept(x, kept, scale), partial(where_kept, kept=kept, scale=scale)


def where_kept(x: Array, kept: Array, scale: float) -> Array:
    last, whole = is_batch_last(x), kept.shape == x.shape
    x = in_rows(x, last)                                   # images: (C, H, W, N)
    C, P, N = (1, 1, x.size) if whole else (len(x), prod(x.shape[1:3]), x.shape[3])
    image, channel = (1, 0) if whole else [
        0 if size == 1 else step for size, step in zip(kept.shape, kept.strides, strict=True)][:2]
    y = xp_of(x).empty_like(x)
    launch("chance", "drop", (C, P * N), x, in_rows(kept, last) if whole else kept, y, C, P, N,
           channel, image, float(scale))
    return batch_first(y) if last else y
