"""Inception v2: the paper's table, biases, names."""

import numpy as np
import pytest

from minicnn import Tensor
from minicnn.analysis import summary, trace
from minicnn.layers import AvgPool2d, Concat, Conv2d, Flatten, GlobalAvgPool2d, MaxPool2d
from minicnn.models.inception_v2 import InceptionV2
from tests.models.network_checks import golden

FIGURES = golden("inception")["inception_v2_bn"]

# The paper's table: row, output as it prints it, output as its columns add up, maps of #1x1, #3x3
# reduce, #3x3, double #3x3 reduce, double #3x3 (two of them), pool proj.
TABLE = [
    ("3a", "256x28x28", (256, 28, 28), [64, 64, 64, 64, 96, 96, 32]),
    ("3b", "320x28x28", (320, 28, 28), [64, 64, 96, 64, 96, 96, 64]),
    ("3c", "576x28x28", (576, 14, 14), [128, 160, 64, 96, 96]),
    ("4a", "576x14x14", (576, 14, 14), [224, 64, 96, 96, 128, 128, 128]),
    ("4b", "576x14x14", (576, 14, 14), [192, 96, 128, 96, 128, 128, 128]),
    ("4c", "576x14x14", (608, 14, 14), [160, 128, 160, 128, 160, 160, 128]),
    ("4d", "576x14x14", (608, 14, 14), [96, 128, 192, 160, 192, 192, 128]),
    ("4e", "1024x14x14", (1056, 7, 7), [128, 192, 192, 256, 256]),
    ("5a", "1024x7x7", (1024, 7, 7), [352, 192, 320, 160, 224, 224, 128]),
    ("5b", "1024x7x7", (1024, 7, 7), [352, 192, 320, 192, 224, 224, 128]),
]


@pytest.mark.parametrize("name, printed, output, maps", TABLE)
def test_rows_of_the_paper(name, printed, output, maps):
    model, label = InceptionV2(), f"inception ({name})"
    steps = [step for step in trace(model, (3, 224, 224)) if step.path.split(".")[0] == label]
    assert steps[-1].shape == output
    assert [step.shape[0] for step in steps if isinstance(step.layer, Conv2d)] == maps
    pooling = [step.layer for step in steps if isinstance(step.layer, (AvgPool2d, MaxPool2d))]
    assert [type(layer) for layer in pooling] == \
        [MaxPool2d if name in ("3c", "4e", "5b") else AvgPool2d]
    assert next(slide["output"] for row, _, slide in model.rows if row == label) == printed


def test_where_the_papers_column_of_sizes_is_wrong():
    """Its other columns make 160 + 160 + 160 + 128 maps, 96 + 192 + 192 + 128, 192 + 256 + 608."""
    remarks = {row.row: row.remark for row in summary(InceptionV2()).rows if row.remark}
    assert remarks == {
        "inception (3c)": "output: 576x28x28 there, 576x14x14 here",
        "inception (4c)": "output: 576x14x14 there, 608x14x14 here",
        "inception (4d)": "output: 576x14x14 there, 608x14x14 here",
        "inception (4e)": "output: 1024x14x14 there, 1056x7x7 here"}


def test_published():
    """golden.json lists every convolution, batch norm and ReLU in the order of computation."""
    model = InceptionV2()
    table = summary(model)
    counters = sum(name.endswith("num_batches_tracked") for name, _ in model.named_state())
    assert (table.parameters, table.buffers - counters, table.macs) == \
        (FIGURES["parameters"], FIGURES["running"], FIGURES["macs"])
    shapes = [list(step.shape) for step in trace(model, (3, 224, 224))
              if not isinstance(step.layer, (Concat, Flatten, GlobalAvgPool2d))]
    assert shapes == [shape for _, shape in FIGURES["stages"]]


def test_biases_before_batch_norm():
    biases = [value.numel() for name, value in InceptionV2().named_parameters()
              if name.endswith("conv.bias")]
    assert sum(biases) == 10_016 == 20_032 // 2


def test_names_of_the_weights():
    names = [name for name, _ in InceptionV2().named_parameters()]
    assert names[:4] == ["conv1.conv.weight", "conv1.conv.bias", "conv1.norm.weight",
                         "conv1.norm.bias"]
    assert [name for name in names if name.startswith("inception (3c)") and "conv.w" in name] == [
        "inception (3c).three.0.conv.weight", "inception (3c).three.1.conv.weight",
        "inception (3c).double.0.conv.weight", "inception (3c).double.1.conv.weight",
        "inception (3c).double.2.conv.weight"]
    assert names[-2:] == ["linear.weight", "linear.bias"]


def test_other_sizes():
    assert [InceptionV2().shape((3, H, W)) for H, W in [(64, 96), (256, 64)]] == [(1000,)] * 2


def test_unknown_variant():
    with pytest.raises(ValueError, match="InceptionV2: no variant 'smal'; did you mean small"):
        InceptionV2("smal")


@pytest.mark.parametrize("in_shape, words", [
    ((3, 16, 16), r"^inception \(4e\)\.pool \(MaxPool2d .*does not fit into 1 .*"
                  r"smallest image that fits InceptionV2 is 31x31"),
    ((3, 40, 40), r"^inception \(3c\)\.concat .*branch 2 gives \(320, 2, 2\), branch 0 gives "
                  r"\(160, 3, 3\).*63x63"),
])
def test_wrong_images(in_shape, words):
    with pytest.raises(ValueError, match=words):
        InceptionV2().shape(in_shape)
    with pytest.raises(ValueError, match=words):
        InceptionV2().eval()(Tensor(np.zeros((1, *in_shape), np.float32)))
