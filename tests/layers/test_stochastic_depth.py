"""Whole images left out at random."""

import numpy as np
import pytest

from minicnn import Tensor, manual_seed
from minicnn.layers.stochastic_depth import StochasticDepth
from tests.layers.checks import gradient_of, run


def test_whole_images_go_and_the_mean_stays(xp):
    x = np.ones((4000, 2, 1, 3))
    y = run(StochasticDepth(0.25), xp, x)
    kept = y[:, 0, 0, 0] > 0
    assert (y == np.where(kept, 4 / 3, 0)[:, None, None, None]).all()
    assert abs(kept.mean() - 0.75) < 0.03


def test_mode_batch_keeps_all_or_none(xp):
    x = np.ones((5, 3))
    seen = {run(StochasticDepth(0.5, "batch"), xp, x).sum() for _ in range(20)}
    assert seen == {0.0, 30.0}


def test_gradient_takes_the_same_path(rng):
    x = rng.standard_normal((6, 2))
    y, dx = gradient_of(StochasticDepth(0.5), x)
    np.testing.assert_array_equal(dx == 0, y == 0)
    assert set(dx.ravel().tolist()) == {0.0, 2.0}


def test_seed_and_test_mode(xp):
    x, layer = np.ones((50, 2)), StochasticDepth(0.5)
    manual_seed(3)
    first = run(layer, xp, x)
    manual_seed(3)
    assert np.array_equal(run(layer, xp, x), first)
    t = Tensor(xp.asarray(x))
    assert layer.eval()(t) is t and StochasticDepth(0.0)(t) is t


def test_says_what_is_wrong():
    with pytest.raises(ValueError, match="StochasticDepth: p is the probability of dropping"):
        StochasticDepth(1.5)
    with pytest.raises(ValueError, match='StochasticDepth: mode must be "row" or "batch", got'):
        StochasticDepth(0.5, "column")
    assert repr(StochasticDepth(0.5)) == "StochasticDepth p 0.5, row"
