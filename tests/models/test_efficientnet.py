"""EfficientNet: compound scaling, the paper's table, the variants."""

from math import ceil

import numpy as np
import pytest

from minicnn import Tensor, no_grad
from minicnn.analysis import summary
from minicnn.layers import BatchNorm2d, ReLU6, SiLU
from minicnn.layers.stochastic_depth import StochasticDepth
from minicnn.models.efficientnet import (
    NETWORKS,
    SIZES,
    STAGES,
    EfficientNet,
    SwishExcite,
    compound_scaling,
)
from tests.models.network_checks import (
    agrees_with_stored,
    check_against,
    golden,
    stage_shapes,
    stored,
)

GOLDEN = golden("efficientnet")
HERE = {"features.0": "conv1", **{f"features.{n}": f"stage{n}" for n in range(1, 8)},
        "features.8": "head", "avgpool": "pool", "classifier": "fc"}


@pytest.mark.parametrize("variant", ["paper", "torchvision"])
@pytest.mark.parametrize("size", ["b0", "b1", "b2", "b4", "b5", "b7"])
def test_golden(size, variant):
    check_against(EfficientNet(size, variant=variant), GOLDEN[f"efficientnet_{size}"], HERE)


@pytest.mark.parametrize("size, parameters", [("b3", 12_233_232), ("b6", 43_040_704)])
def test_the_other_sizes(size, parameters):
    assert NETWORKS[f"efficientnet_{size}"]().num_parameters() == parameters


def test_slide():
    """stanford "EfficientNet": alpha beta^2 gamma^2 near 2; the published sizes follow the rule."""
    depth, width, resolution = compound_scaling(1)
    assert round(depth * width ** 2 * resolution ** 2, 2) == 1.92
    assert compound_scaling(0) == (1, 1, 1)
    for size, phi in [("b1", 0.5), ("b2", 1), ("b3", 2)]:
        depth, width, resolution = compound_scaling(phi)
        published = SIZES[size]
        assert abs(published[0] - width) < 0.06 and abs(published[1] - depth) < 0.06
        assert abs(published[2] / 224 - resolution) < 0.03
    costs = [summary(EfficientNet(size)).macs for size in ("b0", "b2", "b3")]
    assert 1.8 < costs[2] / costs[1] < 2.6 < costs[1] / costs[0] + 0.1


def test_rows_of_table_1():
    """Operator, channels, layers of each stage of B0, and the maps' size where the stage ends."""
    model = EfficientNet()
    shapes = stage_shapes(model)
    rows = [("MBConv1", 3, 16, 1, 112), ("MBConv6", 3, 24, 2, 56), ("MBConv6", 5, 40, 2, 28),
            ("MBConv6", 3, 80, 3, 14), ("MBConv6", 5, 112, 3, 14), ("MBConv6", 5, 192, 4, 7),
            ("MBConv6", 3, 320, 1, 7)]
    channels = 32
    for number, (kind, kernel, c, layers, size) in enumerate(rows, 1):
        blocks = [part for _, part in getattr(model, f"stage{number}").named_parts()]
        assert len(blocks) == layers and shapes[f"stage{number}"] == [c, size, size]
        for block in blocks:
            body = getattr(block, "body", block)
            conv = body.depthwise.conv
            assert conv.kernel_size == (kernel, kernel)
            assert conv.groups == int(kind[-1]) * channels
            assert body.excite.weights.reduce.out_features == channels // 4
            channels = c


def test_depth_is_rounded_up_and_drop_rises():
    model = EfficientNet("b3")
    blocks = [len(getattr(model, f"stage{n}")) for n in range(1, 8)]
    assert blocks == [ceil(1.4 * stage[-1]) for stage in STAGES] == [2, 3, 3, 5, 5, 6, 2]
    drops = [part.p for part in model.modules() if isinstance(part, StochasticDepth)]
    assert drops == sorted(drops) and drops[-1] == pytest.approx(0.2 * 25 / 26)


def test_variants_differ_in_padding_and_norms():
    ours, theirs = EfficientNet(), EfficientNet(variant="torchvision")
    assert (ours.conv1.conv.padding, theirs.conv1.conv.padding) == ("same", (1, 1))
    assert {part.eps for part in ours.modules() if isinstance(part, BatchNorm2d)} == {1e-3}
    assert {part.eps for part in theirs.modules() if isinstance(part, BatchNorm2d)} == {1e-5}
    b5 = EfficientNet("b5", variant="torchvision")
    assert {part.eps for part in b5.modules() if isinstance(part, BatchNorm2d)} == {1e-3}


@pytest.mark.parametrize("variant, fan_out", [("paper", lambda F, k: k * k),
                                             ("torchvision", lambda F, k: F * k * k)])
