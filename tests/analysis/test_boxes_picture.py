"""Boxes on pictures: drawn where they are, named, and judged as told."""

import numpy as np
import pytest

from minicnn.analysis import boxes_picture
from minicnn.analysis.boxes_picture import (
    BOXES,
    MISSED,
    RIGHT,
    draw_anchors,
    draw_box_errors,
    draw_boxes,
    draw_suppressed,
    judged,
)
from minicnn.analysis.panels import MOST
from minicnn.analysis.pictures import RED
from minicnn.data.boxes import nms
from minicnn.data.boxes.objects import Objects

pytest.importorskip("matplotlib")

IMAGE = np.random.default_rng(0).integers(0, 256, (3, 40, 60), dtype=np.uint8)
CLASSES = ("background", "cat", "dog $x_1$")
FOUND = {"boxes": [[4, 10, 20, 30], [30, 0, 60, 20], [1, 1, 5, 5]], "labels": [1, 2, 1],
         "scores": [0.9, 0.75, 0.2]}
TRUTH = {"boxes": [[5, 10, 20, 30], [30, 25, 50, 39]], "labels": [1, 2]}


def words(axes):
    return [text.get_text() for text in axes.texts]


def rectangles(axes):
    return [(*patch.get_xy(), patch.get_width(), patch.get_height()) for patch in axes.patches]


def colours(axes):
    from matplotlib.colors import to_hex
    return [to_hex(patch.get_edgecolor()) for patch in axes.patches]


def test_boxes_have_their_place_name_and_score(tmp_path):
    picture = draw_boxes([IMAGE], [FOUND], CLASSES, tmp_path / "a.png", "SSD", ["street.jpg"])
    axes, = picture.figure.axes
    assert (tmp_path / "a.png").stat().st_size > 5000
    assert rectangles(axes) == [(30, 0, 30, 20), (4, 10, 16, 20)]      # the surest last, on top
    assert words(axes) == ["dog $x_1$ 0.75", "cat 0.90"] and len(set(colours(axes))) == 2
    assert axes.get_xlabel() == "street.jpg: 2 objects"
    assert axes.get_xlim() == (0, 60) and axes.get_ylim() == (40, 0)
    shown, = axes.images
    assert np.array_equal(shown.get_array(), IMAGE.transpose(1, 2, 0))
    assert shown.get_extent() == [0, 60, 40, 0]


def test_the_least_score():
    assert len(rectangles(draw_boxes([IMAGE], [FOUND], CLASSES, least=0).figure.axes[0])) == 3
    axes, = draw_boxes([IMAGE], [FOUND], CLASSES, least=0.95).figure.axes
    assert rectangles(axes) == [] and axes.get_xlabel() == "0 objects"


def test_pictures_of_any_number_and_kind():
    grey = np.zeros((1, 8, 200), np.uint8)
    for count in (2, MOST + 2):
        images = ([IMAGE, grey] * count)[:count]
        picture = draw_boxes(images, [FOUND] * count, CLASSES, title="SSD")
        assert sum(bool(axes.images) for axes in picture.figure.axes) == min(count, MOST)
        more = f" (the first {MOST} of {count})" if count > MOST else ""
        assert picture.figure.get_suptitle() == "SSD" + more


def test_more_boxes_than_can_be_seen():
    many = {"boxes": np.tile([1, 1, 9, 9], (BOXES + 5, 1)), "labels": [1] * (BOXES + 5),
            "scores": np.linspace(0.5, 1, BOXES + 5)}
    axes, = draw_boxes([IMAGE], [many], CLASSES).figure.axes
    assert len(axes.patches) == BOXES and words(axes)[-1] == "cat 1.00"
    assert axes.get_xlabel() == f"{BOXES + 5} objects, the {BOXES} surest are drawn"


# --- errors ---------------------------------------------------------------------------------------

def test_errors_have_their_own_colour(tmp_path):
    picture = draw_box_errors([IMAGE], [FOUND], [TRUTH], CLASSES, tmp_path / "a.png")
    left, right = picture.figure.axes
    assert words(left) == ["cat", "dog $x_1$, missed"] and colours(left) == [RIGHT, MISSED]
    assert words(right) == ["dog $x_1$ 0.75, nothing there", "cat 0.90"]
    assert colours(right) == [RED, RIGHT]
    key, = picture.figure.legends
    assert [text.get_text() for text in key.get_texts()] == ["right: 1", "wrong: 1", "missed: 1"]


@pytest.mark.parametrize("count, shape", [(1, 2), (3, 8), (9, 12)])
def test_errors_of_several_pictures(count, shape):
    picture = draw_box_errors([IMAGE] * count, [FOUND] * count, [TRUTH] * count, CLASSES)
    assert len(picture.figure.axes) == shape
    assert sum(bool(axes.images) for axes in picture.figure.axes) == 2 * min(count, 6)


