"""Experiments that train: what they measure, by hand; and a step of those that are small."""

from types import SimpleNamespace

import numpy as np
import pytest

from minicnn.analysis.exciting import Best
from minicnn.analysis.summary import summary
from minicnn.data.scenes import Scenes
from minicnn.data.shapes import shapes
from minicnn.experiments import (
    captions,
    cardinality,
    detection,
    filters,
    gates,
    lrn,
    nin,
    occlusion,
    parts,
    retrieval,
    scaling,
    segmentation,
    towers,
    wide,
)
from minicnn.experiments.arms import costs, error_bars, learnt, lower, rows_of, said_of
from minicnn.experiments.networks import Plan
from minicnn.experiments.scene_nets import scenes
from minicnn.layers.lrn import LocalResponseNorm
from minicnn.models import build
from minicnn.models.detection.trunk import SmallTrunk
from minicnn.models.resnext import CifarResNeXt

# --- arms -----------------------------------------------------------------------------------------

def test_arms_learn_the_same_pictures_and_are_kept(tiny):
    settings = tiny((0, 1))
    nets = learnt(settings, "lrn", lrn.ARMS, Plan(1, 0.02))
    rows = rows_of(settings, nets, lrn.ARMS)
    assert [row["network"] for row in rows] == [*lrn.ARMS] * 2
    assert rows[0]["parameters"] == rows[1]["parameters"] and rows[0]["MACs"] > 1e6
    again = learnt(settings, "lrn", lrn.ARMS, Plan(1, 0.02))
    assert [each["none"].loss for each in again] == [each["none"].loss for each in nets]
    effect = lower(nets, "across is better", "across", "none")
    assert effect.sign == -1
    assert effect.differences == [each["across"].error - each["none"].error for each in nets]
    assert said_of(nets).startswith("none ") and callable(error_bars)


def test_norms_have_the_constants_of_alexnet():
    """alpha of the paper is for one value, the layer's is divided by the number of values."""
    across, = lrn.NORMS["across"]()
    within, = lrn.NORMS["within"]()
    ours = next(part for part in build("alexnet_small").modules()
                if isinstance(part, LocalResponseNorm))
    assert (across.size, across.alpha, across.beta, across.k) == (ours.size, ours.alpha, ours.beta,
                                                                  ours.k)
    assert within.alpha / within.size ** 2 == pytest.approx(across.alpha / across.size)


# --- counts ---------------------------------------------------------------------------------------

def test_cost_of_groups_by_the_formula():
    """The second unit of stage1 of a network with two units a stage has that shape."""
    for C, d in cardinality.PATHS:
        net = CifarResNeXt(20, C, d, base=16)
        inner = dict(net.named_modules())["stage1.1"]
        assert summary(inner, (64, 1, 1)).macs == cardinality.counted(C, d)


def test_four_times_the_work():
    small, *larger = [cost["MACs"] for cost in costs(scaling.ARMS).values()]
    assert all(3.6 < macs / small < 4.4 for macs in larger)


def test_wide_and_deep_have_about_as_many_weights():
    one, two = [cost["parameters"] for cost in costs(wide.ARMS).values()]
    assert 0.85 < two / one < 1.15


def test_nin_has_the_same_convolutions_and_far_fewer_weights():
    large, small = (arm.build() for arm in nin.ARMS.values())
    shapes_of = [[p.shape for p in net.parameters() if len(p.shape) == 4 and p.shape[2] > 1]
                 for net in (large, small)]
    assert shapes_of[0] == shapes_of[1]
    assert large.num_parameters() > 8 * small.num_parameters()


# --- measures, by hand ----------------------------------------------------------------------------

def test_share_of_classes():
    labels = np.array([0, 0, 1, 1])
    apart = np.array([[0.1], [0.1], [0.9], [0.9]])
    alike = np.array([[0.1], [0.9], [0.1], [0.9]])
    still = np.full((4, 1), 0.5)
    assert gates.share_of_classes(apart, labels) == pytest.approx(100)
    assert gates.share_of_classes(alike, labels) == pytest.approx(0)
    both = gates.share_of_classes(np.hstack([apart, alike, still]), labels)
    assert both == pytest.approx(50)                       # the gate that never moves is left out


