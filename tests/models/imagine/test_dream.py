"""DeepDream."""

import numpy as np
import pytest

from minicnn import manual_seed
from minicnn.models.imagine.dream import dream, excited, octave_sizes
from minicnn.models.imagine.watched import watched


@pytest.fixture
def eye():
    manual_seed(0)
    return watched()


@pytest.fixture
def photo(rng):
    return rng.integers(60, 200, (3, 40, 50))


def test_a_step_is_uphill(eye, photo):
    x = eye.normalised(photo)
    for channel in (None, 5):
        goal, g = excited(eye, x, "conv2_2", channel)
        assert excited(eye, x + 1e-3 / np.abs(g).mean() * g, "conv2_2", channel)[0] > goal


def test_the_row_gets_excited(eye, photo):
    made = dream(eye, photo, "conv2_2", steps=5, octaves=1)
    assert made.losses[-1] > 1.5 * made.losses[0] and len(made.losses) == 5
    assert made.pixels.shape == photo.shape and 0 <= made.pixels.min() <= made.pixels.max() <= 255


def test_one_seed_one_dream_and_jitter_matters(eye, photo):
    again = [dream(eye, photo, "conv1_2", 3, octaves=2, steps=2, seed=seed).pixels
             for seed in (1, 1, 2)]
    assert np.array_equal(again[0], again[1]) and not np.array_equal(again[0], again[2])
    still = [dream(eye, photo, "conv1_2", 3, octaves=1, steps=2, jitter=0, seed=seed).pixels
             for seed in (1, 2)]
    assert np.array_equal(*still)


def test_octaves_by_hand():
    assert octave_sizes(140, 280, 3, 1.4) == [(71, 143), (100, 200), (140, 280)]
    assert octave_sizes(40, 50, 4, 1.4) == [(40, 50)]      # the next would have 29 rows
    assert octave_sizes(20, 20, 4, 1.4) == [(20, 20)]


def test_says_what_is_wrong(eye, photo):
    with pytest.raises(ValueError, match="vgg_small has no row 'conv7'"):
        dream(eye, photo, "conv7")
    with pytest.raises(ValueError, match="conv1_1 has channels 0 to 31, got 32"):
        dream(eye, photo, "conv1_1", 32)
    with pytest.raises(ValueError, match="scale must be above 1, got 1"):
        dream(eye, photo, "conv1_1", scale=1)
