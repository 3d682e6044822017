"""The sum of block and shortcut, and the three shortcuts."""

import numpy as np
import pytest

from minicnn.autograd.tensor import Tensor
from minicnn.layers.activations import ReLU
from minicnn.layers.residual import Add, PadChannelsFn, Shortcut
from tests.layers.checks import check_agreement, check_keeps_layout, gradient_of, run
from tests.reference import windows as reference


def test_add_by_hand(xp):
    a, b = (Tensor(xp.asarray(np.array(v)), requires_grad=True) for v in ([[1.0, 2]], [[10.0, 20]]))
    y = Add()(a, b)
    y.backward(xp.asarray(np.array([[3.0, 4]])))
    assert y.numpy().tolist() == [[11, 22]]
    assert a.grad.tolist() == b.grad.tolist() == [[3, 4]]


def test_zero_padding_by_hand(xp):
    x = np.arange(9.0).reshape(1, 1, 3, 3)
    y = run(Shortcut(1, 2, 2, "A"), xp, x)
    assert y.tolist() == [[[[0, 2], [6, 8]], [[0, 0], [0, 0]]]]
    _, dx = gradient_of(PadChannelsFn(2, 2), x, np.arange(1.0, 9).reshape(1, 2, 2, 2))
    assert dx.tolist() == [[[[1, 0, 2], [0, 0, 0], [3, 0, 4]]]]


@pytest.mark.parametrize("F, stride", [(3, 2), (5, 1), (5, 2), (7, 3)])
@pytest.mark.parametrize("H, W", [(4, 6), (5, 7)])
def test_a_agrees_with_loops(F, stride, H, W, xp, rng):
    x = rng.standard_normal((2, 3, H, W))
    check_agreement(run(Shortcut(3, F, stride, "A"), xp, x), reference.shortcut_a(x, F, stride))


@pytest.mark.parametrize("C, F, before", [(2, 4, 1), (2, 5, 1), (3, 4, 0), (16, 32, 8)])
def test_a_with_zeros_on_both_sides(C, F, before, xp, rng):
    """Those of A, moved back by half of the new channels; the gradient comes from there."""
    x, dy = rng.standard_normal((2, C, 5, 4)), rng.standard_normal((2, F, 3, 2))
    expected = np.roll(reference.shortcut_a(x, F, 2), before, axis=1)
    y = run(Shortcut(C, F, 2, "A on both sides"), xp, x)
    assert np.array_equal(y, expected) and (y[:, :before] == 0).all()
    _, dx = gradient_of(PadChannelsFn(F, 2, before), x, dy)
    assert np.array_equal(dx[:, :, ::2, ::2], dy[:, before:before + C])
    assert np.count_nonzero(dx) == dy[:, before:before + C].size


@pytest.mark.parametrize("C, F, stride, option", [(3, 5, 2, "B"), (3, 3, 2, "B"), (3, 5, 1, "B"),
                                                  (3, 3, 1, "C"), (3, 5, 2, "C")])
def test_projections_agree_with_loops(C, F, stride, option, xp, rng):
    x = rng.standard_normal((2, C, 5, 4))
    layer = Shortcut(C, F, stride, option).to(dtype="float64")
    w = layer.projection[0].weight.data
    assert layer.num_parameters() == C * F
    check_agreement(run(layer, xp, x), reference.conv2d(x, w, None, stride))


@pytest.mark.parametrize("option", ["A", "B"])
def test_identity_where_nothing_changes(option):
    layer, x = Shortcut(3, 3, option=option), Tensor(np.ones((1, 3, 4, 4)))
    assert layer(x) is x and layer.num_parameters() == 0


def test_only_c_projects_where_nothing_changes():
    assert Shortcut(64, 64, option="C").num_parameters() == 64 * 64
    assert Shortcut(64, 128, 2, "A").num_parameters() == 0
    assert Shortcut(64, 128, 2, "B").num_parameters() == 64 * 128


def test_norm_follows_the_projection():
    made = []

    def norm(channels):
        made.append(channels)
        return ReLU()
    layer = Shortcut(2, 3, 2, norm=norm)
    y = layer(Tensor(np.random.default_rng(0).standard_normal((2, 2, 5, 5)).astype("float32")))
    assert made == [3] and (y.numpy() >= 0).all()
    assert list(layer.state_dict()) == ["projection.0.weight"]
    Shortcut(2, 2, norm=norm)
    assert made == [3]                                     # an identity has no norm


def test_a_and_add_keep_the_layout_in_memory(rng):
    x = rng.standard_normal((2, 2, 5, 4)).astype(np.float32)
    check_keeps_layout(Shortcut(2, 3, 2, "A"), x)
    check_keeps_layout(lambda x: Add()(x, x), x)


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("H, W", [(56, 56), (7, 5), (1, 2)])
def test_all_options_give_one_shape(stride, H, W):
    shapes = {Shortcut(2, 4, stride, option).shape((2, H, W)) for option in "ABC"}
    assert len(shapes) == 1


def images(*shape):
    return Tensor(np.zeros(shape, np.float32))


@pytest.mark.parametrize("other", [(2, 8, 4, 4), (2, 4, 2, 2), (2, 1, 4, 4), (2, 4, 1, 1)])
def test_add_broadcasts_nothing(other):
    with pytest.raises(ValueError, match=r"Add: the block gives \(4, 4, 4\), the shortcut .*option "
                                         r"A \(zero channels\), B or C \(1x1 convolution\)"):
        Add()(images(2, 4, 4, 4), images(*other))


def test_add_refuses_other_batches():
    with pytest.raises(ValueError, match="2 samples in the block, 1 in the shortcut"):
        Add()(images(2, 4, 4, 4), images(1, 4, 4, 4))


def test_says_what_is_wrong():
    with pytest.raises(ValueError, match="option must be \"A\", .*, \"B\" or \"C\", got 'D'"):
        Shortcut(2, 3, option="D")
    with pytest.raises(ValueError, match="channels and stride must be at least 1, got 2, 3 and 0"):
        Shortcut(2, 3, 0)
    with pytest.raises(ValueError, match="option A only adds channels, it cannot go from 3 to 2"):
        Shortcut(3, 2, option="A")
    with pytest.raises(ValueError, match="only adds channels, it cannot go from 3 to 2"):
        Shortcut(3, 2, option="A on both sides")
    for option in "ABC":
        with pytest.raises(ValueError, match="has 4 channels, the layer was built for 2"):
            Shortcut(2, 3, 2, option)(images(1, 4, 4, 4))
        with pytest.raises(ValueError, match="expected images"):
            Shortcut(2, 3, 2, option)(images(1, 2))
    assert repr(Shortcut(2, 3, 2, "A")) == "Shortcut A 2 -> 3, stride 2"