def test_colour_of_filters():
    grey = np.ones((1, 3, 2, 2))
    red_against_blue = np.zeros((1, 3, 2, 2))
    red_against_blue[:, 0], red_against_blue[:, 2] = 1, -1
    red = np.zeros((1, 3, 2, 2))
    red[:, 0] = 1
    found = towers.colour(np.concatenate([grey, red_against_blue, red]))
    np.testing.assert_allclose(found, [0, 100, 200 / 3])


def test_smoothness_of_filters():
    noise = np.random.default_rng(0).standard_normal((200, 3, 7, 7))
    slope = np.broadcast_to(np.arange(7.0), (1, 1, 7, 7))
    checks = (np.indices((8, 8)).sum(axis=0) % 2 - 0.5)[None, None]
    assert abs(filters.smoothness(noise)) < 0.05
    assert filters.smoothness(slope) > 0.5
    assert filters.smoothness(checks) == pytest.approx(-1)


def test_average_precision():
    right = np.array([[True, False, True, False], [True, True, False, False]])
    assert retrieval.average_precision(right) == pytest.approx(100 * ((1 + 2 / 3) / 2 + 1) / 2)
    none = np.zeros((1, 4), bool)
    assert retrieval.average_precision(np.vstack([right, none])) == \
        retrieval.average_precision(right)


def test_purity():
    best = Best(np.array([[2.0, 1.0, 1.0], [0.0, 0.0, 0.0]]), np.array([[0, 1, 2], [0, 1, 2]]),
                np.zeros((2, 3, 2)), 3)
    read = SimpleNamespace(test=SimpleNamespace(labels=np.array([7, 7, 1])))
    assert parts.purity(read, best) == pytest.approx(200 / 3)      # the silent channel is left out


def test_covered():
    x = np.ones((1, 6, 6), np.float32)
    pictures = occlusion.covered(x, 3)
    assert pictures.shape == (36, 1, 6, 6) and (x == 1).all()
    assert (pictures[0] == occlusion.LOW).sum() == 4       # at the corner, a part hangs over
    assert (pictures[14] == occlusion.LOW).sum() == 9
    assert pictures[14, 0, 2, 2] == np.float32(occlusion.LOW)


def test_covering_ground_changes_nothing():
    """A square that is as dark as what it covers."""
    x = np.full((1, 32, 32), occlusion.LOW, np.float32)
    drop, p = occlusion.drops(occlusion.pocket_lenet(np.float32), x, 3)
    assert np.abs(drop).max() < 1e-6 and p.shape == (32, 32, 10)


# --- scenes ---------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def drawn():
    return shapes(6, seed=3, size=32)


def test_background_everywhere(drawn):
    maps = np.concatenate([target["class_map"].ravel() for target in drawn.targets])
    share = (maps == 0).sum() / (maps != 255).sum()
    assert segmentation.ground_alone(drawn) == pytest.approx(100 * share / len(drawn.classes))


def test_captioner_learns_from_what_it_is_dealt(drawn, tiny):
    words = captions.Vocabulary(captions.spoken(drawn))
    images = captions.floats(drawn)
    assert images.shape == (6, 3, 32, 32) and np.abs(images).max() <= 2
    one, two = (captions.taught(tiny(), words, x, captions.spoken(drawn), 2, 0)
                for x in (images, images[::-1]))
    assert any((a.data != b.data).any() for a, b in zip(one.parameters(), two.parameters(),
                                                        strict=True))


def test_backbones_give_the_same_maps():
    shapes_of = {SmallTrunk(3, blocks).shape((3, 64, 64))
                 for blocks in detection.BACKBONES.values()}
    assert shapes_of == {((64, 16, 16),)}
    model = detection.detector(detection.BACKBONES["three layers"])
    assert model.backbone.layers.conv1_1.conv.out_channels == 16


def test_scenes_for_testing_stay_the_same(tiny):
    one, two = (scenes(tiny(), seed, 2, 2, 32) for seed in (0, 1))
    assert isinstance(one[0], Scenes) and one[1] == two[1] and one[0] != two[0]
