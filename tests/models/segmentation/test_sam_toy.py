"""The toy of SAM: its points, its places, and that a mask follows the point."""

import numpy as np
import pytest

from minicnn import Tensor, no_grad
from minicnn.models import build


@pytest.fixture
def model():
    return build("sam_toy").eval()


@pytest.fixture
def x():
    return Tensor(np.random.default_rng(0).standard_normal((2, 3, 32, 40)).astype("f"))


def test_a_place_looks_alike_to_pixel_and_point(model):
    """Sines and cosines of 2 pi p g for p from -1 to 1: a grid's pixel and a point on it agree."""
    zero = Tensor(np.zeros((1, 64, 8, 10), "f"))
    grid = model.places(zero).numpy()                      # (1, 64, 8, 10)
    point = model.places.of(np.array([[3, 6]]), (8, 10)).numpy()
    np.testing.assert_allclose(grid[0, :, 6, 3], point[0], rtol=1e-6)
    g = model.places.directions.numpy()                    # (2, 32)
    turns = 2 * np.pi * np.array([2 * 3.5 / 10 - 1, 2 * 6.5 / 8 - 1]) @ g
    np.testing.assert_allclose(point[0], [*np.sin(turns), *np.cos(turns)], atol=1e-5)


def test_the_mask_follows_the_point(model, x):
    with no_grad():
        middle = model(x).numpy()
        same = model(x, [[19.5, 15.5]] * 2).numpy()
        other = model(x, np.array([[0, 0], [19.5, 15.5]])).numpy()
    assert np.array_equal(middle, same) and middle.shape == (2, 1, 32, 40)
    assert not np.allclose(other[0], same[0]) and np.array_equal(other[1], same[1])


@pytest.mark.parametrize("points, message", [
    ([[1, 2]], r"expected points \(N, 2\), one \(x, y\) in pixels for each of 2 images, got "
               r"\(1, 2\)"),
    ([1, 2], r"got \(2,\)"),
    ([[1, 2], [40, 3]], r"a point lies outside its image of 32x40; points are \(x, y\) in pixels"),
    ([[1, 2], [3, 32]], "a point lies outside"), ([[1, 2], [np.nan, 3]], "a point lies outside"),
])
def test_points_that_are_none(model, x, points, message):
    with pytest.raises(ValueError, match=message):
        model(x, points)
