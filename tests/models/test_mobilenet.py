"""MobileNet v1 and v2: widths, costs, the slide's saving, stored numbers."""

import numpy as np
import pytest

from minicnn import Tensor, no_grad
from minicnn.analysis import summary
from minicnn.layers import BatchNorm2d, Conv2d, Dropout, ReLU, ReLU6
from minicnn.models.mobilenet import (
    MobileNetV1,
    MobileNetV2,
    divisible,
    mobilenet_v1_small,
    separable,
)
from tests.models.network_checks import (
    agrees_with_stored,
    check_against,
    golden,
    stage_shapes,
    stored,
)

GOLDEN = golden("mobilenet")
STORED = stored("efficient")
V2_HERE = {"features.0": "conv1", **{f"features.{n}": f"block{n}" for n in range(1, 18)},
           "features.18": "conv2", "classifier": "fc"}
TIMM_HERE = {"conv_stem": "conv1", "bn1": "conv1", "blocks.0": "ds1", "blocks.1": "ds3",
             "blocks.2": "ds5", "blocks.3": "ds11", "blocks.4": "ds13", "conv_head": "ds13",
             "bn2": "ds13", "global_pool": "fc_flatten", "classifier": "fc"}


def test_golden():
    check_against(MobileNetV1(), GOLDEN["mobilenet_v1"], {"flat": "fc_flatten"})
    check_against(MobileNetV1(), GOLDEN["timm_mobilenetv1_100"], TIMM_HERE)
    check_against(MobileNetV2(), GOLDEN["mobilenet_v2"], V2_HERE)


@pytest.mark.parametrize("width, millions, macs", [
    (1.25, 6.3, 880), (1.0, 4.2, 569), (0.75, 2.6, 325), (0.5, 1.3, 149), (0.25, 0.5, 41)])
def test_widths_of_v1(width, millions, macs):
    """Table 6 of the paper, in millions; 1.25 is not there."""
    table = summary(MobileNetV1(width))
    assert (round(table.parameters / 1e6, 1), round(table.macs / 1e6)) == (millions, macs)


def test_variants():
    """The paper's ReLU, the program's ReLU6, padding and eps, timm's ReLU6 alone."""
    for make, variants in ((MobileNetV1, ("paper", "released", "timm")),
                           (MobileNetV2, ("paper", "released"))):
        for variant in variants:
            model = make(variant=variant)
            parts = list(model.modules())
            relu = ReLU if (make, variant) == (MobileNetV1, "paper") else ReLU6
            assert {type(part) for part in parts if isinstance(part, (ReLU, ReLU6))} == {relu}
            assert {part.eps for part in parts if isinstance(part, BatchNorm2d)} == \
                {1e-3 if variant == "released" else 1e-5}
            assert model.conv1.conv.padding == ("same" if variant == "released" else (1, 1))
            drops = {MobileNetV1: [0.001] * (variant == "released"), MobileNetV2: [0.2]}[make]
            assert [part.p for part in parts if isinstance(part, Dropout)] == drops


@pytest.mark.parametrize("width, parameters, macs", [
    (0.35, 1_677_128, 59_285_808), (0.5, 1_968_680, 97_131_840), (0.75, 2_636_424, 209_069_792),
    (1.4, 6_108_776, 582_195_824)])
def test_widths_of_v2(width, parameters, macs):
    table = summary(MobileNetV2(width))
    assert (table.parameters, table.macs) == (parameters, macs)


@pytest.mark.parametrize("C, H, W", [(64, 56, 56), (8, 5, 7)])
def test_slide(C, H, W):
    """stanford "MobileNets": a standard 3x3 costs 9 C^2 H W; separable 9 C H W + C^2 H W."""
    def macs(layer):
        return summary(layer, (C, H, W)).macs

    assert macs(Conv2d(C, C, 3, padding=1)) == 9 * C * C * H * W
    assert macs(separable(C, C, 1)) == 9 * C * H * W + C * C * H * W


def test_rows_of_table_2():
    """Output of each row of v2's table 2, and t: how wide the middle of its blocks is."""
    model, number, channels = MobileNetV2(), 1, 32
    shapes = stage_shapes(model)
    for t, c, n, size in [(1, 16, 1, 112), (6, 24, 2, 56), (6, 32, 3, 28), (6, 64, 4, 14),
                          (6, 96, 3, 14), (6, 160, 3, 7), (6, 320, 1, 7)]:
        for _ in range(n):
            block = getattr(model, f"block{number}")
            body = getattr(block, "body", block)
            assert hasattr(block, "body") == (channels == c)         # a shortcut where it fits
            assert body.depthwise.conv.out_channels == body.depthwise.conv.groups == t * channels
            assert shapes[f"block{number}"] == [c, size, size]
            number, channels = number + 1, c


@pytest.mark.parametrize("channels, rounded", [
    (8 * 0.25, 8), (11.2, 16), (32 * 0.35, 16), (24 * 0.35, 8), (96 * 0.75, 72), (1792, 1792)])
def test_divisible(channels, rounded):
    assert divisible(channels) == rounded


def test_names_of_the_weights():
    names = [name for name, _ in MobileNetV2().named_parameters()]
    assert names[:4] == ["conv1.conv.weight", "conv1.norm.weight", "conv1.norm.bias",
                         "block1.depthwise.conv.weight"]
    assert "block2.expand.conv.weight" in names and "block3.body.project.norm.bias" in names
    assert names[-2:] == ["fc.weight", "fc.bias"]


def test_any_image_size_and_classes():
    assert MobileNetV2(classes=7).shape((3, 96, 160)) == (7,)
    assert mobilenet_v1_small(classes=5, channels=1).shape((1, 28, 28)) == (5,)


@pytest.mark.parametrize("make, words", [
    (lambda: MobileNetV1(0.3), r"MobileNetV1: no width 0.3; did you mean 0.5 or 0.75 or 0.25"),
    (lambda: MobileNetV2(0.7), r"MobileNetV2: no width 0.7; did you mean 0.75"),
    (lambda: mobilenet_v1_small().shape((3, 32)), "^conv1.conv .*one image still needs the batch"),
])
def test_says_what_is_wrong(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_stored(mode):
    agrees_with_stored(MobileNetV2().to(dtype="float64"),
                       STORED["mobilenet_v2"])


@pytest.mark.slow
def test_forward_at_the_published_size(rng):
    model = MobileNetV2().eval()
    with no_grad():
        y = model(Tensor(rng.standard_normal((1, 3, 224, 224)).astype("float32")))
    assert y.shape == (1, 1000) and np.isfinite(y.numpy()).all()
