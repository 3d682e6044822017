"""What a target may hold, and one clear error for whatever cannot be true."""

import numpy as np
import pytest

from minicnn.data.scene_targets import as_target, boxes_of, chosen_objects

SIZE = 8, 10                                    # H, W
BOXES = [[1, 2, 5, 6], [0, 0, 10, 8]]
WHOLE = {"boxes": BOXES, "labels": [1, 2], "masks": np.zeros((2, 8, 10), bool),
         "class_map": np.zeros((8, 10), np.uint8), "caption": "two", "name": "a.png",
         "difficult": [True, False], "crowd": [0, 1]}


def made(**changes):
    return as_target(WHOLE | changes, "target 3", SIZE, classes=3)


def without(*names):
    return {name: value for name, value in WHOLE.items() if name not in names}


def test_all_that_there_is_gets_its_kind():
    target = made()
    kinds = {name: (value.dtype, value.shape) for name, value in target.items()
             if isinstance(value, np.ndarray)}
    assert kinds == {"boxes": (np.float32, (2, 4)), "labels": (np.int64, (2,)),
                     "masks": (bool, (2, 8, 10)), "class_map": (np.uint8, (8, 10)),
                     "difficult": (bool, (2,)), "crowd": (bool, (2,))}
    assert target["boxes"].tolist() == BOXES and target["crowd"].tolist() == [False, True]


def test_nothing_known_and_no_object():
    assert as_target({}, "target 0", SIZE, 1) == {}
    none = as_target({"boxes": [], "labels": [], "masks": []}, "target 0", SIZE, 1)
    assert none["boxes"].shape == (0, 4) and none["labels"].dtype == np.int64
    assert none["masks"].shape == (0, 8, 10)
    assert as_target({"boxes": np.zeros((0, 4)), "labels": np.zeros(0)}, "t", SIZE, 1)["labels"
                                                                                  ].shape == (0,)


def test_what_is_given_stays_as_it_was():
    boxes = np.array(BOXES, np.float64)
    boxes.setflags(write=False)
    assert made(boxes=boxes)["boxes"].dtype == np.float32 and boxes.tolist() == BOXES


@pytest.mark.parametrize("box, message", [
    ([5, 2, 1, 6], "wrong order, expected x1 < x2 and y1 < y2; x, y, width, height become a box"),
    ([1, 6, 5, 2], "wrong order"),
    ([5, 2, 5, 6], r"\(5, 2, 5, 6\) has no size: its width or its height is 0"),
    ([1, 2, 5, 2], "has no size"),
    ([1, 2, 11, 6], "reaches out of the picture, which is 10 wide and 8 high; is it in the pixels"),
    ([-1, 2, 5, 6], "reaches out of the picture"), ([1, 2, 5, 9], "reaches out of the picture"),
    ([1, np.nan, 5, 6], r"\(1, nan, 5, 6\) holds what is no number"),
    ([1, 2, np.inf, 6], "holds what is no number")])
def test_a_box_that_no_object_has(box, message):
    with pytest.raises(ValueError, match=rf"^target 3 \(a.png\): box 1 .*{message}"):
        made(boxes=[BOXES[0], box])


def test_normalised_boxes():
    with pytest.raises(ValueError, match=r"box 0 \(0.1, 0.2, 0.5, 0.6\) looks normalised, from 0 "
                                         "to 1; expected pixels: multiply x by the width 10, y"):
        made(boxes=[[0.1, 0.2, 0.5, 0.6], [0, 0, 1, 1]])
    # a single small box beside others is in pixels, and a picture of a pixel has no larger ones
    assert len(made(boxes=[[0, 0, 0.9, 1], [1, 1, 5, 5]])["boxes"]) == 2
    tiny = as_target({"boxes": [[0, 0, 1, 1]], "labels": [1]}, "t", (1, 1), 2)
    assert tiny["boxes"].tolist() == [[0, 0, 1, 1]]


