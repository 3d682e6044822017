"""Box arithmetic: by hand, by loops, by torchvision's numbers, and the traps of public code."""

import json
from math import log
from pathlib import Path

import numpy as np
import pytest

from minicnn.backend.arrays import to_cpu
from minicnn.data import boxes as B
from tests.reference import regions as loops

STORED = json.loads((Path(__file__).parents[2] / "stored/regions.json").read_text())


def close(ours, wanted, tolerance=1e-12):
    ours = to_cpu(ours)
    assert ours.shape == np.shape(wanted)
    np.testing.assert_allclose(ours, wanted, rtol=tolerance, atol=tolerance)


def whole(rng, count, size=12):
    """Boxes of whole numbers with an area."""
    corners = np.sort(rng.integers(0, size, (count, 2, 2)), axis=1).reshape(count, 4)
    return corners + [0, 0, 1, 1]


# --- overlap ----------------------------------------------------------------------------------

def test_overlap_by_hand(xp):
    a, b = xp.asarray([[0.0, 0, 2, 2]]), xp.asarray([[1.0, 1, 3, 3], [3, 3, 4, 4]])
    close(B.box_iou(a, b), [[1 / 7, 0]])
    close(B.box_giou(a, b), [[1 / 7 - 2 / 9, -11 / 16]])
    close(B.box_area(b), [4, 1])


def test_iou_counts_pixels(xp, rng):
    a, b = whole(rng, 6), whole(rng, 7)
    close(B.box_iou(xp.asarray(a), xp.asarray(b)), [[loops.iou(p, q) for q in b] for p in a])


def test_overlap_equals_torchvision(xp):
    case = STORED["overlap"]
    a, b = xp.asarray(case["a"]), xp.asarray(case["b"])
    close(B.box_area(a), case["box_area"])
    close(B.box_iou(a, b), case["box_iou"])
    close(B.box_giou(a, b), case["box_giou"])
    close(B.clip_boxes_to_image(3 * a - 8, (7, 12)), case["clip"])
    assert B.remove_small_boxes(a, 3.0).tolist() == case["small"]


def test_clip_and_drop_by_hand(xp):
    found = B.clip_boxes_to_image(xp.asarray([[-5.0, 10, 30, 99], [90, 5, 99, 9]]), (60, 80))
    assert found.tolist() == [[0, 10, 30, 60], [80, 5, 80, 9]]             # the second is outside
    assert B.remove_small_boxes(found, 1).tolist() == [0]
    assert B.remove_small_boxes(xp.asarray([[0.0, 0, 3, 5], [0, 0, 2.9, 5]]), 3).tolist() == [0]
    each = xp.asarray(np.full((2, 3, 4), 99.0))            # as decode gives them for K classes
    assert B.clip_boxes_to_image(each, (60, 80)).tolist() == [[[80, 60, 80, 60]] * 3] * 2


def test_boxes_without_area_overlap_by_0(xp):
    """0 / 0 elsewhere; as does a box of which a side is 0 on one that covers it."""
    point, line, box = [1.0, 1, 1, 1], [0.0, 1, 2, 1], [0.0, 0, 2, 2]
    found = xp.asarray([point, line, box])
    close(B.box_iou(found, found), np.diag([0, 0, 1]))
    close(B.box_giou(xp.asarray([point]), xp.asarray([point])), [[0]])


def test_nan_comes_out(xp):
    a, b = xp.asarray([[0, 0, np.nan, 2], [0, 0, 1, 1]]), xp.asarray([[0.0, 0, 1, 1]])
    for overlap in (B.box_iou, B.box_giou):
        assert np.isnan(to_cpu(overlap(a, b))).tolist() == [[True], [False]]


def test_dtypes_and_the_input_stays(xp, rng):
    for dtype in ("float32", "float64"):
        a = whole(rng, 4).astype(dtype)
        a.flags.writeable = False
        a = xp.asarray(a)
        for y in (B.box_iou(a, a), B.box_area(a), B.encode(a, a), B.decode(a, a),
                  B.clip_boxes_to_image(a, (5, 5))):
            assert y.dtype == dtype and type(y) is type(a)
    assert B.box_iou(whole(rng, 2), whole(rng, 3)).dtype == float         # whole numbers, lists


