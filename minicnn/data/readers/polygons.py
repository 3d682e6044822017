"""A polygon as a mask: the pixels whose centres lie inside it.

A point is inside if a line from it to the left crosses the outline an odd number of times.  COCO's
own program draws the outline on a grid five times as fine and differs in pixels on the edge.
"""

from __future__ import annotations

import numpy as np


def polygon_mask(points: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Corners (K, 2), x and y in pixels from the picture's upper left corner -> (H, W) bool.

    >>> polygon_mask(np.array([[0, 0], [2, 0], [2, 1], [0, 1]]), (2, 3)).astype(int).tolist()
    [[1, 1, 0], [0, 0, 0]]
    """
    H, W = size
    x1, y1 = np.asarray(points, np.float64).T                                   # (K,)
    x2, y2 = np.roll(x1, -1), np.roll(y1, -1)
    flips = np.zeros((H, W + 1), np.int64)
    low = np.clip(np.ceil(np.minimum(y1, y2) - 0.5), 0, H).astype(np.int64)     # rows whose centre
    high = np.clip(np.ceil(np.maximum(y1, y2) - 0.5), 0, H).astype(np.int64)    # an edge passes
    for k in np.flatnonzero(low < high).tolist():
        rows = np.arange(low[k], high[k])
        x = x1[k] + (rows + 0.5 - y1[k]) * ((x2[k] - x1[k]) / (y2[k] - y1[k]))
        flips[rows, np.clip(np.ceil(x - 0.5), 0, W).astype(np.int64)] += 1      # first pixel behind
    return flips[:, :W].cumsum(axis=1) % 2 == 1
