"""Dropout, fast: the mask is drawn by several threads, and all bits of a number that goes cleared.

NumPy's generator, PCG64, can be told to begin further on, so each thread draws its part of the very
numbers that one would draw after the other.
"""

from functools import partial
from math import ceil, prod
from typing import Any

import numpy as np

from minicnn.backend.arrays import Array, xp_of
from minicnn.backend.cpu.channels import in_pieces
from minicnn.backend.cpu.masks import let_through
from minicnn.backend.layout import batch_first, batch_last, packed
from minicnn.backend.threads import in_blocks
from minicnn.backend.together import own_numbers

DRAWN = 32                 # bytes that are passed over while a pair of numbers is drawn


def drawn(x: Array, shape: tuple[int, ...], p: float, each: int | None) -> Any:
    """A mask of `shape`: booleans, each False with probability p.

    Of 64 random bits NumPy makes two numbers, k / 2^24 from the first 24 bits of each half.  Here
    the halves themselves are compared.
    """
    kept = np.empty(prod(shape), bool)
    least = ceil(float(np.float32(p)) * (1 << 24)) << 8    # the first half whose number is not < p
    with own_numbers(shape, each) as stream:
        bits: Any = stream.bit_generator
        if bits.state["bit_generator"] != "PCG64":
            return NotImplemented
        waiting = min(bits.state["has_uint32"], kept.size)           # a half that was left over
        kept[:waiting] = stream.random(waiting, np.float32) >= p
        pairs, state = (kept.size - waiting) // 2, bits.state
        halves = kept[waiting:waiting + 2 * pairs]

        def some(i: slice) -> None:
            own = np.random.PCG64(0)
            own.state = state
            own.advance(i.start)
            words = own.random_raw(i.stop - i.start).astype("<u8", copy=False).view("<u4")
            np.greater_equal(words, least, out=halves[2 * i.start:2 * i.stop])
        if pairs:
            in_blocks(some, pairs, DRAWN * pairs)
            bits.advance(pairs)
        rest = kept[waiting + 2 * pairs:]
        rest[...] = stream.random(len(rest), np.float32) >= p
    return kept.reshape(shape)


def dropout(x: Array, *, kept: Array, scale: float, needs_grad: tuple[bool, ...]) -> Any:
    """scale * x where kept, else 0, and its backward."""
    kept = lying_as(x, kept)                               # in place of what the Function has
    return where_kept(x, kept, scale), partial(where_kept, kept=kept, scale=scale), {"kept": kept}


def lying_as(x: Array, kept: Array) -> Array:
    """kept in x's order in memory: to jump about in one of them takes ten times as long."""
    if kept.shape != x.shape or not isinstance(x, np.ndarray):
        return kept
    lying = np.empty_like(x, dtype=bool)
    if lying.strides == kept.strides:
        return kept
    lying[...] = kept
    return lying


def where_kept(x: Array, kept: Array, scale: float) -> Array:
    """scale * x where kept, else 0, also for infinity, where x * kept would be NaN.

    np.where does the same in 8 times the time.
    """
    y, bits = xp_of(x).empty_like(x), f"i{x.itemsize}"     # whole numbers of the same size
    images = x.ndim == kept.ndim == 4                      # CuPy goes along the axes
    if images and kept.shape[3] == 1:                      # runs of W N numbers, not of N
        kept = batch_first(packed(batch_last(kept.repeat(x.shape[3], axis=3))))
    x, kept, rows = map(batch_last, (x, kept, y)) if images else (x, kept, y)
    kept = xp_of(x).broadcast_to(kept, x.shape)

    def some(i: Any) -> None:
        let_through(x[i].view(bits), kept[i], rows[i].view(bits))
        rows[i] *= scale
    in_pieces(some, rows)
    return y
