"""Frozen layers do not learn, and do not drift."""

import numpy as np
import pytest

from minicnn import Tensor
from minicnn.layers import (
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    Linear,
    Sequential,
    freeze,
    unfreeze,
)
from minicnn.losses import cross_entropy
from minicnn.optim import SGD


def network():
    return Sequential(conv=Conv2d(1, 2, 3), norm=BatchNorm2d(2), drop=Dropout(0.5),
                      flatten=Flatten(), fc=Linear(18, 3))


def steps(net, rng, count=3):
    """Training, with weight decay, which moves whatever is not left out."""
    optimizer = SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=0.1)
    for _ in range(count):
        x = Tensor(rng.standard_normal((8, 1, 5, 5)).astype("float32"))
        loss = cross_entropy(net.train()(x), rng.integers(0, 3, 8))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def changed(net, before):
    return {name for name, values in net.state_dict().items()
            if not np.array_equal(values, before[name])}


def test_only_the_others_learn(rng):
    net = network()
    assert freeze(net, "conv", "norm") is net
    before = net.state_dict()
    steps(net, rng)
    assert changed(net, before) == {"fc.weight", "fc.bias"}
    assert net.conv.weight.grad is None


def test_unfrozen_they_learn_again(rng):
    net = freeze(network())
    before = net.state_dict()
    assert not any(part.training for part in net.train().modules())
    unfreeze(net, "norm", "fc")
    steps(net, rng)
    assert changed(net, before) == {"fc.weight", "fc.bias", "norm.weight", "norm.bias",
                                    "norm.running_mean", "norm.running_var",
                                    "norm.num_batches_tracked"}


def test_modes(rng):
    """A frozen part stays in test mode; the mode of the others is the network's."""
    net = freeze(network().eval(), "norm", "drop")
    assert not net.training
    net.train()
    assert [part.training for part in net.children()] == [True, False, False, True, True]
    unfreeze(net)
    assert all(part.training for part in net.modules())
    unfreeze(freeze(net.eval()))
    assert not any(part.training for part in net.modules())


def test_a_path_that_there_is_not():
    net = network()
    with pytest.raises(AttributeError, match="did you mean conv"):
        freeze(net, "norm", "convv")
    assert net.norm.weight.requires_grad and net.train().norm.training
