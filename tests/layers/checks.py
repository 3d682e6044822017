"""What the tests of the layers share: run a layer, take its gradient, compare, look at memory."""

import numpy as np
import pytest

from minicnn.autograd.tensor import Tensor


def run(layer, xp, x, dtype="float64"):
    """layer(x) on the library under test, back as a NumPy array."""
    return layer.to("cpu" if xp is np else "cuda", dtype)(Tensor(xp.asarray(x))).numpy()


def gradient_of(layer, x, dy=None):
    """(y, dx) as NumPy arrays; dy is ones if not given."""
    t = Tensor(x, requires_grad=True)
    y = layer(t)
    y.backward(np.ones(y.shape, y.dtype) if dy is None else dy)
    return y.numpy(), t.grad


def check_agreement(y, expected, tolerance=1e-12):
    assert y.shape == expected.shape, (y.shape, expected.shape)
    np.testing.assert_allclose(y, expected, rtol=tolerance, atol=tolerance)


def innermost(x):
    """x as layers leave it in memory, the batch innermost: (C, H, W, N) under (N, C, H, W)."""
    return np.ascontiguousarray(np.moveaxis(x, 0, -1)).transpose(-1, *range(x.ndim - 1))


def check_keeps_layout(layer, x):
    """Where the batch lies innermost in memory, it does in the output and in the gradient too."""
    t = Tensor(innermost(x), requires_grad=True)
    y = layer(t)
    dx = y.creator.backward(innermost(np.ones(y.shape, y.dtype)))
    for array in (y.data, dx[0] if isinstance(dx, tuple) else dx):
        assert array.transpose(*range(1, x.ndim), 0).flags.c_contiguous


def counting(size):
    """The image (1, 1, size, size) of 1, 2, 3, ..."""
    return np.arange(1.0, size * size + 1).reshape(1, 1, size, size)


def check_does_not_fit(layer, kernel, size):
    """The layer says that its window is larger than an image of that size."""
    with pytest.raises(ValueError, match=f"window of {kernel} pixels does not fit into {size}"):
        layer(Tensor(counting(size)))
