"""Average pooling against loops; what of the border counts."""

import itertools

import numpy as np
import pytest

from minicnn.autograd.tensor import Tensor
from minicnn.layers.avgpool import AvgPool2d
from tests.layers.checks import check_agreement, check_does_not_fit, counting, gradient_of, run
from tests.reference import windows as reference


def test_by_hand(xp):
    x = np.arange(16.0).reshape(1, 1, 4, 4)
    assert run(AvgPool2d(2), xp, x).tolist() == [[[[2.5, 4.5], [10.5, 12.5]]]]


def test_gradient_by_hand():
    _, dx = gradient_of(AvgPool2d(2, 1), np.zeros((1, 1, 2, 3)), np.array([[[[4.0, 8]]]]))
    assert dx.tolist() == [[[[1, 3, 2], [1, 3, 2]]]]       # the middle column lies in both windows


def test_padding_counts_unless_told_otherwise():
    ones = Tensor(np.ones((1, 1, 4, 4)))
    assert AvgPool2d(3, 2, 1)(ones).numpy()[0, 0, 0, 0] == 4 / 9
    assert (AvgPool2d(3, 2, 1, count_include_pad=False)(ones).numpy() == 1).all()


def test_cells_beyond_the_padding_never_count():
    """Ceil mode on 4 pixels: the second window, 3 wide, hangs over the edge by one."""
    ones = Tensor(np.ones((1, 1, 4, 4)))
    assert (AvgPool2d(3, 2, ceil_mode=True)(ones).numpy() == 1).all()
    y = AvgPool2d(3, 2, 1, ceil_mode=True)(Tensor(np.ones((1, 1, 5, 4)))).numpy()[0, 0]
    #  rows: 1 of padding + 2, 3, 2 + 1 of padding;  columns: 1 + 2, 3, 1 + 1 and nothing more
    assert y.tolist() == [[4 / 9, 6 / 9, 2 / 6], [6 / 9, 9 / 9, 3 / 6], [4 / 9, 6 / 9, 2 / 6]]


@pytest.mark.parametrize("kernel, stride, padding, ceil_mode, counted", [*itertools.product(
    [2, 3, (3, 2)], [None, 1, (2, 3)], [0, 1, "same"], [False, True], [False, True])])
def test_agrees_with_loops(kernel, stride, padding, ceil_mode, counted, rng):
    x = rng.standard_normal((2, 2, 7, 8))
    y = AvgPool2d(kernel, stride, padding, ceil_mode, counted)(Tensor(x)).numpy()
    expected = reference.avg_pool2d(x, kernel, stride, padding, ceil_mode, counted)
    check_agreement(y, expected)


def test_float16_sums_in_float32():
    """256 values of 1,000 add up to more than float16 can hold; their mean does not."""
    x = np.full((1, 1, 16, 16), 1000, np.float16)
    assert AvgPool2d(16)(Tensor(x)).item() == 1000


def test_nan_stays_in_its_window():
    x = np.ones((1, 1, 4, 4))
    x[0, 0, 0, 0] = np.nan
    y = AvgPool2d(2)(Tensor(x)).numpy()
    assert np.isnan(y[0, 0, 0, 0]) and np.isnan(y).sum() == 1


@pytest.mark.parametrize("kernel, stride, padding, size, expected", [
    (3, 3, 0, 2, [[2.5]]), (5, 4, 0, 2, [[2.5]]), (3, 3, 0, 1, [[1]]), (4, 2, 1, 2, [[10 / 16]]),
    (3, 2, 1, 2, [[10 / 9, 6 / 6], [7 / 6, 4 / 4]]), (4, 2, 0, 2, None), (3, 1, 0, 2, None)])
def test_ceil_mode_lets_the_only_window_hang_over(kernel, stride, padding, size, expected):
    """torch 2.13's answers, and where it has none."""
    layer = AvgPool2d(kernel, stride, padding, ceil_mode=True)
    if expected is None:
        return check_does_not_fit(layer, kernel, size)
    y, dx = gradient_of(layer, counting(size))
    check_agreement(y[0, 0], np.array(expected))
    assert dx.shape == (1, 1, size, size)


def test_says_what_is_wrong():
    with pytest.raises(ValueError, match="padding of 2 is more than half of a pooling window of 3"):
        AvgPool2d(3, padding=2)
    with pytest.raises(ValueError, match="stride must be at least 1"):
        AvgPool2d(3, stride=0)
    with pytest.raises(ValueError, match="AvgPool2d kernel 3x3.*: a window of 3 pixels"):
        AvgPool2d(3)(Tensor(np.zeros((1, 1, 2, 5))))
    with pytest.raises(ValueError, match=r"expected images \(N, C, H, W\)"):
        AvgPool2d(2)(Tensor(np.zeros((4, 4))))
    assert repr(AvgPool2d(2, count_include_pad=False)) == (
        "AvgPool2d kernel 2x2, stride 2x2, padding not counted")