def test_no_boxes(xp):
    none, one = xp.zeros((0, 4)), xp.asarray([[0.0, 0, 1, 1]])
    assert B.box_iou(none, one).shape == B.box_giou(none, one).shape == (0, 1)
    assert B.box_iou([], [[0, 0, 1, 1]]).shape == (0, 1)
    assert B.box_area(none).shape == (0,) and B.decode(none, none).shape == (0, 4)
    assert B.encode(none, none).shape == B.clip_boxes_to_image(none, (2, 2)).shape == (0, 4)
    assert B.nms(none, xp.zeros(0), 0.5).tolist() == []
    assert B.batched_nms(none, xp.zeros(0), xp.zeros(0, int), 0.5).tolist() == []


# --- as seen from an anchor -------------------------------------------------------------------

def test_coding_by_hand(xp):
    """Half its width to the right, and twice as high."""
    anchor, box = xp.asarray([[0.0, 0, 10, 10]]), xp.asarray([[5.0, -5, 15, 15]])
    close(B.encode(box, anchor), [[0.5, 0, 0, log(2)]])
    close(B.encode(box, anchor, (10, 10, 5, 5)), [[5, 0, 0, 5 * log(2)]])
    close(B.decode(xp.asarray([[0.5, 0, 0, log(2)]]), anchor), [[5, -5, 15, 15]])


@pytest.mark.parametrize("weights", [(1, 1, 1, 1), (10, 10, 5, 5)])
def test_there_and_back(xp, rng, weights):
    found, anchors = xp.asarray(whole(rng, 20)), xp.asarray(whole(rng, 20))
    close(B.decode(B.encode(found, anchors, weights), anchors, weights), to_cpu(found), 1e-9)


@pytest.mark.parametrize("case", STORED["coded"], ids=lambda case: str(case["weights"]))
def test_coding_equals_torchvision(xp, case):
    anchors, deltas = xp.asarray(case["anchors"]), xp.asarray(case["deltas"])
    close(B.encode(xp.asarray(case["boxes"]), anchors, case["weights"]), case["encode"], 1e-10)
    close(B.decode(deltas[:, :4], anchors, case["weights"]), case["decode"], 1e-10)
    close(B.decode(deltas.reshape(6, 2, 4), anchors, case["weights"]), case["decode2"], 1e-10)


def test_sizes_are_cut_before_e_overflows(xp):
    anchor = xp.asarray([[0.0, 0, 16, 16]], "float32")
    found = to_cpu(B.decode(xp.asarray([[0, 0, 1e4, 90]], "float32"), anchor))
    close(found[:, 2:] - found[:, :2], [[1000, 1000]], 1e-5)


# --- suppression ------------------------------------------------------------------------------

BOXES = np.array([[0.1, 0.08, 0.52, 0.92], [0.08, 0.2, 0.56, 0.95], [0.15, 0.3, 0.62, 0.91],
                  [0.55, 0.2, 0.9, 0.88]])


def test_nms_by_hand(xp):
    scores = xp.asarray([0.9, 0.8, 0.7, 0.9])
    assert B.nms(xp.asarray(BOXES), scores, 0.5).tolist() == [0, 3]
    turned = [3, 2, 1, 0]                                  # jwyang#320: one that forgot to sort
    assert B.nms(xp.asarray(BOXES[turned]), scores[turned], 0.5).tolist() == [0, 3]


def test_of_equal_boxes_and_scores_the_first_stays(xp):
    """vision#2157: an unstable sort kept another on the GPU than on the CPU."""
    many = xp.asarray(np.tile(BOXES[0], (100, 1)))
    assert B.nms(many, xp.ones(100), 0.5).tolist() == [0]
    apart = np.arange(100)[:, None] * [2.0, 0, 2, 0] + [0, 0, 1, 1]
    assert B.nms(xp.asarray(apart), xp.ones(100), 0.5).tolist() == list(range(100))


def test_a_box_at_the_threshold_stays(xp):
    halves = xp.asarray([[0.0, 0, 2, 1], [0, 0, 1, 1]])    # IoU 1/2
    assert B.nms(halves, xp.asarray([2.0, 1]), 0.5).tolist() == [0, 1]
    assert B.nms(halves, xp.asarray([2.0, 1]), 0.49).tolist() == [0]
    twice = xp.asarray([[0.0, 0, 1, 1]] * 2)
    assert B.nms(twice, xp.ones(2), 1.0).tolist() == [0, 1]
    assert B.nms(twice, xp.ones(2), 0.0).tolist() == [0]


