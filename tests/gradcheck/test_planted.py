"""Planted bugs: a wrong backward of every kind is found, and its right sibling is not.

The kinds: a factor, a wrong place, a forgotten term, a wrong order, NaN, an error hidden by dy = 1
or by an absolute limit, and the branches for gradients that nobody asks for.
"""

import re

import numpy as np
import pytest

from minicnn.autograd.arithmetic import MulFn
from minicnn.autograd.engine import Function
from minicnn.autograd.tensor import Tensor
from minicnn.gradcheck.checker import gradcheck
from minicnn.layers.conv import Conv2dFn
from minicnn.layers.linear import LinearFn
from tests.gradcheck.drawn import BATCH, IMAGE, KERNEL, WINDOW, Doubled, Nan, normal


class Scaled(LinearFn):
    """0.1 % too large."""

    def backward(self, dy):
        dx, *rest = super().backward(dy)
        return dx * 1.001, *rest


class Unflipped(Conv2dFn):
    """dx by correlating with the kernel as it is, not turned round."""

    def backward(self, dy):
        right, w = super().backward(dy), self.w
        self.w = w[..., ::-1, ::-1]
        dx, _ = super().backward(dy)
        return dx, right[1]


class MissingRow(Conv2dFn):
    """The last row of the image receives nothing."""

    def backward(self, dy):
        dx, dw = super().backward(dy)
        dx = dx.copy()
        dx[:, :, -1] = 0
        return dx, dw


class BatchReversed(LinearFn):
    """The right numbers, for the samples in the wrong order."""

    def backward(self, dy):
        dx, *rest = super().backward(dy)
        return dx[::-1], *rest


class BatchNorm(Function):
    """(x - mean) / std over the batch."""

    def forward(self, x):                          # (N, C)
        self.std = np.sqrt(x.var(axis=0) + 1e-5)
        self.y = (x - x.mean(axis=0)) / self.std
        return self.y

    def backward(self, dy):
        return (dy - dy.mean(axis=0) - self.y * (dy * self.y).mean(axis=0)) / self.std


class VarianceForgotten(BatchNorm):
    """As if the standard deviation did not depend on x."""

    def backward(self, dy):
        return (dy - dy.mean(axis=0)) / self.std


class Zero(BatchNorm):
    """With dy = 1 everywhere this one is right: the outputs' sum does not depend on x."""

    def backward(self, dy):
        return dy * 0


class DividedByBatch(LinearFn):
    """The mean over the batch taken twice."""

    def backward(self, dy):
        return tuple(dq / len(dy) for dq in super().backward(dy))


class FlatMean(Function):
    """A million slopes of 1e-6: an absolute error would take a gradient of 0 for right."""

    def forward(self, x):
        return x.mean(keepdims=True)

    def backward(self, dy):
        return np.zeros(MANY)


class FirstLayer(LinearFn):
    """Wrong where nobody asks for the gradient of the input, as in every first layer."""

    def backward(self, dy):
        dx, dw = super().backward(dy)
        return dx, dw if self.needs_grad[0] else 2 * dw


class Frozen(LinearFn):
    """Wrong where nobody asks for the gradient of the weight."""

    def backward(self, dy):
        dx, dw = super().backward(dy)
        return dx if self.needs_grad[1] else -dx, dw


MANY = 1 << 20
PLANTED = [
    (Scaled, LinearFn, (BATCH, normal(2, 3)), "input 0"),
    (lambda: Unflipped(WINDOW), lambda: Conv2dFn(WINDOW), (IMAGE, KERNEL), "input 0"),
    (lambda: MissingRow(WINDOW), lambda: Conv2dFn(WINDOW), (IMAGE, KERNEL), r"input 0\[., ., 4, "),
    (BatchReversed, LinearFn, (BATCH, normal(2, 3)), "input 0"),
    (VarianceForgotten, BatchNorm, (BATCH,), "input 0"),
    (Zero, BatchNorm, (BATCH,), "input 0"),
    (Nan, Nan, (BATCH,), r"input 0\[0, 0\]"),
    (Doubled, MulFn, (BATCH, normal(4, 3, seed=2)), "input 1"),
    (DividedByBatch, LinearFn, (BATCH, normal(2, 3)), "input [01]"),
    (FirstLayer, LinearFn, (BATCH, normal(2, 3)), r"input 1\[., .\], when "),
    (Frozen, LinearFn, (BATCH, normal(2, 3)), r"input 0\[., .\], when "),
]


@pytest.mark.parametrize("planted, healthy, inputs, place", PLANTED,
                         ids=lambda value: getattr(value, "__name__", ""))
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_planted_bugs_are_found(planted, healthy, inputs, place, seed):
    def checked(make):
        return gradcheck(lambda *xs: make()(*xs), *inputs, seed=seed)

    report = checked(planted)
    assert not report and report.verdict == "WRONG"
    assert not report.error <= 1e-5
    assert re.match(place, report.place)
    assert "WRONG at input" in str(report) and "backward gives" in str(report)
    if healthy is not planted:
        assert checked(healthy) and checked(healthy).error < 2e-7


def test_no_error_is_small_by_itself():
    report = gradcheck(lambda x: FlatMean()(x), normal(MANY), most=3)
    assert report.verdict == "WRONG" and report.error == 1
    assert gradcheck(lambda x: x.mean(), normal(MANY), most=3).error < 1e-4


def test_a_zero_gradient_needs_the_random_upstream_gradient():
    """Why dy is random: with dy = 1 this wrong backward has the right answer."""
    x = Tensor(BATCH, requires_grad=True)
    BatchNorm()(x).sum().backward()
    assert np.abs(x.grad).max() < 1e-9
