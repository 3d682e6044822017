"""LeNet-5: three readings of it, row by row, and the building of networks by name."""

import numpy as np
import pytest

from minicnn import Tensor, data, manual_seed
from minicnn.analysis import summary, trace
from minicnn.layers import RBF, Subsample2d
from minicnn.losses import cross_entropy, rbf_loss
from minicnn.models import MODELS, LeNet5, build
from minicnn.models.network import Network
from minicnn.models.table import row

VARIANTS = ["slide", "rbf", "paper", "visualiser"]

# Label, output shape and trained values of each row: the slides, and the paper's section II.B.
TABLES = {
    "slide": [("C1", (6, 28, 28), 156), ("S2", (6, 14, 14), 0), ("C3", (16, 10, 10), 2_416),
              ("S4", (16, 5, 5), 0), ("C5", (120, 1, 1), 48_120), ("F6", (84,), 10_164),
              ("OUT", (10,), 850)],
    "rbf": [("C1", (6, 28, 28), 156), ("S2", (6, 14, 14), 0), ("C3", (16, 10, 10), 2_416),
            ("S4", (16, 5, 5), 0), ("C5", (120, 1, 1), 48_120), ("F6", (84,), 10_164),
            ("OUT", (10,), 0)],
    "paper": [("C1", (6, 28, 28), 156), ("S2", (6, 14, 14), 12), ("C3", (16, 10, 10), 1_516),
              ("S4", (16, 5, 5), 32), ("C5", (120, 1, 1), 48_120), ("F6", (84,), 10_164),
              ("OUT", (10,), 0)],
    "visualiser": [("CONV1", (6, 28, 28), 156), ("POOL1", (6, 14, 14), 0),
                   ("CONV2", (16, 10, 10), 2_416), ("POOL2", (16, 5, 5), 0),
                   ("FC1", (120,), 48_120), ("FC2", (100,), 12_100), ("OUT", (10,), 1_010)],
}


def digits(count=4):
    rng = np.random.default_rng(5)
    return rng.uniform(-0.1, 1.175, (count, 1, 32, 32)), rng.integers(0, 10, count)


def loss_of(model, x, labels):
    return (rbf_loss if model.variant in ("rbf", "paper") else cross_entropy)(model(x), labels)


@pytest.mark.parametrize("variant", VARIANTS)
def test_rows(variant):
    model = LeNet5(variant)
    shapes = {step.path: step.shape for step in trace(model, (1, 32, 32))}
    rows = [(label, tuple(shapes[model.row_ends[label]]),
             sum(layer.num_parameters() for layer in layers)) for label, layers, _ in model.rows]
    assert rows == TABLES[variant]


@pytest.mark.parametrize("variant, parameters, buffers, macs", [
    ("slide", 61_706, 0, 416_520),
    ("rbf", 60_856, 840, 415_680),
    ("paper", 60_000, 840, 325_680),
    ("visualiser", 63_802, 0, 418_600),
])
def test_totals(variant, parameters, buffers, macs):
    table = summary(LeNet5(variant))
    assert (table.parameters, table.buffers, table.macs) == (parameters, buffers, macs)


@pytest.mark.parametrize("undone, parameters, macs", [
    ({"OUT": RBF(84, 10)}, 60_856, 415_680),               # the slide's word "RBF" read literally
    ({"S2": Subsample2d(6), "S4": Subsample2d(16)}, 61_750, 416_520),
])
def test_departures_undone_one_by_one(undone, parameters, macs):
    rows = [row(name, undone[name]) if name in undone else row(name, *layers)
            for name, layers, _ in LeNet5().rows]
    table = summary(Network(*rows, input_shape=(1, 32, 32)))
    assert (table.parameters, table.macs) == (parameters, macs)


def test_connections_of_the_paper():
    """Section II.B counts every connection, the biases' too: 340,908, and 60,000 are trained."""
    connections = {}
    for step in trace(LeNet5("paper"), (1, 32, 32)):
        size = int(np.prod(step.shape))
        pixels = int(np.prod(step.shape[1:]))
        if isinstance(step.layer, Subsample2d):
            KH, KW = step.layer.kernel_size
            connections[step.path] = size * (KH * KW + 1)
        elif isinstance(step.layer, RBF):
            connections[step.path] = step.layer.codes.numel()
        elif step.layer.num_parameters():
            connections[step.path] = step.layer.num_parameters() * pixels
    assert connections == {"C1": 122_304, "S2": 5_880, "C3": 151_600, "S4": 2_000, "C5": 48_120,
                           "F6": 10_164, "OUT": 840}
    assert sum(connections.values()) == 340_908


