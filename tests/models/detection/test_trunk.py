"""Trunks: the rows that are wanted, and what freezing batch norms does."""

import numpy as np
import pytest

from minicnn import Tensor, no_grad
from minicnn.layers import BatchNorm2d, FrozenBatchNorm2d
from minicnn.models.detection.trunk import SmallTrunk, Trunk, freeze_norms
from minicnn.models.resnet import ResNet
from minicnn.models.vgg import VGG


def test_vgg_without_its_head():
    trunk = Trunk(VGG("D"), "conv5_3")
    assert trunk.num_parameters() == 14_714_688
    assert trunk.shape((3, 600, 1000)) == ((512, 37, 62),)


def test_four_maps_of_a_resnet():
    trunk = Trunk(ResNet(50, variant="torchvision"), "conv2_x", "conv3_x", "conv4_x", "conv5_x")
    assert trunk.shape((3, 64, 96)) == ((256, 16, 24), (512, 8, 12), (1024, 4, 6), (2048, 2, 3))
    assert trunk.num_parameters() == 25_557_032 - 2_049_000                    # without fc


def test_the_maps_are_those_of_the_network():
    net = VGG("small", classes=5)
    trunk = Trunk(net, "conv2_2", "conv3_2")
    x = Tensor(np.random.default_rng(0).standard_normal((1, 3, 32, 32)).astype(np.float32))
    y, wanted = x, []
    for name, part in net.named_parts():
        y = part(y)
        if name in ("conv2_2_relu", "conv3_2_relu"):
            wanted.append(y.numpy())
    assert all(np.array_equal(a.numpy(), b) for a, b in zip(trunk(x), wanted, strict=True))


def test_the_small_one():
    assert SmallTrunk().num_parameters() == 109_296
    assert SmallTrunk().shape((3, 64, 64)) == ((64, 16, 16),)


def test_frozen_norms_give_what_trained_ones_give_in_test():
    rng = np.random.default_rng(0)
    x = Tensor(rng.standard_normal((2, 3, 16, 16)).astype(np.float32))
    free, frozen = SmallTrunk(), freeze_norms(SmallTrunk())
    for _ in range(3):                                     # moves the running averages
        free(Tensor(rng.standard_normal((4, 3, 16, 16)).astype(np.float32)))
    frozen.load_state_dict({name: value for name, value in free.state_dict().items()
                            if not name.endswith("num_batches_tracked")})
    assert not any(isinstance(part, BatchNorm2d) for part in frozen.modules())
    assert sum(isinstance(part, FrozenBatchNorm2d) for part in frozen.modules()) == 7
    with no_grad():
        assert np.allclose(free.eval()(x)[0].numpy(), frozen(x)[0].numpy(), atol=1e-6)
    assert free.num_parameters() - frozen.num_parameters() == 2 * (2 * (16 + 32) + 3 * 64)


def test_a_norm_frozen_at_its_start_does_nothing():
    """Its network is one without normalisation: load a trained one's values first."""
    frozen = freeze_norms(SmallTrunk())
    x = y = Tensor(np.random.default_rng(0).standard_normal((1, 3, 8, 8)).astype(np.float32))
    for name, part in frozen.layers.named_parts():
        y = part(y) if name.startswith("pool") else part.activation(part.conv(y))
    assert np.allclose(frozen(x)[0].numpy(), y.numpy(), rtol=1e-3, atol=1e-6)


def test_frozen_norms_do_not_move_in_training():
    frozen = freeze_norms(SmallTrunk()).train()
    before = {name: value.copy() for name, value in frozen.state_dict().items()}
    frozen(Tensor(np.random.default_rng(0).standard_normal((2, 3, 16, 16)).astype(np.float32)))
    after = frozen.state_dict()
    assert all(np.array_equal(before[name], after[name]) for name in before)


def test_another_row():
    with pytest.raises(KeyError):
        Trunk(VGG("small"), "conv9")
