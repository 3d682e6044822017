"""Res2Net: the ladder by hand, widths, stored numbers."""

import numpy as np
import pytest

from minicnn import Tensor
from minicnn.models.res2net import Ladder, Res2Net
from tests.models.network_checks import check_against, golden

HERE = {"bn1": "conv1", "act1": "conv1", "global_pool": "fc_flatten"}


def test_golden():
    check_against(Res2Net(), golden("res2net")["res2net50_26w_4s"], HERE)


@pytest.mark.parametrize("width, scale, parameters", [
    (48, 2, 25_287_304), (14, 8, 25_059_816), (26, 6, 37_051_448), (26, 8, 48_403_776)])
def test_the_other_widths(width, scale, parameters):
    assert Res2Net(50, width, scale).num_parameters() == parameters


def identity_units(ladder):
    """Convolutions that copy their input, norms that do nothing."""
    for unit in ladder.units:
        w = np.zeros(unit.conv.weight.shape)
        w[:, :, 1, 1] = np.eye(len(w))
        unit.conv.weight.data = w
    return ladder.to(dtype="float64").eval()


def test_ladder_by_hand():
    """Copies instead of filters: y = x1, x1 + x2, x1 + x2 + x3, x4; in a first block no sums."""
    x = Tensor(np.array([1.0, 2, 3, 4]).reshape(1, 4, 1, 1))
    near = {"rtol": 1e-4}                                  # a batch norm divides by sqrt(1 + eps)
    y = identity_units(Ladder(1, 4, 1, first=False))(x).numpy().ravel()
    np.testing.assert_allclose(y, [1, 3, 6, 4], **near)
    y = identity_units(Ladder(1, 4, 1, first=True))(x).numpy().ravel()
    np.testing.assert_allclose(y, [1, 2, 3, 4 / 9], **near)          # the mean of 3 x 3 with zeros


@pytest.mark.parametrize("make, words", [
    (lambda: Res2Net(34), r"Res2Net: no depth 34; there are 50, 101, 152"),
    (lambda: Res2Net(50, 26, 5), r"Res2Net: no \(width, scale\) \(26, 5\); did you mean \(26, "),
])
def test_says_what_is_wrong(make, words):
    with pytest.raises(ValueError, match=words):
        make()
