"""Max pooling against loops; ties, NaN, infinity and borders."""

import itertools
from math import inf, nan

import numpy as np
import pytest

from minicnn.autograd.tensor import Tensor
from minicnn.layers.maxpool import MaxPool2d
from tests.layers.checks import check_agreement, check_does_not_fit, counting, gradient_of, run
from tests.reference import windows as reference

SLIDE = np.array([[[[1.0, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]]]])


def test_by_hand(xp):
    """The stanford slide: 2 x 2 filters, stride 2."""
    assert run(MaxPool2d(2), xp, SLIDE).tolist() == [[[[6, 8], [3, 4]]]]


def test_gradient_goes_to_the_winner():
    _, dx = gradient_of(MaxPool2d(2), SLIDE, np.array([[[[10.0, 20], [30, 40]]]]))
    assert dx.tolist() == [[[[0, 0, 0, 0], [0, 10, 0, 20], [30, 0, 0, 0], [0, 0, 0, 40]]]]


def test_overlapping_windows_add_up():
    x = np.zeros((1, 1, 5, 5))
    x[0, 0, 2, 2] = 1                                      # lies in all four windows, 3x3 stride 2
    _, dx = gradient_of(MaxPool2d(3, 2), x, np.array([[[[1.0, 10], [100, 1000]]]]))
    assert dx[0, 0, 2, 2] == 1111 and dx.sum() == 1111


@pytest.mark.parametrize("kernel, stride, padding, dilation, ceil_mode", [
    *itertools.product([2, 3, (3, 2)], [None, 1, (2, 3)], [0, 1, "same"], [1], [False, True]),
    *itertools.product([2, (3, 2)], [2], [0, 1], [2, (1, 3)], [False, True])])
def test_agrees_with_loops(kernel, stride, padding, dilation, ceil_mode, rng):
    x = rng.standard_normal((2, 2, 7, 8)) - 3              # negative: zeros at the border would win
    y = MaxPool2d(kernel, stride, padding, dilation, ceil_mode=ceil_mode)(Tensor(x)).numpy()
    expected = reference.max_pool2d(x, kernel, stride, padding, dilation, ceil_mode)
    check_agreement(y, expected)


def test_ties_go_to_the_first_cell_in_row_order():
    y, dx = gradient_of(MaxPool2d(2), np.array([[[[1.0, 7], [7, 7]]]]))
    assert y.item() == 7 and dx.tolist() == [[[[0, 1], [0, 0]]]]


def test_gradient_sums_to_the_upstream_sum(rng):
    x = rng.integers(0, 3, (2, 3, 9, 8)).astype(float)     # many ties
    for layer in (MaxPool2d(3, 2, 1), MaxPool2d(3, 2, ceil_mode=True), MaxPool2d(2, 1)):
        dy = rng.standard_normal((2, *layer.shape((3, 9, 8))))
        _, dx = gradient_of(layer, x, dy)
        np.testing.assert_allclose(dx.sum((2, 3)), dy.sum((2, 3)), rtol=1e-12, atol=1e-12)


def test_nan_wins_over_everything(xp):
    x = np.array([[[[nan, inf], [1, 2]]], [[[5.0, 1], [nan, inf]]]])
    assert np.isnan(run(MaxPool2d(2), xp, x)).all()
    _, dx = gradient_of(MaxPool2d(2), x)
    assert dx.tolist() == [[[[1, 0], [0, 0]]], [[[0, 0], [1, 0]]]]


def test_all_minus_infinity():
    """Nothing beats minus infinity, yet the gradient must go to the image, not to the padding."""
    y, dx = gradient_of(MaxPool2d(3, 2, 1), np.full((1, 1, 4, 4), -inf))
    assert (y == -inf).all()
    assert dx[0, 0].tolist() == [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]


def test_minus_infinity_under_dilation():
    _, dx = gradient_of(MaxPool2d(2, 1, 1, dilation=2), np.full((1, 1, 3, 3), -inf))
    assert dx.sum() == 9


@pytest.mark.parametrize("arguments, H, W, fits", [
    ((2, 1, 1, 4), 3, 3, False), ((2, 1, 1, 4), 4, 4, True), ((2, 1, 1, (1, 4)), 3, 3, False),
    ((2, 1, "same", 4), 2, 9, False), ((2, 1, "same", 4), 9, 3, False),
    ((2, 1, "same", 4), 4, 4, True), ((4, 10, 2, 4, False, True), 2, 9, False),
    ((4, 10, 2, 4, False, True), 3, 9, True), ((2, 4, "same", 4), 3, 3, False)])
