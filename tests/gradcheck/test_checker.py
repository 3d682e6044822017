"""The checker is checked: every planted bug is reported, and nothing else is."""

import re

import numpy as np
import pytest

from minicnn.autograd import functions as F
from minicnn.autograd.arithmetic import MaxFn, MulFn
from minicnn.autograd.engine import Function
from minicnn.autograd.tensor import Tensor
from minicnn.backend.windows import Window
from minicnn.gradcheck.checker import Report, functions_behind, gradcheck
from minicnn.layers.activations import ReLU
from minicnn.layers.conv import Conv2d, Conv2dFn
from minicnn.layers.im2col import col2im, im2col
from minicnn.layers.linear import Linear, LinearFn
from minicnn.layers.module import Buffer, Module, Parameter, Sequential


def normal(*shape, seed=1):
    return np.random.default_rng(seed).standard_normal(shape)


# --- planted bugs ---------------------------------------------------------------------------------

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


class Nan(Function):
    def forward(self, x):
        return x * 2.0

    def backward(self, dy):
        dx = dy * 2.0
        dx[0, 0] = np.nan
        return dx


class Doubled(MulFn):
    """Only the second input's gradient is wrong."""

    def backward(self, dy):
        da, db = super().backward(dy)
        return da, 2 * db


class DividedByBatch(LinearFn):
    """The mean over the batch taken twice."""

    def backward(self, dy):
        return tuple(dq / len(dy) for dq in super().backward(dy))


IMAGE, KERNEL, BATCH = normal(2, 2, 5, 4), normal(3, 2, 3, 3), normal(4, 3)
WINDOW = Window.of(3, 1, 1)
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
        assert checked(healthy) and checked(healthy).error < 1e-8


def test_a_zero_gradient_needs_the_random_upstream_gradient():
    """Why dy is random: with dy = 1 this wrong backward has the right answer."""
    x = Tensor(BATCH, requires_grad=True)
    BatchNorm()(x).sum().backward()
    assert np.abs(x.grad).max() < 1e-9


# --- parameters -----------------------------------------------------------------------------------

def test_parameters_are_checked_too():
    class Layer(Module):
        def __init__(self):
            self.good, self.bad = Parameter((3,)), Parameter((3,))
            self.count = Buffer((1,))

        def forward(self, x):
            return Doubled()(x + self.good, self.bad)

    report = gradcheck(Layer(), BATCH)
    assert report.verdict == "WRONG" and report.place.startswith("bad[")
    assert report.elements == 12 + 3 + 3
    net = Sequential(Conv2d(2, 2, 3), ReLU(), Conv2d(2, 1, 2))
    report = gradcheck(net, IMAGE)
    assert report and report.elements == IMAGE.size + net.num_parameters()


def test_parameters_leave_their_starting_values():
    """Zeros hide mistakes: 0 * anything has the right gradient."""
    layer = Linear(3, 2)
    layer.bias.data = np.zeros(2)
    gradcheck(layer, BATCH)
    assert (layer.bias.data != 0).all() and layer.bias.dtype == np.float64


def test_the_inputs_are_not_modified():
    x = BATCH.copy()
    x.flags.writeable = False
    assert gradcheck(lambda x: x * x, x) and (x == BATCH).all()


def test_at_most_so_many_elements():
    assert gradcheck(lambda x: x * 2, normal(50, 50), most=30).elements == 30
    assert gradcheck(lambda x: x * 2, normal(2, 2)).elements == 4
    assert gradcheck(lambda x: x * 2, np.zeros((0, 3))).elements == 0


# --- kinks ----------------------------------------------------------------------------------------

class FirstMax(MaxFn):
    """All the gradient to the first of several largest, as max pooling has it."""

    def backward(self, dy):
        dx = np.zeros_like(self.x)
        dx[np.arange(len(dx)), self.x.argmax(axis=1)] = dy
        return dx


@pytest.mark.parametrize("function, x", [
    (lambda x: ReLU()(x), np.array([1.0, 0.0, -1.0])),
    (lambda x: FirstMax(1)(x), np.array([[1.0, 1.0, 0.0]])),
    (lambda x: F.clip(x, 0, 1), np.array([1.0]))], ids=["ReLU at 0", "tie", "clip"])
def test_corners_are_kinks(function, x):
    report = gradcheck(function, x)
    assert not report and report.verdict == "kink"
    assert "kink at input 0[" in str(report) and "there is no derivative here" in str(report)


def test_beside_a_corner_all_is_well():
    assert gradcheck(ReLU(), np.array([1e-3, -1e-3, 5.0]))


def test_a_kink_does_not_hide_a_wrong_gradient():
    class Both(Function):
        def forward(self, x):
            self.x = x
            return np.maximum(x, 0) * 1.0

        def backward(self, dy):
            return dy * (self.x > 0) * 1.01

    for x in ([0.0, 1.0, 2.0, -1.0], [1.0, 0.0], [2.0, 3.0, 0.0]):
        for seed in range(5):
            report = gradcheck(lambda x: Both()(x), np.array(x), seed=seed)
            assert report.verdict == "WRONG" and not report.place.endswith(f"[{x.index(0.0)}]")


def test_steep_but_smooth_is_no_kink():
    assert gradcheck(lambda x: F.exp(x * 3.0), np.array([2.0])).verdict == "right"

    class Steep(Function):
        def forward(self, x):
            self.x = x
            return np.exp(5 * x)

        def backward(self, dy):
            return dy * 5 * np.exp(5 * self.x) * 1.001

    assert gradcheck(lambda x: Steep()(x), np.array([1.5])).verdict == "WRONG"


# --- refusals -------------------------------------------------------------------------------------

@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int64])
def test_float64_only(dtype):
    with pytest.raises(TypeError, match=f"inputs must be float64, got {np.dtype(dtype)}"):
        gradcheck(lambda x: x * 2, np.ones(2, dtype))


def test_random_functions_are_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="two runs on the same input differ; fix the seed"):
        gradcheck(lambda x: x * Tensor(rng.random(x.shape)), np.ones(3))


def test_a_forward_that_makes_nan_is_refused():
    with pytest.raises(ValueError, match="NaN"):
        gradcheck(lambda x: x * float("nan"), np.ones(3))


# --- reports --------------------------------------------------------------------------------------

def test_reports():
    report = gradcheck(lambda x: x * x, np.array([1.0, 2.0]))
    assert report and str(report).startswith("right: 2 elements, largest error ")
    assert Report().verdict == "right" and bool(Report())
    assert not Report(verdict="WRONG") and not Report(verdict="kink")


def test_the_functions_that_took_part():
    x = Tensor(np.ones(2), requires_grad=True)
    y = x
    for _ in range(60):
        y = y * y                                  # 2^60 ways back, but each call is looked at once
    assert functions_behind(F.exp(y * 0.0)) == {MulFn, F.ExpFn}
    assert gradcheck(Conv2d(1, 1, 2), normal(1, 1, 2, 2)).functions == {Conv2dFn}


def test_on_the_gpu(xp, device):
    assert gradcheck(Conv2d(2, 3, 2), normal(2, 2, 3, 3), device=device)
    assert gradcheck(lambda x, y: x @ y, normal(2, 3), normal(3, 2), device=device)
    assert not gradcheck(lambda x: Nan()(x), BATCH, device=device)


def test_im2col_helpers_agree_with_the_checker():
    class Columns(Function):
        def forward(self, x):
            self.shape = x.shape
            return im2col(x, WINDOW)

        def backward(self, dy):
            return col2im(dy, self.shape, WINDOW)

    assert gradcheck(lambda x: Columns()(x), IMAGE).error < 1e-8
