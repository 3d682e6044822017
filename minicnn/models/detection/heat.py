"""Heat maps: a soft hill over the middle of each object, and the tops of such hills.

    heat[i, j] = max over the objects of e^(-d^2 / (2 sigma^2))
                 d the distance of the middle of pixel (i, j) from the middle of the object's box

A pixel is a top if none of the eight around it is higher; of equal neighbours the first in row
order is.

Source: Alom et al. 2022 (UD-Net) learn such maps by regression; the shape of the hill is ours.
"""

import numpy as np


def heat_map(boxes: np.ndarray, size: tuple[int, int], sigma: float) -> np.ndarray:
    """(H, W), from 0 to 1, for boxes (n, 4) in pixels."""
    H, W = size
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2             # x, y
    rows, columns = (np.exp(-(np.arange(side) + 0.5 - place[:, None]) ** 2 / (2 * sigma ** 2))
                     for side, place in ((H, middle[:, 1]), (W, middle[:, 0])))    # (n, side)
    return (rows[:, :, None] * columns[:, None, :]).max(axis=0, initial=0)


def peaks(heat: np.ndarray, least: float) -> tuple[np.ndarray, np.ndarray]:
    """The tops that are at least so high: points (n, 2), x and y in pixels, and heights (n,).

    heat : (H, W).  The highest comes first.  NaN is no top.

    >>> points, heights = peaks(np.array([[0.0, 0.0, 0.0], [0.0, 0.9, 0.9]]), 0.5)
    >>> points.tolist(), heights.tolist()
    ([[1.5, 1.5]], [0.9])
    """
    H, W = heat.shape
    around = np.pad(heat, 1, constant_values=-np.inf)
    top = heat >= least
    for u in (0, 1, 2):
        for v in (0, 1, 2):
            beside = around[u:u + H, v:v + W]
            if (u, v) < (1, 1):
                top &= heat > beside
            elif (u, v) > (1, 1):
                top &= heat >= beside
    i, j = np.nonzero(top)
    order = np.argsort(-heat[i, j], kind="stable")
    return np.stack([j, i], axis=1)[order] + 0.5, heat[i, j][order]
