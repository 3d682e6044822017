"""Receptive fields, computed from the layers and measured by gradients."""

import numpy as np
import pytest

from minicnn.analysis import measured_field, receptive_fields, trace
from minicnn.layers import (
    Add,
    AvgPool2d,
    BatchNorm2d,
    Concat,
    Conv2d,
    Flatten,
    Linear,
    MaxPool2d,
    ReLU,
    Tanh,
)
from minicnn.layers.containers import Sequential
from minicnn.layers.module import Module
from minicnn.models import LeNet5


def computed(model, in_shape):
    """Path -> (height, width) of the field."""
    steps = trace(model, in_shape)
    fields = receptive_fields(steps)
    return {step.path: fields[id(step)][0] for step in steps}


class Branches(Module):
    """1x1 beside 3x3, joined, as in an inception block; then a residual block."""

    def __init__(self):
        self.narrow = Conv2d(2, 2, 1)
        self.wide = Conv2d(2, 2, 3, padding=1)
        self.join = Concat()
        self.block = Sequential(Conv2d(4, 4, 3, padding=1), Tanh(), Conv2d(4, 4, 3, padding=1))
        self.add = Add()

    def forward(self, x):
        x = self.join(self.narrow(x), self.wide(x))
        return self.add(self.block(x), x)

    def out_shape(self, in_shape):
        shape = self.join.shape(self.narrow.shape(in_shape), self.wide.shape(in_shape))
        return self.add.shape(self.block.shape(shape), shape)


@pytest.mark.parametrize("variant, fields", [
    ("slide", {"C1": 5, "S2": 6, "C3": 14, "S4": 16, "C5": 32, "F6": 32, "OUT": 32}),
    ("paper", {"C1": 5, "S2": 6, "C3": 14, "S4": 16, "C5": 32, "F6": 32, "OUT": 32}),
    ("visualiser", {"CONV1": 5, "POOL1": 6, "CONV2": 14, "POOL2": 16, "FC1": 32, "FC2": 32,
                    "OUT": 32}),
])
def test_lenet_computed_and_measured(variant, fields):
    model = LeNet5(variant)
    here = computed(model, (1, 32, 32))
    for label, size in fields.items():
        path = model.row_ends[label]
        assert here[path] == (size, size)
        assert measured_field(model, path, (1, 32, 32), images=32) == (size, size)


@pytest.mark.parametrize("layers, in_shape", [
    (lambda: [Conv2d(1, 2, 3), Tanh(), Conv2d(2, 2, 3)], (1, 15, 15)),
    (lambda: [Conv2d(1, 2, 3, stride=2), Conv2d(2, 2, 3, stride=2), Conv2d(2, 2, 3)], (1, 35, 35)),
    (lambda: [Conv2d(1, 2, 3, dilation=2), Conv2d(2, 2, 3, dilation=3)], (1, 25, 25)),
    (lambda: [Conv2d(1, 2, (1, 5), stride=(2, 1)), Conv2d(2, 2, (3, 2))], (1, 25, 25)),
    (lambda: [Conv2d(1, 2, 3, padding=1), MaxPool2d(3, 2), Conv2d(2, 2, 3)], (1, 33, 33)),
    (lambda: [Conv2d(1, 4, 5), AvgPool2d(2), ReLU(), Conv2d(4, 4, 3, groups=2), AvgPool2d(2)],
     (1, 40, 40)),
    (lambda: [Conv2d(1, 2, 3), BatchNorm2d(2), MaxPool2d(2), BatchNorm2d(2)], (1, 20, 20)),
    (lambda: [Conv2d(1, 2, 7, stride=2, padding=3), MaxPool2d(3, 2, padding=1),
              Conv2d(2, 2, 3, padding=1)], (1, 41, 41)),
    (lambda: [Conv2d(1, 1, 3), Flatten(), Linear(16, 2)], (1, 6, 6)),
])
def test_stacks_computed_and_measured(layers, in_shape):
    model = Sequential(*layers())
    for path, size in computed(model, in_shape).items():
        assert measured_field(model, path, in_shape) == size, path


def test_branches_computed_and_measured():
    """Where branches meet, the largest counts."""
    model = Branches()
    here = computed(model, (2, 17, 17))
    assert here["narrow"] == (1, 1) and here["wide"] == here["join"] == (3, 3)
    assert here["block.2"] == here["add"] == (7, 7)
    for path, size in here.items():
        assert measured_field(model, path, (2, 17, 17)) == size, path


def test_memphis_example():
    """Kernel 3, padding 1, stride 2 on 5x5: the maps are 3x3 and 2x2, the fields 3 and 7."""
    model = Sequential(Conv2d(1, 1, 3, stride=2, padding=1), Conv2d(1, 1, 3, stride=2, padding=1))
    assert [step.shape for step in trace(model, (1, 5, 5))] == [(1, 3, 3), (1, 2, 2)]
    assert computed(model, (1, 5, 5)) == {"0": (3, 3), "1": (7, 7)}


def test_three_3x3_see_what_one_7x7_sees():
    stack = Sequential(*(Conv2d(1, 1, 3, padding=1) for _ in range(3)))
    assert list(computed(stack, (1, 20, 20)).values()) == [(3, 3), (5, 5), (7, 7)]
    assert list(computed(Sequential(Conv2d(1, 1, 7)), (1, 20, 20)).values()) == [(7, 7)]


def test_steps_between_neighbours():
    steps = trace(Sequential(Conv2d(1, 1, 5), AvgPool2d(2), Conv2d(1, 1, (3, 1), stride=(3, 1))),
                  (1, 20, 20))
    fields = receptive_fields(steps)
    assert [fields[id(step)] for step in steps] == [
        ((5, 5), (1, 1)), ((6, 6), (2, 2)), ((10, 6), (6, 2))]


def test_no_weight_is_drawn(monkeypatch):
    monkeypatch.setattr("minicnn.layers.parameter.to_device",
                        lambda *_: pytest.fail("a weight was drawn"))
    assert computed(LeNet5(), (1, 32, 32))["OUT"] == (32, 32)


def test_measuring_leaves_the_network_as_it_was():
    model = Sequential(Conv2d(1, 2, 3), BatchNorm2d(2))
    model[1].running_mean.data = model[1].running_mean.data + 1
    model.train()
    before = model.state_dict()
    measured_field(model, "1", (1, 9, 9))
    assert model.training and model[1].training
    assert all(np.array_equal(value, before[name]) for name, value in model.state_dict().items())


def test_unknown_layer():
    with pytest.raises(ValueError, match="measured_field: no layer 'C9' ran; there are C1, "):
        measured_field(LeNet5(), "C9", (1, 32, 32))
