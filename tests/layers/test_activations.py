"""ReLU and its relatives, sigmoid and tanh: values, slopes, corners, large numbers."""

from math import inf, nan

import numpy as np
import pytest

from minicnn.autograd.tensor import Tensor
from minicnn.layers.activations import LeakyReLU, PReLU, ReLU, ScaledTanh, Sigmoid, Tanh
from tests.layers.checks import check_agreement, check_keeps_layout, gradient_of, run
from tests.reference import activations as reference

KINDS = [ReLU, LeakyReLU, PReLU, Sigmoid, Tanh, ScaledTanh]
X = np.array([[-2.0, -0.5, 0, 1, 3]])


@pytest.mark.parametrize("make, expected", [
    (lambda: ReLU(), [0, 0, 0, 1, 3]),
    (lambda: LeakyReLU(0.5), [-1, -0.25, 0, 1, 3]),
    (lambda: PReLU(), [-0.5, -0.125, 0, 1, 3]),
    (lambda: PReLU(5, init=2), [-4, -1, 0, 1, 3])])
def test_by_hand(make, expected, xp):
    assert run(make(), xp, X).tolist() == [expected]


@pytest.mark.parametrize("kind, at_0, at_ln_3", [
    (Sigmoid, 0.5, 0.75), (Tanh, 0, 0.8), (ScaledTanh, 0, None)])
def test_curves_by_hand(kind, at_0, at_ln_3, xp):
    y = run(kind(), xp, np.array([0, np.log(3)]))          # tanh ln 3 = (3 - 1/3) / (3 + 1/3)
    assert y[0] == at_0
    if at_ln_3 is not None:
        assert abs(y[1] - at_ln_3) < 1e-15


def test_scaled_tanh_passes_through_one(xp):
    y = run(ScaledTanh(), xp, np.array([-1.0, 1, 100]))
    assert abs(y - [-1, 1, 1.7159]).max() < 1e-5


@pytest.mark.parametrize("layer, expected", [
    (ReLU(), [0, 0, 0, 1, 1]),
    (LeakyReLU(0.5), [0.5, 0.5, 0.5, 1, 1]),
    (PReLU(), [0.25, 0.25, 0.25, 1, 1])])
def test_slopes_by_hand(layer, expected):
    _, dx = gradient_of(layer.to(dtype="float64"), X)
    assert dx.tolist() == [expected]


def test_gradient_of_the_learnt_slope():
    layer = PReLU(2).to(dtype="float64")
    x, dy = np.array([[[-1.0, 5], [-3, -4]]]), np.array([[[1.0, 2], [10, 100]]])
    gradient_of(layer, x, dy)
    assert layer.weight.grad.tolist() == [-1, -430]


@pytest.mark.parametrize("shape", [(4, 3), (2, 3, 2, 2)])
def test_agrees_with_loops(shape, xp, rng):
    x, slopes = 2 * rng.standard_normal(shape), np.array([0.1, -0.3, 1.5])
    check_agreement(run(ReLU(), xp, x), reference.relu(x))
    check_agreement(run(LeakyReLU(0.2), xp, x), reference.leaky_relu(x, 0.2))
    check_agreement(run(Sigmoid(), xp, x), reference.sigmoid(x))
    check_agreement(run(ScaledTanh(), xp, x), reference.scaled_tanh(x))
    prelu = PReLU(3).to(dtype="float64")
    prelu.weight.data = slopes
    check_agreement(run(prelu, xp, x), reference.prelu(x, slopes))


def test_relu_at_its_corners(xp):
    """At 0 the gradient is 0, at NaN it is 1, and NaN comes out where NaN went in."""
    x = Tensor(xp.asarray(np.array([-0.0, 0.0, nan, inf, -inf])), requires_grad=True)
    y = ReLU()(x)
    y.sum().backward()
    assert y.numpy()[[0, 1, 3, 4]].tolist() == [0, 0, inf, 0] and np.isnan(y.numpy()[2])
    assert x.grad.tolist() == [0, 0, 1, 1, 0]


