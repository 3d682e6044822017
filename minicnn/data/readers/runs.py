"""COCO's masks as runs: how many pixels without, how many with, how many without, ...

The pixels are counted down the first column, then down the second, and so on.  `counts` is a list
of such numbers, or a string that holds them in less space.  In the string,

    d[k] = counts[k]                    k < 3
    d[k] = counts[k] - counts[k-2]      k >= 3, small, for neighbouring columns are alike

and every d is written in pieces of five bits, the lowest first: a piece is the letter of code
48 + bits, + 32 if another piece follows; the highest bit of the last piece is the sign.

Source: the COCO API, whose annotations come in this form (Lin et al. 2014, "Microsoft COCO: common
objects in context").
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

LONGEST = 13                # pieces of one number: 2^63 and its sign


def decode_runs(counts: Any, size: tuple[int, int]) -> np.ndarray:
    """(H, W) bool of a list or a string of counts; ValueError if they do not fill the picture.

    >>> decode_runs([1, 2, 1], (2, 2)).astype(int).tolist()
    [[0, 1], [1, 0]]
    >>> decode_runs("121", (2, 2)).astype(int).tolist()
    [[0, 1], [1, 0]]
    """
    H, W = size
    runs = read_string(counts) if isinstance(counts, (str, bytes)) else list(counts)
    for number, run in enumerate(runs):
        if isinstance(run, bool) or not isinstance(run, int) or run < 0:
            raise ValueError(f"run {number} is {run!r}, expected a whole number from 0 on")
    if sum(runs) != H * W:
        raise ValueError(f"the runs cover {sum(runs):,} pixels, the picture has {H}x{W} = "
                         f"{H * W:,}")
    values = np.arange(len(runs)) % 2 == 1
    return np.repeat(values, runs).reshape(W, H).T


def encode_runs(mask: np.ndarray) -> list[int]:
    """(H, W) bool -> the list of counts, the first of pixels without."""
    flat = np.concatenate([[False], np.asarray(mask, bool).T.reshape(-1), [False]])
    edges = np.flatnonzero(flat[1:] != flat[:-1])
    counts = np.diff(np.concatenate([[0], edges, [mask.size]])).tolist()
    return counts if counts[-1] or len(counts) == 1 else counts[:-1]


def read_string(text: str | bytes) -> list[int]:
    """The counts that a string holds."""
    codes = text.encode("latin-1", "replace") if isinstance(text, str) else text
    counts: list[int] = []
    value = pieces = 0
    for place, code in enumerate(codes):
        bits = code - 48
        if not 0 <= bits < 64 or pieces == LONGEST:
            raise ValueError(f"letter {place} of the runs is {chr(code)!r}, which no run has; was "
                             "the string cut or changed?")
        value |= (bits & 31) << (5 * pieces)
        pieces += 1
        if bits & 32:
            continue
        if bits & 16:                                   # negative: all higher bits are ones
            value -= 1 << (5 * pieces)
        counts.append(value + (counts[-2] if len(counts) > 2 else 0))
        value = pieces = 0
    if pieces:
        raise ValueError("the runs end in the middle of a number; was the string cut?")
    return counts


def write_string(counts: Sequence[int]) -> str:
    """The counts as a string; read_string reads it."""
    letters = []
    for number, count in enumerate(counts):
        value = count - (counts[number - 2] if number > 2 else 0)
        more = True
        while more:
            bits, value = value & 31, value >> 5
            more = value != (-1 if bits & 16 else 0)
            letters.append(chr(48 + bits + (32 if more else 0)))
    return "".join(letters)
