"""AlexNet: the paper's figures, the slides' tables, the variants."""

import numpy as np
import pytest

from minicnn import Tensor, no_grad
from minicnn.analysis import summary
from minicnn.models.alexnet import AlexNet
from tests.models.network_checks import (
    agrees_with_stored,
    check_against,
    every_layer_is_stored,
    golden,
    stage_shapes,
    stored,
)

STORED = stored("alexnet_vgg")

# unicamp "AlexNet" and stanford "Full (simplified) AlexNet architecture", line by line:
# [27x27x96] MAX POOL1: 3x3 filters at stride 2
SLIDE = [
    ("conv1", "96x55x55", "11x11", "4"), ("pool1", "96x27x27", "3x3", "2"),
    ("norm1", "96x27x27", "", ""), ("conv2", "256x27x27", "5x5", "1"),
    ("pool2", "256x13x13", "3x3", "2"), ("norm2", "256x13x13", "", ""),
    ("conv3", "384x13x13", "3x3", "1"), ("conv4", "384x13x13", "3x3", "1"),
    ("conv5", "256x13x13", "3x3", "1"), ("pool3", "256x6x6", "3x3", "2"),
    ("fc6", "4096", "", ""), ("fc7", "4096", "", ""), ("fc8", "1000", "", ""),
]
# virginia "AlexNet", the table from its last line to its first.
VIRGINIA = [
    ("C1", "96x55x55", "11x11", "4"), ("S2", "96x27x27", "3x3", "2"),
    ("C3", "256x27x27", "5x5", "1"), ("S4", "256x13x13", "3x3", "2"),
    ("C5", "384x13x13", "3x3", "1"), ("C6", "384x13x13", "3x3", "1"),
    ("C7", "256x13x13", "3x3", "1"), ("F8", "4096", "", ""), ("F9", "4096", "", ""),
    ("Out", "1000", "", ""),
]
# Section 3.5 of the paper: "256 kernels of size 5 x 5 x 48".
PAPER_FILTERS = {"conv1": (96, 3, 11, 11), "conv2": (256, 48, 5, 5), "conv3": (384, 256, 3, 3),
                 "conv4": (384, 192, 3, 3), "conv5": (256, 192, 3, 3), "fc6": (4096, 9216),
                 "fc7": (4096, 4096), "fc8": (1000, 4096)}
VIRGINIA_NAMES = {"conv1": "C1", "pool1": "S2", "conv2": "C3", "pool2": "S4", "conv3": "C5",
                  "conv4": "C6", "conv5": "C7", "flat": "F8_flatten", "fc6": "F8", "fc7": "F9",
                  "fc8": "Out"}


@pytest.mark.parametrize("variant, name, renamed", [
    ("slide", "alexnet_single", {"flat": "fc6_flatten"}),
    ("caffenet", "alexnet_two_group", {"flat": "fc6_flatten"}),
    ("virginia", "alexnet_000_table_literal", VIRGINIA_NAMES),
    ("torchvision", "alexnet_torchvision", {}),
])
def test_golden(variant, name, renamed):
    figures = golden("alexnet")[name]
    if variant == "virginia":                              # the table has no normalisation
        figures["stages"] = [stage for stage in figures["stages"] if "norm" not in stage[0]]
    check_against(AlexNet(variant), figures, renamed)


def test_paper_is_the_two_halves_with_normalisation_before_pooling():
    figures = golden("alexnet")["alexnet_two_group"]
    stages = dict(figures["stages"]) | {"norm1": [96, 55, 55], "norm2": [256, 27, 27]}
    figures["stages"] = list(stages.items())
    check_against(AlexNet(), figures, {"flat": "fc6_flatten"})
    labels = [label for label, _, _ in AlexNet().rows]
    assert labels == ["conv1", "norm1", "pool1", "conv2", "norm2", "pool2", "conv3", "conv4",
                      "conv5", "pool3", "fc6", "fc7", "fc8"]


@pytest.mark.parametrize("variant, table", [("slide", SLIDE), ("caffenet", SLIDE),
                                            ("virginia", VIRGINIA)])
def test_rows_of_the_slides(variant, table):
    model = AlexNet(variant)
    shapes = stage_shapes(model)
    lines = {line.path: line for line in summary(model).lines}
    rows = [(label, "x".join(map(str, shapes[label])), lines[label].kernel, lines[label].stride)
            for label, _, _ in model.rows]
    assert rows == table


@pytest.mark.parametrize("variant", ["paper", "slide", "virginia"])
def test_the_figures_beside_the_rows_agree(variant):
    assert [line.remark for line in summary(AlexNet(variant)).lines if line.remark] == []


def test_filters_of_the_paper():
    model = AlexNet()
    shapes = {label: model.named_parts()[[name for name, _ in model.named_parts()].index(label)][1]
              .weight.shape for label in PAPER_FILTERS}
    assert shapes == PAPER_FILTERS


