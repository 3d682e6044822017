"""Receptive fields, computed from the layers and measured by gradients."""

from fractions import Fraction

import numpy as np
import pytest

from minicnn.analysis import activations, measured_field, receptive_fields, trace
from minicnn.analysis.receptive_field import field_of
from minicnn.gradcheck.cases.maps import ThereAndBack
from minicnn.layers import (
    Add,
    AvgPool2d,
    BatchNorm2d,
    Concat,
    Conv2d,
    ConvTranspose2d,
    Flatten,
    Linear,
    MaxPool2d,
    ReLU,
    Tanh,
    Upsample,
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


def test_layers_that_enlarge():
    """The step halves, so a 3x3 behind it sees one pixel more, not two; to a pixel of layer 1."""
    net = Sequential(Conv2d(1, 2, 3, padding=1), AvgPool2d(2), Conv2d(2, 2, 3, padding=1),
                     ConvTranspose2d(2, 2, 2, 2), Conv2d(2, 2, 3, padding=1),
                     Upsample(scale_factor=2, mode="bilinear"), Conv2d(2, 2, 3, padding=1),
                     ConvTranspose2d(2, 1, 4, 2, 1))
    steps = trace(net, (1, 32, 32))
    fields = receptive_fields(steps)
    assert [fields[id(step)] for step in steps] == [
        ((3, 3), (1, 1)), ((4, 4), (2, 2)), ((8, 8), (2, 2)), ((8, 8), (1, 1)),
        ((10, 10), (1, 1)), ((11, 11), (Fraction(1, 2),) * 2), ((12, 12), (Fraction(1, 2),) * 2),
        ((13, 13), (Fraction(1, 4),) * 2)]                 # 12 1/2, rounded up
    assert all(type(side) is int for size, _ in fields.values() for side in size)
    for number in range(len(net)):
        said, size = fields[id(steps[number])][0], measured_field(net, str(number), (1, 32, 32))
        assert all(abs(seen - side) < 2 for seen, side in zip(size, said, strict=True))


def test_a_pool_that_also_gives_its_indices():
    net = ThereAndBack(2)
    assert computed(net, (1, 5, 6)) == {"pool": (2, 2), "unpool": (2, 2)}
    assert [step.shape for step in trace(net, (1, 5, 6))] == [(1, 2, 3), (1, 5, 6)]
    found = activations(net, np.arange(30.0, dtype="f").reshape(1, 1, 5, 6))
    assert found["pool"].shape == (1, 1, 2, 3) and found["unpool"].shape == (1, 1, 5, 6)


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


# --- where the fields lie -------------------------------------------------------------------------

def seen_by(model, path, in_shape, place):
    """(top, left, bottom, right) of the pixels that a unit sees: NaN in one of them reaches it."""
    sides = []
    for axis in (1, 2):
        x = np.zeros((in_shape[axis], *in_shape), np.float32)
        for line in range(in_shape[axis]):
            np.moveaxis(x[line], axis, 0)[line] = np.nan
        y = activations(model, x)[path][(slice(None), 0, *place)]
        lines = np.flatnonzero(np.isnan(y))
        sides.append((int(lines[0]), int(lines[-1]) + 1))
    (top, bottom), (left, right) = sides
    return top, left, bottom, right


STACKS = {
    "padding and strides": Sequential(Conv2d(1, 2, 5, padding=2, stride=2), Tanh(),
                                      MaxPool2d(3, 2, 1), Conv2d(2, 2, 3, padding=1)),
    "same, with an even kernel": Sequential(Conv2d(1, 2, 4, padding="same"),
                                            AvgPool2d(2), Conv2d(2, 1, (3, 1), padding=(1, 0))),
    "dilated": Sequential(Conv2d(1, 1, 3, dilation=2), BatchNorm2d(1)),
}


@pytest.mark.parametrize("name", STACKS)
def test_places_of_fields(name):
    """Every unit: the box is what NaN shows, as far as it lies on the image."""
    model, in_shape = STACKS[name].eval(), (1, 21, 17)
    last = str(len(list(model.children())) - 1)
    field = field_of(model, last, in_shape)
    _, OH, OW = model.shape(in_shape)
    for place in [(0, 0), (OH // 2, OW // 2), (OH - 1, OW - 1), (1, OW - 1)]:
        top, left, bottom, right = field.box(place)
        assert seen_by(model, last, in_shape, place) == (max(top, 0), max(left, 0),
                                                         min(bottom, 21), min(right, 17))


def test_places_of_fields_where_branches_meet():
    model, shape = Branches().eval(), (2, 9, 9)
    field = field_of(model, "add", shape)
    top, left, bottom, right = field.box((4, 5))
    assert (top, left, bottom, right) == seen_by(model, "add", shape, (4, 5)) == (1, 2, 8, 9)
    assert field_of(model, "block", shape).size == (7, 7)          # the last layer inside


def test_a_vector_sees_the_whole_image():
    model = LeNet5("visualiser")
    assert field_of(model, "FC1", (1, 32, 32)) == ((32, 32), (1, 1), (0, 0))
    assert field_of(model, "CONV2", (1, 32, 32)) == ((14, 14), (2, 2), (0, 0))
    with pytest.raises(ValueError, match="no layer 'CONV3'"):
        field_of(model, "CONV3", (1, 32, 32))
