"""torch.nn.init: values written into what is there, with the spread of the papers."""

from math import sqrt

import numpy as np
import pytest

from minicnn import Parameter, Tensor, init, manual_seed, nn
from minicnn.backend.arrays import to_cpu
from minicnn.optim import SGD

SHAPE = (60, 40, 3, 5)                                     # fan_in 600, fan_out 900
SPREADS = [                                                # mean, standard deviation, largest
    ("uniform_", {"a": -1, "b": 3}, 1, 4 / sqrt(12), 3), ("uniform_", {}, 0.5, 1 / sqrt(12), 1),
    ("normal_", {"mean": 2, "std": 0.5}, 2, 0.5, None), ("normal_", {}, 0, 1, None),
    ("trunc_normal_", {"std": 0.02}, 0, 0.02, None),
    ("trunc_normal_", {}, 0, 0.8796, 2),                   # of a normal cut off at 2
    ("xavier_normal_", {"gain": 2}, 0, 2 * sqrt(2 / 1500), None),
    ("xavier_uniform_", {}, 0, sqrt(2 / 1500), sqrt(6 / 1500)),
    ("kaiming_normal_", {"nonlinearity": "relu"}, 0, sqrt(2 / 600), None),
    ("kaiming_normal_", {"a": 0.2}, 0, sqrt(2 / 1.04 / 600), None),
    ("kaiming_normal_", {"mode": "fan_out", "nonlinearity": "tanh"}, 0, 5 / 3 / sqrt(900), None),
    ("kaiming_uniform_", {"a": sqrt(5)}, 0, sqrt(1 / 3 / 600), sqrt(1 / 600)),
    ("kaiming_uniform_", {"nonlinearity": "linear"}, 0, sqrt(1 / 600), sqrt(3 / 600)),
    ("orthogonal_", {}, 0, sqrt(1 / 600), 1),
]


@pytest.mark.parametrize("make", [lambda: Parameter(SHAPE), lambda: Tensor(np.ones(SHAPE, "f")),
                                  lambda: Tensor(np.ones(SHAPE))])
@pytest.mark.parametrize("name, settings, mean, std, largest", SPREADS)
def test_mean_and_spread(name, settings, mean, std, largest, make):
    manual_seed(0)
    x = make()
    dtype = x.dtype
    assert getattr(nn.init, name)(x, **settings) is x
    values = x.numpy()
    assert values.shape == SHAPE and values.dtype == dtype
    assert values.std() == pytest.approx(std, rel=0.02)
    assert abs(values.mean() - mean) < 4 * std / sqrt(values.size)
    if largest:
        assert 0.95 * largest < abs(values).max() <= largest * (1 + 1e-6) or name == "orthogonal_"


def test_values_that_are_given():
    x = Parameter((2, 3))
    assert nn.init.ones_(x).tolist() == [[1.0] * 3] * 2
    assert nn.init.constant_(x, 0.25).tolist() == [[0.25] * 3] * 2
    assert nn.init.zeros_(x).tolist() == [[0.0] * 3] * 2


def test_as_a_student_starts_a_network():
    """net.apply(f), with nn.init inside f; an optimiser made before goes on with the values."""
    def start(layer):
        if isinstance(layer, nn.Linear):
            nn.init.xavier_uniform_(layer.weight, gain=nn.init.calculate_gain("relu"))
            nn.init.constant_(layer.bias, 0.01)

    net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    optimizer = SGD(net.parameters(), lr=0.1)
    before = net.state_dict()
    assert net.apply(start) is net
    assert net[0].bias.tolist() == [np.float32(0.01).item()] * 4
    assert abs(net[0].weight.data).max() <= sqrt(2) * sqrt(6 / 7)
    assert (net[0].weight.data != before["0.weight"]).all()
    net(Tensor(np.ones((1, 3), "f"))).sum().backward()
    optimizer.step()
    assert net[2].bias.tolist() == [np.float32(0.01 - 0.1).item()] * 2


def test_gains():
    names = ["linear", "conv2d", "sigmoid", "tanh", "relu", "selu", "leaky_relu"]
    assert [nn.init.calculate_gain(name) for name in names] == pytest.approx(
        [1, 1, 1, 5 / 3, sqrt(2), 3 / 4, sqrt(2 / (1 + 1e-4))])
    assert nn.init.calculate_gain("leaky_relu", 1) == 1
    with pytest.raises(ValueError, match="nonlinearity must be one of linear, .* got 'gelu'"):
        nn.init.calculate_gain("gelu")


@pytest.mark.parametrize("name", ["xavier_normal_", "xavier_uniform_", "kaiming_normal_",
                                  "kaiming_uniform_", "orthogonal_"])
def test_a_bias_has_no_fans(name):
    with pytest.raises(ValueError, match="a weight has at least two axes"):
        getattr(nn.init, name)(nn.Linear(2, 3).bias)


def test_bilinear_is_init_s(xp):
    for layer, groups in ((nn.ConvTranspose2d(3, 3, 4, 2, 1), 1),
                          (nn.ConvTranspose2d(4, 4, (3, 2), 2, groups=2), 2)):
        assert nn.init.bilinear_(layer.weight, groups) is layer.weight
        assert np.array_equal(layer.weight.data, init.bilinear(groups)(None, layer.weight.shape))
    w = Tensor(xp.ones((2, 2, 2, 2), dtype="float32"))
    assert to_cpu(nn.init.bilinear_(w).data).sum() == 2    # 4 cells of 1/4, for each of two maps
    for layer in (nn.ConvTranspose2d(4, 2, 2), nn.Linear(2, 2)):
        with pytest.raises(ValueError, match=r"bilinear: with groups=1 it is for .* got \(.*2\);"):
            nn.init.bilinear_(layer.weight)


def test_what_does_not_fit():
    w = Parameter((2, 3))
    with pytest.raises(ValueError, match="mode must be"):
        nn.init.kaiming_normal_(w, mode="in")
    for cut in ({"a": 3, "b": 4, "std": 0.1}, {"a": 1, "b": 0}, {"mean": 9.0}):
        with pytest.raises(ValueError, match="hardly a number of mean"):
            nn.init.trunc_normal_(w, **cut)


@pytest.mark.parametrize("module, name, cure", [
    (nn.init, "xavier_uniform", "it is xavier_uniform_"), (nn.init, "one_", "did you mean ones_"),
    (nn.init, "dirac_", r"parameter.draw_again\(f\)"),
    (init, "kaiming_normal_", "is minicnn.nn.init.kaiming_normal_"),
    (init, "kaiming_uniform", "it is he_uniform"), (init, "xavier_norm", "did you mean xavier_n")])
def test_names(module, name, cure):
    assert not hasattr(module, name) and not hasattr(module, "__wrapped__")
    with pytest.raises(AttributeError, match=cure):
        getattr(module, name)


def test_on_either_library(xp):
    x = Tensor(xp.ones((4, 3), dtype="float32"))
    nn.init.kaiming_uniform_(x)
    assert type(x.data) is type(xp.ones(1)) and not (to_cpu(x.data) == 1).any()
    nn.init.constant_(x, 0.5)
    assert (to_cpu(x.data) == 0.5).all()
