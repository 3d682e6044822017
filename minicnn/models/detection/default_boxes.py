"""SSD's default boxes, and which of those that see only background the loss counts.

At every place of a map, `step` pixels from the next, stand boxes of these widths and heights:

    s x s                            s, the size of this map
    s' x s'                          s' = sqrt(s s_next)
    s sqrt(r) x s / sqrt(r)          for each ratio r, and the same upright

Source: Liu et al. 2016, "SSD: single shot multibox detector", section 2.2, and the published
program.
"""

from collections.abc import Sequence
from math import inf, sqrt
from typing import NamedTuple

import numpy as np

from minicnn.backend.arrays import Array, xp_of
from minicnn.data.boxes import anchor_grid, match


class Level(NamedTuple):
    """One map that boxes are read from; lengths in pixels of the picture."""

    source: str                                            # label of the row that makes it
    channels: int
    places: int                                            # on a side
    step: float
    size: float
    ratios: tuple[float, ...] = ()

    @property
    def shapes(self) -> int:
        """Boxes at each place."""
        return 2 + 2 * len(self.ratios)


def default_boxes(levels: Sequence[Level], largest: float, limit: float = inf) -> np.ndarray:
    """(A, 4) corners, in the order map, row, column, shape.

    largest : the size s that follows the last map's
    limit   : widths and heights are at most that
    """
    boxes = []
    for level, following in zip(levels, [*(one.size for one in levels[1:]), largest], strict=True):
        s, middle = level.size, sqrt(level.size * following)
        shapes = [(s, s), (middle, middle)]                # height, width
        for ratio in level.ratios:
            shapes += [(s / sqrt(ratio), s * sqrt(ratio)), (s * sqrt(ratio), s / sqrt(ratio))]
        boxes.append(anchor_grid((level.places, level.places), level.step,
                                 np.minimum(shapes, limit)))
    return np.concatenate(boxes)


def match_each(iou: np.ndarray, threshold: float = 0.5) -> np.ndarray:
    """torchvision's matching: each truth takes its best box, the later one where two want it.

    iou : box_iou(truths, boxes), (truths, boxes) -> (boxes,), as match_bipartite
    """
    found = match(iou, threshold, best_for_truth=False)
    if len(iou):
        found[iou.argmax(axis=1)] = np.arange(len(iou))
    return found


def hard_negatives(cost: Array, positive: np.ndarray, ratio: int = 3, least: int = 3) -> Array:
    """(N, A) bool: of each picture's background boxes, those that the network is most wrong about;
    on the device of `cost`.

    cost     : (N, A) cross-entropy of each box;  positive : (N, A) bool, boxes of a truth
    ratio    : so many for each positive box of the same picture
    least    : and so many where that is less; with 0 a picture without objects teaches nothing

    Where costs are equal the first come first; a cost that is not a number counts as the largest.

    >>> hard_negatives(np.array([[5.0, 1.0, 3.0, 2.0]]), np.array([[True] + [False] * 3]), 2, 0)
    array([[False, False,  True,  True]])
    """
    xp = xp_of(cost)
    positive = xp.asarray(positive)
    ranked = xp.where(positive, -inf, xp.where(xp.isnan(cost), inf, cost))
    rank = xp.argsort(xp.argsort(-ranked, axis=1, kind="stable"), axis=1)
    wanted = xp.maximum(ratio * positive.sum(axis=1, keepdims=True), least)
    return (rank < wanted) & ~positive
