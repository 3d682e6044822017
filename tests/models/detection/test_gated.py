"""GBD-Net's messages between a region and its surroundings."""

import numpy as np

from minicnn import Tensor
from minicnn.analysis import summary
from minicnn.layers import Flatten
from minicnn.models.detection.faster_rcnn import FasterRCNN
from minicnn.models.detection.gated import SCALES, GatedHead, Messages
from minicnn.models.detection.regions import RegionPool


def test_a_message_by_hand():
    """Every convolution is c x at its middle: a = 2 x, told = sigmoid(a) 3 a, y = 5 x' + told."""
    model = Messages(1)
    for layer, c in ((model.sender, 2), (model.message, 3), (model.gate, 1), (model.receiver, 5)):
        weight = np.zeros((1, 1, 3, 3), np.float32)
        weight[0, 0, 1, 1] = c
        layer.weight.data, layer.bias.data = weight, np.zeros(1, np.float32)
    sender = Tensor(np.full((1, 1, 2, 2), 0.5, np.float32))
    receiver = Tensor(np.full((1, 1, 2, 2), -0.1, np.float32))
    a, y = model(sender, receiver)
    assert np.allclose(a.numpy(), 1)
    assert np.allclose(y.numpy(), -0.5 + 3 / (1 + np.exp(-1)))


def test_a_closed_gate_lets_nothing_through():
    model = Messages(2)
    rng = np.random.default_rng(0)
    x, y = (Tensor(rng.standard_normal((1, 2, 3, 3)).astype(np.float32)) for _ in range(2))
    model.gate.weight.data = np.zeros((2, 2, 3, 3), np.float32)
    model.gate.bias.data = np.full(2, -50, np.float32)
    assert np.allclose(model(x, y)[1].numpy(), model.receiver(y).relu().numpy(), atol=1e-6)


def test_both_learn_from_each_other():
    """Each of the two maps of the head depends on both inputs."""
    head = GatedHead(2, Flatten())
    rng = np.random.default_rng(0)
    own, around = (Tensor(rng.standard_normal((1, 2, 3, 3)).astype(np.float32), True)
                   for _ in range(2))
    for part in (slice(0, 18), slice(18, 36)):
        own.grad = around.grad = None
        head(own, around)[:, part].sum().backward()
        assert own.grad.any() and around.grad.any()
    assert head.shape((2, 3, 3), (2, 3, 3)) == (36,)


def test_in_a_detector():
    model = FasterRCNN("small", gated=True)
    assert [pool.scale for pool in model.roi_heads.pools] == [1, 1.7] == list(SCALES)
    assert all(isinstance(pool, RegionPool) for pool in model.roi_heads.pools)
    assert summary(model).parameters == 870_991
    assert FasterRCNN(gated=True).shape((3, 600, 1000))[2:] == ((21,), (84,))
