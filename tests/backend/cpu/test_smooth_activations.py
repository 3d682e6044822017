"""What a faster version may be wrong by is said in its line, and held here."""

import numpy as np
import pytest

from minicnn import Tensor
from minicnn.backend.cpu import smooth_activations as cpu
from minicnn.backend.threads import as_if_large, set_threads
from minicnn.backend.versions import plain
from minicnn.layers.conv import Conv2dFn
from minicnn.layers.smooth_activations import GELUFn, SiLUFn, TanhGELUFn
from tests.gradcheck.test_cases import all_functions

KINDS = [GELUFn, SiLUFn, TanhGELUFn]
X = np.concatenate([np.linspace(-12, 12, 300_001), np.geomspace(1e-30, 1e30, 999),
                    -np.geomspace(1e-30, 1e30, 999)]).astype(np.float32)


def both(kind, x, dtype):
    """(y, dy/dx)"""
    x = Tensor(x.astype(dtype), requires_grad=True)
    y = kind()(x)
    y.backward(np.ones_like(x.data))
    return y.data, x.grad


def test_no_other_function_is_inexact():
    assert {kind for kind in all_functions() if getattr(kind, "within", 0)} == {
        *KINDS, Conv2dFn}                                  # Conv2dFn: test_winograd.py


@pytest.mark.parametrize("kind", KINDS)
def test_within_its_bound_of_the_true_value(kind):
    y, slope = both(kind, X, "float32")
    with plain():
        true, true_slope = both(kind, X, "float64")
    allowed = kind.within * np.maximum(abs(X), 1)
    assert (abs(y - true) <= allowed).all()
    assert kind.within == 2.0 ** -23 and y.dtype == slope.dtype == np.float32
    assert abs(slope - true_slope).max() < 2e-6


def test_the_bound_is_not_idle():
    """One digit less in the coefficients breaks it."""
    coarse = cpu.inner_of((*cpu.GELU[:1], 0.03633, *cpu.GELU[2:]), cpu.FAR)
    before, cpu.INNER["gelu"] = cpu.INNER["gelu"], coarse
    try:
        y = both(GELUFn, X, "float32")[0]
    finally:
        cpu.INNER["gelu"] = before
    with plain():
        true = both(GELUFn, X, "float64")[0]
    assert (abs(y - true) > GELUFn.within * np.maximum(abs(X), 1)).any()


@pytest.mark.parametrize("kind", KINDS)
def test_float64_takes_the_definition(kind):
    with plain():
        right = both(kind, X, "float64")
    for mine, other in zip(both(kind, X, "float64"), right, strict=True):
        np.testing.assert_array_equal(mine, other)


@pytest.mark.parametrize("kind", KINDS)
def test_however_it_lies_in_memory_and_by_threads(kind, rng):
    whole = rng.normal(size=(4, 3, 6, 10)).astype(np.float32)
    dy = rng.normal(size=(4, 3, 6, 5)).astype(np.float32)
    for x in (whole[..., ::2], whole[..., :5], whole.transpose(3, 1, 2, 0)[:4, ..., :5 % 5 + 4]):
        up = dy[tuple(map(slice, x.shape))]
        y, back = version(kind)(x, needs_grad=(True,))
        right, right_back = version(kind)(np.ascontiguousarray(x), needs_grad=(True,))
        np.testing.assert_array_equal(y, right)
        np.testing.assert_array_equal(back(up), right_back(np.ascontiguousarray(up)))
        set_threads(3)
        try:
            with as_if_large():
                np.testing.assert_array_equal(version(kind)(x, needs_grad=(True,))[0], right)
        finally:
            set_threads(1)


def version(kind):
    return kind.versions[0]
