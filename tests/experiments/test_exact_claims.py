"""Experiments with exact claims: each holds by real computation, and can fail."""

from math import comb, isclose, sqrt

import numpy as np
import pytest

from minicnn.__main__ import COMMANDS
from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.backend.seeds import manual_seed
from minicnn.experiments import (
    EXPERIMENTS,
    field_shape,
    gallery,
    identity,
    kernels,
    paths,
    shift,
    sizes,
    unravel,
    winners,
)
from minicnn.experiments import memory as memory_of
from minicnn.experiments.experiment import Exact
from minicnn.experiments.verdict import EQUAL, UNEQUAL, verdict
from minicnn.explain.pocket import pixels, pocket_digit, pocket_lenet
from minicnn.layers.maxpool import MaxPool2d
from minicnn.models import build
from minicnn.models.resnet_cifar import CifarResNet

EXACT = ("unravel", "paths", "three-threes", "inception", "winners", "separable", "shift",
         "kernels", "sizes")


@pytest.mark.parametrize("name", EXACT)
def test_all_exact_claims_hold(name, tiny):
    claims = [claim for claim in EXPERIMENTS[name].run(tiny()).effects if isinstance(claim, Exact)]
    assert claims
    for claim in claims:
        assert verdict(claim).word == EQUAL, claim


def test_an_exact_claim_can_fail():
    assert verdict(Exact("2^2 paths", 5, 4)).word == UNEQUAL


# --- unravel ------------------------------------------------------------------------------------

@pytest.fixture
def units():
    rng = np.random.default_rng(3)
    x = Tensor(rng.integers(0, 4, (1, unravel.CHANNELS, 6, 6)).astype(np.float64))
    return [unravel.Unit(rng) for _ in range(3)], x


@no_grad()
def test_the_sum_over_paths_by_hand(units):
    (f1, f2, f3), x = units
    y1 = x + f1(x)
    y2 = y1 + f2(y1)
    y3 = (y2 + f3(y2)).numpy()
    a, b = f1(x, held=True), f2(x, held=True)
    ab = f2(a, held=True)
    four = x + a + b + ab                                  # (1 + f2)(1 + f1) x
    np.testing.assert_array_equal(four.numpy(), y2.numpy())
    np.testing.assert_array_equal((four + f3(four, held=True)).numpy(), y3)
    paths_of = [(i, j, k) for i in (0, 1) for j in (0, 1) for k in (0, 1)]
    total = sum(unravel.along((f1, f2, f3), path, x, held=True) for path in paths_of)
    np.testing.assert_array_equal(total, y3)


@no_grad()
def test_paths_that_decide_anew_do_not_add_up(units):
    (f1, f2, _), x = units
    y2 = x + f1(x)
    y2 = (y2 + f2(y2)).numpy()
    anew = sum(unravel.along((f1, f2), path, x, held=False)
               for path in ((0, 0), (0, 1), (1, 0), (1, 1)))
    assert (anew != y2).any()


def test_names_of_paths():
    assert unravel.named((1, 0, 1)) == "f1 f3" and unravel.named((0, 0, 0)) == "x itself"


# --- paths --------------------------------------------------------------------------------------

def test_lengths_of_a_small_network():
    model = CifarResNet(14)                                # 6 units
    assert paths.lengths(model) == [comb(6, k) for k in range(7)]
    assert paths.lengths(CifarResNet(14, shortcut="none")) == [1]
    unit = dict(model.named_modules())["stage1.0"]
    assert paths.lengths(model, unit) == [comb(5, k) for k in range(6)]


def test_mean_and_deviation():
    assert paths.mean_and_deviation([1, 2, 1]) == (1.0, pytest.approx(sqrt(0.5)))


# --- identity -----------------------------------------------------------------------------------

@pytest.mark.parametrize("training", [True, False])
def test_deepened_is_the_same_function(training):
    assert identity.difference(5, training) == 0


def test_it_is_not_where_a_new_unit_does_something(monkeypatch):
    def wrong():
        deep = identity.deepened()
        dict(deep.named_modules())["stage2.1.body.bn2"].weight.data[0] = 1
        return deep
    short, long = identity.ARMS
    monkeypatch.setitem(identity.ARMS, long, identity.ARMS[long]._replace(build=wrong))
    assert identity.difference(5, False) > 0


