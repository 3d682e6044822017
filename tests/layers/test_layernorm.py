"""Layer norm against loops, over any last axes."""

import numpy as np
import pytest

from minicnn.autograd.tensor import Tensor
from minicnn.layers.layernorm import LayerNorm
from tests.layers.checks import check_agreement, gradient_of, run
from tests.reference.normalisation import layer_norm


def test_by_hand(xp):
    layer = LayerNorm(2, eps=3.0)
    layer.weight.data, layer.bias.data = np.array([2.0, 1.0]), np.array([0.0, 5.0])
    y = run(layer, xp, np.array([[1.0, 3.0], [2.0, 10.0]]))
    # mean 2 and 6, var 1 and 16: x_hat = -1/2 1/2 and -4/sqrt(19) 4/sqrt(19)
    check_agreement(y, np.array([[-1.0, 5.5], [-8 / 19 ** 0.5, 5 + 4 / 19 ** 0.5]]))


@pytest.mark.parametrize("shape, normalized", [((4, 5), 5), ((3, 2, 4, 5), (2, 4, 5)),
                                               ((3, 2, 4, 5), (4, 5)), ((3, 2, 4, 5), 5),
                                               ((1, 3), (3,))])
@pytest.mark.parametrize("eps", [1e-5, 0.5])
def test_agrees_with_loops(shape, normalized, eps, rng, xp):
    x = 2 * rng.standard_normal(shape) + 1
    axes = len(normalized) if isinstance(normalized, tuple) else 1
    layer = LayerNorm(normalized, eps)
    gamma, beta = rng.random((2, *shape[-axes:]))
    layer.weight.data, layer.bias.data = gamma, beta
    expected = layer_norm(x, axes, eps)
    check_agreement(run(layer, xp, x), expected * gamma + beta)
    check_agreement(run(LayerNorm(normalized, eps, False), xp, x), expected)


def test_training_and_test_are_the_same_and_samples_are_apart(rng, xp):
    x, layer = rng.standard_normal((4, 6)), LayerNorm(6)
    y = run(layer, xp, x)
    assert np.array_equal(run(layer.eval(), xp, x), y)
    check_agreement(run(layer, xp, x[2:3]), y[2:3])


def test_parameters():
    assert list(LayerNorm((2, 3)).state_dict()) == ["weight", "bias"]
    assert list(LayerNorm(3, bias=False).state_dict()) == ["weight"]
    assert list(LayerNorm(3, elementwise_affine=False).state_dict()) == []
    assert repr(LayerNorm((2, 3))) == "LayerNorm 2x3"


def test_equal_values_and_a_single_value_come_out_as_the_bias(xp):
    assert not run(LayerNorm(3), xp, np.full((2, 3), 4.0)).any()
    assert not run(LayerNorm(1), xp, np.full((2, 1), 4.0)).any()
    _, dx = gradient_of(LayerNorm(3).to(dtype="float64"), np.full((2, 3), 4.0))
    assert np.isfinite(dx).all()


def test_nan_stays_in_its_sample(rng, xp):
    x = rng.standard_normal((2, 3, 2, 2))
    x[0, 1, 1, 1] = np.nan
    y = run(LayerNorm((3, 2, 2)), xp, x)
    assert np.isnan(y[0]).all() and np.isfinite(y[1]).all()


@pytest.mark.parametrize("arguments, message", [
    ((0,), "normalized_shape must be sizes above 0, got 0"),
    (((),), r"normalized_shape must be sizes above 0, got \(\)"),
    ((3, 0), "eps must be above 0, got 0; a sample whose values are all equal")])
def test_says_what_is_wrong(arguments, message):
    with pytest.raises(ValueError, match=f"LayerNorm: {message}"):
        LayerNorm(*arguments)


def test_names_the_shapes():
    with pytest.raises(ValueError, match=r"LayerNorm 5: the input \(N, 3, 4\) does not end in "
                                         r"\(5,\), as the layer was built for; use LayerNorm"):
        LayerNorm(5).shape((3, 4))
    with pytest.raises(ValueError, match=r"the input \(N, 5\) does not end in \(3, 5\)"):
        LayerNorm((3, 5)).shape((5,))              # the batch axis is not the layer's
    with pytest.raises(ValueError, match=r"the input \(N, 5\) does not end in \(3, 5\)"):
        LayerNorm((3, 5))(Tensor(np.ones((3, 5), np.float32)))
