"""Channels shuffled between groups, and shuffled back."""

import numpy as np
import pytest

from minicnn.layers.shuffle import ChannelShuffle
from tests.layers.checks import check_agreement, run
from tests.reference import features as reference


def test_by_hand(xp):
    """Figure 1 of the paper: 3 groups of 2 become 2 groups with one channel of each."""
    x = np.array([1.0, 2, 10, 20, 100, 200]).reshape(1, 6, 1, 1)
    assert run(ChannelShuffle(3), xp, x).ravel().tolist() == [1, 10, 100, 2, 20, 200]


@pytest.mark.parametrize("C, G", [(6, 2), (6, 3), (8, 4), (5, 1), (5, 5)])
def test_agrees_with_loops(C, G, xp, rng):
    x = rng.standard_normal((2, C, 3, 4))
    check_agreement(run(ChannelShuffle(G), xp, x), reference.channel_shuffle(x, G), 0)


def test_shuffling_back(xp, rng):
    x = rng.standard_normal((2, 12, 2, 2))
    shuffled = run(ChannelShuffle(3), xp, x)
    assert np.array_equal(run(ChannelShuffle(4), xp, shuffled), x)


def test_says_what_is_wrong():
    with pytest.raises(ValueError, match="ChannelShuffle: groups must be at least 1, got 0"):
        ChannelShuffle(0)
    with pytest.raises(ValueError, match="5 channels do not divide into 2 groups; take the number"):
        ChannelShuffle(2).shape((5, 3, 3))
    with pytest.raises(ValueError, match="expected images"):
        ChannelShuffle(2).shape((4,))
