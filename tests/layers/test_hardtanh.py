"""Hardtanh and ReLU6 at and beyond their limits."""

import numpy as np
import pytest

from minicnn.layers.hardtanh import Hardtanh, ReLU6
from tests.layers.checks import gradient_of, run


def test_by_hand(xp):
    x = np.array([[-1.0, 0, 3, 6, 7]])
    assert run(ReLU6(), xp, x).tolist() == [[0, 0, 3, 6, 6]]
    assert run(Hardtanh(), xp, x).tolist() == [[-1, 0, 1, 1, 1]]
    assert run(Hardtanh(-0.5, 4), xp, x).tolist() == [[-0.5, 0, 3, 4, 4]]


def test_gradient_at_the_corners():
    """As PyTorch has it: 0 at both limits."""
    _, dx = gradient_of(ReLU6(), np.array([-1.0, 0, 3, 6, 7]))
    assert dx.tolist() == [0, 0, 1, 0, 0]


def test_nan_and_infinity(xp):
    y = run(ReLU6(), xp, np.array([[np.nan, np.inf, -np.inf]]))
    assert np.isnan(y[0, 0]) and y[0, 1:].tolist() == [6, 0]


def test_says_what_is_wrong():
    with pytest.raises(ValueError, match="Hardtanh: min_val must be below max_val, got 1 and 1"):
        Hardtanh(1, 1)
    assert repr(ReLU6()) == "ReLU6 from 0 to 6"
