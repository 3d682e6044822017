"""ReLU in blocks, and the one byte that it keeps for each value."""

import numpy as np
import pytest

from minicnn.backend import threads
from minicnn.backend.cpu.activations import relu
from minicnn.layers.activations import ReLU
from tests.layers.checks import gradient_of, innermost
from tests.several import several_threads


def test_relu_keeps_one_byte_for_each_value(rng):
    x = rng.standard_normal((4, 5))
    kept = relu(x, needs_grad=(True,))[1].keywords
    assert list(kept) == ["kept"] and kept["kept"].nbytes == 20
    assert relu(x, needs_grad=(False,))[1].keywords == {"kept": None}


@pytest.mark.parametrize("count", [None, 2])
@pytest.mark.parametrize("lie", [np.array, innermost])
def test_relu_of_more_than_one_block(count, lie, rng, monkeypatch):
    monkeypatch.setattr(threads.sizes, "block", 1 << 12)
    x, dy = lie(rng.standard_normal((4, 8, 16, 16))), rng.standard_normal((4, 8, 16, 16))
    with several_threads(count):
        y, dx = gradient_of(ReLU(), x, dy)
    assert np.array_equal(y, np.maximum(x, 0)) and np.array_equal(dx, np.where(x > 0, dy, 0))
