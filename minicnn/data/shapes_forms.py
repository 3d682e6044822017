"""The ink of a form: how much of each pixel it covers, from the distance to its edge.

    ink = clip(1/2 - d, 0, 1)           d: pixels from the edge, negative inside

with u, v the pixel's place in the form's own, turned axes, and all forms of the area pi r^2 of the
circle, so that size does not tell which it is:

    circle      d = sqrt(u^2 + v^2) - r
    square      d = max(|u|, |v|) - r sqrt(pi) / 2
    triangle    d = max over its three sides of u n_x + v n_y - t r,     t = sqrt(pi / sqrt(27))
"""

from __future__ import annotations

import math

import numpy as np

from minicnn.data.dataset import Dataset

FORMS = ("circle", "square", "triangle")            # classes 1, 2, 3

SQUARE = math.sqrt(math.pi) / 2                     # half a side, in radii of the circle
TRIANGLE = math.sqrt(math.pi / math.sqrt(27))       # radius of the circle inside
LEAN = 0.25                                         # radians that a digit is turned at most
DIGIT_SIDE = 2.8                                    # of its 28 pixels, in radii


def own_axes(place: tuple[np.ndarray, ...], size: int) -> tuple[np.ndarray, np.ndarray]:
    """u, v (N, size, size): each pixel's centre, seen from the form's centre and turned with it."""
    x, y, _, angle = (value[:, None, None].astype(np.float32) for value in place)
    pixel = np.arange(size, dtype=np.float32) + 0.5
    dx, dy = pixel[None, None, :] - x, pixel[None, :, None] - y     # (N, 1, S), (N, S, 1)
    return np.cos(angle) * dx + np.sin(angle) * dy, np.cos(angle) * dy - np.sin(angle) * dx


def form_ink(kind: np.ndarray, place: tuple[np.ndarray, ...], size: int) -> np.ndarray:
    """(N, size, size) float32 in 0..1 of forms `kind` (N,); nothing where it is another class."""
    u, v = own_axes(place, size)                                                # (N, S, S)
    radius = place[2].astype(np.float32)[:, None, None]
    ink = np.zeros(u.shape, np.float32)
    for number, form in enumerate((circle, square, triangle), 1):
        chosen = kind == number
        d = form(u[chosen], v[chosen], radius[chosen])
        ink[chosen] = np.clip(0.5 - d, 0, 1)
    return ink


def circle(u: np.ndarray, v: np.ndarray, radius: np.ndarray) -> np.ndarray:
    return np.sqrt(u * u + v * v) - radius


def square(u: np.ndarray, v: np.ndarray, radius: np.ndarray) -> np.ndarray:
    return np.maximum(np.abs(u), np.abs(v)) - SQUARE * radius


def triangle(u: np.ndarray, v: np.ndarray, radius: np.ndarray) -> np.ndarray:
    slope = math.sqrt(3) / 2                        # the sides' normals: down, and up to both sides
    return np.maximum(v, slope * np.abs(u) - v / 2) - TRIANGLE * radius


def digit_ink(hands: Dataset, digit: np.ndarray, place: tuple[np.ndarray, ...], size: int,
              rng: np.random.Generator, lean: float = LEAN) -> np.ndarray:
    """(n, size, size) float32 in 0..1: one of the written digits of each wanted kind, scaled.

    hands : digits to choose from;  digit : (n,) from 0 to 9;  lean : radians, turned at most
    """
    x, y, radius, _ = place
    upright = x, y, radius, rng.uniform(-lean, lean, len(x))
    u, v = own_axes(upright, size)                                              # (n, S, S)
    scale = (28 / (DIGIT_SIDE * radius)).astype(np.float32)[:, None, None]
    cols, rows = u * scale + 13.5, v * scale + 13.5                             # of the 28 x 28
    chosen = [rng.choice(np.flatnonzero(hands.labels == number)) for number in digit.tolist()]
    written = hands.images[chosen, 0].astype(np.float32) / 255                  # (n, 28, 28)
    return between(written, rows, cols)


def between(images: np.ndarray, rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
    """Images (n, h, w) read between their pixels at rows, cols (n, S, S); 0 outside."""
    n, h, w = images.shape
    padded = np.zeros((n, h + 2, w + 2), np.float32)
    padded[:, 1:-1, 1:-1] = images
    rows, cols = np.clip(rows + 1, 0, h + 1), np.clip(cols + 1, 0, w + 1)       # of the padded ones
    top, left = np.minimum(rows.astype(np.int64), h), np.minimum(cols.astype(np.int64), w)
    a, b = rows - top, cols - left
    each = np.arange(n)[:, None, None]
    upper = (1 - b) * padded[each, top, left] + b * padded[each, top, left + 1]
    lower = (1 - b) * padded[each, top + 1, left] + b * padded[each, top + 1, left + 1]
    return ((1 - a) * upper + a * lower).astype(np.float32)
