"""Precision, recall and F1 of points, by hand."""

from math import isnan

import numpy as np
import pytest

from minicnn.training.by_class import of_points
from minicnn.training.metrics.points import PointMetric

TRUTH = {"boxes": [[0, 0, 10, 10], [20, 0, 30, 10], [0, 20, 10, 30]], "labels": [1, 1, 2]}


def found(points, labels, scores=None):
    return {"points": points, "labels": labels,
            "scores": np.arange(len(labels), 0, -1) if scores is None else scores}


def judged(*pairs, radius=3.0):
    metric = PointMetric(radius)
    for one, truth in pairs:
        metric.add(one, truth)
    return metric.result()


def test_by_hand():
    """Right: (5, 6) and (23, 5).  Wrong: too far, of another class.  Missed: one."""
    result = judged((found([[5, 6], [23, 5], [9, 9], [5, 25]], [1, 1, 1, 1]), TRUTH))
    assert result == {"f1": pytest.approx(4 / 7), "precision": 0.5, "recall": pytest.approx(2 / 3)}


def test_an_object_is_found_once():
    assert judged((found([[5, 5], [5, 5]], [1, 1]), TRUTH))["precision"] == 0.5


def test_the_surer_one_chooses_first():
    """Both reach the first truth; the less sure one is right only if it may take the second."""
    truth = {"boxes": [[0, 0, 2, 2], [3, 0, 5, 2]], "labels": [1, 1]}
    near = found([[2.4, 1], [2, 1]], [1, 1], [0.5, 0.9])   # middles: 1 and 4
    assert judged((near, truth), radius=2)["f1"] == 1
    assert judged((found([[2.4, 1], [2.6, 1]], [1, 1], [0.5, 0.9]), truth), radius=1.5)["f1"] == 1


def test_the_radius_itself_is_near_enough():
    assert judged((found([[8, 5]], [1]), TRUTH))["precision"] == 1
    assert judged((found([[8.01, 5]], [1]), TRUTH))["precision"] == 0


def test_pictures_are_added_up():
    nothing = {"boxes": [], "labels": []}
    result = judged((found([[5, 5]], [1]), TRUTH), (found([[1, 1]], [1]), nothing),
                    (found(np.zeros((0, 2)), []), TRUTH))
    assert result == {"f1": pytest.approx(2 / 8), "precision": 0.5, "recall": pytest.approx(1 / 6)}


def test_nothing():
    assert all(map(isnan, judged().values()))
    result = judged((found([], []), TRUTH))
    assert result["f1"] == result["recall"] == 0 and isnan(result["precision"])


def test_class_by_class():
    metric = PointMetric(3)
    metric.add(found([[5, 6], [23, 5], [9, 9], [5, 25]], [1, 1, 1, 1]), TRUTH)
    rows = metric.per_class(["background", "a", "b", "c"])
    assert rows["a"] == {"f1": pytest.approx(4 / 6), "precision": 0.5, "recall": 1}
    assert rows["b"]["recall"] == 0 and isnan(rows["b"]["precision"])
    assert all(map(isnan, rows["c"].values()))


def test_two_processes_count_as_one():
    first, second, whole = (PointMetric(3) for _ in range(3))
    for metric in (first, whole):
        metric.add(found([[5, 6], [23, 5]], [1, 1]), TRUTH)
    for metric in (second, whole):
        metric.add(found([[5, 25], [5, 5]], [2, 2]), TRUTH)
    first.join(second)
    assert first.result() == whole.result() and first.pictures == 2
    assert first.per_class("abc") == whole.per_class("abc")


def test_the_table():
    """The mean is that of the classes; what never occurs has none."""
    metric = PointMetric(3)
    metric.add(found([[5, 6], [23, 5], [9, 9], [5, 25]], [1, 1, 1, 1]), TRUTH)
    table = of_points(metric, ["background", "a", "b", "c"])
    assert table.cells()[1] == [["a", "66.67 %", "50.00 %", "100.00 %", "2"],
                                ["b", "0.00 %", "-", "0.00 %", "1"], ["c", "-", "-", "-", "0"],
                                ["mean", "33.33 %", "50.00 %", "50.00 %", "3"]]
    assert table.notes() == ["4 points were found in 1 pictures; one is right within 3 pixels of a "
                             "middle"]


def test_says_what_is_wrong():
    with pytest.raises(ValueError, match="^PointMetric: radius must be above 0 pixels, got 0"):
        PointMetric(0)
    with pytest.raises(ValueError, match="^PointMetric: 1 points, 2 labels and 2 scores found"):
        judged((found([[5, 5]], [1, 1]), TRUTH))
    with pytest.raises(ValueError, match="^PointMetric: a point or a score is NaN"):
        judged((found([[5, 5]], [1], [np.nan]), TRUTH))
