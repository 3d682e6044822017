"""The choice by bits against np.where: every dtype, layout and size."""

from math import inf, nan

import numpy as np
import pytest

from minicnn.backend import threads
from minicnn.backend.cpu.masks import FEW, where_kept
from tests.layers.checks import innermost

SHAPE = (5, 3, 13, 17)                                     # more than FEW values


def values(shape, dtype, rng):
    x = rng.standard_normal(shape).astype(dtype)
    x.reshape(-1)[::7] = [inf, -inf, nan, -0.0][rng.integers(4)]
    return x


@pytest.mark.parametrize("block", [1 << 20, 1 << 12])
@pytest.mark.parametrize("lie", [np.asarray, innermost, lambda x: np.asfortranarray(x),
                                 lambda x: np.repeat(x, 2, axis=2)[:, :, ::2]])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_the_same_bits_as_where(dtype, lie, block, rng, monkeypatch):
    monkeypatch.setattr(threads.sizes, "block", block)
    x, kept = lie(values(SHAPE, dtype, rng)), lie(rng.random(SHAPE) < 0.5)
    y = where_kept(x, kept)
    assert y.dtype == dtype and y.tobytes() == np.where(kept, x, np.zeros((), dtype)).tobytes()
    assert y.strides == np.empty_like(x).strides and not np.shares_memory(x, y)


@pytest.mark.parametrize("shape", [(5, 3, 1, 1), (1, 1, 13, 17), (17,)])
def test_masks_broadcast(shape, rng):
    x, kept = values(SHAPE, "float32", rng), rng.random(shape) < 0.5
    np.testing.assert_array_equal(where_kept(x, kept), np.where(kept, x, 0))


def test_values_that_were_broadcast(rng):
    """As the gradient of a sum is; the result lies as the mask does."""
    x, kept = np.broadcast_to(values((5, 1, 13, 1), "float32", rng), SHAPE), rng.random(SHAPE) < 0.5
    y = where_kept(x, kept)
    np.testing.assert_array_equal(y, np.where(kept, x, 0))
    assert y.flags.c_contiguous


def test_few_values_are_left_to_the_definition():
    assert where_kept(np.ones(FEW, "f"), np.ones(FEW, bool)) is NotImplemented
    assert where_kept(np.ones(FEW + 1, "f"), np.ones(FEW + 1, bool)).all()
