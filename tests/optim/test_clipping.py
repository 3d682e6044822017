"""clip_grad_norm_ and clip_grad_value_."""

import tracemalloc
from math import inf, nan

import numpy as np
import pytest

from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import to_cpu
from minicnn.optim import clip_grad_norm_, clip_grad_value_
from tests.optim.test_optimizer import STORED, parameters


@pytest.mark.parametrize("case", STORED["clipping"]["cases"])
def test_clip_grad_norm_equals_stored_numbers(xp, case):
    gradients = [np.array(g) for g in STORED["clipping"]["gradients"]]
    ws = parameters(xp, *gradients)
    for w in ws:
        w.grad = w.data.copy()
    norm = clip_grad_norm_(iter(ws), case["max_norm"])
    assert type(norm) is float and norm == pytest.approx(case["norm"], 1e-12)
    for w, g in zip(ws, case["gradients"], strict=True):
        np.testing.assert_allclose(to_cpu(w.grad), g, rtol=1e-10)


def test_clip_grad_norm_by_hand(xp):
    a, b, without = parameters(xp, [0.0], [[0.0]], [0.0], dtype="float32")
    kept = a.grad = xp.asarray(np.array([3], "float32"))
    b.grad = xp.asarray(np.array([[4]], "float32"))
    assert clip_grad_norm_([a, b, without], 1.0) == 5
    assert (a.grad.item(), b.grad.item()) == (pytest.approx(0.6), pytest.approx(0.8))
    assert (a.grad.dtype, without.grad, kept.item()) == (np.float32, None, 3)


def test_clip_grad_norm_of_large_float16_numbers(xp):
    w, = parameters(xp, [0.0] * 4, dtype="float16")
    w.grad = xp.asarray(np.full(4, 40000, "float16"))
    assert clip_grad_norm_([w], 1.0) == 80000
    assert to_cpu(w.grad).tolist() == [0.5] * 4


@pytest.mark.parametrize("bad", [nan, inf])
def test_clip_grad_norm_reports_and_keeps_what_is_not_finite(xp, bad):
    w, = parameters(xp, [0.0, 0.0])
    w.grad = xp.asarray([bad, 2.0])
    norm = clip_grad_norm_([w], 1.0)
    assert norm == inf if bad == inf else norm != norm
    assert to_cpu(w.grad)[1] == 2


def test_clip_grad_value(xp):
    w, without = parameters(xp, [0.0] * 4, [0.0], dtype="float32")
    w.grad = xp.asarray(np.array([-3, 0.25, 9, nan], "float32"))
    clip_grad_value_([w, without], 0.5)
    assert to_cpu(w.grad)[:3].tolist() == [-0.5, 0.25, 0.5] and np.isnan(to_cpu(w.grad)[3])
    assert w.grad.dtype == np.float32


@pytest.mark.parametrize("limit", [0, -1, nan])
def test_clipping_needs_a_positive_limit(limit):
    with pytest.raises(ValueError, match="max_norm must be above 0"):
        clip_grad_norm_([Tensor([1.0])], limit)
    with pytest.raises(ValueError, match="clip_value must be above 0"):
        clip_grad_value_([Tensor([1.0])], limit)


def test_the_length_of_a_large_gradient_is_taken_in_blocks(rng):
    w, = parameters(np, np.zeros(1), dtype="float32")
    w.grad = rng.standard_normal((1001, 999), dtype="float32") * 1e30
    tracemalloc.start()
    try:
        norm = clip_grad_norm_([w], inf)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert norm == pytest.approx(np.linalg.norm(w.grad.astype("float64")), 1e-12)
    assert peak < 12e6                                 # two copies in float64 would be 16e6
