"""Gradient-check cases of the pooling of regions; the boxes are fixed inside."""

from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn.gradcheck.cases.case import Case, apart, normal
from minicnn.layers.roi import roi_align, roi_pool

# Inside, over the border, smaller than a pixel, and one on another that it overlaps.
BOXES = [np.array([[0.6, 1.2, 3.9, 4.8], [-1.5, 2.0, 2.5, 9.0]]), np.array([[1.0, 1.0, 1.4, 1.3],
                                                                           [0.0, 0.0, 4.0, 5.0]])]
HALF = [2 * boxes for boxes in BOXES]
NUMBERED = np.array([[1, 0.0, 0.5, 2.0, 3.0], [0, 1.0, 1.0, 3.5, 4.0], [1, 1.0, 0.0, 4.0, 4.0]])
AWAY = [np.zeros((0, 4)), np.array([[20.0, 20.0, 30.0, 30.0], [1.0, 1.0, 3.0, 3.0]])]


def with_boxes(pool: Callable[..., Any], *settings: Any, **named: Any) -> Callable[[], Any]:
    """make() of a case: the pooling as a function of the map alone."""
    return lambda: lambda x: pool(x, *settings, **named)


def align(option: str, boxes: Any, *settings: Any, **named: Any) -> Case:
    return Case("RoIAlign", option, with_boxes(roi_align, boxes, *settings, **named),
                (normal(2, 2, 5, 4),))


def pool(option: str, boxes: Any, *settings: Any) -> Case:
    return Case("RoIPool", option, with_boxes(roi_pool, boxes, *settings), (apart(2, 2, 5, 4),))


CASES = [
    align("2x2, 2 points a bin", BOXES, 2, 1.0, 2),
    align("aligned, 3x2, 2 points a bin", BOXES, (3, 2), 1.0, 2, True),
    align("points as many as pixels", BOXES, 2),
    align("aligned, points as many as pixels, one bin", BOXES, 1, aligned=True),
    align("scale 1/2, 1 point a bin", HALF, 2, 0.5, 1),
    align("boxes with the image's number", NUMBERED, 2, 1.0, 2, True),
    align("boxes outside, an image without", AWAY, 2, 1.0, 2, True),
    pool("2x2", BOXES, 2),
    pool("scale 1/2, 3x2, more bins than pixels", HALF, (3, 2), 0.5),
    pool("boxes with the image's number", NUMBERED, 2),
    pool("boxes outside, an image without", AWAY, 2),
]