@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.7])
def test_nms_agrees_with_loops(threshold, rng):
    for _ in range(8):
        found, scores = whole(rng, 20, 8), rng.integers(0, 9, 20) / 8      # many ties
        assert B.nms(found, scores, threshold).tolist() == loops.nms(found, scores, threshold)


@pytest.mark.parametrize("case", STORED["nms"], ids=lambda case: str(case["threshold"]))
def test_nms_equals_torchvision(xp, case):
    found, scores = xp.asarray(case["boxes"]), xp.asarray(case["scores"])
    assert B.nms(found, scores, case["threshold"]).tolist() == case["nms"]
    assert B.batched_nms(found, scores, case["labels"], case["threshold"]).tolist() == \
        case["batched_nms"]


def test_labels_do_not_suppress_each_other(rng):
    """However large the coordinates; torchvision's shift by label rounds them in float32."""
    found = np.tile(BOXES[0].astype("f") + 1e4, (4, 1))
    scores, labels = np.array([0.1, 0.9, 0.5, 0.9]), np.array([7, 10 ** 6, 7, -3])
    assert B.batched_nms(found, scores, labels, 0.5).tolist() == [1, 3, 2]


@pytest.mark.parametrize("dtype", ["uint8", "int8", "bool", "float16", "float32"])
def test_scores_of_any_dtype(dtype, xp):
    """-1 of uint8 is 255, and True has no -True."""
    scores = xp.asarray(np.array([0, 1, 1, 0], dtype))
    assert B.nms(xp.asarray(BOXES), scores, 1.0).tolist() == [1, 2, 0, 3]


def test_infinite_scores_have_a_place(xp):
    scores = xp.asarray([-np.inf, 0, np.inf, 1])
    assert B.nms(xp.asarray(BOXES), scores, 1.0).tolist() == [2, 3, 1, 0]


# --- anchors ----------------------------------------------------------------------------------

def test_anchors_by_hand():
    found = B.anchors((2, 3), (10, 20), [8], [4, 1 / 4])   # 16 high and 4 wide, and the reverse
    assert found.shape == (12, 4) and found.dtype == np.float32
    assert found[0].tolist() == [8, -3, 12, 13] and found[1].tolist() == [2, 3, 18, 7]
    assert found[2].tolist() == [28, -3, 32, 13]           # the next column
    assert found[6].tolist() == [8, 7, 12, 23]             # the next row


def test_anchors_are_in_the_order_of_the_head():
    """Each number of the head's (N, k 4, H, W) says which box and corner it is for."""
    (H, W), k = (3, 5), 2
    grid = B.anchors((H, W), 16, [32], [1, 2])
    head = np.empty((1, k * 4, H, W))
    for i, j in np.ndindex(H, W):
        for shape in range(k):
            h, w = 32 * [1, 2 ** 0.5][shape], 32 / [1, 2 ** 0.5][shape]
            x, y = 16 * (j + 0.5), 16 * (i + 0.5)
            head[0, 4 * shape:4 * shape + 4, i, j] = x - w / 2, y - h / 2, x + w / 2, y + h / 2
    rows = head.reshape(1, k, 4, H, W).transpose(0, 3, 4, 1, 2).reshape(1, H * W * k, 4)
    close(grid, rows[0], 1e-5)


def test_anchors_keep_their_area_unless_rounded():
    """Detectron#227: rounding changes it."""
    exact, rounded = (B.anchors((1, 1), 16, [10], [0.5, 1, 2], rounded=r) for r in (False, True))
    close(B.box_area(exact), [100] * 3, 1e-5)
    assert B.box_area(rounded).tolist() == [8 * 14, 100, 14 * 8]


def test_anchors_equal_torchvision():
    case = STORED["anchors"]
    as_there = {"ratios": (0.5, 1, 2), "offset": 0, "rounded": True}
    found = [B.anchors((3, 4), 16, (8, 16), **as_there),
             B.anchors((2, 2), (24, 32), (32,), **as_there)]
    assert np.concatenate(found).tolist() == case["anchors"]
    boxes = [B.anchor_grid(size, step, shapes) for size, step, shapes in
             zip(((3, 4), (2, 2)), (16, 32), case["shapes"], strict=True)]
    close(np.concatenate(boxes), case["default_boxes"], 1e-5)


