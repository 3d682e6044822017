"""Fully connected layers against loops, and Flatten."""

import numpy as np
import pytest

from minicnn.autograd.tensor import Tensor
from minicnn.layers.linear import Flatten, Linear
from tests.layers.checks import check_agreement, gradient_of, run
from tests.reference import features as reference


def with_weights(w, b=None):
    w = np.array(w, np.float64)
    layer = Linear(w.shape[1], w.shape[0], bias=b is not None).to(dtype="float64")
    layer.weight.data = w
    if b is not None:
        layer.bias.data = np.array(b, np.float64)
    return layer


def test_by_hand(xp):
    layer = with_weights([[1, 2, 3], [0, -1, 1]], [10, 20])
    assert run(layer, xp, np.array([[1.0, 1, 1], [2, 0, 5]])).tolist() == [[16, 20], [27, 25]]


def test_gradients_by_hand():
    layer = with_weights([[1, 2], [3, 4]], [0, 0])
    _, dx = gradient_of(layer, np.array([[5.0, 6]]), np.array([[1.0, 10]]))
    assert dx.tolist() == [[31, 42]]
    assert layer.weight.grad.tolist() == [[5, 6], [50, 60]]
    assert layer.bias.grad.tolist() == [1, 10]


@pytest.mark.parametrize("N, M, D", [(1, 1, 1), (3, 5, 2), (4, 4, 4), (2, 3, 7)])
@pytest.mark.parametrize("bias", [True, False])
def test_agrees_with_loops(N, M, D, bias, xp, rng):
    x = rng.standard_normal((N, M))
    layer = Linear(M, D, bias).to(dtype="float64")
    w, b = layer.weight.data, layer.bias.data if bias else None
    check_agreement(run(layer, xp, x), reference.linear(x, w, b))


def test_float16_accumulates_in_float32():
    layer = Linear(4096, 1, bias=False).to(dtype="float16")
    layer.weight.data = np.full((1, 4096), 8, np.float16)
    x = np.full((1, 4096), 1, np.float16)                  # 4096 * 8 in steps of 8; float16 stalls
    assert layer(Tensor(x)).item() == 32768


def test_nan_stays_in_its_row():
    y = with_weights(np.ones((2, 2)))(Tensor(np.array([[np.nan, 1], [1, 1]]))).numpy()
    assert np.isnan(y[0]).all() and y[1].tolist() == [2, 2]


def test_costs_and_names():
    F6 = Linear(120, 84)
    assert F6.num_parameters() == 10_164 and F6.macs((120,), (84,)) == 10_080
    assert repr(F6) == "Linear 120 -> 84"


def test_flatten_keeps_the_order(xp):
    x = np.arange(12.0).reshape(2, 2, 3, 1)
    y = run(Flatten(), xp, x)
    assert y.tolist() == [[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11]]
    assert Flatten().shape((2, 3, 1)) == (6,)
    assert Flatten()(Tensor(np.zeros((0, 2, 3, 4)))).shape == (0, 24)


def test_says_what_is_wrong():
    layer = Linear(120, 84)
    with pytest.raises(ValueError, match=r"expected \(N, 120\), got \(N, 120, 1, 1\); put Flatten"):
        layer(Tensor(np.zeros((2, 120, 1, 1), np.float32)))
    with pytest.raises(ValueError, match=r"has 400 features, the layer was built for 120; .*size"):
        layer(Tensor(np.zeros((2, 400), np.float32)))
    with pytest.raises(ValueError, match="Linear: in_features must be at least 1, got 0"):
        Linear(0, 3)
    with pytest.raises(TypeError, match="uint8 values have no gradient; scale images first.*255"):
        layer(Tensor(np.zeros((2, 120), np.uint8)))
    with pytest.raises(TypeError, match="float64 and float32 mixed"):
        layer(Tensor(np.zeros((2, 120))))
