"""A slice of the channels, and its gradient."""

import numpy as np
import pytest

from minicnn.layers.channel_slice import ChannelSlice
from tests.layers.checks import check_agreement, gradient_of, run


def test_by_hand(xp, rng):
    x = rng.standard_normal((2, 5, 2, 3))
    check_agreement(run(ChannelSlice(1, 3), xp, x), x[:, 1:3], 0)
    _, dx = gradient_of(ChannelSlice(1, 3), x)
    assert dx.sum(axis=(0, 2, 3)).tolist() == [0, 12, 12, 0, 0]


def test_the_input_stays():
    x = np.ones((1, 2, 1, 1))
    y, _ = gradient_of(ChannelSlice(0, 1), x)
    assert np.shares_memory(x, y) and x.tolist() == [[[[1]], [[1]]]]


def test_says_what_is_wrong():
    with pytest.raises(ValueError, match="start must be at least 0 and below stop, got 3 and 3"):
        ChannelSlice(3, 3)
    with pytest.raises(ValueError, match="the input has 4 channels, fewer than 5"):
        ChannelSlice(2, 5).shape((4, 3, 3))
