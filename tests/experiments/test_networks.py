from dataclasses import replace

import numpy as np
import pytest

from minicnn.data import Dataset
from minicnn.experiments.experiment import Settings
from minicnn.experiments.networks import Plan, error, learn, prepared, scores, trained
from minicnn.layers.containers import Sequential
from minicnn.layers.freeze import freeze
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.module import Module

PLAN = Plan(epochs=2, lr=0.1, batch=4, shift=1, flip=True)


def build():
    return Sequential(Flatten(), first=Linear(16, 8), last=Linear(8, 3))


@pytest.fixture
def data(rng):
    def some(count):
        images = rng.integers(0, 256, (count, 1, 4, 4)).astype(np.uint8)
        return Dataset(images, np.arange(count) % 3, tuple("abc"))
    return some(12), some(9)


@pytest.fixture
def settings(tmp_path):
    told = []
    made = Settings(cache=tmp_path, bars=False, say=told.append)
    made.told = told
    return made


def weights(net):
    return np.concatenate([value.ravel() for value in net.model.state_dict().values()])


def test_a_network_is_trained_once(settings, data, monkeypatch):
    first = trained(settings, "net", PLAN, 0, build, *data)
    monkeypatch.setattr("minicnn.experiments.networks.learn", None)    # would fail
    again = trained(settings, "net", PLAN, 0, build, *data)
    assert np.array_equal(weights(first), weights(again))
    assert first.history == again.history and first.error == again.error
    assert len(first.history) == 2 and not again.model.training


def test_without_a_cache_it_is_the_same_network(settings, data):
    kept = trained(settings, "net", PLAN, 0, build, *data)
    fresh = trained(Settings(bars=False), "net", PLAN, 0, build, *data)
    assert np.array_equal(weights(kept), weights(fresh)) and kept.history == fresh.history


def test_other_settings_are_another_network(settings, data):
    train, test = data
    for name, plan, seed, learnt in [
            ("net", PLAN, 0, train), ("other", PLAN, 0, train), ("net", PLAN, 1, train),
            ("net", replace(PLAN, lr=0.2), 0, train), ("net", PLAN, 0, train[:8])]:
        trained(settings, name, plan, seed, build, learnt, test)
    assert len(list(settings.cache.glob("*.npz"))) == 5


@pytest.mark.parametrize("harm", [lambda content: content[:len(content) // 2],
                                  lambda content: b"", lambda content: b"no network"])
def test_a_damaged_file_is_trained_again(harm, settings, data):
    first = trained(settings, "net", PLAN, 0, build, *data)
    (path,) = settings.cache.glob("*.npz")
    path.write_bytes(harm(path.read_bytes()))
    again = trained(settings, "net", PLAN, 0, build, *data)
    assert np.array_equal(weights(first), weights(again))
    (line,) = settings.told
    assert path.name in line and "net is trained again" in line
    assert trained(settings, "net", PLAN, 0, build, *data).history == first.history
    assert len(settings.told) == 1                         # and kept


def test_an_unfinished_file_is_no_file(settings, data, monkeypatch):
    def fails(path, tree):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr("minicnn.experiments.networks.save", fails)
    with pytest.raises(OSError, match="No space"):
        trained(settings, "net", PLAN, 0, build, *data)
    assert list(settings.cache.iterdir()) == []


def test_the_history(data):
    settings = Settings(bars=False)
    history = learn(settings, build(), replace(PLAN, last=False), 0, *data)
    assert [line["epoch"] for line in history] == [1, 2]
    assert all(set(line) == {"epoch", "loss", "error", "test_loss"} for line in history)
    (_, last) = learn(settings, build(), PLAN, 0, *data)
    assert "error" in last


def test_it_learns_by_heart(data):
    """Twelve pictures, fifty times."""
    train, _ = data
    model = build()
    history = learn(Settings(bars=False), model, Plan(50, 0.05, 4, warmup=5), 0, train, train)
    assert history[-1]["error"] == 0 and history[-1]["loss"] < history[0]["loss"]
    y = scores(model, prepared(train, train.images))
    assert error(y, train.labels) == 0


def test_what_is_frozen_stays(data):
    model = freeze(build(), "first")
    before = model.first.weight.numpy().copy()
    learn(Settings(bars=False), model, PLAN, 0, *data)
    assert np.array_equal(model.first.weight.numpy(), before)


def test_sides_are_drawn_for_each_batch(data):
    """Also the smallest and the largest of them, and every picture of a batch alike."""
    seen = []

    class Looks(Module):
        def __init__(self):
            self.last = Linear(1, 3)

        def forward(self, x):
            seen.append(x.shape)
            return self.last(x.mean((2, 3)))

    learn(Settings(bars=False), Looks(), Plan(20, 0.1, 4, sides=(3, 5)), 0, *data)
    trained_on = seen[:-1]
    assert {shape[2] for shape in trained_on} == {3, 4, 5}
    assert all(shape[2] == shape[3] for shape in trained_on) and seen[-1][2] == 4


def test_a_rate_that_is_too_high_ends_it(data):
    history = learn(Settings(bars=False), build(), Plan(30, 1e30, 4), 0, *data)
    assert len(history) < 30 and "error" in history[-1]


def test_what_is_no_number_is_wrong():
    y = np.array([[0.0, 1.0], [np.nan, 1.0], [2.0, 1.0], [np.inf, 0.0]], np.float32)
    assert error(y, np.array([1, 1, 0, 0])) == 50
    assert error(np.full((2, 3), np.nan, np.float32), np.array([0, 1])) == 100
