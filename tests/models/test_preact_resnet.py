"""Pre-activation ResNets: orders, the paper's depths, names."""

import numpy as np
import pytest

from minicnn import Tensor, no_grad
from minicnn.analysis import summary
from minicnn.autograd.hooks import record_outputs
from minicnn.models.preact_resnet import CifarPreActResNet, PreActResNet
from tests.models.network_checks import check_against, golden, stage_shapes

OURS = {"pool1": "conv2_x_maxpool2d", "stage2": "conv2_x", "stage3": "conv3_x",
        "stage4": "conv4_x", "stage5": "conv5_x", "bn": "norm", "gap": "avgpool",
        "flat": "fc_flatten"}
CIFAR = {"bn": "norm", "gap": "avgpool", "flat": "fc_flatten"}
TIMM = {"stem.conv": "conv1", "stem.pool": "conv2_x_maxpool2d", "stages.0": "conv2_x",
        "stages.1": "conv3_x", "stages.2": "conv4_x", "stages.3": "conv5_x", "head": "fc"}


@pytest.mark.parametrize("name, model, renamed", [
    ("preact_cifar110", lambda: CifarPreActResNet(110), CIFAR),
    ("preact_cifar164", lambda: CifarPreActResNet(164), CIFAR),
    ("preact_resnet18", lambda: PreActResNet(18), OURS),
    ("preact_resnet50", lambda: PreActResNet(50), OURS),
    ("timm_resnetv2_50", lambda: PreActResNet(50, variant="timm"), TIMM),
])
def test_golden(name, model, renamed):
    check_against(model(), golden("residual")[name], renamed)


@pytest.mark.parametrize("depth", [18, 34, 50, 101, 152, 200])
def test_depth_counts_layers_with_weights(depth):
    model = PreActResNet(depth)
    layers = [name for name, value in model.named_parameters()
              if value.ndim > 1 and "shortcut" not in name]
    assert len(layers) == depth
    assert stage_shapes(model)["conv5_x"] == [512 if depth < 50 else 2048, 7, 7]


@pytest.mark.parametrize("depth", [20, 56, 110, 164, 1001])
def test_depth_of_the_small_ones(depth):
    layers = [name for name, value in CifarPreActResNet(depth).named_parameters()
              if value.ndim > 1 and "shortcut" not in name]
    assert len(layers) == depth


def test_the_paper_counts_10_million_for_1001_layers():
    """Table 4: 164 layers, 1.7M parameters; 1001 layers, 10.2M (rounded down)."""
    assert round(CifarPreActResNet(164).num_parameters() / 1e6, 1) == 1.7
    assert 10.2e6 < CifarPreActResNet(1001).num_parameters() < 10.4e6


def test_variants():
    paper, timm = PreActResNet(50), PreActResNet(50, variant="timm")
    names = {name for name, _ in paper.named_parameters()}
    assert names - {name for name, _ in timm.named_parameters()} == \
        {"conv1_batchnorm2d.weight", "conv1_batchnorm2d.bias"}
    assert paper.num_parameters() - timm.num_parameters() == 2 * 64


def test_the_identity_reaches_the_end():
    """With all residual branches zero, what enters a stage leaves it: figure 4 (e)."""
    model = CifarPreActResNet(20).eval()
    for name, value in model.named_parameters():
        if "stage" in name and name.endswith("conv2.weight"):
            value.data = np.zeros(value.shape, np.float32)
    ran = {}
    x = np.random.default_rng(0).standard_normal((1, 3, 32, 32)).astype("float32")
    with record_outputs(lambda path, layer, y: ran.update({path: y.numpy()})), no_grad():
        model(Tensor(x))
    np.testing.assert_array_equal(ran["stage1"], ran["conv1"])
    np.testing.assert_array_equal(ran["stage3"][:, :16], ran["conv1"][:, :, ::4, ::4])


def test_names_of_the_weights():
    names = [name for name, _ in PreActResNet(50).named_parameters()][:15]
    unit = "conv2_x.0."
    assert names == [
        "conv1.weight", "conv1_batchnorm2d.weight", "conv1_batchnorm2d.bias",
        f"{unit}before.bn1.weight", f"{unit}before.bn1.bias", f"{unit}residual.body.conv1.weight",
        f"{unit}residual.body.bn2.weight", f"{unit}residual.body.bn2.bias",
        f"{unit}residual.body.conv2.weight", f"{unit}residual.body.bn3.weight",
        f"{unit}residual.body.bn3.bias", f"{unit}residual.body.conv3.weight",
        f"{unit}residual.shortcut.projection.0.weight", "conv2_x.1.body.bn1.weight",
        "conv2_x.1.body.bn1.bias"]


def test_the_figures_beside_the_rows_agree():
    for model in (PreActResNet(101), PreActResNet(18, variant="timm"), CifarPreActResNet(164)):
        assert [line.remark for line in summary(model).lines if line.remark] == []


@pytest.mark.parametrize("build, options, words", [
    (PreActResNet, {"depth": 51}, "^PreActResNet: no depth 51; did you mean 50"),
    (PreActResNet, {"variant": "tim"}, "^PreActResNet: no variant 'tim'; did you mean timm"),
    (CifarPreActResNet, {"depth": 111}, "no depth 111; it is 6 n \\+ 2, such as 20, 56, 110"),
    (CifarPreActResNet, {"depth": 170}, "no depth 170; it is 9 n \\+ 2, such as 164, 1001"),
    (CifarPreActResNet, {"order": "original"}, "no order 'original'; there are preactivation"),
])
def test_wrong_options(build, options, words):
    with pytest.raises(ValueError, match=words):
        build(**options)
