"""Squeeze and excite against loops; scales that do not fit."""

import numpy as np
import pytest

from minicnn.autograd.tensor import Tensor
from minicnn.layers.squeeze_excite import ScaleChannels, SqueezeExcite
from tests.layers.checks import check_agreement, run
from tests.reference import features as reference


def test_by_hand(xp):
    """Both maps average to 2; weights of zero leave sigmoid(bias): 1/2 and 3/4."""
    layer = SqueezeExcite(2, 2).to(dtype="float64")
    layer.weights.expand.weight.data = np.zeros((2, 1))
    layer.weights.expand.bias.data = np.array([0, np.log(3)])
    y = run(layer, xp, np.array([[[[1.0, 3]], [[4.0, 0]]]]))
    check_agreement(y, np.array([[[[0.5, 1.5]], [[3, 0]]]]))


@pytest.mark.parametrize("C, reduction", [(4, 2), (5, 2), (3, 16), (1, 1)])
def test_agrees_with_loops(C, reduction, xp, rng):
    x = rng.standard_normal((2, C, 3, 4))
    layer = SqueezeExcite(C, reduction).to(dtype="float64")
    weights = [p.data for p in (layer.weights.reduce.weight, layer.weights.reduce.bias,
                                layer.weights.expand.weight, layer.weights.expand.bias)]
    check_agreement(run(layer, xp, x), reference.squeeze_excite(x, *weights))


def test_costs_of_the_parts():
    layer = SqueezeExcite(256)
    assert layer.num_parameters() == 256 * 16 + 16 + 16 * 256 + 256
    assert layer.weights.reduce.macs((256,), (16,)) == 256 * 16
    assert SqueezeExcite(8).weights.reduce.out_features == 1          # never 0 units


def test_nan_stays_in_its_image():
    x = np.ones((2, 4, 2, 2), np.float32)
    x[0, 0, 0, 0] = np.nan
    y = SqueezeExcite(4, 2)(Tensor(x)).numpy()
    assert np.isnan(y[0]).all() and np.isfinite(y[1]).all()


def test_says_what_is_wrong():
    with pytest.raises(ValueError, match="channels and reduction must be at least 1, got 4 and 0"):
        SqueezeExcite(4, 0)
    with pytest.raises(ValueError, match=r"has 3 channels, the layer was built for 4; .*"
                                         r"SqueezeExcite\(3\)"):
        SqueezeExcite(4)(Tensor(np.zeros((1, 3, 2, 2), np.float32)))
    with pytest.raises(ValueError, match="expected images"):
        SqueezeExcite(4)(Tensor(np.zeros((1, 4), np.float32)))
    with pytest.raises(ValueError, match=r"\(3,\) scales for maps \(4, 2, 2\); each channel needs"):
        ScaleChannels()(Tensor(np.zeros((1, 4, 2, 2))), Tensor(np.zeros((1, 3))))
    with pytest.raises(ValueError, match="1 sets of scales for 2 images"):
        ScaleChannels()(Tensor(np.zeros((2, 4, 2, 2))), Tensor(np.zeros((1, 4))))