@pytest.mark.parametrize("kind", KINDS)
def test_nan_comes_out_where_it_went_in(kind, xp):
    y = run(kind(), xp, np.array([[1.0, nan, -1]]))
    assert np.isnan(y).tolist() == [[False, True, False]]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_sigmoid_of_large_numbers(dtype, xp):
    """No overflow, and no warning of one; small probabilities keep their digits."""
    x = np.array([-inf, -6e4, -10, 0, 10, 6e4, inf], dtype)
    y = run(Sigmoid(), xp, x, dtype)
    assert y[[0, 1, 3, 5, 6]].tolist() == [0, 0, 0.5, 1, 1]
    assert abs(y[2] / np.exp(-10.0) - 1) < 1e-3
    _, dx = gradient_of(Sigmoid(), x)
    assert dx[[0, 1, 3, 5, 6]].tolist() == [0, 0, 0.25, 0, 0]


def test_infinity_needs_no_warning():
    for layer, ends in ((ReLU(), [0, inf]), (LeakyReLU(), [-inf, inf]), (Tanh(), [-1, 1]),
                        (ScaledTanh(), [-1.7159, 1.7159])):
        assert gradient_of(layer, np.array([-inf, inf]))[0].tolist() == ends


@pytest.mark.parametrize("layer", [LeakyReLU(0.3), LeakyReLU(-2.0), PReLU(init=0.3)])
def test_the_gradient_is_exactly_dy_or_the_slope_times_dy(layer, rng):
    x, dy = (rng.standard_normal((5, 7)).astype(np.float32) for _ in range(2))
    if isinstance(layer, LeakyReLU):
        dy[0, :3] = inf, -inf, 1e-30
    _, dx = gradient_of(layer, x, dy)
    a = np.float32(layer.weight.item() if isinstance(layer, PReLU) else layer.negative_slope)
    assert np.array_equal(dx, np.where(x > 0, dy, a * dy))


@pytest.mark.parametrize("kind", KINDS)
def test_the_layout_in_memory_is_kept(kind, rng):
    check_keeps_layout(kind(), rng.standard_normal((2, 3, 5, 4)).astype(np.float32))


def test_slopes_go_to_channels_where_channels_equal_the_width():
    layer = PReLU(2).to(dtype="float64")
    layer.weight.data = np.array([1.0, 10])
    y = layer(Tensor(np.full((1, 2, 2, 2), -1.0))).numpy()
    assert y.tolist() == [[[[-1, -1], [-1, -1]], [[-10, -10], [-10, -10]]]]


@pytest.mark.parametrize("shape", [(), (4,), (2, 3), (2, 3, 2)])
def test_prelu_of_any_number_of_axes(shape, rng):
    """A single number stays one, as in PyTorch."""
    layer, x = PReLU(init=0.5).to(dtype="float64"), rng.standard_normal(shape)
    dy = rng.standard_normal(shape)
    y, dx = gradient_of(layer, x, np.asarray(dy))
    check_agreement(y, np.asarray(np.where(x > 0, x, 0.5 * x)))
    check_agreement(dx, np.asarray(np.where(x > 0, dy, 0.5 * dy)))
    check_agreement(layer.weight.grad, np.array([(np.minimum(x, 0) * dy).sum()]))


def test_says_what_is_wrong():
    with pytest.raises(ValueError, match="PReLU: num_parameters must be 1 or the number"):
        PReLU(0)
    with pytest.raises(ValueError, match="PReLU 3 slopes: the input has 4 channels"):
        PReLU(3)(Tensor(np.zeros((2, 4, 5, 5), np.float32)))
    with pytest.raises(ValueError, match="the input has no channels, the layer 3 slopes"):
        PReLU(3)(Tensor(np.zeros(3, np.float32)))
    with pytest.raises(TypeError, match="uint8 values have no gradient"):
        ReLU()(Tensor(np.zeros(3, np.uint8)))
    assert repr(LeakyReLU(0.2)) == "LeakyReLU slope 0.2" and repr(PReLU()) == "PReLU 1 slope"