def test_depthwise_weights_start_as_in_the_authors_program(variant, fan_out):
    """Variance 2 / fan_out, where a group's filters count (the program) or all (torchvision)."""
    model = EfficientNet(variant=variant)
    for block in (model.stage1[0], model.stage3[0], model.stage7[0]):
        weight = getattr(block, "body", block).depthwise.conv.weight
        F, _, k, _ = weight.shape
        allowed = 4 / (2 * weight.numpy().size) ** 0.5     # of an estimated spread
        assert weight.numpy().std() == pytest.approx((2 / fan_out(F, k)) ** 0.5, rel=allowed)
    assert model.head.conv.weight.numpy().std() == pytest.approx((2 / 1280) ** 0.5, rel=0.02)


def test_swish_excite_by_hand():
    """The average of each map is 2; swish(w 2) = 0 with weights of 0, so sigmoid(bias) scales."""
    layer = SwishExcite(2, 1).to(dtype="float64")
    layer.weights.expand.weight.data = np.zeros((2, 1))
    layer.weights.expand.bias.data = np.array([0, np.log(3)])
    x = np.array([[[[1.0, 3]], [[4.0, 0]]]])
    np.testing.assert_allclose(layer(Tensor(x)).numpy(), [[[[0.5, 1.5]], [[3, 0]]]])


@pytest.mark.parametrize("make, words", [
    (lambda: EfficientNet("b8"), r"EfficientNet: no size 'b8'; did you mean b"),
    (lambda: EfficientNet(variant="timm"), r"no variant 'timm'; there are paper, torchvision"),
    (lambda: EfficientNet(classes=1), "EfficientNet: a classifier needs at least 2 classes, got 1"),
    (lambda: EfficientNet().shape((1, 224, 224)), r"^conv1.conv .*1 channel, .*built for 3"),
])
def test_says_what_is_wrong(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_stored(mode):
    agrees_with_stored(EfficientNet(variant="torchvision").to(dtype="float64"),
                       stored("efficient")["efficientnet_b0"])


@pytest.mark.slow
def test_forward_at_the_published_size(rng):
    with no_grad():
        y = EfficientNet().eval()(Tensor(rng.standard_normal((1, 3, 224, 224)).astype("float32")))
    assert y.shape == (1, 1000) and np.isfinite(y.numpy()).all()


# --- Lite0 ----------------------------------------------------------------------------------------

def test_lite0_is_b0_without_squeeze_and_excitation():
    lite, b0 = EfficientNet("lite0"), EfficientNet("b0")
    excited = sum(part.num_parameters() for part in b0.modules() if isinstance(part, SwishExcite))
    assert lite.num_parameters() == b0.num_parameters() - excited == 4_652_008
    kinds = {type(part) for part in lite.modules()}
    assert ReLU6 in kinds and not kinds & {SiLU, SwishExcite}
    assert {part.eps for part in lite.modules() if isinstance(part, BatchNorm2d)} == {1e-3}


def test_names_of_lite0():
    """Each name of L. Melas-Kyriazi's EfficientNet-PyTorch: 16 blocks, the first of which does not
    expand."""
    model = EfficientNet("lite0")
    names = model.published["lukemelas"].by_their_name(name for name, _ in model.saved())
    norm = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
    expected = {"_conv_stem.weight", "_conv_head.weight", "_fc.weight", "_fc.bias",
                *(f"_bn{n}.{one}" for n in (0, 1) for one in norm)}
    for block in range(16):
        parts = [("_depthwise_conv", 1), ("_project_conv", 2)] + [("_expand_conv", 0)] * (block > 0)
        for conv, n in parts:
            expected |= {f"_blocks.{block}.{conv}.weight",
                         *(f"_blocks.{block}._bn{n}.{one}" for one in norm)}
    assert set(names) == expected and len(names) == len(list(model.saved())) == 296
    assert names["_blocks.15._project_conv.weight"] == "stage7.0.project.conv.weight"
    assert names["_blocks.4._bn0.bias"] == "stage3.1.body.expand.norm.bias"


def test_preparations():
    """Those of the published weights: a step of grey is 1 / 128; torchvision's sizes."""
    lite = EfficientNet("lite0").preparation
    pixels = np.array([0, 127, 255], np.uint8).reshape(1, 1, 3).repeat(3, axis=0)
    np.testing.assert_allclose(lite.normalised(pixels)[0, 0], [-127 / 128, 0, 1], atol=1e-6)
    b0 = EfficientNet("b0").preparation
    assert (b0.size, b0.resize, b0.bicubic) == (224, 256, True)
    assert EfficientNet("b0", factors=(1.0, 1.0, 32, 0.2)).preparation is None
    b3 = EfficientNet("b3", variant="torchvision").preparation
    assert (b3.size, b3.resize, b3.bicubic) == (300, 320, True)


def test_torchvision_has_no_lite0():
    with pytest.raises(ValueError, match=r"has no lite0; variant='paper' \(--variant paper\)"):
        EfficientNet("lite0", variant="torchvision")
