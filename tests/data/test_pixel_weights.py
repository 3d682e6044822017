"""Weights of classes and of pixels: by hand, against plain loops, wrong input."""

import numpy as np
import pytest

from minicnn.data import border_weights, median_frequency


def test_median_frequency_by_hand():
    """f_c counts only the pictures that have c: class 2 is 1 of 4 pixels there, not 1 of 10."""
    maps = [np.array([[0, 0, 1], [0, 1, 1]]), np.array([[0, 2], [0, 0], [255, 255]])]
    f = [6 / 10, 3 / 6, 1 / 4]
    np.testing.assert_allclose(median_frequency(maps, 3), np.median(f) / f, rtol=1e-6)
    assert median_frequency(maps, 4)[3] == 0               # nowhere


def test_median_frequency_of_bytes_and_of_a_generator():
    maps = np.zeros((3, 4, 4), np.uint8)
    maps[:, :1] = 1
    a = median_frequency((one for one in maps), 2)
    assert a.dtype == np.float32
    np.testing.assert_allclose(a, [0.5 / 0.75, 0.5 / 0.25])


@pytest.mark.parametrize("maps, classes, error, message", [
    ([[[0, 3]]], 3, ValueError, "class map 0 has the class 3, there are 0 to 2, and 255"),
    ([[[0, 1]], [[-1, 0]]], 3, ValueError, "class map 1 has the class -1"),
    ([[[0.5]]], 3, TypeError, "class map 0 is float64 .*, expected whole numbers"),
    ([[[255]]], 3, ValueError, "there is no pixel to count"), ([], 3, ValueError, "no pixel"),
    ([[[0]]], 0, ValueError, "classes must be a whole number from 1, got 0"),
])
def test_class_maps_that_are_wrong(maps, classes, error, message):
    with pytest.raises(error, match=message):
        median_frequency(maps, classes)


def plain_border_weights(masks, most, sigma):
    """The formula, with the distance of every pixel to every pixel of every object."""
    n, H, W = masks.shape
    w = np.ones((H, W))
    for i in range(H):
        for j in range(W):
            near = sorted(min((np.hypot(i - k, j - m) for k, m in np.argwhere(mask)), default=1e9)
                          for mask in masks)
            if not masks[:, i, j].any() and n > 1:
                w[i, j] += most * np.exp(-(near[0] + near[1]) ** 2 / (2 * sigma ** 2))
    return w


@pytest.mark.parametrize("sigma", [5.0, 0.7])
def test_against_plain_loops(rng, sigma):
    masks = np.zeros((3, 15, 18), bool)
    masks[0, 2:6, 1:5] = masks[1, 3:9, 7:9] = masks[2, 12, 4:17] = True
    masks[0, 3, 3] = False                                 # a hole is background, too
    found = border_weights(masks, sigma=sigma)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, plain_border_weights(masks, 10, sigma), rtol=1e-5)


def test_a_gap_of_one_pixel_is_dear_and_far_away_nothing_is():
    masks = np.zeros((2, 90, 90), bool)
    masks[0, 40:50, 30:44] = masks[1, 40:50, 45:60] = True
    w = border_weights(masks, class_weights=(0.5, 2.0))
    assert w[45, 44] == pytest.approx(0.5 + 10 * np.exp(-(1 + 1) ** 2 / 50))
    assert (w[masks.any(0)] == 2).all() and w[0, 0] == 0.5


@pytest.mark.parametrize("count", [0, 1])
def test_no_gap_without_two_objects(count):
    assert (border_weights(np.ones((count, 3, 4), bool)) == 1).all()
    empty = np.zeros((2, 3, 4), bool)
    empty[0, 1, 1] = True                                  # the other is nowhere
    assert (border_weights(empty) == 1).all()


@pytest.mark.parametrize("masks, options, message", [
    (np.zeros((3, 4)), {}, r"expected masks \(n, H, W\), one for each object, got \(3, 4\)"),
    (np.zeros((1, 3, 4)), {"sigma": 0}, "sigma must be a number above 0, got 0"),
])
def test_masks_that_are_wrong(masks, options, message):
    with pytest.raises(ValueError, match=message):
        border_weights(masks, **options)
