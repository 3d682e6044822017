"""Starting values: spread, bounds, seeds."""

from inspect import signature
from math import sqrt

import numpy as np
import pytest

from minicnn import init
from minicnn.backend.seeds import manual_seed
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.linear import Linear
from minicnn.layers.module import Module
from minicnn.layers.parameter import Parameter
from minicnn.layers.rbf import RBF

SHAPE = (60, 40, 3, 5)                                 # fan_in 600, fan_out 900
SPREADS = [                                            # (draw, standard deviation, largest value)
    (init.lecun_normal(), sqrt(1 / 600), None),
    (init.lecun_uniform(), sqrt(1 / 600), sqrt(3 / 600)),
    (init.xavier_normal(), sqrt(2 / 1500), None),
    (init.xavier_uniform(), sqrt(2 / 1500), sqrt(6 / 1500)),
    (init.xavier_normal(5 / 3), 5 / 3 * sqrt(2 / 1500), None),
    (init.xavier_uniform(gain=2), 2 * sqrt(2 / 1500), 2 * sqrt(6 / 1500)),
    (init.he_normal(), sqrt(2 / 600), None),
    (init.he_uniform(), sqrt(2 / 600), sqrt(6 / 600)),
    (init.he_normal(mode="fan_out"), sqrt(2 / 900), None),
    (init.he_uniform(0.2, "fan_out"), sqrt(2 / 1.04 / 900), sqrt(6 / 1.04 / 900)),
    (init.he_normal(a=0.2), sqrt(2 / 1.04 / 600), None),
    (init.normal(0.3), 0.3, None),
    (init.uniform(0.3), 0.3 / sqrt(3), 0.3),
    (init.lenet(), 2.4 / 600 / sqrt(3), 2.4 / 600),
    (init.alexnet(), 0.01, None),
    (init.vgg(), 0.1, None),
    (init.orthogonal(), sqrt(1 / 600), 1),
]


@pytest.mark.parametrize("number", range(len(SPREADS)))
def test_mean_spread_and_bounds(rng, number):
    draw, std, bound = SPREADS[number]
    values = draw(rng, SHAPE)
    assert (values.shape, values.dtype) == (SHAPE, np.float32)
    assert values.std() == pytest.approx(std, rel=0.02)        # of 36,000 values: 3 sigma is 1.1 %
    assert abs(values.mean()) < 4 * std / sqrt(values.size)
    if bound is not None:
        assert abs(values).max() <= bound * (1 + 1e-6)
    else:
        assert abs(values).max() > 3 * std


def test_the_same_seed_gives_the_same_values():
    for draw, *_ in SPREADS:
        a, b, c = (draw(np.random.default_rng(seed), (5, 4)) for seed in (1, 1, 2))
        assert (a == b).all()
        assert (a != c).any()


def test_fans():
    assert init.fans((16, 6, 5, 3)) == (90, 240)
    assert init.fans((10, 84)) == (84, 10)
    assert init.fans((32, 1, 3, 3)) == (9, 288)                   # depthwise
    assert init.fans((32, 1, 3, 3), groups=32) == (9, 9)          # a filter for each channel
    assert init.fans((64, 8, 3, 3), groups=4) == (72, 144)        # 32 channels, 16 filters a group
    with pytest.raises(ValueError, match=r"at least two axes.*got \(7,\); start a bias"):
        init.fans((7,))
    with pytest.raises(ValueError, match="60 outputs do not divide into 7 groups; give the groups"):
        init.fans((60, 4), groups=7)


GROUPED = {"xavier_normal": (2 / (600 + 900), 2 / (600 + 90)),
           "xavier_uniform": (2 / (600 + 900), 2 / (600 + 90)),
           "he_normal": (2 / 900, 2 / 90), "he_uniform": (2 / 900, 2 / 90)}


@pytest.mark.parametrize("name", GROUPED)
def test_groups(name, rng):
    """PyTorch overlooks them, so does the default; a group's filters alone make the fan_out."""
    options = {"mode": "fan_out"} if name.startswith("he") else {}
    for groups, variance in zip((1, 10), GROUPED[name], strict=True):
        draw = getattr(init, name)(**options, groups=groups)
        assert draw(rng, SHAPE).std() == pytest.approx(sqrt(variance), rel=0.02)
    if name.startswith("he"):                              # fan_in has them in the shape
        draw = getattr(init, name)(groups=10)
        assert draw(rng, SHAPE).std() == pytest.approx(sqrt(2 / 600), rel=0.02)


def test_every_rule_with_a_fan_out_takes_groups():
    """Hold for what is added: a rule whose spread depends on shape[0] has the argument."""
    for name in init.__all__:
        make = getattr(init, name)
        if name in ("Init", "apply_init", "bilinear", "fans", "zeros", "ones", "constant",
                    "normal", "uniform", "orthogonal"):
            continue
        options = {"mode": "fan_out"} if "mode" in signature(make).parameters else {}
        narrow, wide = (make(**options)(np.random.default_rng(0), (F, 50, 3, 3)).std()
                        for F in (20, 2000))
        assert ("groups" in signature(make).parameters) == (narrow > 1.5 * wide), name


@pytest.mark.parametrize("groups, error", [(0, ValueError), (-2, ValueError), (1.5, TypeError),
                                           (True, TypeError), ("2", TypeError)])
