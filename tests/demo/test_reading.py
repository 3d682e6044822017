"""The first tab: what is shown is what the network computes, what is said is what explain says."""

from argparse import Namespace

import numpy as np
import pytest
from PIL import Image

from minicnn import Tensor
from minicnn.analysis.activations import activations
from minicnn.cli.demo import network
from minicnn.data.mnist import CLASSES
from minicnn.demo.packing import unpacked
from minicnn.demo.reading import KEPT, Reader, below, place_in
from minicnn.explain import explain, pocket_digit, pocket_lenet, pocket_subject
from minicnn.explain.pocket import pixels
from minicnn.layers.activations import ReLU
from minicnn.layers.conv import Conv2d
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.maxpool import MaxPool2d
from minicnn.losses import cross_entropy
from minicnn.models.network import Network
from minicnn.models.table import row
from minicnn.training.recognise import digit_of


def pocket():
    return network(Namespace(network="lenet5", variant=None, weights=None))


def seven():
    return Image.fromarray(pocket_digit(7)).convert("RGB")


def exact():
    """The pocket LeNet on the very pixels of the drawn digits."""
    return Reader(pocket_lenet(), CLASSES, lambda image: np.asarray(image)[None, :, :, 0],
                  lambda seen: pixels(seen[None])[0], "words", "lenet5")


def test_a_seven_is_read():
    found = pocket().read(seven())
    best = max(found["answers"], key=lambda one: one["p"])
    assert best["name"] == "7" and best["p"] > 0.9
    assert sum(one["p"] for one in found["answers"]) == pytest.approx(1)
    assert found["seen"]["shape"] == [1, 28, 28]


def test_the_maps_are_the_layers():
    one = exact()
    found = one.read(seven())
    x = pixels(pocket_digit(7)[None, None])
    expected = activations(pocket_lenet(), Tensor(x))
    names = [layer["name"] for layer in found["layers"]]
    assert names == ["CONV1", "CONV1_relu", "POOL1", "CONV2", "CONV2_relu", "POOL2", "FC1",
                     "FC1_relu", "FC2", "FC2_relu", "OUT"]
    for layer in found["layers"]:
        y = np.asarray(expected[layer["name"]])[0]
        assert layer["size"] == list(y.shape)
        np.testing.assert_allclose(unpacked(layer["values"]), y, rtol=1e-6, atol=1e-6)
        assert layer["most"] == pytest.approx(abs(y).max())


@pytest.mark.parametrize("layer, at", [("CONV1", (3, 13, 16)), ("CONV2", (9, 4, 5)),
                                       ("POOL1", (3, 6, 8)), ("FC1", (17,)), ("OUT", (7,))])
def test_the_arithmetic_is_that_of_explain(layer, at):
    one = exact()
    picture = one.read(seven())["picture"]
    found = one.explain(picture, layer, at, None, 80)
    expected = explain(pocket_subject(7), layer, at)
    assert found["value"] == pytest.approx(expected.value, abs=1e-12) and found["equal"]
    assert found["title"] == expected.title
    assert expected.working.result in found["text"] and expected.source in found["text"]
    assert "python -m minicnn" not in found["text"]        # which would explain another picture
    assert found["code"].startswith("def forward")


def test_without_a_place_it_is_the_strongest():
    one = exact()
    found = one.explain(one.read(seven())["picture"], "CONV2", None, None, 80)
    assert found["at"] == place_in(explain(pocket_subject(7), "CONV2").title)


def test_down_is_the_largest_term():
    one = exact()
    picture = one.read(seven())["picture"]
    down = one.explain(picture, "CONV2", (9, 4, 5), None, 80)["down"]
    assert down["layer"] == "POOL1" and len(down["at"]) == 3
    assert one.explain(picture, "CONV1", (3, 13, 16), None, 80)["down"] is None


@pytest.mark.parametrize("layer", ["CONV1", "CONV1_relu", "POOL1", "CONV2", "POOL2", "FC1", "OUT"])
def test_gradients_are_explained_where_they_are_shown(layer):
    """The number of the map is the number of the arithmetic."""
    one = exact()
    picture = one.read(seven())["picture"]
    shown = {one["name"]: one for one in one.gradient(picture, 9)["layers"]}
    values = unpacked(shown[layer]["values"])
    at = tuple(map(int, np.unravel_index(np.abs(values).argmax(), values.shape)))
    found = one.explain(picture, layer, at, 9, 80)
    assert found["value"] == pytest.approx(values[at], rel=1e-5) and found["equal"]
    assert found["code"].startswith("def backward")


