"""Average precision, by hand and against loops."""

import numpy as np
import pytest

from minicnn.training.metrics.precision import COCO_LEVELS, VOC_LEVELS, area, curve, mean_at

WORKED = np.array([True, False, True, False])              # right, wrong, right, a duplicate


def raised(right, truths, enough):
    """The best precision of all cuts of the list whose recall is enough."""
    best, hits = 0.0, 0
    for place, hit in enumerate(right.tolist(), 1):
        hits += hit
        if enough(hits):
            best = max(best, hits / place)
    return best


def test_by_hand():
    recall, precision = curve(WORKED, 2)
    assert recall.tolist() == [0.5, 0.5, 1, 1]
    assert precision.tolist() == [1, 2 / 3, 2 / 3, 0.5]
    assert area(WORKED, 2) == pytest.approx(0.5 + 0.5 * 2 / 3)                     # .8333
    assert mean_at(VOC_LEVELS, WORKED, 2) == pytest.approx((6 + 5 * 2 / 3) / 11)   # .8485
    assert mean_at(COCO_LEVELS, WORKED, 2) == pytest.approx((51 + 50 * 2 / 3) / 101)


@pytest.mark.parametrize("how", [area, lambda *given: mean_at(VOC_LEVELS, *given)])
@pytest.mark.parametrize("right, truths, expected", [
    ([], 3, 0), ([False, False], 1, 0), ([True] * 5, 5, 1), ([True], 1, 1)])
def test_the_ends(how, right, truths, expected):
    assert how(np.array(right, bool), truths) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(8))
def test_against_loops(seed):
    rng = np.random.default_rng(seed)
    right = rng.random(rng.integers(1, 40)) < 0.6
    truths = int(right.sum() + rng.integers(1, 9))
    steps = [raised(right, truths, lambda hits, n=n: hits >= n) / truths
             for n in range(1, int(right.sum()) + 1)]
    assert area(right, truths) == pytest.approx(sum(steps))
    eleven = [raised(right, truths, lambda hits, i=i: 10 * hits >= i * truths) for i in range(11)]
    assert mean_at(VOC_LEVELS, right, truths) == pytest.approx(sum(eleven) / 11)


@pytest.mark.parametrize("tenths", range(1, 11))
def test_eleven_points_reach_every_tenth(tenths):
    """0.1 * 3 is 0.30000000000000004: three of ten would not reach it."""
    right = np.arange(10) < tenths
    assert mean_at(VOC_LEVELS, right, 10) == pytest.approx((tenths + 1) / 11)


def test_pycocotools_misses_some_hundredths():
    """Its 0.7 lies above seven tenths; the stored numbers of the test of the metric say so too."""
    assert mean_at(COCO_LEVELS, np.ones(7, bool), 10) == pytest.approx(70 / 101)
    assert mean_at(COCO_LEVELS, np.ones(6, bool), 10) == pytest.approx(61 / 101)
