import numpy as np
import pytest

from minicnn.layers.channel_slice import ChannelSlice
from tests.layers.common import (
    check_agreement,
    check_any_layout,
    check_dtypes,
    check_empty_batch,
    check_gradients,
    gradient_of,
    run,
)
from tests.layers.modern import check_stored_modern, modern_cases, stored_modern


def test_by_hand(xp, rng):
    x = rng.standard_normal((2, 5, 2, 3))
    check_agreement(run(ChannelSlice(1, 3), xp, x), x[:, 1:3], 0)
    _, dx = gradient_of(ChannelSlice(1, 3), x)
    assert dx.sum(axis=(0, 2, 3)).tolist() == [0, 12, 12, 0, 0]


@pytest.mark.parametrize("case", stored_modern("ChannelSlice"))
def test_agrees_with_stored_numbers(case, xp, device):
    check_stored_modern(case, xp, device)


@pytest.mark.parametrize("case", modern_cases("ChannelSlice"))
def test_gradients(case, device):
    check_gradients(case, device)


def test_dtypes_layouts_and_empty_batch(xp, rng):
    x = rng.standard_normal((2, 4, 3, 2))
    check_dtypes(lambda: ChannelSlice(1, 4), x, xp)
    check_any_layout(lambda: ChannelSlice(1, 4), x)
    check_empty_batch(lambda: ChannelSlice(0, 2), (4, 3, 2), xp)


def test_the_input_stays():
    x = np.ones((1, 2, 1, 1))
    y, _ = gradient_of(ChannelSlice(0, 1), x)
    assert np.shares_memory(x, y) and x.tolist() == [[[[1]], [[1]]]]


def test_says_what_is_wrong():
    with pytest.raises(ValueError, match="start must be at least 0 and below stop, got 3 and 3"):
        ChannelSlice(3, 3)
    with pytest.raises(ValueError, match="the input has 4 channels, fewer than 5"):
        ChannelSlice(2, 5).shape((4, 3, 3))