def test_what_would_make_it_a_nine():
    """What is shown is -d loss / d pixel, and a small step along it makes the loss smaller."""
    one = exact()
    picture = one.read(seven())["picture"]
    found = one.gradient(picture, 9)
    way = unpacked(found["image"]).astype(np.float64)
    x = Tensor(one.pictures[picture].x, requires_grad=True)
    loss = cross_entropy(one.model(x), np.array([9]))
    loss.backward()
    assert found["loss"] == pytest.approx(loss.item())
    np.testing.assert_allclose(way, -x.grad[0, 0], rtol=1e-5, atol=1e-9)
    moved = cross_entropy(one.model(Tensor(x.data + 0.1 * way)), np.array([9]))
    assert moved.item() < loss.item() and found["most"] == pytest.approx(abs(way).max())


def test_pictures_that_have_gone():
    one = exact()
    first = one.read(seven())["picture"]
    assert [one.read(seven())["picture"] for _ in range(KEPT)] == [2, 3, 4]
    for ask in (lambda: one.explain(first, "CONV1", None, None, 80),
                lambda: one.gradient(first, 1), lambda: one.more(first, "CONV1", 0)):
        with pytest.raises(ValueError, match="has gone"):
            ask()


@pytest.mark.parametrize("layer, at, label, message", [
    ("CONV3", None, None, "did you mean|there are"), ("CONV1", (6, 0, 0), None, "0..5"),
    ("CONV1", (0, 0), None, "map, row, column"), ("CONV1", None, 10, "classes 0 to 9"),
    ("nothing", None, 3, "no layer")])
def test_bad_wishes(layer, at, label, message):
    one = exact()
    with pytest.raises(ValueError, match=message):
        one.explain(one.read(seven())["picture"], layer, at, label, 80)


def test_an_empty_drawing():
    with pytest.raises(ValueError, match="nothing on this picture"):
        pocket().read(Image.new("RGB", (112, 112)))


class Wide(Network):
    """A network with more maps than are shown at a time, and maps too large to be shown whole."""

    def __init__(self):
        super().__init__(row("A", Conv2d(1, 20, 1), ReLU()), row("B", MaxPool2d(20)),
                         row("C", Flatten(), Linear(20 * 5 * 5, 3)), input_shape=(1, 100, 100))


def test_many_and_large_maps():
    one = Reader(Wide(), "abc", lambda image: np.asarray(image)[None, :, :, 0],
                 lambda seen: seen / 255.0, "", "")
    found = one.read(Image.new("RGB", (100, 100), (9, 9, 9)), "A", 16)
    layer = found["layers"][0]
    assert layer["first"] == 16 and layer["step"] == 2 and layer["values"]["shape"] == [4, 50, 50]
    y = one.model.rows[0][1][0](Tensor(one.pictures[1].x)).numpy()[0]
    np.testing.assert_allclose(unpacked(layer["values"]), y[16:, ::2, ::2], rtol=1e-6)
    assert one.more(found["picture"], "A", 0)["layers"][0]["values"]["shape"] == [16, 50, 50]


def test_of_a_deep_network_the_chosen_layer_alone_is_shown(monkeypatch):
    monkeypatch.setattr("minicnn.demo.reading.ALL_SHOWN", 3)
    one = exact()
    shown = [layer["name"] for layer in one.read(seven())["layers"] if "values" in layer]
    assert shown == ["CONV1"]
    shown = [layer["name"] for layer in one.read(seven(), "POOL2")["layers"] if "values" in layer]
    assert shown == ["POOL2"]


def test_below_reads_the_command():
    found = explain(pocket_subject(7), "CONV2", (9, 4, 5))
    assert "--layer POOL1" in found.command and below(found)["layer"] == "POOL1"


def test_the_pocket_network_gets_what_mnist_looks_like():
    assert pocket().look(seven()).shape == digit_of(28)(seven()).shape == (1, 28, 28)
