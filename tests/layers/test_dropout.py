"""Values dropped at random: the mask, the mean, the edges of p."""

from math import inf, nan, sqrt

import numpy as np
import pytest

from minicnn.autograd.tensor import Tensor
from minicnn.backend.seeds import manual_seed
from minicnn.layers.dropout import Dropout, Dropout2d, DropoutFn
from tests.layers.checks import gradient_of, run


def test_by_hand(xp):
    kept = xp.asarray(np.array([[True, False, True]]))
    x = Tensor(xp.asarray(np.array([[1.0, 2, 3]])), requires_grad=True)
    y = DropoutFn(kept, 0.5)(x)
    y.backward(xp.asarray(np.array([[10.0, 20, 30]])))
    assert y.numpy().tolist() == [[2, 0, 6]] and x.grad.tolist() == [[20, 0, 60]]


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_mean_is_preserved(p):
    """Each value has variance p / (1 - p); the mean of 40,000 of them stays within 4 sigma."""
    y = Dropout(p)(Tensor(np.ones((200, 200)))).numpy()
    assert set(np.unique(y)) == {0, 1 / (1 - p)}
    assert abs(y.mean() - 1) < 4 * sqrt(p / (1 - p)) / 200


def test_same_mask_in_backward(rng):
    y, dx = gradient_of(Dropout(0.3), np.ones((50, 40)))
    assert np.array_equal(y, dx) and 0.6 < (y > 0).mean() < 0.8


def test_each_call_draws_anew_and_the_seed_repeats_it(xp):
    x = np.ones((8, 16))
    layer = Dropout()
    first, second = run(layer, xp, x), run(layer, xp, x)
    assert not np.array_equal(first, second)
    manual_seed(0)
    assert np.array_equal(run(layer, xp, x), first)


def test_one_seed_gives_one_mask_whatever_the_layout_or_dtype():
    x = np.ones((6, 8), np.float32)
    masks = []
    for given in (x, np.asfortranarray(x), x.astype("float16"), x.astype("float64")):
        manual_seed(5)
        masks.append(Dropout()(Tensor(given)).numpy() > 0)
    assert all(np.array_equal(mask, masks[0]) for mask in masks)


@pytest.mark.parametrize("kind", [Dropout, Dropout2d])
def test_p_0_and_eval_are_the_identity(kind):
    x = Tensor(np.array([[[[inf, nan]], [[-1.0, 2]]]]))
    assert kind(0)(x) is x
    layer = kind(0.9).eval()
    assert layer(x) is x
    assert layer.train()(x) is not x


def test_eval_twice_gives_identical_bits(rng):
    x = Tensor(rng.standard_normal((4, 5)))
    layer = Dropout().eval()
    assert np.array_equal(layer(x).numpy(), layer(x).numpy())


@pytest.mark.parametrize("kind", [Dropout, Dropout2d])
def test_p_1_gives_zeros_even_for_infinity(kind):
    y, dx = gradient_of(kind(1), np.array([[[[inf, -inf, nan, 3.0]]]]))
    assert not y.any() and not dx.any()


def test_nan_that_is_kept_stays_nan():
    y = Dropout(0.5)(Tensor(np.full(200, nan))).numpy()
    assert 0.3 < np.isnan(y).mean() < 0.7


def test_whole_channels():
    y = Dropout2d(0.5)(Tensor(np.ones((20, 10, 3, 4)))).numpy()
    sums = y.sum((2, 3))
    assert set(np.unique(sums)) == {0, 24} and 0.3 < (sums > 0).mean() < 0.7


@pytest.mark.parametrize("p", [-0.1, 1.1, nan, inf])
def test_refuses_what_is_no_probability(p):
    for kind in (Dropout, Dropout2d):
        with pytest.raises(ValueError, match=kind.__name__ + ": p is the probability of dropping"):
            kind(p)


def test_says_what_is_wrong():
    with pytest.raises(ValueError, match=r"Dropout2d p 0.5: expected images \(N, C, H, W\)"):
        Dropout2d()(Tensor(np.zeros((2, 3))))
    with pytest.raises(TypeError, match="uint8 values have no gradient"):
        Dropout()(Tensor(np.zeros((2, 3), np.uint8)))