def test_windows_refuse_to_fall_between_all_cells(arguments, H, W, fits):
    """Such a window has no largest value; PyTorch's is minus infinity."""
    layer, x = MaxPool2d(*arguments), Tensor(np.ones((1, 1, H, W)))
    if fits:
        assert np.isfinite(layer(x).numpy()).all()
        return
    for ask in (lambda: layer(x), lambda: layer.shape((1, H, W))):
        with pytest.raises(ValueError, match=rf"MaxPool2d kernel.*: a window that starts \d before "
                                             rf"an image of {H}x{W} has no cell on it: they are 4"):
            ask()


def test_the_sign_of_a_zero_or_a_rounding_error_does_not_lose_the_gradient():
    x = np.array([[[[-0.0, 0.0], [0.0, -0.0]]], [[[1.0, 1 + 1e-15], [1, 1]]]])
    _, dx = gradient_of(MaxPool2d(2), x)
    assert dx.sum((1, 2, 3)).tolist() == [1, 1] and dx[1, 0, 0, 1] == 1


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("cells, winner", [
    ([0, -0.0, 0, -0.0], 0), ([-0.0, 0, -0.0, 0], 0), ([-1, -0.0, 0, -0.0], 1),
    ([-1, 0.0, -0.0, 0], 1), ([1, nan, nan, 2], 1), ([-0.0, 0, 1, 1], 2), ([0, -0.0, nan, -nan], 2),
    ([0, -nan, nan, 3], 1), ([-inf, -inf, -inf, -inf], 0)])
def test_the_first_of_equal_values_wins(cells, winner, dtype, mode, rng):
    """0 equals -0, and a NaN any other NaN: which bits they have makes no difference."""
    x = rng.standard_normal((3, 2, 4, 6)).astype(dtype)
    x[1, 1, 2:4, 4:6] = np.array(cells).reshape(2, 2)
    _, dx = gradient_of(MaxPool2d(2), x)
    expected = np.zeros(4)
    expected[winner] = 1
    assert dx[1, 1, 2:4, 4:6].ravel().tolist() == expected.tolist()


@pytest.mark.parametrize("kernel, stride, padding, size, expected", [
    (3, 3, 0, 2, [[4.0]]), (3, 2, 0, 2, [[4.0]]), (3, 2, 1, 2, [[4.0, 4], [4, 4]]),
    (5, 4, 0, 2, [[4.0]]), (3, 3, 0, 1, [[1.0]]), (3, 2, 1, 1, [[1.0]]),
    (4, 2, 0, 2, None), (3, 1, 0, 2, None), (3, 2, 0, 1, None), (5, 3, 0, 2, None)])
def test_ceil_mode_lets_the_only_window_hang_over(kernel, stride, padding, size, expected):
    """torch 2.13's answers, and where it has none."""
    layer = MaxPool2d(kernel, stride, padding, ceil_mode=True)
    if expected is None:
        return check_does_not_fit(layer, kernel, size)
    y, dx = gradient_of(layer, counting(size))
    assert y[0, 0].tolist() == expected and dx.sum() == np.size(expected)


def test_padding_never_wins_over_negative_values():
    y = MaxPool2d(3, 1, 1)(Tensor(np.full((1, 1, 3, 3), -5.0))).numpy()
    assert (y == -5).all()


def test_ceil_mode_reaches_the_papers_sizes():
    """GoogLeNet: 112 -> 56 with 3x3 windows at stride 2; ResNet gets there by padding."""
    assert MaxPool2d(3, 2, ceil_mode=True).shape((64, 112, 112)) == (64, 56, 56)
    assert MaxPool2d(3, 2, 1).shape((64, 112, 112)) == (64, 56, 56)
    assert MaxPool2d(3, 2).shape((96, 55, 55)) == (96, 27, 27)        # AlexNet


def test_says_what_is_wrong():
    for wrong in ({"kernel_size": 3}, {"kernel_size": 2, "stride": 1, "dilation": 4}):
        with pytest.raises(ValueError, match="padding of 2 is more than half of a pooling window "
                                             "of . cells; pad at most 1"):
            MaxPool2d(**wrong, padding=2)
    with pytest.raises(ValueError, match="stride must be at least 1"):
        MaxPool2d(3, stride=0)
    with pytest.raises(ValueError, match="MaxPool2d kernel 3x3, stride 3x3: a window of 3 pixels"):
        MaxPool2d(3)(Tensor(np.zeros((1, 1, 2, 5))))
    with pytest.raises(ValueError, match=r"expected images \(N, C, H, W\), got \(N, 4, 4\)"):
        MaxPool2d(2)(Tensor(np.zeros((1, 4, 4))))
    with pytest.raises(TypeError, match="uint8 values have no gradient"):
        MaxPool2d(2)(Tensor(np.zeros((1, 1, 4, 4), np.uint8)))
    assert MaxPool2d(2, padding=1, dilation=3).padding == (1, 1)
