"""What is seen, in words and numbers, and drawn."""

import numpy as np
import pytest

from minicnn.analysis.sights import Sight, draw_sights

pytest.importorskip("matplotlib")
CLASSES = ("background", "cat", "dog")
IMAGE = np.zeros((3, 20, 40), np.uint8)
FOUND = {"boxes": np.array([[1, 2, 11, 12], [20, 5, 30, 15.0]]), "labels": np.array([2, 1]),
         "scores": np.array([0.987654321, 0.5])}
BOXES = Sight("a/b/street.jpg", CLASSES, IMAGE, 2.5, found=FOUND)
MAP = np.zeros((20, 40), int)
MAP[:10, :10], MAP[0, 20:] = 1, 255
MAPPED = Sight("a\\b\\sky.jpg", CLASSES, IMAGE, 1.0, class_map=MAP)


def test_objects_in_the_files_pixels():
    assert BOXES.facts == {"picture": "a/b/street.jpg", "objects": [
        {"class": "dog", "score": 0.987654, "box": [2.5, 5.0, 27.5, 30.0]},
        {"class": "cat", "score": 0.5, "box": [50.0, 12.5, 75.0, 37.5]}]}
    assert str(BOXES).splitlines() == ["a/b/street.jpg", "   98.8 %  dog  (2, 5, 28, 30)",
                                       "   50.0 %  cat  (50, 12, 75, 38)"]
    none = BOXES._replace(found={name: values[:0] for name, values in FOUND.items()}, least=0.5)
    assert str(none) == "a/b/street.jpg\n  nothing with a score from 0.5 on (--least)"
    assert none.facts["objects"] == []


def test_shares_of_a_map():
    assert MAPPED.facts == {"picture": "a\\b\\sky.jpg", "shares": {
        "background": 0.85, "cat": 0.125, "nothing said": 0.025}}
    assert str(MAPPED).splitlines()[1:] == [
        "   85.0 % of the pixels  background", "   12.5 % of the pixels  cat",
        "    2.5 % of the pixels  nothing said"]
    assert MAPPED.objects == [] and BOXES.shares == {}


def test_drawn(tmp_path):
    picture = draw_sights([BOXES, BOXES], tmp_path / "a.png", "SSD")
    assert (tmp_path / "a.png").stat().st_size > 5000
    axes = picture.figure.axes[0]
    assert [text.get_text() for text in axes.texts] == ["cat 0.50", "dog 0.99"]
    assert axes.get_xlabel() == "street.jpg: 2 objects"
    axes = draw_sights([MAPPED]).figure.axes[0]
    assert axes.get_xlabel() == "sky.jpg: cat 12.5 %"
    with pytest.raises(ValueError, match="draw_sights: no picture"):
        draw_sights([])


def test_masks_are_painted():
    masks = np.zeros((2, 20, 40), bool)
    masks[0, 3:5, 3:5] = True
    axes = draw_sights([BOXES._replace(found=FOUND | {"masks": masks})]).figure.axes[0]
    painted = np.asarray(axes.images[0].get_array()).any(axis=2)
    assert painted.sum() == 4 and painted[3:5, 3:5].all()
    with pytest.raises(ValueError, match=r"masks are \(9, 9\), the picture \(20, 40\)"):
        draw_sights([BOXES._replace(found=FOUND | {"masks": masks[:, :9, :9]})])
