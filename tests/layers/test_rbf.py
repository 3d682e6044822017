"""Distances to drawn digits: values, codes, what is learnt."""

import itertools

import numpy as np
import pytest

from minicnn.autograd.tensor import Tensor
from minicnn.layers.module import Parameter
from minicnn.layers.rbf import RBF, digit_codes
from tests.layers.checks import check_agreement, gradient_of, run
from tests.reference import features as reference


def with_codes(codes, learnt=False):
    codes = np.array(codes, np.float64)
    layer = RBF(codes.shape[1], len(codes), learnt).to(dtype="float64")
    layer.codes.data = codes
    return layer


def test_by_hand(xp):
    y = run(with_codes([[1, 1], [1, -1], [-1, -1]]), xp, np.array([[1.0, 2]]))
    assert y.tolist() == [[1, 9, 13]]


def test_gradients_by_hand():
    layer = with_codes([[1, 1], [1, -1]], learnt=True)
    _, dx = gradient_of(layer, np.array([[1.0, 2]]), np.array([[1.0, 10]]))
    assert dx.tolist() == [[0, 2 * 1 + 20 * 3]]
    assert layer.codes.grad.tolist() == [[0, -2], [0, -60]]


@pytest.mark.parametrize("N, M, D", [(1, 1, 1), (3, 5, 2), (4, 84, 10)])
def test_agrees_with_loops(N, M, D, xp, rng):
    x = rng.standard_normal((N, M))
    layer = RBF(M, D).to(dtype="float64")
    check_agreement(run(layer, xp, x), reference.rbf(x, layer.codes.data))


def test_codes_are_drawings_of_the_ten_digits():
    codes = digit_codes()
    assert codes.shape == (10, 84) and set(np.unique(codes)) == {-1, 1}
    for a, b in itertools.combinations(range(10), 2):      # no two digits look alike
        assert (codes[a] != codes[b]).sum() >= 6, (a, b)
    assert 0.2 < (codes > 0).mean() < 0.6                  # more paper than ink
    one = codes[1].reshape(12, 7)
    assert (one[:11, 3] == 1).all() and (one[:3, 0] == -1).all()      # its stem is in the middle


def test_a_code_is_nearest_to_itself():
    distances = RBF()(Tensor(digit_codes())).numpy()
    assert (distances.argmin(1) == np.arange(10)).all() and not np.diag(distances).any()
    assert (distances % 4 == 0).all()                      # each pixel that differs costs 2^2


def test_codes_are_saved_but_not_learnt():
    layer = RBF()
    assert layer.num_parameters() == 0 and list(layer.state_dict()) == ["codes"]
    assert not layer.codes.requires_grad
    layer(Tensor(np.zeros((2, 84), np.float32), requires_grad=True)).sum().backward()
    assert layer.codes.grad is None
    assert type(RBF(learnt=True).codes) is Parameter and RBF(learnt=True).num_parameters() == 840


def test_other_sizes_get_random_codes():
    codes = RBF(40, 26).codes.data
    assert codes.shape == (26, 40) and set(np.unique(codes)) == {-1, 1}
    assert len({tuple(code) for code in codes.tolist()}) == 26


def test_costs_and_names():
    assert RBF().macs((84,), (10,)) == 0 and repr(RBF()) == "RBF 84 -> 10"


def test_nan_stays_in_its_row():
    x = np.zeros((2, 84), np.float32)
    x[0, 5] = np.nan
    y = RBF()(Tensor(x)).numpy()
    assert np.isnan(y[0]).all() and np.isfinite(y[1]).all()


def test_says_what_is_wrong():
    with pytest.raises(ValueError, match=r"RBF 84 -> 10: expected \(N, 84\), got \(N, 10\)"):
        RBF()(Tensor(np.zeros((2, 10), np.float32)))
    with pytest.raises(ValueError, match="at least 1 feature and 1 class, got 0 and 10"):
        RBF(0)
