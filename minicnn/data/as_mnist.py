"""A picture of one handwritten digit, prepared as MNIST's were.

    1. ink        how much darker (or lighter) each pixel is than the paper around it, 0 to 255
    2. cut out    the rectangle that holds the ink
    3. fitted     into 20 x 20 pixels, its shape kept, with soft edges
    4. placed     into 28 x 28, so that the centre of mass of the ink is at (14, 14)

A network that has seen only such digits fails on any other: larger, off the centre, black on white.
Source: LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document recognition",
1998, section III.A, and the MNIST page's description of the files.
"""

from typing import Any

import numpy as np

from minicnn.backend.arrays import Array
from minicnn.data.door import as_array

SIDE, INNER = 28, 20
LEAST_CONTRAST = 24        # of 255: below it there is paper, and nothing on it


def as_mnist(picture: Any) -> Array:
    """(H, W), or (3, H, W) from 0 to 255, of a digit on paper or on black -> (28, 28) uint8.

    ValueError for a picture of another shape, and for one with nothing on it.
    """
    x = as_array(picture, "as_mnist: pixels")
    if x.ndim == 3 and x.shape[0] in (1, 3):
        x = x.mean(axis=0)
    if x.ndim != 2 or min(x.shape) < 3:
        raise ValueError(f"as_mnist: expected one picture (H, W) or (3, H, W), got {x.shape}")
    if not np.isfinite(x).all():
        raise ValueError("as_mnist: there are pixels that are no numbers, or infinite")
    ink = ink_of(np.asarray(x, np.float64))
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not rows.size:
        raise ValueError("as_mnist: there is nothing on this picture: its darkest and lightest "
                         f"places differ by less than {LEAST_CONTRAST} of 255")
    return centred(fitted(ink[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1]))


def ink_of(x: Array) -> Array:
    """How far each pixel stands out from the paper, 0 to 255; 0 wherever it is paper."""
    edge = np.concatenate([x[0], x[-1], x[:, 0], x[:, -1]])
    if np.median(edge) < x.mean():                 # the border is darker than the rest: a light pen
        x = 255 - x
    away = paper(x) - x                            # shadows lie in both, and go
    strongest = np.percentile(away, 99.8)
    if strongest < LEAST_CONTRAST:
        return np.zeros_like(x)
    ink = np.round(np.clip(255 * away / strongest, 0, 255))    # 254.9999999 is 255, on any BLAS
    return np.where(ink < threshold(ink), 0, ink)


def paper(x: Array) -> Array:
    """The brightness of the paper under each pixel: a plane through the brighter half of them.

    A photograph is lit from one side; a plane follows that and cannot follow a stroke.
    """
    H, W = x.shape
    rows, columns = np.mgrid[0:H, 0:W]
    around = np.stack([np.ones(x.size), rows.ravel() / H, columns.ravel() / W], axis=1)
    bright = np.ones(x.size, bool)
    for _ in range(5):                             # what lies below the plane is left out
        plane = around[bright]
        solved = np.linalg.lstsq(plane, x.ravel()[bright], rcond=None)[0]
        below = x.ravel() - around @ solved
        again = below > -np.std(below[bright]) - 1e-9
        if (again == bright).all():                # and so the same plane
            break
        bright = again
    return (around @ solved).reshape(H, W)


def threshold(ink: Array) -> float:
    """Otsu's: the value that parts the pixels into two groups as narrow as can be.

    Source: Otsu, "A threshold selection method from gray-level histograms", 1979.
    """
    counts = np.histogram(ink, bins=256, range=(0, 256))[0].astype(np.float64)
    below = np.cumsum(counts)
    above = below[-1] - below
    sums = np.cumsum(counts * np.arange(256))
    with np.errstate(divide="ignore", invalid="ignore"):
        between = below * above * (sums / below - (sums[-1] - sums) / above) ** 2
    best = np.flatnonzero(between >= np.nanmax(between) * (1 - 1e-9))    # a gap between two values
    return float(best.mean() / 2)                  # half of it: the soft edges of strokes stay


def fitted(ink: Array) -> Array:
    """(h, w) scaled so that its longer side has 20 pixels."""
    from PIL import Image
    H, W = ink.shape
    size = max(round(W * INNER / max(H, W)), 1), max(round(H * INNER / max(H, W)), 1)
    image = Image.fromarray(ink.astype(np.uint8)).resize(size, Image.Resampling.BOX if max(H, W)
                                                         > INNER else Image.Resampling.BILINEAR)
    return np.asarray(image, np.float64)


def centred(ink: Array) -> Array:
    """(h, w) with at most 20 pixels a side -> (28, 28) uint8, its centre of mass at (14, 14)."""
    H, W = ink.shape
    mass = ink.sum()
    row = (ink.sum(axis=1) @ np.arange(H)) / mass
    column = (ink.sum(axis=0) @ np.arange(W)) / mass
    top = int(np.clip(round(SIDE / 2 - row), 0, SIDE - H))
    left = int(np.clip(round(SIDE / 2 - column), 0, SIDE - W))
    y = np.zeros((SIDE, SIDE), np.uint8)
    y[top:top + H, left:left + W] = np.round(ink)
    return y
