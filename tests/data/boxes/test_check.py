"""What is said of boxes that cannot be: one clear error that names the picture and the box."""

import numpy as np
import pytest

from minicnn.data import boxes as B
from minicnn.data.boxes import check_boxes

FINE = [0, 0, 5, 5]


@pytest.mark.parametrize("box, message", [
    ([10, 20, 30, 20], r"\(10, 20, 30, 20\): it has no area, it is 20 x 0 pixels; leave it out"),
    ([30, 20, 10, 40], r"its corners are in the wrong order, expected \(x1, y1, x2, y2\) with x1"),
    ([0, 0, np.nan, 5], "it holds NaN or infinity"),
    ([0, 0, np.inf, 5], "it holds NaN or infinity"),
    ([40, 10, 90, 30], r"stands over the border of the picture, 80 x 60 pixels; is it of a pictur"),
    ([10, 40, 20, 70], r"stands over the border .*; is it \(y1, x1, y2, x2\)\?"),
    ([-2, 0, 5, 5], "stands over the border"),
    ([50, 40, 100, 20 + 70], r"stands over the border"),
    ([0.1, 0.2, 0.5, 0.6], None),
])
def test_a_box_that_cannot_be(box, message):
    if message is None:                                    # small, and beside others not normalised
        assert check_boxes("a.xml", [FINE, box], (60, 80)).shape == (2, 4)
        return
    with pytest.raises(ValueError, match=f"^a.xml: box 1 .*{message}"):
        check_boxes("a.xml", [FINE, box], (60, 80))


def test_normalised_boxes():
    with pytest.raises(ValueError, match=r"a.txt: box 0 \(0.1, 0.2, 0.5, 0.6\): all boxes lie "
                                         r"between 0 and 1 in a picture of 80 x 60"):
        check_boxes("a.txt", [[0.1, 0.2, 0.5, 0.6], [0, 0, 1, 1]], (60, 80))


def test_boxes_that_can_be():
    assert check_boxes("a", [], (60, 80)).shape == (0, 4)
    whole = check_boxes("a", np.array([[0, 0, 80, 60]]), (60, 80))
    assert whole.tolist() == [[0, 0, 80, 60]] and whole.dtype == float
    assert check_boxes("a", [[-1, -1, 81, 61]], (60, 80)).shape == (1, 4)  # a hand's pixel over


BOX = [[0.0, 0, 1, 1]]
WRONG = [[0.0, 0, 1, 1], [3, 0, 2, 1]]


@pytest.mark.parametrize("call, error, message", [
    (lambda: B.box_iou(BOX, WRONG), ValueError, r"box_iou: b: box 1 \(3, 0, 2, 1\): its corners a"),
    (lambda: B.box_giou(WRONG, BOX), ValueError, "box_giou: a: box 1 .* wrong order"),
    (lambda: B.box_area([0, 0, 1, 1]), ValueError, r"box_area: boxes: expected \(n, 4\), .*\[box"),
    (lambda: B.box_area(np.zeros((2, 5))), ValueError, r"got \(2, 5\)$"),
    (lambda: B.box_area([["a"] * 4]), TypeError, "box_area: boxes are <U1"),
    (lambda: B.box_area(np.zeros((2, 4), bool)), TypeError, "expected numbers .* got bool"),
    (lambda: B.encode(BOX, [[0, 0, 0, 1]]), ValueError, r"encode: anchors: box 0 .* no area"),
    (lambda: B.encode([[0, 0, 1, 0]], BOX), ValueError, "encode: boxes: box 0 .* no area"),
    (lambda: B.encode(BOX, BOX * 2), ValueError, "encode: 1 boxes and 2 anchors; each box needs i"),
    (lambda: B.encode(BOX, BOX, (1, 1, 0, 1)), ValueError, "encode: weights must be four numbers"),
    (lambda: B.decode(BOX, BOX, (1, 1, 1)), ValueError, "decode: weights must be four"),
    (lambda: B.decode([[0, 0, 0]], BOX), ValueError, r"decode: deltas must be \(1, 4\), or \(1, K"),
    (lambda: B.nms(BOX, [np.nan], 0.5), ValueError, "nms: the score of box 0 is NaN; did the netw"),
    (lambda: B.nms([[0, 0, np.nan, 1]], [1], 0.5), ValueError, "nms: box 0 holds NaN or infinity"),
    (lambda: B.nms(BOX, [1, 2], 0.5), ValueError, r"nms: 1 boxes and scores of shape \(2,\); each"),
    (lambda: B.nms(BOX, [1], 1.5), ValueError, r"nms: iou_threshold must lie in \[0, 1\], got 1.5"),
    (lambda: B.nms(BOX, [1], np.nan), ValueError, "iou_threshold must"),
    (lambda: B.batched_nms(BOX, [1], [1, 2], 0.5), ValueError, r"labels of shape \(2,\); each box"),
    (lambda: B.batched_nms(BOX, [np.nan], [1], 0.5), ValueError, "batched_nms: the score of box 0"),
    (lambda: B.clip_boxes_to_image(BOX, 5), ValueError, r"size: expected \(H, W\), two whole numb"),
    (lambda: B.anchors((2, 2), 8, []), ValueError, "anchors: sizes and ratios must be lists of nu"),
    (lambda: B.anchors((2, 2), 8, [8], [0]), ValueError, r"above 0, got \[8\] and \[0\]"),
    (lambda: B.nms([[0, 0, np.inf, 1]], [1], 0.5), ValueError, "nms: box 0 holds NaN or infinity"),
    (lambda: B.nms(BOX, [1j], 0.5), TypeError, "scores must be real numbers, got complex128"),
    (lambda: B.nms(BOX, ["high"], 0.5), TypeError, "nms: scores are <U4"),
    (lambda: B.batched_nms(BOX, [1], [np.nan], 0.5), TypeError, "labels must be whole numbers, "),
    (lambda: B.clip_boxes_to_image(BOX, (5.5, 5)), ValueError, r"whole numbers, got \(5.5, 5\)"),
    (lambda: B.anchors((2, 2, 2), 8, [8]), ValueError, r"map_size: expected .* got \(2, 2, 2\)"),
    (lambda: B.anchors((2, -2), 8, [8]), ValueError, r"map_size: expected .* got \(2, -2\)"),
    (lambda: B.anchors((2, 2), (8, 0), [8]), ValueError, r"stride must be a number above 0.*\(8, "),
    (lambda: B.match([0.5, 0.2], 0.5), ValueError, r"match: iou must be \(truths, anchors\),"),
    (lambda: B.match([[np.nan]], 0.5), ValueError, "overlap of truth 0 with anchor 0 is NaN"),
    (lambda: B.match([[0.5]], 0.3, 0.7), ValueError, "expected 0 <= low <= high <= 1, got low 0.7"),
    (lambda: B.sample([0], 4, 1.5, None), ValueError, r"sample: expected size >= 0 and a fraction"),
])
def test_says_what_is_wrong(call, error, message):
    with pytest.raises(error, match=message):
        call()