def test_numbers_of_the_slides():
    """(11*11*3 + 1) * 96 = 34,944, "35K"; "60 million"; and 62.4 million in one tower."""
    lines = {line.path: line for line in summary(AlexNet("slide")).lines}
    assert lines["conv1"].parameters == (11 * 11 * 3 + 1) * 96 == 34_944
    assert lines["pool1"].parameters == 0
    assert round(AlexNet().num_parameters() / 1e6) == 61
    assert AlexNet("slide").num_parameters() - AlexNet().num_parameters() == 1_413_120
    assert AlexNet("virginia").F8.weight.shape == (4096, 13 * 13 * 256)


def test_units_of_the_paper():
    """"650,000 neurons": memphis.  The paper's own list has 253,440 for conv1, where 55 x 55 x 96
    makes 290,400."""
    shapes = stage_shapes(AlexNet())
    units = [int(np.prod(shapes[name])) for name in ("conv1", "conv2", "conv3", "conv4", "conv5",
                                                     "fc6", "fc7", "fc8")]
    assert units == [290_400, 186_624, 64_896, 64_896, 43_264, 4_096, 4_096, 1_000]
    assert sum(units) == 659_272


def test_names_of_the_weights():
    names = [name for name, _ in AlexNet("torchvision").named_state()]
    assert names == [f"{layer}.{kind}" for layer in (
        "features.0", "features.3", "features.6", "features.8", "features.10", "classifier.1",
        "classifier.4", "classifier.6") for kind in ("weight", "bias")]
    names = [name for name, _ in AlexNet().named_state()]
    assert names == [f"{layer}.{kind}" for layer in (
        "conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8")
        for kind in ("weight", "bias")]


def test_start_of_the_paper():
    """Section 5: normal with std 0.01; biases 1 in conv2, conv4, conv5, fc6, fc7, elsewhere 0."""
    model = AlexNet(classes=10)
    biases = {name: part.bias.data for name, part in model.named_parts() if part.num_parameters()}
    assert {name: (bias.min(), bias.max()) for name, bias in biases.items()} == {
        "conv1": (0, 0), "conv2": (1, 1), "conv3": (0, 0), "conv4": (1, 1), "conv5": (1, 1),
        "fc6": (1, 1), "fc7": (1, 1), "fc8": (0, 0)}
    assert abs(model.conv3.weight.data.std() - 0.01) < 1e-4
    assert abs(model.conv3.weight.data.mean()) < 1e-4


def test_groups_are_two_separate_halves(rng):
    """conv2 of the two GPUs: each half of the maps only sees its own half of the input."""
    conv = AlexNet("small").conv2
    x = rng.standard_normal((1, 32, 6, 6)).astype("float32")
    other = x.copy()
    other[:, 16:] = 0
    with no_grad():
        change = np.abs(conv(Tensor(x)).numpy() - conv(Tensor(other)).numpy()).max(axis=(0, 2, 3))
    assert (change[:32] == 0).all() and (change[32:] > 0).all()


@pytest.mark.parametrize("options, words", [
    ({"variant": "tochvision"}, "AlexNet: no variant 'tochvision'; did you mean torchvision"),
    ({"variant": "xyz"}, "AlexNet: no variant 'xyz'; there are paper, caffenet, slide, virginia, "
                         "torchvision, bn, small"),
    ({"dropout": 2}, "Dropout: p is the probability of dropping, from 0 to 1, got 2"),
    ({"channels": 0}, "Conv2d: in_channels must be at least 1, got 0"),
])
def test_wrong_options(options, words):
    with pytest.raises(ValueError, match=words):
        AlexNet(**options)


@pytest.mark.parametrize("variant, in_shape, words", [
    ("paper", (3, 224, 224), r"^fc6 \(Linear 9216 -> 4096\): the input has 6400 features.*; the "
                             "smallest image that fits AlexNet is 227x227"),
    ("paper", (3, 10, 300), r"^conv1 \(Conv2d .*a window of 11 .*10.*AlexNet is 227x227"),
    ("paper", (227, 227), r"^conv1 \(.*one image still needs the batch axis"),
    ("torchvision", (3, 32, 32), r"^features.12 \(MaxPool2d .*a window of 3 .*AlexNet is "
                                 "63x63"),
    ("small", (3, 28, 28), r"^fc6 \(Linear .*fits AlexNet is 31x31"),
])
def test_wrong_images(variant, in_shape, words):
    model = AlexNet(variant)
    with pytest.raises(ValueError, match=words):
        model.shape(in_shape)
    with pytest.raises(ValueError, match=words):
        model(Tensor(np.zeros((1, *in_shape), np.float32)))


def test_any_size_fits_torchvisions():
    assert AlexNet("torchvision").shape((3, 63, 100)) == (1000,)


@pytest.mark.slow
@pytest.mark.parametrize("variant", ["paper", "torchvision"])
def test_forward_at_published_size(variant, rng):
    model = AlexNet(variant).eval()
    with no_grad():
        y = model(Tensor(rng.standard_normal((1, *model.input_shape)).astype("float32")))
    assert y.shape == (1, 1000) and np.isfinite(y.numpy()).all() and y.numpy().std() > 0


@pytest.mark.parametrize("variant, name", [("torchvision", "alexnet"), ("paper", "alexnet_paper")])
def test_stored_outputs(variant, name):
    model, stored = AlexNet(variant), STORED[name]
    every_layer_is_stored(model, stored)
    agrees_with_stored(model, stored)
