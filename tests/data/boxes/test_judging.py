"""Which boxes found are right, by hand and against loops."""

import numpy as np
import pytest

from minicnn.data.boxes.judging import box_overlap, coco_matches, mask_overlap, voc_matches

HALF = np.array([0.5])
NO = np.zeros(2, bool)


def test_voc_and_coco_judge_apart():
    """The second box overlaps the truth most that the first has found: VOC calls it wrong."""
    found = np.array([[0, 0, 10, 1], [1, 0, 11, 1]])
    overlap = box_overlap(found, np.array([[0, 0, 10, 1], [4, 0, 14, 1]]), NO)
    assert overlap == pytest.approx(np.array([[1, 6 / 14], [9 / 11, 7 / 13]]))
    assert voc_matches(overlap, NO).tolist() == [0, -1]
    assert coco_matches(overlap, NO, NO, HALF).tolist() == [[0, 1]]


def test_a_duplicate_is_wrong():
    overlap = np.array([[0.9], [0.8]])
    assert voc_matches(overlap, NO[:1]).tolist() == [0, -1]
    assert coco_matches(overlap, NO[:1], NO[:1], HALF).tolist() == [[0, -1]]


def test_as_much_as_the_threshold_is_a_hit():
    overlap = np.array([[0.5]])
    assert voc_matches(overlap, NO[:1]).tolist() == [0]
    assert coco_matches(overlap, NO[:1], NO[:1], np.array([0.5, 0.55])).tolist() == [[0], [-1]]


def test_a_difficult_truth_takes_any_number_in_voc_and_one_in_coco():
    overlap, difficult = np.array([[0.9], [0.8], [0.1]]), np.array([True])
    assert voc_matches(overlap, difficult).tolist() == [0, 0, -1]
    assert coco_matches(overlap, difficult, NO[:1], HALF).tolist() == [[0, -1, -1]]


def test_a_crowd_absorbs_many_but_after_what_counts():
    overlap = np.array([[0.6, 1.0], [0.55, 1.0], [0.1, 0.9]])
    crowd = np.array([False, True])
    assert coco_matches(overlap, crowd, crowd, HALF).tolist() == [[0, 1, 1]]
    overlap = box_overlap(np.array([[0, 0, 4, 4.0]]), np.array([[0, 0, 40, 40.0]] * 2), crowd)
    assert overlap.tolist() == [[0.01, 1.0]]


def test_of_equals_coco_takes_the_last():
    assert coco_matches(np.array([[0.7, 0.7]]), NO, NO, HALF).tolist() == [[1]]
    assert voc_matches(np.array([[0.7, 0.7]]), NO).tolist() == [0]


@pytest.mark.parametrize("n, m", [(0, 0), (0, 2), (3, 0)])
def test_nothing(n, m):
    overlap = box_overlap(np.zeros((n, 4)), np.tile([0, 0, 1.0, 1], (m, 1)), np.zeros(m, bool))
    assert overlap.shape == (n, m)
    assert mask_overlap(np.zeros((n, 3, 3), bool), np.ones((m, 3, 3), bool),
                        np.zeros(m, bool)).shape == (n, m)
    assert voc_matches(overlap, np.zeros(m, bool)).tolist() == [-1] * n
    assert coco_matches(overlap, np.zeros(m, bool), np.zeros(m, bool), HALF).tolist() == [[-1] * n]


def loops(overlap, skipped, crowd, threshold):
    """COCO's rule, truth by truth."""
    taken, match = set(), []
    for row in overlap.tolist():
        best = None
        for wanted in (False, True):                       # those that count come first
            for truth, value in enumerate(row):
                free = truth not in taken or crowd[truth]
                if skipped[truth] == wanted and free and value >= threshold and (
                        best is None or value >= row[best]):
                    best = truth
            if best is not None:
                break
        match.append(-1 if best is None else best)
        taken.add(best)
    return match


@pytest.mark.parametrize("seed", range(10))
def test_coco_against_loops(seed):
    rng = np.random.default_rng(seed)
    n, m = rng.integers(1, 9, 2)
    overlap = rng.integers(0, 6, (n, m)) / 5               # many equal
    crowd = rng.random(m) < 0.3
    skipped = crowd | (rng.random(m) < 0.2)
    thresholds = np.array([0.2, 0.5, 0.8])
    assert coco_matches(overlap, skipped, crowd, thresholds).tolist() == [
        loops(overlap, skipped, crowd, threshold) for threshold in thresholds]


def test_masks_against_loops(rng):
    found, truth = rng.random((4, 7, 9)) < 0.3, rng.random((3, 7, 9)) < 0.3
    truth[1, :, :4] = truth[1, 3:] = False                 # a small one
    found[2] = False
    crowd = np.array([False, False, True])
    overlap = mask_overlap(found, truth, crowd)
    for i, a in enumerate(found):
        for j, b in enumerate(truth):
            both = sum((p and q) for p, q in zip(a.ravel(), b.ravel(), strict=True))
            whole = int(a.sum()) if crowd[j] else sum(
                (p or q) for p, q in zip(a.ravel(), b.ravel(), strict=True))
            assert overlap[i, j] == (both / whole if whole else 0)


def test_boxes_are_judged_in_double_precision():
    """Thirds of a pixel in float32: the IoU of exactly a half stays one."""
    found = np.array([[0, 0, 100, 50]], "f4")
    assert box_overlap(found, np.array([[0, 0, 100, 100]], "f4"), NO[:1]).tolist() == [[0.5]]
    assert box_overlap(np.array([[5, 5, 5, 9]]), np.array([[0, 0, 9, 9]]), NO[:1]).tolist() == [[0]]
