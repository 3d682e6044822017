"""What a network answers at one of its layers, and no further."""

import numpy as np
import pytest

from minicnn import Tensor, no_grad
from minicnn.analysis import activations, features
from minicnn.layers import BatchNorm2d, Conv2d, Dropout, Flatten, Linear, Module, ReLU, Sequential
from minicnn.models import build


class Net(Module):
    def __init__(self):
        self.body = Sequential(Conv2d(1, 2, 3), BatchNorm2d(2), ReLU(), Dropout(0.5))
        self.head = Sequential(Flatten(), Linear(18, 4))
        self.unused = Linear(4, 4)
        self.seen = 0

    def forward(self, x):
        y = self.body(x)
        self.seen += 1
        return self.head(y)


@pytest.fixture
def images(rng):
    return rng.standard_normal((7, 1, 5, 5)).astype("float32")


@pytest.mark.parametrize("layer", ["", "body", "body.0", "head.1"])
@pytest.mark.parametrize("batch", [1, 3, 100])
def test_as_the_layers_answer_in_test_mode(layer, batch, images):
    net = Net().eval()
    expected = activations(net, images)[layer]
    net.train()
    y = features(net, images, layer, batch)
    np.testing.assert_allclose(y, expected, atol=1e-6)
    assert net.training and net.body.training and y.dtype == np.float32


def test_nothing_behind_the_layer_is_computed(images):
    net = Net()
    assert features(net, Tensor(images), "body").shape == (7, 2, 3, 3) and net.seen == 0
    with no_grad():
        assert net(Tensor(images)).shape == (7, 4) and net.seen == 1            # the hook is gone


def test_running_averages_stay(images):
    net = Net()
    features(net, images, "body")
    assert (net.body[1].running_mean.data == 0).all()


def test_a_path_inside_a_network_of_the_lectures():
    x = np.random.default_rng(0).standard_normal((2, 3, 32, 32)).astype("float32")
    assert features(build("resnet20"), x, "stage2.1.body.conv2").shape == (2, 32, 16, 16)
    assert features(build("googlenet_small", aux=True), x, "").shape == (2, 10)


@pytest.mark.parametrize("layer, words", [
    ("boddy", "did you mean body"), ("unused", "'unused' takes no part in Net's forward")])
def test_wrong_layers(layer, words, images):
    net = Net()
    with pytest.raises((AttributeError, ValueError), match=words):
        features(net, images, layer)
    assert net.training


def test_wrong_images(images):
    with pytest.raises(ValueError, match="features: no image"):
        features(Net(), images[:0], "body")
    with pytest.raises(ValueError, match="channels"):
        features(Net(), np.zeros((1, 2, 5, 5), "float32"), "body")
