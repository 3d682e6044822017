"""Local contrast normalisation against loops; flat images."""

import numpy as np
import pytest

from minicnn.layers.contrast import ContrastNorm, gaussian
from tests.layers.checks import check_agreement, gradient_of, run
from tests.reference.normalisation import contrast

EVEN_WEIGHTS = 1e9                                 # a Gaussian so wide that all weights are equal


def test_by_hand(xp):
    x = np.array([[[0.0, 2.0]], [[4.0, 6.0]]])[None]               # two maps of 1 x 2
    y = run(ContrastNorm(3, EVEN_WEIGHTS), xp, x)
    # mean 3 at both pixels; v = -3 -1, 1 3; sigma = typical = sqrt((9 + 1 + 1 + 9) / 4)
    check_agreement(y, np.array([[[-3.0, -1.0]], [[1.0, 3.0]]])[None] / 5 ** 0.5)


def test_typical_contrast_divides_where_there_is_less_of_it(xp):
    x = np.array([-1.0, 1.0, 0.0, 0.0]).reshape(1, 2, 1, 2)        # pixels (-1, 0) and (1, 0)
    y = run(ContrastNorm(1), xp, x)
    # v = -0.5 0.5 and 0.5 -0.5, sigma 0.5 at both
    check_agreement(y.ravel(), np.array([-1.0, 1.0, 1.0, -1.0]))
    x = np.array([-1.0, 3.0, 1.0, -3.0]).reshape(1, 2, 1, 2)       # sigma 1 and 3, typical 2
    check_agreement(run(ContrastNorm(1), xp, x).ravel(), np.array([-0.5, 1.0, 0.5, -1.0]))


def test_weights():
    assert gaussian(1, 0.25) == [1.0]
    check_agreement(np.array(gaussian(3, 1.0)), np.array([1, np.exp(0.5), 1]) / (2 + np.exp(0.5)))


@pytest.mark.parametrize("size, std", [(1, None), (3, None), (5, 0.7), (9, None), (9, 3.0)])
@pytest.mark.parametrize("eps", [1e-4, 0.9])
@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (1, 1, 6, 3), (2, 4, 1, 1), (1, 2, 9, 1)])
def test_agrees_with_loops(shape, size, std, eps, rng, xp):
    x = rng.standard_normal(shape)
    y = run(ContrastNorm(size, std, eps), xp, x)
    check_agreement(y, contrast(x, size, size / 4 if std is None else std, eps), 1e-10)


def test_brightness_and_contrast_do_not_matter(rng):
    x = rng.standard_normal((2, 3, 7, 6))
    layer = ContrastNorm(5)
    check_agreement(run(layer, np, 3 * x + 10), run(layer, np, x), 1e-10)


def test_flat_images_become_zero_not_noise(rng):
    y, dx = gradient_of(ContrastNorm(3), np.full((1, 2, 6, 5), 0.7, np.float32))
    assert abs(y).max() < 1e-2                     # rounding errors of 1e-7, divided by eps
    assert np.isfinite(dx).all()


def test_flat_region_has_a_finite_gradient(rng):
    """After ReLU whole regions are 0: there sigma is 0, and its square root has no slope."""
    x = rng.standard_normal((1, 2, 12, 12))
    x[..., :, :8] = 0
    y, dx = gradient_of(ContrastNorm(3), x, rng.standard_normal(x.shape))
    assert not y[..., :, :7].any()
    assert np.isfinite(dx).all()


def test_nan_stays_in_its_image(rng):
    x = rng.standard_normal((2, 2, 9, 9))
    x[0, 0, 4, 4] = np.nan
    y = run(ContrastNorm(3), np, x)
    assert np.isnan(y[0]).all() and np.isfinite(y[1]).all()


def test_squares_do_not_overflow_float16(rng):
    x = (3000 * rng.standard_normal((1, 2, 5, 5))).astype(np.float16)
    y, dx = gradient_of(ContrastNorm(3), x)
    assert np.isfinite(y).all() and np.isfinite(dx).all() and abs(y).max() > 0.5


@pytest.mark.parametrize("arguments, message", [
    ((4,), "size must be an odd whole number, got 4"),
    ((0,), "size must be an odd whole number, got 0"),
    ((3.0,), "size must be an odd whole number, got 3.0"),
    ((3, 0), "std and eps must be above 0, got 0.0 and 0.0001"),
    ((3, 1, 0), "std and eps must be above 0, got 1.0 and 0")])
def test_says_what_is_wrong(arguments, message):
    with pytest.raises(ValueError, match=f"ContrastNorm: {message}"):
        ContrastNorm(*arguments)


def test_wants_images():
    with pytest.raises(ValueError, match=r"ContrastNorm size 9, std 2.25: expected images"):
        ContrastNorm().shape((7,))
