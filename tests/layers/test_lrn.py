"""Local response normalisation against loops, across channels and within one."""

import numpy as np
import pytest

from minicnn.autograd.tensor import Tensor
from minicnn.layers.lrn import LocalResponseNorm, LocalResponseNormWithin
from tests.layers.checks import check_agreement, gradient_of, run
from tests.reference.normalisation import lrn_across, lrn_within

BOTH = [LocalResponseNorm, LocalResponseNormWithin]


def test_by_hand(xp):
    x = np.array([1.0, 0.0, 1.0, 3.0]).reshape(1, 4, 1, 1)
    y = run(LocalResponseNorm(3, alpha=9.0, beta=1.0), xp, x)
    # s = 1 + 9/3 * (1 + 0), 1 + 3 * (1 + 0 + 1), 1 + 3 * (0 + 1 + 9), 1 + 3 * (1 + 9)
    check_agreement(y.ravel(), np.array([1 / 4, 0, 1 / 31, 3 / 31]))


def test_within_a_channel_by_hand(xp):
    x = np.array([[1.0, 2.0], [3.0, 4.0]]).reshape(1, 1, 2, 2)
    y = run(LocalResponseNormWithin(3, alpha=9.0, beta=1.0), xp, x)
    check_agreement(y, x / 31)                     # 1 + 9/9 * (1 + 4 + 9 + 16) at all four
    y = run(LocalResponseNormWithin(2, alpha=4.0, beta=1.0), xp, x)
    check_agreement(y.ravel(), np.array([1 / 2, 2 / 6, 3 / 11, 4 / 31]))   # above and to the left


def test_the_papers_alexnet_is_alpha_times_five(xp):
    """Krizhevsky's b = a / (2 + 1e-4 * sum)^0.75 over 5 channels, not divided by 5."""
    x = np.array([100.0, 0.0, 100.0]).reshape(1, 3, 1, 1)
    y = run(LocalResponseNorm(5, alpha=5e-4, k=2), xp, x)
    check_agreement(y.ravel(), np.array([100 / 4 ** 0.75, 0, 100 / 4 ** 0.75]))


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 8, 30])
@pytest.mark.parametrize("shape", [(2, 6, 3, 4), (1, 1, 2, 5), (3, 4, 1, 1)])
@pytest.mark.parametrize("kind, loops", [(LocalResponseNorm, lrn_across),
                                         (LocalResponseNormWithin, lrn_within)])
def test_agrees_with_loops(kind, loops, shape, size, rng, xp):
    x = rng.standard_normal(shape)
    check_agreement(run(kind(size, 2.0, 0.6, 0.5), xp, x), loops(x, size, 2.0, 0.6, 0.5))
    check_agreement(run(kind(size), xp, x), loops(x, size))


@pytest.mark.parametrize("kind", BOTH)
def test_zeros_stay_zero_with_a_finite_gradient(kind):
    x = np.zeros((1, 6, 3, 3), np.float32)
    y, dx = gradient_of(kind(5, k=2.0), x)
    assert not y.any()
    np.testing.assert_allclose(dx, np.full(x.shape, 2.0 ** -0.75), rtol=1e-6)


def test_nan_reaches_the_outputs_whose_window_holds_it():
    x = np.ones((2, 5, 1, 1))
    x[0, 2] = np.nan
    y = LocalResponseNorm(3)(Tensor(x)).numpy()
    assert np.isnan(y[0].ravel()).tolist() == [False, True, True, True, False]
    assert np.isfinite(y[1]).all()


@pytest.mark.parametrize("kind", BOTH)
def test_squares_do_not_overflow_float16(kind):
    y, dx = gradient_of(kind(3), np.full((1, 3, 3, 3), 3000.0, np.float16))
    assert np.isfinite(y).all() and np.isfinite(dx).all() and y.all()


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("arguments, message", [
    ({"size": 0}, "size must be a whole number of at least 1, got 0"),
    ({"size": 2.5}, "size must be a whole number of at least 1, got 2.5"),
    ({"size": 5, "k": 0}, r"k must be above 0, got 0; with k = 0 a window of zeros gives 0 \* 0"),
    ({"size": 5, "k": float("nan")}, "k must be above 0, got nan"),
    ({"size": 5, "alpha": -1}, "alpha must be at least 0, got -1")])
def test_says_what_is_wrong(kind, arguments, message):
    with pytest.raises(ValueError, match=f"{kind.__name__}: {message}"):
        kind(**arguments)


@pytest.mark.parametrize("kind", BOTH)
def test_wants_images(kind):
    with pytest.raises(ValueError, match=r"size 5, alpha 0.0001, .*expected images"):
        kind(5).shape((7,))


def test_field():
    assert LocalResponseNorm(5).receptive_field((3, 8, 8)) == ((1, 1), (1, 1))
    assert LocalResponseNormWithin(5).receptive_field((3, 8, 8)) == ((5, 5), (1, 1))
