"""The power that two square roots give, and blocks of channels that reach into each other."""

import numpy as np
import pytest

from minicnn.backend import threads
from minicnn.backend.cpu.local_response import negative_power
from minicnn.layers.lrn import LocalResponseNorm, LocalResponseNormWithin
from tests.layers.checks import check_agreement, gradient_of
from tests.several import several_threads


@pytest.mark.parametrize("dtype, tolerance", [("float32", 5e-7), ("float64", 1e-15)])
def test_the_papers_power_is_two_square_roots(dtype, tolerance, rng):
    s = (1 + 100 * rng.random(1000)).astype(dtype)
    y = np.empty_like(s)
    negative_power(s, 0.75, y)
    np.testing.assert_allclose(y, s.astype("float64") ** -0.75, rtol=tolerance)


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("kind", [LocalResponseNorm, LocalResponseNormWithin])
@pytest.mark.parametrize("size", [2, 5, 30])
def test_blocks_and_threads_change_nothing(kind, size, count, rng, monkeypatch):
    """Blocks of one or two channels: their windows reach into other blocks."""
    x, dy = rng.standard_normal((2, 2, 11, 4, 3))
    whole = gradient_of(kind(size, 2.0), x, dy)
    monkeypatch.setattr(threads.sizes, "block", 400)
    monkeypatch.setattr(threads.sizes, "least", 0)
    with several_threads(count):
        for ours, expected in zip(gradient_of(kind(size, 2.0), x, dy), whole, strict=True):
            check_agreement(ours, expected, 1e-14)
