"""GELU and SiLU against the error function, near 0 and far away."""

from math import erfc, sqrt

import numpy as np
import pytest

from minicnn.layers.smooth_activations import GELU, SiLU, normal_cdf
from tests.layers.checks import check_agreement, gradient_of, run
from tests.reference import activations as reference


def test_by_hand(xp):
    """Phi(0) = 1/2; Phi(1) = 0.8413447460685429; 1 / (1 + e^-ln 3) = 3/4."""
    y = run(GELU(), xp, np.array([[0.0, 1, -1]]))
    check_agreement(y, np.array([[0, 0.8413447460685429, -0.15865525393145707]]))
    x = np.log(3)
    check_agreement(run(SiLU(), xp, np.array([[0.0, x, -x]])), np.array([[0, 0.75 * x, -0.25 * x]]))


def test_agrees_with_loops(xp, rng):
    x = 3 * rng.standard_normal((2, 3, 4, 5))
    check_agreement(run(GELU(), xp, x), reference.gelu(x))
    check_agreement(run(SiLU(), xp, x), reference.silu(x))


def test_how_exact_the_normal_distribution_is(xp):
    """Against math.erfc: 3e-16 in float64, and 1e-13 of the value in the left tail."""
    x = np.concatenate([np.linspace(-37, 37, 3001), np.linspace(-0.01, 0.01, 101)])
    exact = np.array([0.5 * erfc(-value / sqrt(2)) for value in x])
    error = np.abs(np.asarray(normal_cdf(x)) - exact)
    assert error.max() < 4e-16 and (error / exact).max() < 4e-13
    single = x.astype(np.float32)
    exact = np.array([0.5 * erfc(-value / sqrt(2)) for value in single.tolist()])
    assert np.abs(normal_cdf(single) - exact).max() < 2e-7


@pytest.mark.parametrize("layer", [GELU, SiLU])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_far_away_it_is_relu(layer, dtype, xp):
    """Without overflow: +-60,000 is a float16."""
    x = np.array([[-np.inf, -6e4, -900, 200, 6e4, np.inf]], dtype)
    assert run(layer(), xp, x, dtype).tolist() == [[0, 0, 0, 200, float(x[0, 4]), np.inf]]
    _, dx = gradient_of(layer(), x)
    assert dx.tolist() == [[0, 0, 0, 1, 1, 1]]


@pytest.mark.parametrize("layer", [GELU, SiLU])
def test_nan_and_a_single_number(layer, xp):
    y = run(layer(), xp, np.array([[np.nan, 0.0]]))
    assert np.isnan(y[0, 0]) and y[0, 1] == 0
    assert run(layer(), xp, np.float64(0.0).reshape(())).shape == ()
