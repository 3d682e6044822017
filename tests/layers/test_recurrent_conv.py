"""A convolution fed back to itself, against loops."""

import numpy as np
import pytest

from minicnn.layers.recurrent_conv import RecurrentConv2d
from tests.layers.checks import check_agreement, run
from tests.reference import windows as reference


def test_by_hand(xp):
    """u = 2 x; h = 2 x, then 2 x + h / 2: 2, 3, 3.5 times x where x > 0, else 0."""
    layer = RecurrentConv2d(1, 1, 1, steps=2)
    layer.feed.weight.data, layer.feed.bias.data = np.full((1, 1, 1, 1), 2.0), np.zeros(1)
    layer.recurrent.weight.data = np.full((1, 1, 1, 1), 0.5)
    assert run(layer, xp, np.array([[[[2.0, -1]]]])).tolist() == [[[[7, 0]]]]


@pytest.mark.parametrize("C, F, kernel, steps", [(2, 3, 3, 2), (1, 2, (1, 3), 1), (3, 2, 1, 3)])
def test_agrees_with_loops(C, F, kernel, steps, xp, rng):
    layer = RecurrentConv2d(C, F, kernel, steps).to(dtype="float64")
    x = rng.standard_normal((2, C, 4, 5))
    expected = reference.recurrent_conv(x, layer.feed.weight.data, layer.feed.bias.data,
                                        layer.recurrent.weight.data, steps)
    check_agreement(run(layer, xp, x), expected)


def test_steps_share_their_weights():
    assert RecurrentConv2d(3, 8, 3, 1).num_parameters() == \
        RecurrentConv2d(3, 8, 3, 5).num_parameters() == 3 * 8 * 9 + 8 + 8 * 8 * 9


def test_says_what_is_wrong():
    with pytest.raises(ValueError, match="RecurrentConv2d: steps must be at least 1, got 0"):
        RecurrentConv2d(2, 3, steps=0)
    with pytest.raises(ValueError, match="kernel_size must be odd, got 2; an even window would"):
        RecurrentConv2d(2, 3, 2)
    with pytest.raises(ValueError, match=r"^feed \(Conv2d .*3 channels, .*built for 2"):
        RecurrentConv2d(2, 3).shape((3, 4, 4))
