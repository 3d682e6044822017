"""Ascent on the pixels: where it ends is known for a linear unit, and it rises."""

import numpy as np
import pytest

from minicnn.analysis.ascent import ascend, blurred, variation_gradient
from minicnn.explain.pocket import HIGH, LOW, pocket_lenet
from minicnn.layers import Conv2d, ReLU
from minicnn.layers.containers import Sequential


def last(*arguments, **more):
    *_, climb = ascend(*arguments, **more)
    return climb


def test_a_linear_unit_ends_at_black_and_white(rng):
    """Where the weight is above 0 the brightest pixel, elsewhere the darkest."""
    model = Sequential(Conv2d(1, 2, 3, bias=False))
    climb = last(model, "0", [0, 1], (1, 3, 3), -1.0, 2.0, steps=40, regularised=False)
    for channel, image in enumerate(climb.images):
        expected = np.where(model[0].weight.data[channel] > 0, 2.0, -1.0)
        np.testing.assert_allclose(image, expected, atol=1e-5)


def test_it_rises_and_stays_within_the_pixels():
    model = pocket_lenet(np.float32)
    climb = last(model, "CONV2", [13, 9], (1, 32, 32), LOW, HIGH, steps=24)
    assert climb.steps == 24 and climb.values[0].shape == (2,)
    assert (climb.values[-1] > climb.values[0] + 5).all()
    assert climb.images.min() >= np.float32(LOW) and climb.images.max() <= np.float32(HIGH)


def test_one_seed_one_image():
    model = Sequential(Conv2d(3, 2, 3))
    one, same, other = (last(model, "0", [1], (3, 5, 5), 0, 1, steps=3, seed=seed).images
                        for seed in (4, 4, 5))
    assert (one == same).all() and (one != other).any()


def test_several_climb_as_each_alone():
    model = pocket_lenet(np.float32)
    both = last(model, "CONV1", [1, 4], (1, 32, 32), LOW, HIGH, steps=4).images
    alone = last(model, "CONV1", [4], (1, 32, 32), LOW, HIGH, steps=4).images
    np.testing.assert_allclose(both[1:], alone, atol=1e-4)


def test_a_silent_unit_stays_where_it_is():
    """No slope: ReLU of what is below 0 for every image."""
    model = Sequential(Conv2d(1, 1, 1), ReLU())
    model[0].weight.data[...], model[0].bias.data[...] = 1, -10
    climb = last(model, "1", [0], (1, 3, 3), 0, 1, steps=3, regularised=False)
    assert [float(value[0]) for value in climb.values] == [0, 0, 0]
    assert np.isfinite(climb.images).all()


def test_total_variation(rng):
    x, h = rng.standard_normal((1, 1, 3, 4)), 1e-6

    def variation(x):
        return 0.5 * ((np.diff(x, axis=2) ** 2).sum() + (np.diff(x, axis=3) ** 2).sum())

    dx = variation_gradient(x)
    for place in np.ndindex(*x.shape):
        step = np.zeros_like(x)
        step[place] = h
        assert dx[place] == pytest.approx((variation(x + step) - variation(x - step)) / (2 * h),
                                          abs=1e-6)


def test_blur_by_hand():
    dot = np.zeros((1, 1, 3, 3))
    dot[0, 0, 1, 1] = 16
    assert blurred(dot)[0, 0].tolist() == [[1, 2, 1], [2, 4, 2], [1, 2, 1]]
    assert (blurred(np.ones((1, 2, 4, 3))) == 1).all()
