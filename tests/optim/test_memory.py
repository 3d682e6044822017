"""Large weights: a step changes them a block at a time and keeps no copies."""

import tracemalloc

import numpy as np
import pytest

from minicnn.backend import threads
from minicnn.backend.arrays import is_array
from tests.optim.test_optimizer import every_kind, parameters


@every_kind
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_large_weights_are_changed_in_blocks(monkeypatch, rng, kind, options, dtype):
    """To the same numbers as at once, by one thread or by two."""
    start, gradients = rng.standard_normal((70, 33)), rng.standard_normal((3, 70, 33))

    def end():
        w, = parameters(np, start, dtype=dtype)
        optimiser = kind([w], **options)
        for g in gradients:
            w.grad = g.astype(dtype)
            optimiser.step()
        return w.numpy()

    whole = end()
    monkeypatch.setattr(threads.sizes, "block", 1000)
    monkeypatch.setattr(threads.sizes, "least", 1)
    assert end().tolist() == whole.tolist()
    threads.set_threads(2)
    try:
        assert end().tolist() == whole.tolist()
    finally:
        threads.set_threads(None)


@every_kind
def test_a_step_needs_little_memory_of_its_own(kind, options):
    """Weight, gradient and what is remembered; beside them a few blocks, not further copies."""
    w, = parameters(np, np.zeros((4000, 4000)), dtype="float32")       # 64 MB
    w.grad = np.full((4000, 4000), 0.5, "float32")
    optimiser = kind([w], **{"weight_decay": 0.1} | options)
    tracemalloc.start()
    try:
        for _ in range(2):
            optimiser.step()
        now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    remembered = sum(value.nbytes for value in optimiser.state[w].values() if is_array(value))
    assert now < remembered + 1e5 and peak < remembered + 16e6
