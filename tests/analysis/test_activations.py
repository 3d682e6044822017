"""Activations of every layer are recorded, and nothing else changes."""

import numpy as np
import pytest

from minicnn import Tensor
from minicnn.analysis import activations, row_outputs
from minicnn.analysis.activations import Outputs
from minicnn.layers import Conv2d, Dropout, ReLU
from minicnn.layers.containers import Sequential
from minicnn.layers.module import Module
from minicnn.models import LeNet5


class Twice(Module):
    """One layer that runs twice."""

    def __init__(self):
        self.layer = Conv2d(1, 1, 3, padding=1)
        self.act = ReLU()

    def forward(self, x):
        return self.layer(self.act(self.layer(x)))


def test_every_layer(rng, device):
    model = Sequential(first=Conv2d(1, 2, 3), block=Sequential(ReLU(), Conv2d(2, 1, 1))).to(device)
    x = Tensor(rng.standard_normal((2, 1, 5, 5)).astype("float32")).to(device)
    found = activations(model, x)
    assert list(found) == ["first", "block.0", "block.1", "block", ""]
    a = model.first(x)
    b = model.block[0](a)
    y = model.block[1](b)
    for path, values in {"first": a, "block.0": b, "block.1": y, "block": y, "": y}.items():
        assert isinstance(found[path], np.ndarray)
        assert np.array_equal(found[path], values.numpy())


def test_a_layer_that_runs_twice(rng):
    model, x = Twice(), rng.standard_normal((1, 1, 4, 4)).astype("float32")
    found = activations(model, x)
    assert list(found) == ["layer", "act", "layer#2", ""]
    assert np.array_equal(found["layer#2"], model(Tensor(x)).numpy())


def test_of_several_answers_the_first_counts(rng):
    class Heads(Module):
        def __init__(self):
            self.a, self.b = ReLU(), Conv2d(1, 1, 3)

        def forward(self, x):
            return self.a(x), self.b(x)

    x = rng.standard_normal((1, 1, 4, 4)).astype("float32")
    found = activations(Heads(), x)
    assert list(found) == ["a", "b", ""] and np.array_equal(found[""], found["a"])


def test_nothing_is_recorded_and_nothing_changes(rng):
    model, x = LeNet5(), rng.standard_normal((1, 1, 32, 32)).astype("float32")
    before, images = model.state_dict(), x.copy()
    activations(model, x)
    assert np.array_equal(x, images)
    assert all(np.array_equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())


def test_results_are_kept_apart(rng):
    """The answer to one image stays what it was when the next is asked."""
    model = LeNet5("paper").eval()
    first = activations(model, rng.standard_normal((1, 1, 32, 32)).astype("float32"))
    kept = {path: values.copy() for path, values in first.items()}
    activations(model, rng.standard_normal((1, 1, 32, 32)).astype("float32"))
    assert all(np.array_equal(first[path], kept[path]) for path in first)


def test_in_the_mode_the_model_is_in():
    model, x = Sequential(Dropout(0.5)), np.ones((1, 1, 20, 20), np.float32)
    assert set(np.unique(activations(model, x)["0"])) == {0.0, 2.0} and model.training
    assert set(np.unique(activations(model.eval(), x)["0"])) == {1.0} and not model.training


def test_error_inside_leaves_no_trace():
    model = LeNet5()
    with pytest.raises(ValueError, match="^C1"):
        activations(model, np.zeros((1, 3, 32, 32), np.float32))
    with pytest.raises(ValueError, match="^C1"):             # and not "C1.C1"
        activations(model, np.zeros((1, 3, 32, 32), np.float32))


@pytest.mark.parametrize("variant", ["slide", "paper", "visualiser"])
def test_rows_of_lenet(variant, rng, device):
    model = LeNet5(variant).to(device)
    x = Tensor(rng.standard_normal((2, 1, 32, 32)).astype("float32")).to(device)
    rows = row_outputs(model, x)
    assert list(rows) == [row.label for row in model.rows]
    assert np.array_equal(rows["OUT"], model(x).numpy())
    first = model.rows[0].layers
    assert np.array_equal(next(iter(rows.values())), first[1](first[0](x)).numpy())


def test_the_prompt_shows_shapes_and_ranges():
    found = activations(LeNet5().eval(), np.zeros((2, 1, 32, 32), np.float32))
    shown = repr(found).split("\n")
    assert len(shown) == len(found) and max(map(len, shown)) <= 100
    assert shown[0].startswith("C1 ") and " 2x6x28x28 " in shown[0] and " to " in shown[0]
    assert repr(row_outputs(LeNet5(), np.zeros((1, 1, 32, 32), np.float32))).startswith("C1")
    assert repr(Outputs()) == "" and "nothing" in repr(Outputs(a=np.zeros(0)))
