"""The grounds of drawn scenes: a colour, two octaves of smooth noise, stripes, and grain."""

import numpy as np

BASE = (70.0, 190.0)            # brightness of the ground
OCTAVES = ((4, 32), (8, 16))        # values along a side, and their deviation
STRIPES = (0.0, 14.0)       # height of the stripes,
WAVES = (2.0, 9.0)          # and how many there are across the picture
GRAIN = 5.0                 # deviation from pixel to pixel


def grounds(N: int, size: int, rng: np.random.Generator) -> np.ndarray:
    """(N, 3, size, size) float32 around 0 to 255."""
    picture = np.tile(rng.uniform(*BASE, (N, 3, 1, 1)).astype(np.float32), (1, 1, size, size))
    for points, deviation in OCTAVES:
        picture += smooth(rng.normal(0, deviation, (N, 3, points, points)), size)
    picture += stripes(N, size, rng)[:, None]
    return picture + rng.normal(0, GRAIN, picture.shape).astype(np.float32)


def smooth(values: np.ndarray, size: int) -> np.ndarray:
    """(N, 3, k, k) spread over size x size pixels, linear between the values."""
    k = values.shape[-1]
    place = np.linspace(0, k - 1, size)                                         # (S,)
    first = np.minimum(place.astype(np.int64), k - 2)
    share = (place - first).astype(np.float32)
    values = values.astype(np.float32)
    rows = (1 - share)[:, None] * values[:, :, first] + share[:, None] * values[:, :, first + 1]
    return (1 - share) * rows[..., first] + share * rows[..., first + 1]       # (N, 3, S, S)


def stripes(N: int, size: int, rng: np.random.Generator) -> np.ndarray:
    """(N, size, size): a wave in one direction."""
    angle, waves, phase, height = (
        rng.uniform(*bounds, (N, 1, 1)).astype(np.float32)
        for bounds in ((0.0, np.pi), WAVES, (0.0, 2 * np.pi), STRIPES))
    along = np.arange(size, dtype=np.float32) / size
    way = np.cos(angle) * along[None, None, :] + np.sin(angle) * along[None, :, None]
    return height * np.sin(2 * np.pi * waves * way + phase)
