"""Regions for networks that propose none: drawn near the truths, in a grid, or handed in."""

import numpy as np
import pytest

from minicnn.data.boxes import box_iou
from minicnn.models.detection.fast_rcnn import GRIDS
from minicnn.models.detection.windows import Grid, check_proposals, drawn_windows, window_grid

TRUTH = np.array([[10, 10, 30, 34], [40, 20, 60, 40.0]])


def within(boxes, size):
    H, W = size
    return ((boxes[:, :2] >= 0).all() and (boxes[:, 2] <= W).all() and (boxes[:, 3] <= H).all()
            and (boxes[:, 2:] - boxes[:, :2] >= 4).all())


def test_half_of_the_drawn_windows_are_near_a_truth():
    found = drawn_windows(TRUTH, (48, 64), 400, np.random.default_rng(0))
    assert 350 < len(found) <= 400 and within(found, (48, 64)) and found.dtype == np.float32
    iou = box_iou(TRUTH, found[:200]).max(axis=0)
    assert 40 < (iou >= 0.5).sum() < 180                   # positives and near misses
    assert (box_iou(TRUTH, found).max(axis=1) > 0.7).all()


def test_without_truths_they_stand_anywhere():
    found = drawn_windows(np.zeros((0, 4)), (48, 64), 100, np.random.default_rng(0))
    assert len(found) > 80 and within(found, (48, 64))


def test_the_draw_follows_its_generator():
    first, again = (drawn_windows(TRUTH, (48, 64), 20, np.random.default_rng(5)) for _ in "ab")
    assert np.array_equal(first, again)


def test_a_grid_by_hand():
    grid = window_grid((16, 24), Grid((16,), (1,), 0.5))
    assert grid.tolist() == [[0, 0, 16, 16], [8, 0, 24, 16]]
    grid = window_grid((16, 25), Grid((16,), (1,), 0.5))   # at most 8 pixels apart
    assert grid.tolist() == [[0, 0, 16, 16], [4.5, 0, 20.5, 16], [9, 0, 25, 16]]
    tall = window_grid((40, 40), Grid((20,), (4,), 1))
    assert (tall[:, 3] - tall[:, 1] == 40).all() and (tall[:, 2] - tall[:, 0] == 10).all()


@pytest.mark.parametrize("variant, size, least", [("small", (64, 64), 0.5), ("paper", (480, 640),
                                                                             0.4)])
def test_every_object_has_a_window(variant, size, least):
    grid = window_grid(size, GRIDS[variant])
    rng = np.random.default_rng(0)
    side = rng.uniform(*((12, 28) if variant == "small" else (64, 400)), (50, 1))
    corner = rng.uniform(0, 1, (50, 2)) * (np.array(size[::-1]) - side)
    truth = np.concatenate([corner, corner + side], axis=1)
    assert within(grid, size) and len(grid) < 2000
    assert box_iou(truth, grid).max(axis=1).min() > least


def test_a_picture_smaller_than_every_window():
    assert window_grid((8, 6), GRIDS["small"]).tolist() == [[0, 0, 6, 8]] * 3


def test_handed_in_they_are_cut_at_the_border():
    found = check_proposals("R", [np.array([[-5, 3, 20, 90], [0, 0, 2, 2]])], [(60, 80)])
    assert found[0].tolist() == [[0, 3, 20, 60]]
    assert check_proposals("R", [[]], [(60, 80)])[0].shape == (0, 4)


@pytest.mark.parametrize("proposals, words", [
    ([np.zeros((1, 4))] * 2, r"^R: there are 1 picture; expected proposals as a list of as many"),
    (np.zeros((1, 4)), r"^R: there are 1 picture; expected proposals as a list"),
    ([np.array([[5, 5, 1, 9.0]])], r"^R: picture 0: proposals must be \(x1, y1, x2, y2\)"),
    ([np.array([[5, 5, np.nan, 9.0]])], r"^R: picture 0: proposals must be .*without NaN$"),
])
def test_wrong_proposals(proposals, words):
    with pytest.raises(ValueError, match=words):
        check_proposals("R", proposals, [(60, 80)])