@pytest.mark.parametrize("name", GROUPED)
def test_wrong_groups(name, groups, error):
    with pytest.raises(error, match="^groups must be "):
        getattr(init, name)(groups=groups)


@pytest.mark.parametrize("shape", [(4, 9), (9, 4), (5, 5), (6, 2, 2, 2), (30, 2, 3, 3), (1, 1)])
def test_orthogonal(rng, shape):
    matrix = init.orthogonal(2.0)(rng, shape).astype(np.float64).reshape(shape[0], -1)
    if matrix.shape[0] > matrix.shape[1]:
        matrix = matrix.T
    np.testing.assert_allclose(matrix @ matrix.T, 4 * np.eye(len(matrix)), atol=1e-5)


def test_bilinear():
    """FCN's kernel of 4 for twice the size, and of 5 for three times, map by map."""
    w = init.bilinear()(None, (2, 2, 4, 5))
    assert w.dtype == np.float32 and not w[0, 1].any() and not w[1, 0].any()
    rows, columns = np.array([1, 3, 3, 1]) / 4, np.array([1, 2, 3, 2, 1]) / 3
    np.testing.assert_allclose(w[1, 1], np.outer(rows, columns), rtol=1e-6)
    grouped = init.bilinear(groups=2)(None, (4, 2, 4, 4))   # maps 0, 1 and 2, 3
    assert [[bool(one.any()) for one in row] for row in grouped] == [[1, 0], [0, 1]] * 2
    with pytest.raises(ValueError, match=r"with groups=2 .* as many maps out as in, got .4, 4, 2,"):
        init.bilinear(2)(None, (4, 4, 2, 2))
    with pytest.raises(ValueError, match="bilinear: groups must be at least 1"):
        init.bilinear(0)


def test_orthogonal_has_either_sign(rng):
    """Without the correction of the signs, QR gives 1 x 1 matrices of one sign only."""
    signs = {float(init.orthogonal()(rng, (1, 1))[0, 0]) for _ in range(20)}
    assert signs == {-1.0, 1.0}


def test_constants(rng):
    assert init.constant(0.5)(rng, (2, 2)).tolist() == [[0.5, 0.5], [0.5, 0.5]]
    assert init.zeros(rng, (2,)).tolist() == [0, 0]
    assert init.ones(rng, (2,)).tolist() == [1, 1]
    assert init.normal(0.0, mean=3.0)(rng, (2,)).tolist() == [3, 3]
    assert init.zeros(rng, ()).shape == ()


def test_scaled_by_fans_refuses_a_bias(rng):
    for draw in (init.he_normal(), init.lenet(), init.orthogonal()):
        with pytest.raises(ValueError, match="at least two axes"):
            draw(rng, (4,))


def test_he_refuses_an_unknown_mode():
    for he in (init.he_normal, init.he_uniform):
        with pytest.raises(ValueError, match="'fan_avg'"):
            he(mode="fan_avg")


def test_every_public_name_exists():
    assert [name for name in init.__all__ if not hasattr(init, name)] == []
    assert init.__all__ == sorted(init.__all__)


# --- apply_init ------------------------------------------------------------------------------

class ScaleAndShift(Module):
    """What a batch norm looks like from outside."""

    def __init__(self):
        self.weight, self.bias = Parameter((3,), init.ones), Parameter((3,), init.ones)


def network():
    return Sequential(Conv2d(1, 3, 3), ScaleAndShift(), Linear(5, 4), Linear(4, 2, bias=False),
                      RBF())


def test_apply_init_changes_weights_and_their_biases_only():
    net = network()
    codes = net[4].codes.data.copy()
    assert init.apply_init(net, init.constant(2.0), init.constant(3.0)) is net
    seen = {name: set(values.ravel().tolist()) for name, values in net.state_dict().items()}
    assert seen == {"0.weight": {2.0}, "0.bias": {3.0}, "1.weight": {1.0}, "1.bias": {1.0},
                    "2.weight": {2.0}, "2.bias": {3.0}, "3.weight": {2.0},
                    "4.codes": set(codes.ravel().tolist())}


def test_apply_init_may_leave_either_alone():
    net = network()
    before = net.state_dict()
    init.apply_init(net, weight=init.he_normal())
    init.apply_init(net, bias=init.zeros)
    after = net.state_dict()
    assert (after["2.weight"] != before["2.weight"]).all()
    assert not after["2.bias"].any()


def test_apply_init_draws_lazily_and_by_seed():
    calls = []

    def draw(rng, shape):
        calls.append(shape)
        return rng.standard_normal(shape)

    def fresh():
        manual_seed(3)
        return init.apply_init(Sequential(Linear(4, 4), Linear(4, 4)), draw)

    first, second = fresh(), fresh()
    assert calls == []
    a, b = first[0].weight.data, first[1].weight.data
    assert (a != b).any()
    assert (b == second[1].weight.data).all() and (a == second[0].weight.data).all()
    assert a.dtype == np.float32


def test_apply_init_keeps_device_and_dtype(device):
    layer = Linear(3, 2).to(device, "float64")
    layer.weight.grad = layer.weight.data
    init.apply_init(layer, init.constant(1.0))
    assert (layer.weight.data.dtype, layer.weight.device) == ("float64", device)
    assert layer.weight.grad is None
