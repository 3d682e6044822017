"""Batch norm by rows of channels against its definition, in any layout, on any threads."""

from contextlib import nullcontext

import numpy as np
import pytest

from minicnn.backend import threads
from minicnn.backend.cpu.batch_norm import batch_norm
from minicnn.backend.versions import plain
from minicnn.layers.batchnorm import BatchNorm1d, BatchNorm2d
from tests.layers.checks import gradient_of, innermost
from tests.several import several_threads


@pytest.mark.parametrize("shape", [(4, 3, 7, 9), (33, 3, 24, 30), (2, 3, 91, 93), (5000, 3),
                                   (7, 3, 1, 1), (2, 3, 20000)])
@pytest.mark.parametrize("x_lies, dy_lies", [(np.array, np.array), (innermost, innermost),
                                             (innermost, np.array), (np.array, innermost)])
@pytest.mark.parametrize("dtype, tolerance", [("float32", 2e-5), ("float64", 1e-12)])
def test_agrees_with_the_definition(shape, x_lies, dy_lies, dtype, tolerance, rng):
    x, dy = (lie(2 * rng.standard_normal(shape).astype(dtype) + 1) for lie in (x_lies, dy_lies))
    kind, results = BatchNorm2d if x.ndim == 4 else BatchNorm1d, []
    gamma, beta = rng.random(3).astype(dtype), rng.random(3).astype(dtype)
    for way in (nullcontext(), plain()):
        bn = kind(3).to(dtype=dtype)
        bn.weight.data, bn.bias.data = gamma, beta
        with way:
            y_dx = gradient_of(bn, x, dy)
        results.append((*y_dx, bn.weight.grad, bn.bias.grad, bn.running_mean.data,
                        bn.running_var.data))
    for fast, clear in zip(*results, strict=True):
        assert fast.dtype == dtype
        assert abs(fast - clear).max() <= tolerance * max(abs(clear).max(), 1)


def test_the_number_of_threads_changes_nothing(rng, monkeypatch):
    monkeypatch.setattr(threads.sizes, "block", 1 << 12)
    monkeypatch.setattr(threads.sizes, "least", 1 << 8)
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


def test_keeps_the_input_and_nothing_else_of_its_size(rng):
    x = innermost(rng.standard_normal((4, 3, 16, 16)))
    y, backward, _ = batch_norm(x, eps=1e-5, needs_grad=(True,))
    kept = [q for q in backward.keywords.values() if isinstance(q, np.ndarray)]
    assert [np.shares_memory(q, x) for q in kept if q.nbytes > 100] == [True]
    assert y.transpose(1, 2, 3, 0).flags.c_contiguous      # and hands its layout on