@pytest.mark.parametrize("changes, message", [
    ({"boxes": [1, 2, 3, 4]}, r"boxes have shape \(4,\) of int64, expected \(n, 4\) numbers"),
    ({"boxes": [[1, 2, 3]]}, r"boxes have shape \(1, 3\)"),
    ({"boxes": [[True] * 4] * 2}, "boxes have shape .* of bool"),
    ({"labels": [1]}, "2 boxes but 1 labels; each box needs one"),
    ({"labels": [[1, 2]]}, r"labels have shape \(1, 2\)"),
    ({"labels": [1.0, 2.0]}, "labels have shape .* of float64, expected .* whole numbers"),
    ({"labels": [1, 0]}, "box 1 has label 0, expected 1 to 2; 0 is the background: objects count "
                         "from 1, so add 1 to all"),
    ({"labels": [3, 1]}, "box 0 has label 3, expected 1 to 2$"),
    ({"labels": [-1, 1]}, "box 0 has label -1"),
    ({"masks": np.zeros((2, 10, 8), bool)},
     r"masks have shape \(2, 10, 8\), expected \(n, 8, 10\), as high and as wide as the picture"),
    ({"masks": np.zeros((8, 10), bool)}, r"masks have shape \(8, 10\)"),
    ({"masks": np.full((2, 8, 10), 255)}, "masks are int64 up to 255, expected True and False"),
    ({"masks": np.zeros((2, 8, 10))}, "masks are float64"),
    ({"masks": np.zeros((3, 8, 10), bool)}, "2 boxes, 2 labels, 3 masks, 2 difficult, 2 crowd"),
    ({"difficult": [True]}, "1 difficult, 2 crowd; expected one of each for every object"),
    ({"crowd": [0.5, 1]}, "crowd has shape .* of float64, expected .* True and False"),
    ({"class_map": np.zeros((10, 8), np.uint8)}, r"class_map has shape \(10, 8\), expected \(8"),
    ({"class_map": np.full((8, 10), 3)},
     "class_map holds class 3 at x=0, y=0, expected 0 to 2, or 255 for a pixel that is left out"),
    ({"class_map": np.full((8, 10), -1)}, "class_map holds class -1"),
    ({"class_map": np.full((8, 10), 256)}, "class_map holds class 256"),
    ({"boxes": [["a"] * 4] * 2}, None), ({"class_map": np.zeros((8, 10))}, None),
    ({"caption": 3}, None), ({"name": None}, None), ({"masks": "masks"}, None)])
def test_what_does_not_fit(changes, message):
    kind = TypeError if message is None else ValueError
    with pytest.raises(kind, match=r"^target 3.*" + (message or "")):
        made(**changes)


def test_a_class_map_may_leave_pixels_out():
    assert made(class_map=np.full((8, 10), 255))["class_map"].max() == 255


@pytest.mark.parametrize("target, message", [
    (without("labels"), "has boxes alone; boxes and labels come together"),
    (without("boxes"), "has labels alone"),
    (WHOLE | {"bboxes": BOXES}, "has 'bboxes'; did you mean boxes"), (["boxes"], "is a list")])
def test_no_target(target, message):
    with pytest.raises((ValueError, TypeError), match=message):
        as_target(target, "target 3", SIZE, 3)


def test_chosen_objects_keep_what_belongs_to_the_picture():
    part = chosen_objects(made(), np.array([False, True]))
    assert part["boxes"].tolist() == BOXES[1:] and part["labels"].tolist() == [2]
    assert part["masks"].shape == (1, 8, 10) and part["crowd"].tolist() == [True]
    assert part["class_map"].shape == SIZE and part["caption"] == "two"


def test_boxes_of_masks():
    masks = np.zeros((3, 8, 10), bool)
    masks[0, 2:6, 1:5] = masks[1, 7, 9] = True
    assert boxes_of(masks).tolist() == [[1, 2, 5, 6], [9, 7, 10, 8], [0, 0, 0, 0]]
