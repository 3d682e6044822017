import numpy as np
import pytest

from minicnn import Tensor
from minicnn.autograd.arithmetic import MulFn
from minicnn.backend.cpu import squeeze
from minicnn.backend.versions import plain
from minicnn.layers.adaptive import AdaptiveAvgPool2dFn

DTYPES = [("float64", 1e-13), ("float32", 1e-5), ("float16", 4e-3)]


def images(rng, shape, dtype, in_network):
    """(N, C, H, W), as a loader or as a layer of a network leaves it in memory."""
    if not in_network:
        return rng.normal(size=shape).astype(dtype)
    N, *rest = shape
    return rng.normal(size=(*rest, N)).astype(dtype).transpose(3, 0, 1, 2)


def outcome(function, *arrays, dy):
    inputs = [Tensor(array, requires_grad=True) for array in arrays]
    y = function(*inputs)
    y.backward(dy)
    return [y.data, *(one.grad for one in inputs)]


@pytest.mark.parametrize("dtype, allowed", DTYPES)
@pytest.mark.parametrize("in_network", [False, True])
@pytest.mark.parametrize("what", ["scaled", "averaged"])
def test_as_its_definition(what, in_network, dtype, allowed, rng):
    x = images(rng, (3, 4, 5, 6), dtype, in_network)
    s, dy = rng.normal(size=(3, 4, 1, 1)).astype(dtype), rng.normal(size=(3, 4, 5, 6)).astype(dtype)
    if what == "scaled":
        def ours():
            return outcome(lambda a, b: MulFn()(a, b), x, s, dy=dy)
    else:
        def ours():
            return outcome(lambda a: AdaptiveAvgPool2dFn((1, 1))(a), x, dy=s)
    found = ours()
    with plain():
        right = ours()
    for mine, other in zip(found, right, strict=True):
        assert mine.shape == other.shape and mine.dtype == other.dtype
        np.testing.assert_allclose(mine, other, rtol=allowed, atol=allowed)


@pytest.mark.parametrize("a, b", [
    ((3, 4, 5, 6), (1, 4, 1, 1)), ((3, 4, 5, 6), (3, 1, 1, 1)), ((3, 4, 5, 6), (4, 1, 1)),
    ((1, 4, 5, 6), (1, 4, 1, 1)), ((3, 4, 1, 1), (3, 4, 1, 1)), ((3, 4, 5), (3, 4, 1)),
    ((0, 4, 5, 6), (0, 4, 1, 1)), ((3, 4, 5, 6), ())])
def test_other_products_are_numpys(a, b):
    assert squeeze.multiply(np.ones(a), np.ones(b), needs_grad=(True, True)) is NotImplemented


def test_a_mean_in_float16_is_added_up_in_float32():
    x = np.full((2, 3, 30, 40), 100, np.float16)           # the sum is 120,000, beyond float16
    assert (AdaptiveAvgPool2dFn((1, 1))(Tensor(x)).numpy() == 100).all()


def test_other_sizes_are_the_definitions():
    x = np.ones((2, 3, 4, 4))
    assert squeeze.global_average(x, output_size=(2, 1), needs_grad=(True,)) is NotImplemented