def objects(*rows):
    return Objects(np.array([row[:4] for row in rows], float).reshape(-1, 4),
                   np.array([row[4] for row in rows], int), None)


def test_what_is_wrong_with_a_box():
    truth = objects((0, 0, 10, 10, 1), (20, 0, 30, 10, 2), (40, 0, 50, 10, 1))
    found = objects((0, 0, 10, 9, 1), (0, 0, 10, 8, 1), (20, 0, 30, 9, 1), (43, 4, 54, 14, 1),
                    (0, 20, 5, 25, 2))
    said, missed = judged(found, truth, 0.5, ["no", "cat", "dog"])
    assert said == ["", "found again", "is dog", "badly placed", "nothing there"]
    assert missed == {1, 2}
    assert judged(objects(), truth, 0.5, "abc") == ([], {0, 1, 2})
    assert judged(found, objects(), 0.5, "abc") == (["nothing there"] * 5, set())


# --- how it came about ----------------------------------------------------------------------------

def test_anchors_that_matched(tmp_path):
    anchors = np.array([[0, 0, 10, 10], [2, 2, 12, 12], [30, 5, 70, 15], [50, 30, 59, 39]])
    picture = draw_anchors(IMAGE, anchors, np.array([[0, 0, 11, 11], [30, 5, 60, 15]]),
                           np.array([0, 0, 1, -2]), tmp_path / "a.pdf")
    axes, = picture.figure.axes
    assert rectangles(axes) == [(0, 0, 10, 10), (2, 2, 10, 10), (0, 0, 11, 11), (30, 5, 40, 10),
                                (30, 5, 30, 10)]
    assert axes.get_xlabel() == "3 of 4 anchors, 1 learn nothing"
    assert axes.get_xlim() == (0, 70)                      # an anchor may stand over the border
    entries = [text.get_text() for text in picture.figure.legends[0].get_texts()]
    assert entries == ["object 1: 2 anchors", "object 2: 1 anchor"]


def test_no_anchor_matched():
    picture = draw_anchors(IMAGE, np.zeros((3, 4)), np.zeros((0, 4)), np.full(3, -1))
    assert picture.figure.axes[0].get_xlabel() == "0 of 3 anchors"


def test_what_suppression_removed(tmp_path):
    boxes, scores = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [30, 0, 40, 10]]), [0.9, 0.8, 0.3]
    picture = draw_suppressed(IMAGE, boxes, scores, nms(boxes, np.array(scores), 0.5),
                              tmp_path / "a.png")
    before, after = picture.figure.axes
    assert len(before.patches) == len(after.patches) == 3
    assert words(after) == ["0.90", "0.30"]
    assert [axes.get_title() for axes in (before, after)] == ["before: 3", "after: 2"]
    entries = [text.get_text() for text in picture.figure.legends[0].get_texts()]
    assert entries == ["kept", "removed: 1"]
    assert draw_suppressed(IMAGE, np.zeros((0, 4)), [], []).figure.axes


# --- mistakes -------------------------------------------------------------------------------------

@pytest.mark.parametrize("call, error, message", [
    (lambda: draw_boxes([IMAGE / 255], [FOUND], CLASSES), TypeError, "images are float64, exp"),
    (lambda: draw_boxes([IMAGE.transpose(1, 2, 0)], [FOUND], CLASSES), ValueError,
     "the channels come first"),
    (lambda: draw_boxes([IMAGE], [], CLASSES), ValueError, "1 pictures and 0 answers or truths"),
    (lambda: draw_boxes([], [], CLASSES), ValueError, "draw_boxes: no picture"),
    (lambda: draw_boxes([IMAGE], [FOUND], CLASSES[:2]), ValueError,
     "draw_boxes: found in picture 0: label 1 is 2, expected 1 to 1"),
    (lambda: draw_boxes([IMAGE], [TRUTH], CLASSES), ValueError, "has no 'scores'"),
    (lambda: draw_anchors(IMAGE, np.zeros((2, 4)), np.zeros((1, 4)), np.zeros(3, int)), ValueError,
     "draw_anchors: anchors (2, 4), boxes (1, 4) and matched (3,)"),
    (lambda: draw_anchors(IMAGE, np.zeros((2, 4)), np.zeros((1, 4)), np.array([0, 1])), ValueError,
     "matched names truth 1, there are 1"),
    (lambda: draw_suppressed(IMAGE, [[0, 0, 1, 1]], [float("nan")], []), ValueError, "score 0")])
def test_mistakes(call, error, message):
    with pytest.raises(error) as caught:
        call()
    assert message in str(caught.value)


def test_every_function_writes_where_it_is_told(tmp_path):
    with pytest.raises(ValueError, match="expected the name of a picture"):
        boxes_picture.draw_boxes([IMAGE], [FOUND], CLASSES, tmp_path / "a.txt")
