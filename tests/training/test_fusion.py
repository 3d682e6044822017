"""Several networks as one."""

import numpy as np
import pytest

from minicnn.training.fusion import fit_fused, fit_weights, side_by_side, weighed


@pytest.fixture
def knowing(rng):
    """Labels, scores of a network that knows them and of one that guesses."""
    labels = rng.integers(0, 3, 90)
    good = 3 * np.eye(3)[labels] + rng.standard_normal((90, 3))
    return labels, good, 3 * rng.standard_normal((90, 3))


def test_who_knows_more_weighs_more(knowing):
    labels, good, bad = knowing
    w = fit_weights([good, bad], labels)
    assert w[0] > 0.5 > 0.25 > abs(w[1])
    wrong = [(z.argmax(1) != labels).mean() for z in (weighed([good, bad], w), (good + bad) / 2)]
    assert wrong[0] < wrong[1]


def test_weighed_by_hand():
    found = weighed([[[1, 2]], [[10, -10]]], [1, 0.5])
    assert found.tolist() == [[6, -3]]


def test_features_of_two_networks_tell_what_neither_does(rng):
    """Two bits, one in each network's features; four classes."""
    bits = rng.integers(0, 2, (200, 2))
    labels = bits[:, 0] + 2 * bits[:, 1]
    first, second = (bits[:, m:m + 1] + 0.05 * rng.standard_normal((200, 3)) for m in (0, 1))
    assert fit_fused([first, second], labels, 4).error(side_by_side([first, second]), labels) == 0
    assert fit_fused([first], labels, 4).error(first, labels) > 30
    assert side_by_side([np.zeros((5, 2, 3, 3)), np.zeros((5, 4))]).shape == (5, 22)


@pytest.mark.parametrize("call, words", [
    (lambda: fit_weights([], [0]), "fusion: no network"),
    (lambda: fit_weights([np.zeros((2, 3)), np.zeros((2, 4))], [0, 1]), "sizes differ"),
    (lambda: weighed([np.zeros(3)], [1]), r"expected \(N, classes\)"),
    (lambda: weighed([np.zeros((2, 3))], [1, 2]), r"1 networks and weights of shape \(2,\)"),
    (lambda: side_by_side([np.zeros((2, 3)), np.zeros((3, 3))]), "the same pictures")])
def test_says_what_is_wrong(call, words):
    with pytest.raises(ValueError, match=words):
        call()