@pytest.mark.parametrize("variant, names", [
    ("slide", ["C1.weight", "C1.bias", "C3.weight", "C3.bias", "C5.weight", "C5.bias", "F6.weight",
               "F6.bias", "OUT.weight", "OUT.bias"]),
    ("paper", ["C1.weight", "C1.bias", "S2.weight", "S2.bias", "C3.weight", "C3.bias", "S4.weight",
               "S4.bias", "C5.weight", "C5.bias", "F6.weight", "F6.bias"]),
    ("visualiser", ["CONV1.weight", "CONV1.bias", "CONV2.weight", "CONV2.bias", "FC1.weight",
                    "FC1.bias", "FC2.weight", "FC2.bias", "OUT.weight", "OUT.bias"]),
])
def test_names_of_the_weights(variant, names):
    model = LeNet5(variant)
    assert [name for name, _ in model.named_parameters()] == names
    buffers = [name for name, _ in model.named_state() if name not in names]
    assert buffers == (["OUT.codes"] if variant == "paper" else [])


@pytest.mark.parametrize("variant", VARIANTS)
def test_one_seed_one_network(variant):
    weights = []
    for _ in range(2):
        manual_seed(3)
        weights.append(LeNet5(variant).state_dict())
    assert all(np.array_equal(weights[0][name], weights[1][name]) for name in weights[0])


@pytest.mark.parametrize("variant", VARIANTS)
def test_other_number_of_classes(variant, rng):
    model = LeNet5(variant, classes=7)
    assert model.shape((1, 32, 32)) == (7,)
    assert model(Tensor(rng.standard_normal((2, 1, 32, 32)).astype("float32"))).shape == (2, 7)


@pytest.mark.parametrize("variant, distance", [("slide", 0.1), ("visualiser", 1.0)])
def test_untrained_loss_is_about_ln_10(variant, distance):
    drawn = data.digits(200)
    x = Tensor(data.normalise(data.pad(drawn.images, 2)))
    assert abs(loss_of(LeNet5(variant), x, drawn.labels).item() - np.log(10)) < distance


@pytest.mark.parametrize("options, words", [
    ({"variant": "lenet"}, "LeNet5: no variant 'lenet'; there are slide, rbf, paper, visualiser"),
    ({"variant": "papers"}, "LeNet5: no variant 'papers'; did you mean paper"),
    ({"variant": None}, "no variant None"),
    ({"classes": 1}, "LeNet5: a classifier needs at least 2 classes, got 1"),
])
def test_wrong_options(options, words):
    with pytest.raises(ValueError, match=words):
        LeNet5(**options)


@pytest.mark.parametrize("variant, in_shape, words", [
    ("slide", (1, 28, 28), r"^C5 \(Conv2d .*5.* does not fit into 4.*smallest .*LeNet5 is 32x32"),
    ("paper", (1, 28, 32), r"^C5 \(Conv2d .*5.* does not fit into 4.*smallest .*LeNet5 is 32x32"),
    ("visualiser", (1, 28, 28), r"^FC1 \(Linear .*256 .*400; .*smallest .*LeNet5 is 32x32"),
    ("slide", (3, 32, 32), r"^C1 \(Conv2d .*3 channels, .*built for 1"),
    ("paper", (3, 32, 32), r"^C1 \(Conv2d .*3 channels, .*built for 1"),
    ("visualiser", (3, 32, 32), r"^CONV1 \(Conv2d .*3 channels, .*built for 1"),
    ("slide", (32, 32), r"^C1 \(Conv2d .*one image still needs the batch axis"),
])
def test_wrong_images(variant, in_shape, words):
    model = LeNet5(variant)
    with pytest.raises(ValueError, match=words):
        model.shape(in_shape)
    with pytest.raises(ValueError, match=words):
        model(Tensor(np.zeros((2, *in_shape), np.float32)))


def test_uint8_images():
    """Hazard 12."""
    with pytest.raises(TypeError, match=r"^C1 \(.*uint8 .*scale images"):
        LeNet5()(Tensor(np.zeros((2, 1, 32, 32), np.uint8)))


def test_build():
    assert MODELS["lenet5"] is LeNet5
    assert build("lenet5", variant="paper").variant == "paper"


def test_unknown_option():
    with pytest.raises(TypeError, match="resnet20 has no option v1, x; it has classes, sho"):
        build("resnet20", classes=3, v1=1, x=1)


@pytest.mark.parametrize("name, hint", [("lenet", "did you mean lenet5"), ("LeNet5", "lenet5"),
                                        ("transformer", "`python -m minicnn networks` lists them")])
def test_unknown_network(name, hint):
    with pytest.raises(ValueError, match=f"no network is called '{name}'; .*{hint}"):
        build(name)
