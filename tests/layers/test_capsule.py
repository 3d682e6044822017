"""Capsules: squashing and routing by hand and against loops."""

import numpy as np
import pytest

from minicnn import Tensor
from minicnn.layers.capsule import CapsuleLength, PrimaryCapsules, RoutedCapsules, SquashFn
from tests.layers.checks import check_agreement, gradient_of, run
from tests.reference import features as reference


def test_by_hand(xp):
    """|(3, 4)| = 5: length 25 / 26 in the same direction."""
    s = Tensor(xp.asarray(np.array([[[3.0, 4], [0, 0]]])))
    v = SquashFn()(s)
    check_agreement(v.numpy(), np.array([[[15 / 26, 20 / 26], [0, 0]]]))
    check_agreement(CapsuleLength()(v).numpy(), np.array([[25 / 26, 0]]))


def test_one_round_is_a_plain_mean(xp, rng):
    """c = 1/J: v_j = squash(mean over j's share of the votes)."""
    layer, u = RoutedCapsules(4, 3, 2, 5, routing=1).to(dtype="float64"), rng.random((2, 4, 3))
    sums = np.einsum("ijed,nid->nje", layer.weight.data, u) / 2
    expected = [[reference.squash(s) for s in rows] for rows in sums]
    check_agreement(run(layer, xp, u), np.array(expected))


def test_routing_prefers_agreement(xp):
    """Three capsules vote alike for the first, against each other for the second."""
    def lengths(rounds):
        layer = RoutedCapsules(3, 1, 2, 2, rounds)
        layer.weight.data = np.array([[[[2.0], [0]], [[2.0], [0]]], [[[2.0], [0]], [[-1.0], [2]]],
                                      [[[2.0], [0]], [[-1.0], [-2]]]])
        v = run(layer, xp, np.ones((1, 3, 1)))
        return np.sqrt((v ** 2).sum(axis=-1))[0]
    assert lengths(3)[0] > lengths(1)[0] > 0.8 and lengths(1)[1] == lengths(3)[1] == 0


@pytest.mark.parametrize("rounds", [1, 2, 3, 4])
def test_routing_agrees_with_loops(rounds, xp, rng):
    layer = RoutedCapsules(5, 3, 2, 4, rounds).to(dtype="float64")
    layer.weight.data = rng.standard_normal(layer.weight.shape)
    u = rng.standard_normal((3, 5, 3))
    expected = reference.routed_capsules(u, layer.weight.data, rounds)
    check_agreement(run(layer, xp, u), expected)


@pytest.mark.parametrize("shape, D", [((2, 6, 2, 3), 3), ((1, 8, 3, 2), 8), ((2, 4, 1, 1), 1)])
def test_primary_agrees_with_loops(shape, D, xp, rng):
    x = rng.standard_normal(shape)
    check_agreement(run(PrimaryCapsules(D), xp, x), reference.primary_capsules(x, D))


def test_a_capsule_of_zeros_has_a_gradient():
    y, dx = gradient_of(CapsuleLength(), np.zeros((1, 2, 3)))
    assert not y.any() and not dx.any()
    y, dx = gradient_of(PrimaryCapsules(2), np.zeros((1, 2, 1, 1)))
    assert not y.any() and np.isfinite(dx).all()


def test_large_capsules_in_float16(xp):
    """300^2 is infinite in float16."""
    y = run(CapsuleLength(), xp, np.array([[[300.0, 400.0]]], np.float16), "float16")
    assert y.tolist() == [[500]]


def test_costs():
    layer = RoutedCapsules(1152, 8, 10, 16)
    assert layer.num_parameters() == 1_474_560
    assert layer.macs((1152, 8), (10, 16)) == 1_474_560 + 5 * 184_320


def test_says_what_is_wrong():
    with pytest.raises(ValueError, match="RoutedCapsules: routing must be at least 1, got 0"):
        RoutedCapsules(3, 4, 2, 2, 0)
    with pytest.raises(TypeError, match="RoutedCapsules: in_dim must be a whole number, got 1.5"):
        RoutedCapsules(3, 1.5, 2, 2)
    with pytest.raises(ValueError, match=r"expected 3 capsules of 4, \(N, 3, 4\), got \(N, 4, 3\)"):
        RoutedCapsules(3, 4, 2, 2).shape((4, 3))
    with pytest.raises(ValueError, match="6 channels do not divide into capsules of 4"):
        PrimaryCapsules(4).shape((6, 2, 2))
    with pytest.raises(ValueError, match=r"expected capsules \(N, J, D\), got \(N, 4\)"):
        CapsuleLength().shape((4,))
