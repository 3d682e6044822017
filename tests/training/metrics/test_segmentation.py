"""Pixel accuracy, IoU and Dice, by hand and against loops."""

import numpy as np
import pytest

from minicnn import Tensor
from minicnn.training.metrics import SegmentationMetric


def loops(answer, truth, classes):
    """{class: (IoU, Dice)} and pixel accuracy, pixel by pixel; None for 0 / 0."""
    found = {}
    pairs = [(a, t) for a, t in zip(answer.ravel().tolist(), truth.ravel().tolist(), strict=True)
             if t != 255]
    for k in range(classes):
        both = sum(a == k and t == k for a, t in pairs)
        either = sum(a == k or t == k for a, t in pairs)
        sizes = sum(a == k for a, _ in pairs) + sum(t == k for _, t in pairs)
        found[k] = (both / either, 2 * both / sizes) if either else None
    return found, sum(a == t for a, t in pairs) / len(pairs)


def test_by_hand():
    """Of six pixels that count, four are right; nothing answers or has class 3."""
    metric = SegmentationMetric(["ground", "cat", "dog", "cow"])
    metric.add(np.array([[0, 0, 1, 1], [2, 1, 3, 0]]),
               np.array([[0, 0, 1, 2], [2, 0, 255, 255]]))
    found = metric.per_class()
    assert metric.table.tolist() == [[2, 1, 0, 0], [0, 1, 0, 0], [0, 1, 1, 0], [0, 0, 0, 0]]
    assert metric.table.dtype == np.int64
    assert [found[name]["iou"] for name in ("ground", "cat", "dog")] == [2 / 3, 1 / 3, 1 / 2]
    assert [found[name]["dice"] for name in ("ground", "cat", "dog")] == [4 / 5, 1 / 2, 2 / 3]
    assert [one["pixels"] for one in found.values()] == [3, 1, 2, 0]
    assert np.isnan(found["cow"]["iou"]) and np.isnan(found["cow"]["dice"])
    assert metric.absent() == ["cow"]
    assert metric.result() == pytest.approx({
        "pixel_accuracy": 4 / 6, "mean_iou": (2 / 3 + 1 / 3 + 1 / 2) / 3,
        "mean_dice": (4 / 5 + 1 / 2 + 2 / 3) / 3})


@pytest.mark.parametrize("classes", [2, 5, 21])
def test_against_loops(classes, rng):
    truth = rng.choice([*range(min(classes, 6)), 255], (3, 11, 7)).astype(np.uint8)
    scores = rng.integers(0, 4, (3, classes, 11, 7)).astype("f4")      # many ties
    metric = SegmentationMetric(classes)
    metric.add(scores, truth)
    best = np.array([[[max(range(classes), key=lambda k: (scores[n, k, y, x], -k))
                       for x in range(7)] for y in range(11)] for n in range(3)])
    found, accuracy = loops(best, truth, classes)
    for k, values in found.items():
        own = metric.per_class()[str(k)]
        assert (own["iou"], own["dice"]) == values if values else np.isnan(own["iou"])
    assert metric.result()["pixel_accuracy"] == accuracy
    assert metric.result()["mean_iou"] == pytest.approx(
        np.mean([values[0] for values in found.values() if values]))


def test_a_tie_is_the_lower_class():
    metric = SegmentationMetric(3)
    metric.add(np.zeros((3, 2, 2)), np.ones((2, 2), int))
    assert metric.table[1].tolist() == [4, 0, 0]


def test_255_is_dropped_by_the_truth_alone():
    metric = SegmentationMetric(2)
    metric.add(np.array([[1, 1]]), np.array([[255, 1]], np.uint8))
    assert metric.table.sum() == 1
    with pytest.raises(ValueError, match="pixels of answer from 1 to 255, expected 0 to 1"):
        metric.add(np.array([[1, 255]], np.uint8), np.array([[1, 1]]))


def test_one_table_and_no_mean_of_batches():
    """Two batches of mean IoU 1 and .25; over both, class 0 has 6/8 and class 1 has 0."""
    answer, truths = np.zeros((1, 4), int), ([[0, 0, 0, 0]], [[1, 1, 0, 0]])
    both, means = SegmentationMetric(2), []
    for truth in truths:
        alone = SegmentationMetric(2)
        alone.add(answer, truth)
        means.append(alone.result()["mean_iou"])
        both.add(answer, truth)
    assert means == [1, 0.25] and both.result()["mean_iou"] == (6 / 8 + 0) / 2
    at_once = SegmentationMetric(2)
    at_once.add(np.stack([answer, answer]), np.array(truths))
    assert np.array_equal(at_once.table, both.table)


