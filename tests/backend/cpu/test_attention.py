"""What heads done one by one can get wrong; the numbers are in tests/layers/test_attention.py."""

import numpy as np
import pytest

from minicnn import Tensor
from minicnn.backend.cpu.attention import attention
from minicnn.backend.versions import plain
from minicnn.layers.attention import AttentionFn
from tests.several import several_threads

ORDERS = [(0, 1, 2), (2, 0, 1), (1, 2, 0)]                 # of the axes in memory


def lying(x, order):
    """x with its axes in this order in memory."""
    return np.ascontiguousarray(x.transpose(order)).transpose(np.argsort(order))


def outcome(qkv, dy, heads):
    x = Tensor(qkv, requires_grad=True)
    y = AttentionFn(heads)(x)
    y.backward(dy)
    return y.numpy(), x.grad


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("shape, heads", [((3, 7, 12), 2), ((1, 1, 3), 1), ((2, 5, 18), 6),
                                          ((0, 4, 6), 1)])
@pytest.mark.parametrize("dtype, tolerance", [("float64", 1e-13), ("float32", 2e-6)])
def test_the_numbers_of_the_definition(shape, heads, order, dtype, tolerance, rng):
    qkv = lying(rng.standard_normal(shape), order).astype(dtype, order="K")
    dy = lying(rng.standard_normal((*shape[:2], shape[2] // 3)), order).astype(dtype, order="K")
    with plain():
        right = outcome(qkv, dy, heads)
    for count in (None, 2, 3):
        with several_threads(count):
            for ours, other in zip(outcome(qkv, dy, heads), right, strict=True):
                assert ours.dtype == dtype
                np.testing.assert_allclose(ours, other, rtol=0, atol=tolerance * 10)


def test_shares_are_not_kept(rng):
    L = 50
    _, backward = attention(rng.standard_normal((2, L, 12)), heads=2, needs_grad=(True,))
    assert sum(kept.size for kept in backward.keywords.values() if isinstance(kept, np.ndarray)) \
        == 2 * L * (12 + 4)


def test_not_a_number_stays_in_its_image(rng):
    qkv = rng.standard_normal((2, 4, 6)).astype(np.float32)
    qkv[1, 2, 0] = np.nan
    y, _ = attention(qkv, heads=1, needs_grad=(True,))
    assert np.isfinite(y[0]).all() and np.isnan(y[1, 2]).all()


def test_half_precision_takes_the_definition(rng):
    assert attention(np.ones((1, 2, 3), np.float16), heads=1, needs_grad=(True,)) is NotImplemented