def test_new_units_learn():
    """Their last weight is 0, but its gradient is not."""
    manual_seed(0)
    deep = identity.deepened()
    rng = np.random.default_rng(0)
    deep(Tensor(rng.standard_normal((4, 3, 8, 8)).astype(np.float32))).sum().backward()
    new = dict(deep.named_modules())["stage1.1.body.bn2"].weight
    assert not new.data.any() and np.abs(new.grad).max() > 0


# --- field-shape --------------------------------------------------------------------------------

@pytest.mark.parametrize("depth", [1, 4, 9])
def test_width_of_equal_weights(depth):
    g = field_shape.gradient(depth, "equal", np.random.default_rng(0), 1)
    assert isclose(field_shape.width(g), sqrt(2 * depth / 3), rel_tol=1e-12)
    rows = np.flatnonzero(g.sum(axis=1) > 0)
    assert rows[-1] - rows[0] + 1 == 2 * depth + 1


def test_the_side_that_counts():
    g = np.zeros((field_shape.SIDE, field_shape.SIDE))
    g[field_shape.SIDE // 2, field_shape.SIDE // 2] = 1
    assert field_shape.side_that_counts(g, 2) == 20        # 1 of 5 pixels
    g[field_shape.SIDE // 2 + 2] = 1
    assert field_shape.side_that_counts(g / g.sum(), 50) > 85


# --- shift, kernels, sizes, winners, gallery, memory --------------------------------------------

def test_moved():
    x = np.array([[0.0, 1.0, 2.0]])
    assert shift.moved(x, 1).tolist() == [[0, 0, 1]] and shift.moved(x, -2).tolist() == [[2, 0, 0]]


@no_grad()
def test_a_convolution_moves_along_and_pooling_only_evenly():
    x = pixels(pocket_digit(3)[None, None])
    conv = dict(pocket_lenet().named_parts())["CONV2"]
    maps = np.repeat(x, 6, axis=1)
    assert shift.largest_difference(conv, maps, 2) == shift.largest_difference(conv, maps, 1) == 0
    assert shift.largest_difference(MaxPool2d(2), x, 4, 2) == 0
    assert shift.largest_difference(MaxPool2d(2), x, 1, 2) > 0.1


def test_a_filter_is_a_dot_product():
    image = np.arange(25).reshape(5, 5) ** 2
    maps = dict(zip(kernels.KERNELS, kernels.filtered(image), strict=True))
    assert maps["nothing"][2, 3] == image[2, 3]
    assert maps["edges down"][1, 1] == (image[0, 2] - image[0, 0] + 2 * (image[1, 2] - image[1, 0])
                                        + image[2, 2] - image[2, 0])
    assert kernels.by_hand(image, kernels.KERNELS["blur"][0], 2, 2) == maps["blur"][2, 2]


def test_a_network_that_flattens_refuses():
    with pytest.raises(ValueError, match="3000 features"):
        build("lenet5")(Tensor(np.zeros((1, 1, 48, 48), np.float32)))
    assert "lenet5" in sizes.NETWORKS


def test_the_winners_are_in_order_and_cited():
    years = [one.year for one in winners.WINNERS]
    assert years == sorted(years) and all(one.source for one in winners.WINNERS)


def test_commands_of_the_gallery_are_there():
    for use in gallery.USES:
        words = use.here.split(": ")[-1].split()
        if words[:3] == ["python", "-m", "minicnn"]:
            assert words[3] in COMMANDS
            if words[3] == "experiment":
                assert words[4] in EXPERIMENTS


def test_training_keeps_what_answering_lets_go():
    model = CifarResNet(14)
    x = np.random.default_rng(0).standard_normal((8, 3, 16, 16)).astype(np.float32)
    meter, training = memory_of.measured(model, x, True)
    _, answering = memory_of.measured(model, x, False)
    assert training > 2 * answering
    top = meter.levels[meter.forward - 1]
    assert meter.levels[0] < meter.levels[meter.forward // 2] < top > meter.levels[-1]
