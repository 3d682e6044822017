"""Boxes that a network has drawn are cut at the picture's border; those that are too small go."""

from typing import Any

import numpy as np

from minicnn.backend.arrays import Array, to_cpu, xp_of
from minicnn.data.boxes.check import as_boxes, as_size


def clip_boxes_to_image(boxes: Any, size: tuple[int, int]) -> Array:
    """The part of each box inside a picture of size (H, W):  (n, 4) or (..., 4) -> the same.

    A box that lies outside altogether keeps no area; remove_small_boxes drops it.

    >>> clip_boxes_to_image([[-5, 10, 30, 99]], (60, 80)).tolist()
    [[0.0, 10.0, 30.0, 60.0]]
    """
    H, W = as_size(size, "clip_boxes_to_image: size")
    found = boxes if getattr(boxes, "ndim", 2) > 2 else as_boxes(boxes, "clip_boxes_to_image")
    xp = xp_of(found)
    return xp.minimum(xp.maximum(found, 0), xp.asarray([W, H, W, H], found.dtype))


def remove_small_boxes(boxes: Any, min_size: float) -> np.ndarray:
    """Numbers of the boxes whose two sides are at least min_size pixels:  (n, 4) -> (kept,)."""
    found = to_cpu(as_boxes(boxes, "remove_small_boxes"))
    return np.flatnonzero((found[:, 2:] - found[:, :2] >= min_size).all(axis=1))
