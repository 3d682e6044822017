"""Mean 0 and variance 1 along any axes, without cancellation."""

import numpy as np
import pytest

from minicnn.autograd.tensor import Tensor
from minicnn.gradcheck.checker import gradcheck
from minicnn.layers.standardise import StandardiseFn
from tests.layers.checks import check_agreement
from tests.reference.normalisation import standardised

AXES = [(0,), (1,), (2, 3), (0, 2, 3), (1, 2, 3), (0, 1, 2, 3)]


def test_by_hand(xp):
    x = xp.asarray(np.array([[1.0, 3.0], [2.0, 10.0]]))
    function = StandardiseFn((1,), eps=3.0)
    y = function(Tensor(x))
    # mean 2 and 6; var 1 and 16; s = sqrt(1 + 3) and sqrt(16 + 3)
    check_agreement(y.numpy(), np.array([[-1 / 2, 1 / 2], [-4 / 19 ** 0.5, 4 / 19 ** 0.5]]))
    assert Tensor(function.mean).numpy().tolist() == [[2.0], [6.0]]
    assert Tensor(function.var).numpy().tolist() == [[1.0], [16.0]]


@pytest.mark.parametrize("axes", AXES)
def test_agrees_with_loops(axes, rng, xp):
    x = rng.standard_normal((3, 2, 4, 5))
    y = StandardiseFn(axes, 1e-5)(Tensor(xp.asarray(x))).numpy()
    expected = standardised(
        x, lambda index: tuple(index[axis] for axis in range(4) if axis not in axes), 1e-5)
    check_agreement(y, expected)


@pytest.mark.parametrize("axes", AXES)
def test_gradient(axes, rng, device):
    report = gradcheck(lambda x: StandardiseFn(axes, 0.1)(x), rng.standard_normal((3, 2, 4, 5)),
                       device=device)
    assert report and report.error <= 1e-6, str(report)


def test_no_gradient_for_a_shift_of_all_values_nor_for_a_stretch(rng):
    x = Tensor(rng.standard_normal((4, 6)), requires_grad=True)
    y = StandardiseFn((1,), 1e-12)(x)
    y.backward(2.0 + 3.0 * y.numpy())
    assert abs(x.grad).max() < 1e-8


def test_a_large_mean_does_not_cancel_the_variance(rng):
    """E[x^2] - mu^2 would be 1e8 - 1e8, with rounding errors of 10 in float32."""
    noise = rng.standard_normal(1000).astype(np.float32)
    y = StandardiseFn((0,), 1e-5)(Tensor(noise + np.float32(1e4))).numpy()
    np.testing.assert_allclose(y, (noise - noise.mean()) / noise.std(), atol=2e-3)


def test_float16_is_computed_in_float32():
    x = np.array([[-3000.0, 3000.0]], np.float16)      # squares and many values' sums overflow
    assert StandardiseFn((1,), 1e-5)(Tensor(x)).numpy().tolist() == [[-1.0, 1.0]]
    many = np.ones(70_000, np.float16)
    assert not StandardiseFn((0,), 1e-5)(Tensor(many)).numpy().any()
