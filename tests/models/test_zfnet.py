"""ZFNet: its figure, the slides' text, norms, start."""

import numpy as np
import pytest

from minicnn import Tensor
from minicnn.analysis import summary
from minicnn.layers import ContrastNorm, LocalResponseNorm
from minicnn.models.zfnet import ZFNet
from tests.models.network_checks import check_against, golden, stage_shapes

# Figure 3 of the paper, which memphis shows: sizes, filters and strides as drawn.
FIGURE_3 = [
    ("conv1", "96x110x110", "7x7", "2"), ("pool1", "96x55x55", "3x3", "2"),
    ("norm1", "96x55x55", "", ""), ("conv2", "256x26x26", "5x5", "2"),
    ("pool2", "256x13x13", "3x3", "2"), ("norm2", "256x13x13", "", ""),
    ("conv3", "384x13x13", "3x3", "1"), ("conv4", "384x13x13", "3x3", "1"),
    ("conv5", "256x13x13", "3x3", "1"), ("pool5", "256x6x6", "3x3", "2"),
    ("fc6", "4096", "", ""), ("fc7", "4096", "", ""), ("fc8", "1000", "", ""),
]


@pytest.mark.parametrize("variant, name", [("paper", "zfnet_fig3"),
                                           ("slide", "zfnet_512_1024_512")])
def test_golden(variant, name):
    check_against(ZFNet(variant), golden("zfnet")[name], {"flat": "fc6_flatten"})


def test_rows_of_figure_3():
    model = ZFNet()
    shapes = stage_shapes(model)
    lines = {line.path: line for line in summary(model).lines}
    rows = [(label, "x".join(map(str, shapes[label])), lines[label].kernel, lines[label].stride)
            for label, _, _ in model.rows]
    assert rows == FIGURE_3


def test_text_of_the_slides():
    """"CONV3,4,5: instead of 384, 384, 256 filters use 512, 1024, 512", on unicamp and stanford."""
    filters = {variant: [getattr(ZFNet(variant), name).out_channels
                         for name in ("conv3", "conv4", "conv5")] for variant in ("paper", "slide")}
    assert filters == {"paper": [384, 384, 256], "slide": [512, 1024, 512]}


def test_9216_belongs_to_the_figure():
    assert ZFNet().fc6.in_features == 6 * 6 * 256 == 9_216
    assert ZFNet("slide").fc6.in_features == 6 * 6 * 512 == 18_432


@pytest.mark.parametrize("variant", ["paper", "slide"])
def test_the_figures_beside_the_rows_agree(variant):
    assert [line.remark for line in summary(ZFNet(variant)).lines if line.remark] == []


def test_names_of_the_weights():
    assert [name for name, _ in ZFNet().named_state()] == [
        f"{layer}.{kind}" for layer in ("conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7",
                                        "fc8") for kind in ("weight", "bias")]


def test_norms():
    assert isinstance(ZFNet().norm1, ContrastNorm)
    norm = ZFNet(norm="response").norm2
    assert isinstance(norm, LocalResponseNorm)
    assert (norm.size, norm.alpha, norm.beta, norm.k) == (5, 5e-4, 0.75, 2)


def test_start_of_the_paper():
    """Section 3.1: weights of about 1e-2, biases 0."""
    model = ZFNet()
    assert abs(model.conv3.weight.data.std() - 0.01) < 1e-4
    assert not model.conv2.bias.data.any()


@pytest.mark.parametrize("options, words", [
    ({"variant": "papper"}, "ZFNet: no variant 'papper'; did you mean paper"),
    ({"norm": "batch"}, "ZFNet: no norm 'batch'; there are contrast, response"),
])
def test_wrong_options(options, words):
    with pytest.raises(ValueError, match=words):
        ZFNet(**options)


@pytest.mark.parametrize("in_shape, words", [
    ((3, 160, 160), r"^fc6 \(Linear 9216 -> 4096\): the input has 4096 features.*; the smallest "
                    "image that fits ZFNet is 223x223"),
    ((3, 4, 300), r"^conv1 \(Conv2d .*a window of 7 .*fits ZFNet is 223x223"),
])
def test_wrong_images(in_shape, words):
    model = ZFNet()
    with pytest.raises(ValueError, match=words):
        model.shape(in_shape)
    with pytest.raises(ValueError, match=words):
        model(Tensor(np.zeros((1, *in_shape), np.float32)))
