"""Batch norm by rows of channels against the clear formula, in any layout, on any threads."""

import numpy as np
import pytest

from minicnn import threads
from minicnn.layers import channels
from minicnn.layers.batchnorm import BatchNorm1d, BatchNorm2d
from minicnn.layers.standardise import StandardiseFn
from minicnn.tensor import Tensor
from tests.layers.common import gradient_of, innermost
from tests.several import several_threads


def clearly(bn, x):
    """The same layer by StandardiseFn, multiplication and addition."""
    along = (bn.num_features,) + (1,) * (x.ndim - 2)
    x_hat = StandardiseFn((0, *range(2, x.ndim)), bn.eps)(x)
    return x_hat * bn.weight.reshape(along) + bn.bias.reshape(along)


@pytest.mark.parametrize("shape", [(4, 3, 7, 9), (33, 3, 24, 30), (2, 3, 91, 93), (5000, 3),
                                   (7, 3, 1, 1), (2, 3, 20000)])
@pytest.mark.parametrize("x_lies, dy_lies", [(np.array, np.array), (innermost, innermost),
                                             (innermost, np.array), (np.array, innermost)])
@pytest.mark.parametrize("dtype, tolerance", [("float32", 2e-5), ("float64", 1e-12)])
def test_agrees_with_the_clear_way(shape, x_lies, dy_lies, dtype, tolerance, rng):
    x, dy = (lie(2 * rng.standard_normal(shape).astype(dtype) + 1) for lie in (x_lies, dy_lies))
    kind, results = BatchNorm2d if x.ndim == 4 else BatchNorm1d, []
    gamma, beta = rng.random(3).astype(dtype), rng.random(3).astype(dtype)
    for forward in (lambda bn, x: bn(x), clearly):
        bn, t = kind(3).to(dtype=dtype), Tensor(x, requires_grad=True)
        bn.weight.data, bn.bias.data = gamma, beta
        y = forward(bn, t)
        y.backward(dy)
        results.append((y.numpy(), t.grad, bn.weight.grad, bn.bias.grad))
    for fast, clear in zip(*results, strict=True):
        assert fast.dtype == dtype
        assert abs(fast - clear).max() <= tolerance * max(abs(clear).max(), 1)


def test_the_number_of_threads_changes_nothing(rng, monkeypatch):
    monkeypatch.setattr(threads, "BLOCK", 1 << 12)
    monkeypatch.setattr(channels, "BLOCK", 1 << 12)
    monkeypatch.setattr(threads, "LEAST", 1 << 8)
    x, dy = (innermost(rng.standard_normal((4, 9, 16, 16)).astype("float32")) for _ in range(2))
    for mode in (True, False):
        results = []
        for count in (None, 1, 2, 4):
            with several_threads(count):
                bn = BatchNorm2d(9).train(mode)
                results.append((*gradient_of(bn, x, dy), bn.weight.grad, bn.running_var.data))
        for result in results[1:]:
            for ours, first in zip(result, results[0], strict=True):
                assert abs(ours - first).max() <= 1e-6 * max(abs(first).max(), 1)


@pytest.mark.parametrize("lie", [np.array, innermost])
@pytest.mark.parametrize("shape", [(10, 2, 10, 10), (8, 2, 128, 128)])
def test_a_large_mean_costs_no_digits(lie, shape, rng):
    """float32 near 10,000 has steps of 0.001; E[x^2] - mu^2 would be wrong by 10."""
    x = (rng.standard_normal(shape) + 1e4).astype(np.float32)
    exact = batch_norm_of_large(x.astype(np.float64))
    y, dx = gradient_of(BatchNorm2d(2), lie(x), lie(x - np.float32(1e4)))
    assert abs(y - exact).max() < 2e-3
    assert abs(dx).max() < 0.1                             # dy is x_hat, stretched: undone


def batch_norm_of_large(x):
    mean, var = x.mean((0, 2, 3), keepdims=True), x.var((0, 2, 3), keepdims=True)
    return (x - mean) / np.sqrt(var + 1e-5)


def test_keeps_the_input_and_nothing_else_of_its_size(rng):
    x = innermost(rng.standard_normal((4, 3, 16, 16)))
    kept = [q for q in vars(BatchNorm2d(3).to(dtype="float64")(Tensor(x)).creator).values()
            if isinstance(q, np.ndarray)]
    assert [np.shares_memory(q, x) for q in kept if q.nbytes > 100] == [True]
    y = BatchNorm2d(3).to(dtype="float64")(Tensor(x)).data
    assert y.transpose(1, 2, 3, 0).flags.c_contiguous      # and hands its layout on
