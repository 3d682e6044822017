"""What is looked at, by name, and what is said of it."""

import numpy as np
import pytest

from minicnn.analysis.activations import activations
from minicnn.analysis.ascent import Climb
from minicnn.analysis.exciting import Best
from minicnn.analysis.look import (
    check_channel,
    chosen_layer,
    in_lines,
    maps_of_layers,
    of_each_channel,
    said_of_channel,
    said_of_saliency,
)
from minicnn.analysis.receptive_field import field_of
from minicnn.autograd.tensor import Tensor
from minicnn.data.dataset import Dataset
from minicnn.layers import Conv2d, Flatten, Linear, ReLU
from minicnn.layers.containers import Sequential
from minicnn.models import build


@pytest.fixture
def lenet():
    model = build("lenet5", variant="visualiser").eval()
    return model, activations(model, np.zeros((1, 1, 32, 32), np.float32))


def test_the_layer(lenet):
    assert chosen_layer(*lenet, None) == "CONV2" == chosen_layer(*lenet, "conv2")
    assert chosen_layer(*lenet, "FC1") == "FC1"
    with pytest.raises(ValueError, match="no layer 'CONV3' ran; did you mean CONV"):
        chosen_layer(*lenet, "CONV3")
    with pytest.raises(ValueError, match="no layer 'xyz' ran; there are CONV1, CONV1_relu, "):
        chosen_layer(*lenet, "xyz")


def test_layers_without_channels():
    found = activations(build("vit_small").eval(), np.zeros((1, 3, 32, 32), np.float32))
    name = next(key for key, y in found.items() if y.ndim == 3)
    with pytest.raises(ValueError, match="neither maps nor a vector"):
        chosen_layer(build("vit_small"), found, name)
    model = Sequential(Flatten(), Linear(4, 2))
    with pytest.raises(ValueError, match="no convolution with maps; name a layer: --layer 0, 1"):
        chosen_layer(model, activations(model, np.zeros((1, 1, 2, 2), np.float32)), None)


def test_the_channel():
    check_channel("CONV2", 16, 15)
    with pytest.raises(ValueError, match="--channel is 16, but CONV2 has the channels 0 to 15"):
        check_channel("CONV2", 16, 16)


def test_every_layer_has_its_maps(lenet):
    rows = maps_of_layers(*lenet, "CONV2")
    assert list(rows)[:4] == ["CONV1", "CONV1_relu", "POOL1", "CONV2"] and list(rows)[-1] == "OUT"
    assert rows["CONV2"].shape == (16, 10, 10)


def test_of_a_deep_network_the_rows(rng):
    model = build("resnet20").eval()
    found = activations(model, np.zeros((1, 3, 32, 32), np.float32))
    inner = next(key for key in found if key.endswith("conv2"))
    rows = maps_of_layers(model, found, inner)
    assert in_lines(inner) in rows and len(rows) <= 25


def test_each_channel():
    """A 1x1 convolution that gives x and -x, and an image of 3 at (1, 1)."""
    model = Sequential(Conv2d(1, 2, 1, bias=False), ReLU())
    model[0].weight.data[:, 0, 0, 0] = 1, -1
    image = np.zeros((1, 3, 3), np.float32)
    image[0, 1, 1] = 3
    maps = model(Tensor(image[None])).numpy()[0]
    best = Best(np.array([[3.0], [0.0]]), np.array([[0], [0]]), np.array([[[1, 1]], [[0, 0]]]), 1)
    climb = Climb(np.full((2, 1, 3, 3), 6, np.float32), [np.zeros(2)])
    rows = of_each_channel(model, "1", [0, 1], maps, field_of(model, "1", (1, 3, 3)), best, climb,
                           lambda number: image, lambda x: x / 6)
    assert [row.channel for row in rows] == [0, 1] and rows[0].map.tolist() == maps[0].tolist()
    assert rows[0].patches[0].tolist() == [[[0.5]]] and rows[1].patches[0].tolist() == [[[0]]]
    assert rows[0].ascent.tolist() == [[[1]]] and [row.ascent_value for row in rows] == [6, 0]
    data = Dataset(np.zeros((1, 1, 3, 3), np.uint8), [1], ["cat", "dog"], "two")
    assert said_of_channel(rows[0], best, data, climb) == (
        "channel 0: 3 here; 3 in 1 pictures; the 1 best are of dog; 6 by ascent")
    bare = of_each_channel(model, "1", [1], maps, field_of(model, "1", (1, 3, 3)), None, None,
                           None, None)
    assert said_of_channel(bare[0], None, data, None) == "channel 1: 0 here"


def test_saliency_in_words():
    slopes = np.zeros((1, 3, 3))
    slopes[0, 1, 2], slopes[0, 2, 0] = 0.25, -1
    assert said_of_saliency("score of 7", 11.85, slopes) == (
        "score of 7, 11.8: brighter at (1, 2) raises it most, +0.25; at (2, 0) lowers it most, -1")
