"""Layer norm over the channels of each pixel, against loops."""

import numpy as np
import pytest

from minicnn.layers.layernorm2d import LayerNorm2d
from tests.layers.checks import check_agreement, run
from tests.reference import normalisation as reference


def test_by_hand(xp):
    """Each pixel by itself: 1 and 3 have mean 2 and variance 1; eps 3 makes sqrt 4 of it."""
    layer = LayerNorm2d(2, eps=3.0)
    layer.weight.data, layer.bias.data = np.array([2.0, 1.0]), np.array([0.0, 5.0])
    x = np.array([[[[1.0, 7]], [[3.0, 7]]]])
    check_agreement(run(layer, xp, x), np.array([[[[-1.0, 0]], [[5.5, 5]]]]))


@pytest.mark.parametrize("shape", [(2, 4, 3, 5), (1, 1, 2, 2), (3, 7, 1, 1)])
@pytest.mark.parametrize("eps", [1e-6, 0.5])
def test_agrees_with_loops(shape, eps, xp, rng):
    x, layer = 2 * rng.standard_normal(shape) + 1, LayerNorm2d(shape[1], eps)
    gamma, beta = rng.random((2, shape[1]))
    layer.weight.data, layer.bias.data = gamma, beta
    check_agreement(run(layer, xp, x), reference.layer_norm_2d(x, gamma, beta, eps), 1e-9)


def test_equal_values_come_out_as_the_bias_and_nan_stays_in_its_pixel(xp):
    assert not run(LayerNorm2d(3), xp, np.full((2, 3, 2, 2), 4.0)).any()
    x = np.arange(8.0).reshape(1, 2, 2, 2)
    x[0, 0, 0, 0] = np.nan
    y = run(LayerNorm2d(2), xp, x)
    assert np.isnan(y[0, :, 0, 0]).all() and np.isfinite(y[0, :, 1]).all()


def test_says_what_is_wrong():
    with pytest.raises(ValueError, match="LayerNorm2d: num_channels must be at least 1, got 0"):
        LayerNorm2d(0)
    with pytest.raises(ValueError, match="LayerNorm2d: eps must be above 0, got 0; a pixel whose"):
        LayerNorm2d(3, 0)
    with pytest.raises(ValueError, match=r"has 4 channels, .*for 3; .* with LayerNorm2d\(4\)"):
        LayerNorm2d(3).shape((4, 2, 2))