@pytest.mark.parametrize("batch", [(), (4,)])
def test_scores_and_classes_say_the_same(batch, rng):
    scores = rng.standard_normal((*batch, 3, 6, 5)).astype("f4")
    truth = rng.integers(0, 3, (*batch, 6, 5))
    kept = scores.copy(), truth.copy()
    scores.flags.writeable = truth.flags.writeable = False
    first, second, third = (SegmentationMetric(3) for _ in range(3))
    first.add(scores, truth)
    chosen = np.asfortranarray(scores.argmax(axis=-3).astype(np.uint8))
    second.add(chosen, truth[..., ::-1].copy()[..., ::-1])
    third.add(Tensor(scores), truth.tolist())
    assert np.array_equal(first.table, second.table) and np.array_equal(first.table, third.table)
    assert np.array_equal(scores, kept[0]) and np.array_equal(truth, kept[1])


def test_more_pixels_than_small_numbers_count():
    """256 classes' worth of uint8 labels: cell numbers do not wrap round."""
    truth = np.arange(200, dtype=np.uint8).reshape(10, 20)
    metric = SegmentationMetric(200)
    metric.add(truth, truth)
    assert metric.result() == {"pixel_accuracy": 1, "mean_iou": 1, "mean_dice": 1}


def test_an_empty_batch_changes_nothing():
    metric = SegmentationMetric(2)
    metric.add(np.zeros((0, 2, 4, 4)), np.zeros((0, 4, 4), int))
    with pytest.raises(ValueError, match="no pixel has been counted; is every pixel of the truth"):
        metric.result()
    metric.add(np.zeros((2, 4, 4)), np.full((4, 4), 255))
    with pytest.raises(ValueError, match="no pixel has been counted"):
        metric.result()


def test_nan_scores():
    scores = np.zeros((2, 4, 4))
    scores[1, 2, 2] = np.nan
    with pytest.raises(ValueError, match="the scores have NaN in them, whose largest is no answer"):
        SegmentationMetric(2).add(scores, np.zeros((4, 4), int))


@pytest.mark.parametrize("answer, truth, error, words", [
    (np.zeros((2, 4, 4)), np.zeros((4, 5), int), ValueError, "answer (2, 4, 4) and class_map (4, "),
    (np.zeros((3, 4, 4)), np.zeros((4, 4), int), ValueError, "scores (N, 2, H, W) for 2 classes"),
    (np.zeros(4, int), np.zeros(4, int), ValueError, "class_map (N, H, W)"),
    (np.zeros((4, 4)), np.zeros((4, 4), int), TypeError, "pixels of answer are float64, expect"),
    (np.zeros((4, 4), int), np.zeros((4, 4)), TypeError, "pixels of class_map are float64"),
    (np.zeros((4, 4), int), np.full((4, 4), 2), ValueError, "class_map from 2 to 2, expected 0"),
    (np.zeros((4, 4), int), np.full((4, 4), -1), ValueError, "class_map from -1 to -1"),
    (np.full((4, 4), 2), np.zeros((4, 4), int), ValueError, "answer from 2 to 2, expected 0 to 1"),
    (None, np.zeros((4, 4), int), TypeError, "SegmentationMetric: answer are a")])
def test_mistakes(answer, truth, error, words):
    metric = SegmentationMetric(2)
    with pytest.raises(error) as caught:
        metric.add(answer, truth)
    assert words in str(caught.value) and not metric.table.any()


@pytest.mark.parametrize("classes, error, words", [
    (1, ValueError, "classes is 1, expected at least 2"), (["a"], ValueError, "at least 2"),
    (True, ValueError, "classes is True"), ("ab", TypeError, "classes is a str, expected"),
    (2.0, TypeError, "classes is a float"), (["a", "b", "a"], ValueError, "are called 'a'")])
def test_classes(classes, error, words):
    with pytest.raises(error, match=words):
        SegmentationMetric(classes)
