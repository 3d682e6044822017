"""Softmax and its logarithm against loops, for huge scores and along any axis."""

from math import inf, log, nan

import numpy as np
import pytest

from minicnn.autograd.tensor import Tensor
from minicnn.layers.softmax import LogSoftmax, Softmax, log_softmax, softmax
from tests.layers.checks import check_agreement, gradient_of, run
from tests.reference import activations as reference


def test_by_hand(xp):
    x = np.array([[log(1), log(2), log(5)], [7, 7, 7]])
    check_agreement(run(Softmax(), xp, x), np.array([[1 / 8, 2 / 8, 5 / 8], [1 / 3] * 3]))
    check_agreement(run(LogSoftmax(), xp, x)[:1], np.log([[1 / 8, 2 / 8, 5 / 8]]))


def test_gradient_by_hand():
    _, dx = gradient_of(Softmax(), np.array([[0.0, 0]]), np.array([[1.0, 0]]))
    assert dx.tolist() == [[0.25, -0.25]]                  # y (1 - y) and -y y
    _, dx = gradient_of(LogSoftmax(), np.array([[0.0, 0]]), np.array([[1.0, 0]]))
    assert dx.tolist() == [[0.5, -0.5]]                    # 1 - y and -y


@pytest.mark.parametrize("shape", [(3, 4), (2, 1), (2, 3, 2, 2)])
def test_agrees_with_loops(shape, xp, rng):
    x = 2 * rng.standard_normal(shape)
    check_agreement(run(Softmax(), xp, x), reference.softmax(x))
    check_agreement(run(LogSoftmax(), xp, x), reference.log_softmax(x))


@pytest.mark.parametrize("dtype, huge", [("float16", 6e4), ("float32", 1e4), ("float32", 3e38),
                                         ("float64", 1e4)])
def test_huge_logits(dtype, huge, xp):
    x = np.array([[huge, 0, -huge], [-huge, -huge, -huge]], dtype)
    y = run(Softmax(), xp, x, dtype)
    assert y.dtype == dtype and y[0].tolist() == [1, 0, 0]
    assert abs(y[1] - 1 / 3).max() < 1e-3
    z = run(LogSoftmax(), xp, x, dtype)
    assert z[0, 0] == 0 and (z[0, 1] == -float(x[0, 0]))
    assert z[0, 2] == (-inf if huge > 2e4 else -2 * huge)  # -2 huge is out of their range
    for layer in (Softmax(), LogSoftmax()):
        _, dx = gradient_of(layer, x, np.array([[1, -2, 3], [0.5, 0, 1]], dtype))
        assert np.isfinite(dx).all() and abs(dx.sum(1)).max() < 1e-2


@pytest.mark.parametrize("function", [softmax, log_softmax])
@pytest.mark.parametrize("row", [[-inf, -inf], [nan, 1], [inf, 1], [inf, inf], [inf, -inf]])
def test_no_answer_is_nan_without_a_warning(function, row, xp):
    y = function(Tensor(xp.asarray(np.array([row, [0, 0]], np.float32)))).numpy()
    assert np.isnan(y[0]).all() and np.isfinite(y[1]).all()


def test_minus_infinity_switches_a_class_off():
    y = softmax(Tensor([[-inf, 0, 0]])).numpy()
    assert y.tolist() == [[0, 0.5, 0.5]]
    assert log_softmax(Tensor([[-inf, 0]])).numpy().tolist() == [[-inf, 0]]


def test_log_softmax_keeps_what_softmax_rounds_away():
    x = Tensor(np.array([[0, 200]], np.float32))
    assert softmax(x).numpy()[0, 0] == 0 and log_softmax(x).numpy()[0, 0] == -200


@pytest.mark.parametrize("dim", [0, 1, 2, -1, -3])
def test_any_dim(dim, rng):
    x = rng.standard_normal((3, 4, 5))
    moved = np.moveaxis(reference.softmax(np.moveaxis(x, dim, 1)), 1, dim)
    check_agreement(softmax(Tensor(x), dim).numpy(), moved)
    check_agreement(log_softmax(Tensor(x), dim).numpy(), np.log(moved))


def test_float16_sums_in_float32():
    y = softmax(Tensor(np.zeros((1, 70000), np.float16))).numpy()     # 1/70,000, not 1/inf
    assert (y > 0).all()


@pytest.mark.parametrize("function", [softmax, log_softmax])
def test_says_what_is_wrong(function):
    name = function.__name__
    with pytest.raises(ValueError, match=name + r": there is no dim 2 in shape \(3, 4\)"):
        function(Tensor(np.zeros((3, 4))), dim=2)
    with pytest.raises(ValueError, match=r"there is no dim 1 in shape \(3,\)"):
        function(Tensor(np.zeros(3)))
    with pytest.raises(ValueError, match=r"dim 1 of shape \(3, 0\) is empty"):
        function(Tensor(np.zeros((3, 0))))
    with pytest.raises(TypeError, match="int64 values have no gradient"):
        function(Tensor(np.zeros((3, 4), np.int64)))
    assert repr(LogSoftmax(-1)) == "LogSoftmax dim -1"
