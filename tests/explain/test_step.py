"""One training step is the step that the engine and SGD make."""

import numpy as np
import pytest

from minicnn import Tensor, layers, manual_seed
from minicnn.explain.step import Spread, sizes_of, walk_through
from minicnn.explain.step_text import all_stops, stop_text
from minicnn.explain.subject import Subject, in_training, network_subject, pocket_subject
from minicnn.losses import cross_entropy
from minicnn.models import build
from minicnn.optim import SGD

LABELS = np.array([7, 0, 1])


def subject():
    return in_training(pocket_subject(7), 3)


def test_the_loss_before_and_after():
    walk = walk_through(subject(), LABELS, 0.1)
    one = subject()
    model, x = one.model, Tensor(one.x)
    sgd = SGD(model.parameters(), lr=0.1)
    loss = cross_entropy(model(x), LABELS)
    loss.backward()
    sgd.step()
    np.testing.assert_allclose(walk.before, loss.item(), rtol=1e-10)
    np.testing.assert_allclose(walk.after, cross_entropy(model(x), LABELS).item(), rtol=1e-8)
    assert walk.after < walk.before


def test_stops_go_forward_and_back():
    walk = walk_through(subject(), LABELS, 0.01)
    ways = [stop.way for stop in walk.stops]
    assert ways == ["forward"] * 12 + ["loss"] + ["backward"] * 12 + ["update", "again"]
    forward = [stop.path for stop in walk.stops[:12]]
    assert forward == [stop.path for stop in walk.stops[24:12:-1]]
    assert forward[:3] == ["CONV1", "CONV1_relu", "POOL1"]


def test_memory_rises_and_falls():
    walk = walk_through(subject(), LABELS, 0.01)
    held = [stop.held for stop in walk.stops[:25]]
    assert held[0] == 25 * 28 * 28 * 3 * 4                 # cols of CONV1, 3 images, in float32
    assert held[:12] == sorted(held[:12]) and held[24] == 0
    assert held[13:] == sorted(held[13:], reverse=True)


def test_what_a_stop_shows():
    walk = walk_through(subject(), LABELS, 0.01)
    y = np.asarray(walk.recorder.visits["CONV2"].output.data)
    spread = walk.stops[3].arrays["y"]
    assert (spread.mean, spread.smallest) == (y.mean(), y.min())
    assert sum(spread.histogram) == y.size and len(spread.histogram) == 40
    back = next(stop for stop in walk.stops if (stop.way, stop.path) == ("backward", "CONV2"))
    assert list(back.arrays) == ["dy", "d x", "d weight", "d bias"]
    assert "minicnn/layers/conv.py" in back.source[0][0]
    assert back.source[0][1].startswith("def backward(self, dy):")
    first = next(stop for stop in walk.stops if (stop.way, stop.path) == ("backward", "CONV1"))
    assert "d image" not in first.arrays                   # nobody asked for it


@pytest.mark.parametrize("layer, words", [
    (layers.Conv2d(2, 3, 3, 2, 1), ["rows (7 + 1 + 1 - 3) / 2 + 1 = 4",
                                    "columns (6 + 1 + 1 - 3) / 2 + 1 = 3.5, in whole windows = 3"]),
    (layers.Conv2d(2, 3, 3, padding=2, dilation=2), ["rows (7 + 2 + 2 - 5) / 1 + 1 = 7",
                                                     "columns (6 + 2 + 2 - 5) / 1 + 1 = 6"]),
    (layers.MaxPool2d(2, ceil_mode=True), [
        "rows (7 + 0 + 0 - 2) / 2 + 1 = 3.5, in whole windows, the last one hangs over, = 4",
        "columns (6 + 0 + 0 - 2) / 2 + 1 = 3"]),
    (layers.ReLU(), [])])
def test_the_arithmetic_of_sizes(layer, words):
    manual_seed(0)
    model = layers.Sequential(layer, layers.Flatten(), layers.Linear(
        int(np.prod(layer.shape((2, 7, 6)))), 3)).to(dtype=np.float64)
    x = np.random.default_rng(0).standard_normal((2, 2, 7, 6))
    walk = walk_through(Subject(model, x, "", "", lambda k: x[0]), np.array([0, 1]), 0.01)
    assert walk.stops[0].sizes == words
    assert sizes_of(walk.recorder.visits["0"]) == words


def test_a_histogram_of_nothing_and_of_nan():
    assert Spread.of(np.zeros((0, 3))).histogram == [0] * 40
    assert np.isnan(Spread.of(np.array([np.nan, 1.0])).mean)


def test_batch_norm_sees_the_batch():
    manual_seed(0)
    one = in_training(network_subject(build("resnet20"), "resnet20", "untrained", "resnet20"), 2)
    walk = walk_through(one, np.array([1, 2]), 0.01)
    text = all_stops(walk, "conv1_batchnorm2d")
    assert "BatchNorm2d" in text and "keeps for backward: gamma" in text or "x_hat" in text
    assert "stage1.0.add (Add)" in all_stops(walk)
    assert stop_text(walk.stops[-2], 1, 1).count("ratio") == len(list(one.model.parameters()))
