"""Objects are read from dicts as detectors, loaders and JSON give them."""

import numpy as np
import pytest

from minicnn.data.boxes.objects import flags, have_masks, read_objects, read_scores


def test_lists_and_arrays(xp):
    given = {"boxes": xp.asarray([[0, 0, 2, 2.5]], "f4"), "labels": xp.asarray([3]),
             "masks": xp.asarray(np.ones((1, 2, 2), bool)), "scores": xp.asarray([0.5], "f4")}
    one = read_objects(given, 4, "here", area=True)
    assert one.boxes.tolist() == [[0, 0, 2, 2.5]] and one.boxes.dtype == np.float64
    assert one.labels.tolist() == [3] and one.labels.dtype == np.int64
    assert type(one.masks) is np.ndarray and one.masks.all()
    assert read_scores(given, 1, "here").tolist() == [0.5]
    lists = {"boxes": [[0, 0, 2, 2]], "labels": [3]}
    assert read_objects(lists, 4, "here", area=True).masks is None


@pytest.mark.parametrize("empty", [[], np.zeros(0), np.zeros((0, 4), "f4")])
def test_no_object(empty):
    one = read_objects({"boxes": empty, "labels": []}, 2, "here", area=True)
    assert one.boxes.shape == (0, 4) and one.labels.shape == (0,)


def test_flags():
    assert flags({}, "crowd", 2, "here").tolist() == [False, False]
    assert flags({"crowd": [0, 1]}, "crowd", 2, "here").tolist() == [False, True]
    with pytest.raises(ValueError, match="here: crowd have shape"):
        flags({"crowd": 1}, "crowd", 2, "here")


def test_masks_on_both_sides():
    box = {"boxes": [[0, 0, 1, 1]], "labels": [1]}
    bare = read_objects(box, 2, "a", area=True)
    masked = read_objects(box | {"masks": np.ones((1, 2, 2), bool)}, 2, "a", area=True)
    none = read_objects({"boxes": [], "labels": []}, 2, "a", area=True)
    assert have_masks(masked, masked, "a") is True and have_masks(masked, bare, "a") is False
    assert have_masks(masked, none, "a") is None and have_masks(none, bare, "a") is None
