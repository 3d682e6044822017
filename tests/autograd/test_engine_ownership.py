"""Whose memory a gradient is: nobody's array is added into but the engine's own sums."""

from contextlib import nullcontext

import numpy as np
import pytest

from minicnn.autograd import engine
from minicnn.autograd import functions as F
from minicnn.autograd.engine import Function
from minicnn.autograd.ownership import own
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import to_cpu, xp_of
from minicnn.backend.versions import plain
from minicnn.gradcheck.cases.table import all_cases
from minicnn.layers.module import Module
from tests.autograd.test_engine import grad, leaf


def test_gradients_of_several_leaves_share_no_memory(xp):
    a, b = leaf(xp, [1.0, 2.0]), leaf(xp, [3.0, 4.0])
    dy = xp.asarray([1.0, 1.0])
    (a + b).backward(dy)
    a.grad += 100.0
    assert grad(b) == [1.0, 1.0] and to_cpu(dy).tolist() == [1.0, 1.0]


@pytest.mark.parametrize("parts", [
    lambda a: [a.reshape(2, 1)], lambda a: [a.unsqueeze(0)], lambda a: [a + 0.0],
    lambda a: [a[::-1]],
    lambda a: F.split(a, 1), lambda a: [F.broadcast_to(a, (2,))], lambda a: [F.pad(a, 1)]])
def test_a_gradient_is_nobodys_view(xp, parts):
    """In-place arithmetic on .grad, as optimisers do, must not reach any other array."""
    a = leaf(xp, [1.0, 2.0])
    y = F.concatenate([part.flatten() for part in parts(a)])
    dy = xp.ones(y.shape)
    y.backward(dy)
    a.grad *= 7.0
    assert to_cpu(dy).tolist() == [1.0] * y.numel()


def test_one_array_for_two_inputs(xp):
    class Both(Function):
        def forward(self, a, b):
            return a + b

        def backward(self, dy):
            both = dy * 1
            return both, both

    a, b = leaf(xp, [1.0]), leaf(xp, [2.0])
    Both()(a, b).backward()
    a.grad += 1
    assert grad(b) == [1.0]


def test_sums_are_made_in_arrays_of_their_own(xp):
    """Four ways into h: what a Function returned is not added into, though it may have kept it."""
    class Kept(Function):
        def forward(self, x):
            self.kept = xp_of(x).asarray([1.0, 2.0])
            return x * 1

        def backward(self, dy):
            return self.kept

    x = leaf(xp, [0.0, 0.0])
    h = x * 1.0
    parts = [Kept()(h) for _ in range(4)]
    kept = [part.creator.kept for part in parts]
    y = parts[0] + parts[1] + parts[2] + parts[3]
    for times in (1, 2):
        y.backward(xp.ones(2), retain_graph=True)
        assert grad(x) == [times * 4.0, times * 8.0]
    assert [to_cpu(array).tolist() for array in kept] == [[1.0, 2.0]] * 4


@pytest.mark.parametrize("handed", [
    lambda kept: kept, lambda kept: kept[::-1], lambda kept: kept.reshape(2, 1)[:, 0]])
def test_what_somebodys_function_keeps_does_not_become_a_grad(xp, handed):
    kept = xp.asarray([1.0, 2.0])

    class Kept(Function):
        def forward(self, x):
            return x * 1

        def backward(self, dy):
            return handed(kept)

    x = leaf(xp, [0.0, 0.0])
    for y in (Kept()(x), Kept()(x.reshape(1, 2).reshape(2))):
        x.grad = None
        (y * 1.0).backward(xp.ones(2))
        x.grad *= 7.0
        assert to_cpu(kept).tolist() == [1.0, 2.0]


def test_an_overlapping_view_does_not_become_a_grad(xp):
    """x[0] twice has as many numbers as x, but not as many places."""
    x = leaf(xp, [1.0, 2.0])
    F.broadcast_to(x[:1], (2,)).sum().backward()
    x.grad += xp.asarray([5.0, 6.0])
    assert grad(x) == [7.0, 6.0]


CASES = all_cases()


@pytest.mark.parametrize("mode", [nullcontext, plain])
def test_our_functions_hand_on_nothing_that_they_keep(mode, monkeypatch):
    """Gradients are spoilt in place; once more backward, through the same graph, finds the same."""
    monkeypatch.setattr(engine, "own", lambda dx, dy, given, kept: own(dx, dy, given, False))
    for case in CASES:
        function, inputs = case.make(), [Tensor(x, requires_grad=True) for x in case.inputs]
        leaves = inputs
        if isinstance(function, Module):
            leaves = [*inputs, *function.to(dtype="float64").parameters()]
        with mode():
            y = function(*inputs) * 1.0
        dy, seen = np.random.default_rng(0).standard_normal(y.shape), []
        for _ in range(2):
            for one in leaves:
                one.grad = None
            y.backward(dy.copy(), retain_graph=True)
            seen.append([one.grad if one.grad is None else one.grad.copy() for one in leaves])
            for one, found in zip(leaves, seen[-1], strict=True):
                if one.grad is not None:
                    assert np.array_equal(one.grad, found, equal_nan=True), case   # not spoilt yet
                    one.grad[...] = np.nan
        for first, second in zip(*seen, strict=True):
            assert first is second is None or np.array_equal(first, second), case


def test_a_gradient_read_before_stays_as_it_was(xp):
    x = leaf(xp, [1.0, 2.0])
    (x * 3.0).backward(xp.ones(2))
    before = x.grad
    (x * 4.0).backward(xp.ones(2))
    assert to_cpu(before).tolist() == [3.0, 3.0] and grad(x) == [7.0, 7.0]


def test_zero_dimensional_gradients_are_arrays(xp):
    a, b = leaf(xp, 2.0), leaf(xp, 3.0)
    for _ in range(2):
        (a * b + a).backward()
        for x in (a, b):
            assert isinstance(x.grad, type(x.data)) and x.grad.shape == ()
    assert grad(a) == 8.0 and grad(b) == 4.0


def test_inputs_and_dy_are_left_alone(xp):
    values, dy = np.array([[1.0, -2.0], [3.0, 4.0]]), np.array([[1.0, 2.0], [3.0, 4.0]])
    x, up = leaf(xp, values), xp.asarray(dy)
    (F.maximum(x, 0.0) * x + x / 2 - x).T.backward(up)
    assert to_cpu(x.data).tolist() == values.tolist() and to_cpu(up).tolist() == dy.tolist()
