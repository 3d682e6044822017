"""Average pooling to a given size: which windows, values, sums of float16."""

import numpy as np
import pytest

from minicnn.autograd.tensor import Tensor
from minicnn.layers.adaptive import AdaptiveAvgPool2d, GlobalAvgPool2d, spans
from tests.layers.checks import check_agreement, gradient_of, run
from tests.reference import windows as reference


def test_by_hand(xp):
    x = np.array([[[[1.0, 2, 3, 4, 5], [3, 4, 5, 6, 12]]]])
    assert run(AdaptiveAvgPool2d((1, 2)), xp, x).tolist() == [[[[3, 5 + 5 / 6]]]]
    assert run(GlobalAvgPool2d(), xp, x).tolist() == [[[[4.5]]]]


def test_gradient_by_hand():
    x, dy = np.zeros((1, 1, 1, 5)), np.array([[[[3.0, 30]]]])
    _, dx = gradient_of(AdaptiveAvgPool2d((1, 2)), x, dy)
    assert dx.tolist() == [[[[1, 1, 11, 10, 10]]]]         # the middle column lies in both windows


@pytest.mark.parametrize("H, W", [(4, 6), (5, 7), (1, 3), (8, 2)])
@pytest.mark.parametrize("OH, OW", [(1, 1), (2, 3), (3, 2), (5, 7), (9, 1)])
def test_agrees_with_loops(H, W, OH, OW, xp, rng):
    x = rng.standard_normal((2, 2, H, W))
    check_agreement(run(AdaptiveAvgPool2d((OH, OW)), xp, x),
                    reference.adaptive_avg_pool2d(x, OH, OW))


def test_windows_cover_everything():
    for size in range(1, 12):
        for parts in range(1, 12):
            covered = [set(range(size)[span]) for span in spans(size, parts)]
            assert set().union(*covered) == set(range(size)) and all(covered)


def test_float16_accumulates_in_float32():
    x = np.ones((1, 1, 280, 250), np.float16)              # 70,000 ones are infinite in float16
    assert GlobalAvgPool2d()(Tensor(x)).item() == 1


def test_other_windows_are_untouched_by_nan():
    x = np.ones((1, 1, 4, 4))
    x[0, 0, 0, 0] = np.nan
    assert np.isnan(AdaptiveAvgPool2d(2)(Tensor(x)).numpy()).sum() == 1


def test_receptive_field():
    assert GlobalAvgPool2d().receptive_field((3, 7, 5)) == ((7, 5), (1, 1))
    assert AdaptiveAvgPool2d((2, 4)).receptive_field((3, 5, 8)) == ((3, 2), (2, 2))


def test_names():
    assert repr(AdaptiveAvgPool2d((7, None))) == "AdaptiveAvgPool2d to 7xany"
    assert GlobalAvgPool2d().shape((1024, 7, 7)) == (1024, 1, 1)


@pytest.mark.parametrize("size", [0, -1, 2.0, True, (1, 2, 3), "same", (0, None)])
def test_refuses_output_sizes(size):
    with pytest.raises(ValueError, match="output_size must be one or two whole numbers"):
        AdaptiveAvgPool2d(size)


def test_says_what_is_wrong():
    with pytest.raises(ValueError, match=r"GlobalAvgPool2d to 1x1: expected images"):
        GlobalAvgPool2d()(Tensor(np.zeros((2, 5))))
    with pytest.raises(ValueError, match="an image of 0x4 has no pixels"):
        GlobalAvgPool2d()(Tensor(np.zeros((2, 5, 0, 4))))
