"""Digits on a canvas, drawn ones or those that are given."""

import numpy as np
import pytest

from minicnn.data.digit_canvas import digit_canvas
from minicnn.data.digits import digits


def test_what_is_on_a_canvas():
    scenes = digit_canvas(30, seed=4)
    assert scenes.classes == ("background", *"0123456789")
    assert scenes.images.shape == (30, 3, 64, 64)
    assert (scenes.images == scenes.images[:, :1]).all()            # grey, in three channels
    found = set()
    for image, target in scenes:
        assert 1 <= len(target["labels"]) <= 3
        found |= set(target["labels"].tolist())
        assert image[0][target["masks"].any(axis=0)].min() >= 127
        assert image[0][target["class_map"] == 0].max(initial=0) < 125       # three times ink of .2
        assert target["caption"] == " left of ".join(f"a {label - 1}" for label in target["labels"])
    assert found == set(range(1, 11))


def test_a_seed_repeats_itself():
    assert digit_canvas(5, seed=1) == digit_canvas(5, seed=1) != digit_canvas(5, seed=2)


def test_digits_that_are_given_are_those_on_the_canvas():
    """Every digit a full square: so are all masks."""
    hands = digits(200, seed=0)
    square = np.zeros_like(hands.images)
    square[:, :, 4:24, 4:24] = 255
    scenes = digit_canvas(20, seed=0, digits=hands.replace(images=square, source="squares"))
    for _, target in scenes:
        if len(target["labels"]) == 1:
            (x1, y1, x2, y2), = target["boxes"]
            assert target["masks"].sum() == pytest.approx((x2 - x1) * (y2 - y1), rel=0.05)
            assert 22 * 20 / 28 - 2 <= x2 - x1 <= 34 * 20 / 28 + 2
    assert scenes.source == "20 canvases of squares"


def test_what_are_no_digits():
    hands = digits(100, seed=0)
    with pytest.raises(ValueError, match=r"expected \(n, 1, 28, 28\) with each of 0 to 9"):
        digit_canvas(1, digits=hands.replace(images=hands.images[:, :, 2:-2, 2:-2]))
    with pytest.raises(ValueError, match=r"of classes \[3\]"):
        digit_canvas(1, digits=hands[hands.labels == 3])
    with pytest.raises(TypeError, match="digit_canvas: digits is a numpy.ndarray"):
        digit_canvas(1, digits=hands.images)
    with pytest.raises(ValueError, match="digit_canvas: size is 8, expected at least 32"):
        digit_canvas(1, size=8)
