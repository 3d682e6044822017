"""Weights dropped at random: by hand, on average, in test mode."""

from math import nan

import numpy as np
import pytest

from minicnn.autograd.tensor import Tensor
from minicnn.layers.dropconnect import DropConnectLinear
from minicnn.layers.linear import Linear
from tests.layers.checks import check_agreement, run
from tests.reference import features as reference


def layer_of_ones(M, D, p):
    layer = DropConnectLinear(M, D, p).to(dtype="float64")
    layer.weight.data, layer.bias.data = np.ones((D, M)), np.ones(D)
    return layer


def test_by_hand():
    """With x = 1, 10, 100 the digits of y show which weights were kept, doubled as p is 1/2."""
    y = layer_of_ones(3, 40, 0.5)(Tensor(np.array([[1.0, 10, 100], [1, 10, 100]]))).numpy()
    assert np.array_equal(y[0], y[1])                      # one mask for the batch
    kept = (y[0] - y[0] % 2) / 2
    assert np.array_equal(kept * 2, y[0])
    assert {int(v) // 10 * 10 for v in kept} <= {0, 10, 100, 110}
    assert {int(v) % 10 for v in kept} <= {0, 1, 2}        # x = 1 and the bias
    assert len(set(kept)) > 5


def test_dropped_weights_get_no_gradient():
    layer = layer_of_ones(30, 20, 0.5)
    x = Tensor(np.ones((1, 30)))
    layer(x).sum().backward()
    assert set(np.unique(layer.weight.grad)) == {0, 2}
    assert set(np.unique(layer.bias.grad)) == {0, 2}
    assert 0.3 < (layer.weight.grad > 0).mean() < 0.7


@pytest.mark.parametrize("bias", [True, False])
def test_test_mode_and_p_0_use_all_weights(bias, xp, rng):
    x = rng.standard_normal((3, 5))
    for layer in (DropConnectLinear(5, 4, 0.5, bias).eval(), DropConnectLinear(5, 4, 0, bias)):
        layer.to(dtype="float64")
        w, b = layer.weight.data, layer.bias.data if bias else None
        check_agreement(run(layer, xp, x), reference.linear(x, w, b))


def test_mean_over_masks_is_the_mean_network(rng):
    layer = DropConnectLinear(6, 3, 0.4).to(dtype="float64")
    x = Tensor(rng.standard_normal((2, 6)))
    mean = sum(layer(x).numpy() for _ in range(3000)) / 3000
    assert abs(mean - layer.eval()(x).numpy()).max() < 0.05


def test_p_1_leaves_nothing():
    assert not layer_of_ones(3, 4, 1)(Tensor(np.ones((2, 3)))).numpy().any()


def test_same_start_and_state_as_a_linear_layer():
    plain, dropping = Linear(5, 4), DropConnectLinear(5, 4)
    assert dropping.num_parameters() == plain.num_parameters() == 24
    dropping.load_state_dict(plain.state_dict())
    assert dropping.macs((5,), (4,)) == 20
    assert repr(dropping) == "DropConnectLinear 5 -> 4, p 0.5"


@pytest.mark.parametrize("p", [-0.1, 1.1, nan])
def test_refuses_what_is_no_probability(p):
    with pytest.raises(ValueError, match="DropConnectLinear: p is the probability of dropping"):
        DropConnectLinear(3, 4, p)


def test_says_what_is_wrong():
    for layer in (DropConnectLinear(3, 4), DropConnectLinear(3, 4).eval()):
        with pytest.raises(ValueError, match="has 5 features, the layer was built for 3"):
            layer(Tensor(np.zeros((2, 5), np.float32)))
