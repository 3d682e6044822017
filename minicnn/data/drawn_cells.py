"""Cells under a microscope, drawn by code: grey flesh, dark membranes, noise over both.

    seeds       points in the plane; a pixel belongs to the nearest of them
    membrane    where the nearest and the second nearest seed are almost equally far
    picture     flesh and membranes in greys that drift over the picture, blurred, with grain; and
                dark spots in the flesh, which are no membranes

A threshold on grey finds the membranes and the spots alike: to tell them apart, a network has to
look at the shape.  They stand in for the membranes of the ISBI challenge of 2012, on which U-Net
was trained (Ronneberger et al. 2015, section 4), where those are not at hand.
"""

import numpy as np

from minicnn.data.scenes import BACKGROUND, Scenes
from minicnn.data.shapes import check_size

SPACING = 24            # pixels from cell to cell
MEMBRANE = 3.5          # pixels of difference between the two nearest seeds: about as wide
SPOTS = 1.0             # for each cell


def cells(count: int, seed: int = 0, size: int = 128) -> Scenes:
    """`count` drawn pictures (1, size, size); class_map is 1 in a cell and 0 on a membrane.

    >>> cells(2, seed=1, size=64).images.shape
    (2, 1, 64, 64)
    """
    check_size("cells", count, seed, size)
    rng = np.random.default_rng(seed)
    pairs = [one(rng, size) for _ in range(count)]
    return Scenes(np.stack([picture for picture, _ in pairs])[:, None],
                  [{"class_map": inside} for _, inside in pairs], (BACKGROUND, "cell"),
                  f"{count:,} pictures of cells drawn by code (seed {seed})")


def one(rng: np.random.Generator, S: int) -> tuple[np.ndarray, np.ndarray]:
    """(picture, cell or not), each (S, S) uint8."""
    near, far = two_nearest(lattice(rng, S), S)                        # (S, S) each
    inside = far - near > MEMBRANE
    grey = np.where(inside, 165.0, 85.0) + 25 * smooth(rng, S)
    for y, x, r in rng.uniform((0, 0, 1.5), (S, S, 4), (int(SPOTS * (S / SPACING) ** 2), 3)):
        rows, cols = np.arange(S)[:, None] - y, np.arange(S) - x
        grey -= 90 * np.exp(-(rows ** 2 + cols ** 2) / (2 * r ** 2))
    grey = blurred(grey) + rng.normal(0, 14, (S, S))
    return np.clip(np.rint(grey), 0, 255).astype(np.uint8), inside.astype(np.uint8)


def lattice(rng: np.random.Generator, S: int) -> np.ndarray:
    """Seeds (n, 2), one in each square of a lattice that is wider than the picture.

    Not at the rim of a square, or two of them could lie together and be all membrane.
    """
    sides = np.arange(-SPACING, S + SPACING, SPACING)
    corners = np.stack(np.meshgrid(sides, sides), axis=-1).reshape(-1, 2)
    return corners + rng.uniform(0.15 * SPACING, 0.85 * SPACING, corners.shape)


def two_nearest(seeds: np.ndarray, S: int) -> tuple[np.ndarray, np.ndarray]:
    """Distances from each pixel to its nearest and second nearest seed."""
    near, far = np.full((S, S), np.inf), np.full((S, S), np.inf)
    for y, x in seeds:
        distance = np.hypot(np.arange(S)[:, None] - y, np.arange(S) - x)
        far = np.minimum(far, np.maximum(near, distance))
        near = np.minimum(near, distance)
    return near, far


def smooth(rng: np.random.Generator, S: int) -> np.ndarray:
    """A slow wave (S, S) from -1 to 1."""
    y, x = np.arange(S)[:, None] / S, np.arange(S) / S
    a, b, phase = rng.uniform((-4, -4, 0), (4, 4, 2 * np.pi))
    return np.sin(a * x + b * y + phase)


def blurred(picture: np.ndarray) -> np.ndarray:
    """Each pixel with a quarter of its two neighbours, down and across."""
    for axis in (0, 1):
        rim = [(0, 0), (0, 0)]
        rim[axis] = (1, 1)
        wide = np.pad(picture, rim, mode="edge")
        before, after = (np.roll(wide, shift, axis) for shift in (1, -1))
        middle = (slice(1, -1), slice(None)) if axis == 0 else (slice(None), slice(1, -1))
        picture = (0.25 * before + 0.5 * wide + 0.25 * after)[middle]
    return picture
