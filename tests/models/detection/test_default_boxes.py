"""SSD's default boxes and hard negatives: by hand, and the traps of public code."""

from math import inf, sqrt

import numpy as np
import pytest

from minicnn.data.boxes import BACKGROUND, box_iou, match_bipartite
from minicnn.models.detection.default_boxes import (
    Level,
    default_boxes,
    hard_negatives,
    match_each,
)
from minicnn.models.detection.ssd import LARGEST, LEVELS


def test_by_hand():
    """Two places a side, 10 pixels apart: centres at 5 and 15; 8 x 8, then sqrt(8 * 18) = 12."""
    boxes = default_boxes([Level("a", 1, 2, 10, 8, (4,))], 18)
    assert boxes.shape == (16, 4)
    assert boxes[:4].tolist() == [[1, 1, 9, 9], [-1, -1, 11, 11],
                                  [-3, 3, 13, 7], [3, -3, 7, 13]]                # 16 x 4, 4 x 16
    assert boxes[4].tolist() == [11, 1, 19, 9]             # the next place of the row,
    assert boxes[8].tolist() == [1, 11, 9, 19]             # then the next row


def test_of_the_paper():
    """8,732 of them, and their areas are those of the sizes; nothing is cut."""
    boxes = default_boxes(LEVELS, LARGEST)
    assert [level.shapes * level.places ** 2 for level in LEVELS] == [5776, 2166, 600, 150, 36, 4]
    assert boxes.shape == (8732, 4)
    sides = boxes[:, 2:] - boxes[:, :2]
    assert sides[0].tolist() == [30, 30] and sides[1] == pytest.approx([sqrt(30 * 60)] * 2)
    assert sides[2] == pytest.approx([30 * sqrt(2), 30 / sqrt(2)])
    last = boxes[-4:]
    assert last[0].tolist() == [18, 18, 282, 282] and last[1, 2] - last[1, 0] == \
        pytest.approx(sqrt(264 * 315), rel=1e-6)
    wide = default_boxes(LEVELS, LARGEST, limit=300)
    assert (wide[:, 2:] - wide[:, :2]).max() == 300 < sides.max()


def test_a_box_of_its_own_for_each_truth():
    """Two truths want box 0.  By themselves they would share it, and one would be lost."""
    boxes = np.array([[0, 0, 10, 10], [20, 0, 30, 10], [0, 20, 10, 30]], float)
    truths = np.array([[0, 0, 10, 9], [0, 0, 10, 8]], float)
    iou = box_iou(truths, boxes)
    assert match_each(iou).tolist() == [1, BACKGROUND, BACKGROUND]
    truths[1] = [0, 2, 12, 10]
    iou[1, 1] = 0.01
    assert sorted(match_bipartite(iou)[:2].tolist()) == [0, 1]


def test_match_each_by_hand():
    iou = [[0.2, 0.6, 0.0, 0.55], [0.3, 0.1, 0.0, 0.7]]
    assert match_each(np.array(iou)).tolist() == [BACKGROUND, 0, BACKGROUND, 1]
    assert match_each(np.zeros((0, 3))).tolist() == [BACKGROUND] * 3


# --- hard negatives -------------------------------------------------------------------------------

COST = np.array([[9.0, 1.0, 5.0, 3.0, 2.0, 4.0], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]])


def test_three_for_each_positive_of_the_same_picture():
    positive = np.zeros((2, 6), bool)
    positive[0, 0] = True
    chosen = hard_negatives(COST, positive, least=0)
    assert chosen[0].tolist() == [False, False, True, True, False, True]
    assert not chosen[1].any()                             # though its picture has hard ones, too


def test_a_picture_without_objects_has_three():
    """Three times none is none: such pictures would teach nothing, and pure background never
    trains.
    """
    chosen = hard_negatives(COST, np.zeros((2, 6), bool))
    assert chosen.sum(axis=1).tolist() == [3, 3]
    assert chosen[1].tolist() == [False, False, False, True, True, True]


def test_no_more_than_there_are():
    positive = np.array([[True, True, True, True, False, False]])
    chosen = hard_negatives(COST[:1], positive)
    assert chosen.tolist() == [[False] * 4 + [True] * 2]


def test_ties_and_nan():
    cost = np.array([[1.0, 1.0, np.nan, 1.0, 1.0]])
    none = np.zeros((1, 5), bool)
    assert hard_negatives(cost, none).tolist() == [[True, True, True, False, False]]
    cost[0, 4] = inf
    assert hard_negatives(cost, none, least=2).tolist() == [[False, False, True, False, True]]
    assert hard_negatives(np.zeros((0, 5)), np.zeros((0, 5), bool)).shape == (0, 5)
