"""Group norm and instance norm against loops."""

import numpy as np
import pytest

from minicnn.autograd.tensor import Tensor
from minicnn.layers.groupnorm import GroupNorm, InstanceNorm2d
from minicnn.layers.layernorm import LayerNorm
from tests.layers.checks import check_agreement, gradient_of, run
from tests.reference.normalisation import group_norm, instance_norm, scaled_by_channel

# --- group norm -----------------------------------------------------------------------------


def test_by_hand(xp):
    layer = GroupNorm(2, 4, eps=3.0)
    layer.weight.data, layer.bias.data = np.array([2.0, 1, 1, 1]), np.array([0.0, 0, 0, 5])
    y = run(layer, xp, np.array([1.0, 3.0, 2.0, 10.0]).reshape(1, 4, 1, 1))
    # mean 2 and 6, var 1 and 16: x_hat = -1/2 1/2 and -4/sqrt(19) 4/sqrt(19)
    check_agreement(y.ravel(), np.array([-1, 0.5, -4 / 19 ** 0.5, 5 + 4 / 19 ** 0.5]))


@pytest.mark.parametrize("groups", [1, 2, 3, 6])
@pytest.mark.parametrize("shape", [(2, 6, 3, 4), (1, 6, 2), (3, 12)])
@pytest.mark.parametrize("eps", [1e-5, 0.5])
def test_agrees_with_loops(groups, shape, eps, rng, xp):
    x, C = 2 * rng.standard_normal(shape) + 1, shape[1]
    layer = GroupNorm(groups, C, eps)
    gamma, beta = rng.random((2, C))
    layer.weight.data, layer.bias.data = gamma, beta
    expected = group_norm(x, groups, eps)
    check_agreement(run(layer, xp, x), scaled_by_channel(expected, gamma, beta))
    check_agreement(run(GroupNorm(groups, C, eps, affine=False), xp, x), expected)


def test_the_extremes_are_layer_norm_and_instance_norm(rng, xp):
    """The slide that compares the four layers."""
    x = rng.standard_normal((2, 4, 3, 5))
    check_agreement(run(GroupNorm(1, 4), xp, x), run(LayerNorm((4, 3, 5)), xp, x))
    check_agreement(run(GroupNorm(4, 4), xp, x), run(InstanceNorm2d(4), xp, x))


@pytest.mark.parametrize("make", [lambda: GroupNorm(2, 4), lambda: InstanceNorm2d(4)])
def test_images_are_apart_and_equal_values_give_zero(make, rng, xp):
    x = rng.standard_normal((3, 4, 2, 2))
    y = run(make(), xp, x)
    check_agreement(run(make().eval(), xp, x[1:2]), y[1:2])
    assert not run(make(), xp, np.full((2, 4, 2, 2), 3.0)).any()
    _, dx = gradient_of(make().to(dtype="float64"), np.full((2, 4, 2, 2), 3.0), x[:2])
    assert np.isfinite(dx).all()
    x[0, 0, 0, 0] = np.nan
    y = run(make(), xp, x)
    assert np.isnan(y[0, 0]).all() and np.isfinite(y[0, 2:]).all() and np.isfinite(y[1:]).all()


@pytest.mark.parametrize("arguments, message", [
    ((3, 4), "4 channels do not divide into 3 groups; both must be at least 1"),
    ((0, 4), "4 channels do not divide into 0 groups"),
    ((2, 0), "0 channels do not divide into 2 groups"),
    ((2, 4, 0), "eps must be above 0, got 0; a group whose values are all equal")])
def test_says_what_is_wrong(arguments, message):
    with pytest.raises(ValueError, match=f"GroupNorm: {message}"):
        GroupNorm(*arguments)


def test_names_the_shapes():
    with pytest.raises(ValueError, match=r"GroupNorm 4, 2 groups: the input \(N, 1, 8, 8\) has 1 "
                                         r"channel, the layer was built for 4; feed it 4, or build "
                                         r"it with GroupNorm\(2, 1\)"):
        GroupNorm(2, 4).shape((1, 8, 8))
    with pytest.raises(ValueError, match="has 0 channels, the layer was built for 4"):
        GroupNorm(2, 4)(Tensor(np.ones(5, np.float32)))
    with pytest.raises(ValueError, match=r"the input \(N, 4, 1, 1\) has one value in each of the 4 "
                                         "groups, so the variance is 0, .*use fewer groups"):
        GroupNorm(4, 4).shape((4, 1, 1))


# --- instance norm --------------------------------------------------------------------------

def test_instance_norm_by_hand(xp):
    x = np.array([1.0, 3.0, 2.0, 10.0]).reshape(1, 2, 1, 2)
    layer = InstanceNorm2d(2, eps=3.0, track_running_stats=True)
    check_agreement(run(layer, xp, x).ravel(),
                    np.array([-1 / 2, 1 / 2, -4 / 19 ** 0.5, 4 / 19 ** 0.5]))
    check_agreement(layer.running_mean.numpy(), np.array([0.2, 0.6]))
    check_agreement(layer.running_var.numpy(), np.array([0.9 + 0.2, 0.9 + 3.2]))
    check_agreement(run(layer.eval(), xp, x[:, :, :, :1]).ravel(),
                    np.array([0.8 / 4.1 ** 0.5, 1.4 / 7.1 ** 0.5]))


@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (1, 1, 1, 2)])
def test_instance_norm_agrees_with_loops(shape, rng, xp):
    x = 2 * rng.standard_normal(shape) + 1
    check_agreement(run(InstanceNorm2d(shape[1], 0.1), xp, x), instance_norm(x, 0.1))


def test_instance_norm_has_pytorchs_parameters():
    assert list(InstanceNorm2d(3).state_dict()) == []
    assert list(InstanceNorm2d(3, affine=True, track_running_stats=True).state_dict()) == [
        "weight", "bias", "running_mean", "running_var", "num_batches_tracked"]


def test_instance_norm_does_not_count_batches(rng):
    """As in PyTorch, where with momentum None the averages stay as well; here that is refused."""
    layer = InstanceNorm2d(3, track_running_stats=True)
    layer(Tensor(rng.standard_normal((2, 3, 4, 4)).astype("f")))
    assert layer.num_batches_tracked.item() == 0 and layer.running_mean.numpy().all()
    with pytest.raises(ValueError, match="momentum must lie in 0..1, got None; batches are not"):
        InstanceNorm2d(3, momentum=None, track_running_stats=True)
    InstanceNorm2d(3, momentum=None)                       # without averages it says nothing


def test_instance_norm_refuses_images_of_one_pixel():
    x = Tensor(np.ones((8, 3, 1, 1), np.float32))
    with pytest.raises(ValueError, match=r"InstanceNorm2d 3: the input \(8, 3, 1, 1\) has one "
                                         "value for each mean, .*larger than one pixel"):
        InstanceNorm2d(3)(x)
    assert InstanceNorm2d(3, track_running_stats=True).eval()(x).shape == x.shape
    with pytest.raises(ValueError, match=r"build it with InstanceNorm2d\(5\)"):
        InstanceNorm2d(3).shape((5, 2, 2))
    with pytest.raises(ValueError, match="expected images"):
        InstanceNorm2d(3).shape((3,))