# --- matching and sampling --------------------------------------------------------------------

def test_match_by_hand():
    iou = np.array([[0.9, 0.6, 0.2, 0.0], [0.0, 0.1, 0.25, 0.0]])
    assert B.match(iou, 0.7, 0.3).tolist() == [0, B.BETWEEN, 1, B.BACKGROUND]
    assert B.match(iou, 0.7, 0.3, best_for_truth=False).tolist() == [0, -2, -1, -1]
    assert B.match(iou, 0.6).tolist() == [0, 0, 1, -1]
    assert B.match(iou, 0.9, 0.2, False).tolist() == [0, -2, -2, -1]       # at low is not below it


def test_all_anchors_that_are_best_for_a_truth_count():
    iou = np.array([[0.2, 0.4, 0.4, 0.0]])
    assert B.match(iou, 0.7, 0.3).tolist() == [-1, 0, 0, -1]


def test_a_truth_that_touches_nothing_takes_nothing():
    """torchvision's rule, equal to the best, then makes every anchor positive."""
    assert B.match(np.zeros((1, 3)), 0.7, 0.3).tolist() == [-1, -1, -1]
    assert B.match_bipartite(np.zeros((2, 3))).tolist() == [-1, -1, -1]


def test_without_truths_or_anchors():
    for match in (B.match_bipartite, lambda iou: B.match(iou, 0.5)):
        assert match(np.zeros((0, 3))).tolist() == [-1, -1, -1]
        assert match(np.zeros((2, 0))).tolist() == []


def test_match_equals_torchvision():
    stored = STORED["matched"]
    for case in stored["cases"]:
        assert B.match(stored["iou"], case["high"], case["low"], case["best"]).tolist() == \
            case["found"]
    assert B.match_bipartite(stored["own"]).tolist() == stored["ssd"]


def test_two_truths_never_share_their_anchor():
    """If each took its best, both would take the first, and the second one's object be lost."""
    iou = np.array([[0.40, 0.30, 0.0], [0.35, 0.1, 0.0]])
    assert B.match_bipartite(iou).tolist() == [0, 1, -1]
    assert B.match_bipartite(iou[::-1]).tolist() == [1, 0, -1]
    assert B.match_bipartite(np.array([[0.9, 0.8, 0.6, 0.4]])).tolist() == [0, 0, 0, -1]
    assert B.match_bipartite(np.array([[0.9], [0.8]])).tolist() == [0]     # more truths than boxes


def test_sample(rng):
    matches = np.array([0, -1, -2, 3, -1, -1, 1, 2, -2, -1])
    positives, negatives = B.sample(matches, 6, 0.5, rng)
    assert len(positives) == 3 and len(negatives) == 3
    assert {*positives} < {0, 3, 6, 7} and {*negatives} < {1, 4, 5, 9}
    assert (np.diff(positives) > 0).all() and (np.diff(negatives) > 0).all()
    positives, negatives = B.sample(matches, 100, 0.25, rng)               # fewer than wanted
    assert positives.tolist() == [0, 3, 6, 7] and negatives.tolist() == [1, 4, 5, 9]
    positives, negatives = B.sample(matches, 3, 0.0, rng)
    assert positives.tolist() == [] and len(negatives) == 3
    assert [part.tolist() for part in B.sample(np.full(4, -2), 9, 0.5, rng)] == [[], []]
    assert B.sample(np.zeros(0, int), 9, 0.5, rng)[1].tolist() == []


def test_sampling_repeats_with_its_seed_and_is_even():
    matches = np.repeat([0, -1], 50)
    drawn = [np.concatenate(B.sample(matches, 20, 0.5, np.random.default_rng(seed)))
             for seed in (1, 1, *range(2, 200))]
    assert np.array_equal(drawn[0], drawn[1]) and not np.array_equal(drawn[0], drawn[2])
    counts = np.bincount(np.concatenate(drawn), minlength=100)             # each about 40 times
    assert counts.min() > 20 and counts.max() < 65
