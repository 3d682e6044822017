"""Where the objects of a drawn scene lie, how large they are and how they are turned.

A new object may lie over an earlier one, but not hide it: with radii r <= R, the distance of the
centres is at least

    R + apart r         apart = 0.3 for easy scenes, -0.3 for hard ones

TRIES places are drawn for each object, the first one that is far enough from all earlier ones is
taken; where none is, the object is left out.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

TRIES = 12
DIGIT = 7.0             # pixels: the least radius where digits are drawn, which must be legible


class Kind(NamedTuple):
    """most objects, radius from and to in pixels of a 64 x 64 picture, and how far apart."""

    most: int
    low: float
    high: float
    apart: float


EASY, HARD = Kind(3, 6, 15, 0.3), Kind(6, 4, 9, -0.3)
CANVAS = Kind(3, 8, 12, 0.5)            # of digits alone


class Places(NamedTuple):
    """Of M objects in N pictures; `there` says which of them are drawn."""

    x: np.ndarray               # (N, M) pixels, as y and radius
    y: np.ndarray
    radius: np.ndarray
    angle: np.ndarray           # (N, M) radians
    there: np.ndarray           # (N, M) bool
    typical: float              # the radius that parts small from large

    def part(self, m: int, rows: np.ndarray | slice = slice(None)) -> tuple[np.ndarray, ...]:
        """x, y, radius and angle of object m, each (N,) or as many as `rows` chooses."""
        return tuple(values[rows, m] for values in self[:4])


def placed(N: int, size: int, kind: Kind, rng: np.random.Generator) -> Places:
    """Places for the objects of N pictures of size x size pixels."""
    M = kind.most
    low, high = kind.low * size / 64, kind.high * size / 64
    wanted = np.arange(M) < rng.integers(1, M + 1, N)[:, None]                  # (N, M)
    radius = np.exp(rng.uniform(math.log(low), math.log(high), (N, M)))
    angle = rng.uniform(0, 2 * np.pi, (N, M))
    margin = radius[:, None]                                                    # (N, 1, M)
    centre = margin + rng.random((2, N, TRIES, M)) * (size - 2 * margin)        # (2, N, TRIES, M)
    x, y, there = np.zeros((N, M)), np.zeros((N, M)), np.zeros((N, M), bool)
    for m in range(M):
        fits = np.ones((N, TRIES), bool)
        for earlier in range(m):
            dx = centre[0, :, :, m] - x[:, earlier, None]                       # (N, TRIES)
            dy = centre[1, :, :, m] - y[:, earlier, None]
            pair = radius[:, m], radius[:, earlier]
            least = np.maximum(*pair) + kind.apart * np.minimum(*pair)          # (N,)
            far = dx * dx + dy * dy >= (least ** 2)[:, None]
            fits &= far | ~there[:, earlier, None]
        first = fits.argmax(axis=1)
        x[:, m], y[:, m] = centre[:, np.arange(N), first, m]
        there[:, m] = wanted[:, m] & fits.any(axis=1)
    return Places(x, y, radius, angle, there, math.sqrt(low * high))
