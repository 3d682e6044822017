"""Frozen batch norm: a BatchNorm2d in test mode that never learns."""

import numpy as np
import pytest

from minicnn import optim
from minicnn.autograd.tensor import Tensor
from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.frozen_batchnorm import FrozenBatchNorm2d
from minicnn.layers.module import Module
from tests.layers.checks import check_agreement, gradient_of, run
from tests.reference import maps as reference


def filled(layer, rng):
    state = {name: rng.uniform(0.5, 2, values.shape) for name, values in layer.state_dict().items()}
    layer.load_state_dict(state)
    return state


def test_by_hand(xp):
    layer = FrozenBatchNorm2d(1, eps=1.0)
    layer.load_state_dict({"weight": [6.0], "bias": [1.0], "running_mean": [2.0],
                           "running_var": [8.0]})
    assert run(layer, xp, np.array([[[[2.0, 5, -1]]]])).tolist() == [[[[1, 7, -5]]]]   # 1 + 6 / 3 x


def test_agrees_with_loops_and_with_batch_norm_in_test_mode(rng, xp):
    x, layer, norm = rng.standard_normal((2, 3, 4, 5)), FrozenBatchNorm2d(3), BatchNorm2d(3).eval()
    layer.to(dtype="float64"), norm.to(dtype="float64")
    state = filled(layer, rng)
    norm.load_state_dict(state, strict=False)
    y = run(layer, xp, x)
    check_agreement(y, reference.frozen_batch_norm(
        x, *(state[name] for name in ("weight", "bias", "running_mean", "running_var"))))
    check_agreement(y, norm(Tensor(x)).numpy())


def test_training_moves_nothing(rng):
    layer = FrozenBatchNorm2d(2)
    before = filled(layer, rng)
    layer.train()
    assert list(layer.parameters()) == [] and len(list(layer.buffers())) == 4
    for _ in range(2):
        gradient_of(layer, rng.standard_normal((3, 2, 4, 4)).astype("f"))
    for name, values in layer.state_dict().items():
        check_agreement(values, before[name].astype("f"))


class Net(Module):
    def __init__(self):
        self.norm, self.after = FrozenBatchNorm2d(2), BatchNorm2d(2)

    def forward(self, x):
        return self.after(self.norm(x))


def test_an_optimiser_does_not_see_it():
    net = Net()
    assert net.num_parameters() == 4
    optimizer = optim.SGD(net.parameters(), 0.1, weight_decay=0.5)
    net(Tensor(np.random.default_rng(0).standard_normal((2, 2, 3, 3)).astype("f"))).sum().backward()
    optimizer.step()
    assert (net.norm.weight.data == 1).all() and (net.after.weight.data != 1).all()


def test_says_what_is_wrong():
    with pytest.raises(ValueError, match="eps must be 0 or more, got -1"):
        FrozenBatchNorm2d(3, eps=-1)
    with pytest.raises(ValueError, match="num_features must be at least 1, got 0"):
        FrozenBatchNorm2d(0)
    with pytest.raises(ValueError, match=r"has 2 channels, .*for 3; .*FrozenBatchNorm2d\(2\)"):
        FrozenBatchNorm2d(3)(Tensor(np.ones((1, 2, 4, 4))))
    with pytest.raises(ValueError, match="unexpected: num_batches_tracked"):
        FrozenBatchNorm2d(2).load_state_dict(BatchNorm2d(2).state_dict())
