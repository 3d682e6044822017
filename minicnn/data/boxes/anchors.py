"""Anchors: boxes laid out over the picture, which a detector's head classifies and moves.

At every cell (i, j) of a feature map with the given stride stand boxes of k shapes, all with their
centre in the middle of the cell:

    centre = (j + 1/2) stride, (i + 1/2) stride
    height = size sqrt(ratio),   width = size / sqrt(ratio)         so the area is size^2

They are listed by row, column, shape: as the head's answers (N, k 4, H, W) are after
x.reshape(N, k, 4, H, W).permute(0, 3, 4, 1, 2).reshape(N, H * W * k, 4).

Sources: Ren et al. 2015, section 3.1.1; Liu et al. 2016 (SSD), section 2.2.  Lecture: memphis
"Detection".
"""

from collections.abc import Iterable
from math import sqrt
from typing import Any

import numpy as np

from minicnn.data.boxes.check import as_size


def anchors(map_size: tuple[int, int], stride: Any, sizes: Iterable[float],
            ratios: Iterable[float] = (1.0,), offset: float = 0.5, rounded: bool = False
            ) -> np.ndarray:
    """Boxes (H W k, 4) float32 for a map of (H, W) cells; k = len(sizes) len(ratios).

    stride : pixels from one cell to the next, or (down, right)
    sizes : square roots of the areas, in pixels;  ratios : height / width
    offset : where in its cell a centre stands, in cells; torchvision's Faster R-CNN has 0
    rounded : torchvision's also rounds the corners about the centre to whole pixels

    The shapes of a cell run through the sizes for each ratio, as torchvision's do.

    >>> anchors((1, 2), 16, [32]).tolist()
    [[-8.0, -8.0, 24.0, 24.0], [8.0, -8.0, 40.0, 24.0]]
    """
    sizes, ratios = list(sizes), list(ratios)
    if not sizes or not ratios or not all(0 < value < np.inf for value in (*sizes, *ratios)):
        raise ValueError(f"anchors: sizes and ratios must be lists of numbers above 0, got {sizes} "
                         f"and {ratios}")
    shapes = [(size * sqrt(ratio), size / sqrt(ratio)) for ratio in ratios for size in sizes]
    return anchor_grid(map_size, stride, shapes, offset, rounded)


def anchor_grid(map_size: tuple[int, int], stride: Any, shapes: Any, offset: float = 0.5,
                rounded: bool = False) -> np.ndarray:
    """Boxes (H W k, 4) of the k given (height, width), in pixels, at every cell: see anchors."""
    H, W = as_size(map_size, "anchors: map_size")
    down, right = stride if isinstance(stride, (tuple, list)) else (stride, stride)
    if not (0 < down < np.inf and 0 < right < np.inf):
        raise ValueError(f"anchors: stride must be a number above 0, or two, got {stride}")
    height, width = np.asarray(shapes, float).T            # (k,) each
    about = np.stack([-width, -height, width, height], axis=1) / 2             # (k, 4)
    if rounded:
        about = about.round()
    y, x = np.meshgrid((np.arange(H) + offset) * down, (np.arange(W) + offset) * right,
                       indexing="ij")                      # (H, W) each
    centres = np.stack([x, y, x, y], axis=-1)              # (H, W, 4)
    return (centres[:, :, None] + about).reshape(-1, 4).astype(np.float32)
