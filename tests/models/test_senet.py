"""SENet: where the weighing stands, what it costs, names."""

import numpy as np
import pytest

from minicnn import Tensor, no_grad
from minicnn.analysis import summary
from minicnn.layers import SqueezeExcite
from minicnn.models.resnet import ResNet
from minicnn.models.resnet_cifar import CifarResNet
from minicnn.models.resnext import ResNeXt
from minicnn.models.senet import CifarSEResNet, SENet154, SEResNet, SEResNeXt, senet154_unit
from tests.models.network_checks import check_against, golden, stage_shapes

ROWS = {"layer0": "conv1_relu", "conv1": "conv1", "bn1": "conv1_batchnorm2d", "act1": "conv1_relu",
        "pool0": "conv2_x_maxpool2d", "maxpool": "conv2_x_maxpool2d", "layer1": "conv2_x",
        "layer2": "conv3_x", "layer3": "conv4_x", "layer4": "conv5_x",
        "global_pool": "fc_flatten", "last_linear": "fc"}


@pytest.mark.parametrize("name, model, renamed", [
    ("se_resnet50", lambda: SEResNet(50), {}),
    ("timm_seresnet50", lambda: SEResNet(50, variant="timm"), {}),
    ("senet154", SENet154, {"layer0": "conv1_3_relu"}),
])
def test_golden(name, model, renamed):
    check_against(model(), golden("residual")[name], ROWS | renamed)


@pytest.mark.parametrize("depth, parameters", [(50, 27_559_896), (101, 48_955_416)])
@pytest.mark.parametrize("variant", ["paper", "timm"])
def test_resnext(depth, parameters, variant):
    """The paper's counts; what ResNeXt lacks is two matrices and their biases in each unit."""
    model, plain = SEResNeXt(depth, variant=variant), ResNeXt(depth)
    counts = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3)}[depth]
    gates = sum(count * (2 * F * F // 16 + F // 16 + F)
                for F, count in zip((256, 512, 1024, 2048), counts, strict=True))
    assert model.num_parameters() == parameters == plain.num_parameters() + gates
    assert [name for name, _ in model.named_state() if ".se." not in name] == \
        [name for name, _ in plain.named_state()]
    assert "C=32; 1x1, 256; se] x 3" in summary(model).text()


def test_how_the_pool_meets_the_edge():
    """The authors' hangs over it, 55 / 2 of 112 pixels; timm's has a border.  Both give 56."""
    image = np.arange(16.0).reshape(1, 1, 4, 4)
    for make in (SEResNet, SEResNeXt):
        pools = {variant: make(50, variant=variant).conv2_x_maxpool2d
                 for variant in ("paper", "timm")}
        assert pools["paper"](Tensor(image)).numpy().tolist() == [[[[10, 11], [14, 15]]]]
        assert pools["timm"](Tensor(image)).numpy().tolist() == [[[[5, 7], [13, 15]]]]
    assert SENet154().conv2_x_maxpool2d(Tensor(image)).numpy().tolist() == [[[[10, 11], [14, 15]]]]


# Table 2 and section 6.1 of the paper: 3.86 and 3.87 GFLOPs for ResNet-50 and SE-ResNet-50 (ours is
# 3.860), "2.5 million additional parameters".
def test_cost_of_the_paper():
    plain, with_se = summary(ResNet(50)), summary(SEResNet(50))
    more = with_se.parameters - plain.parameters
    assert more == 2_530_992 and with_se.macs - plain.macs == 2_514_944
    widths = ((256, 3), (512, 4), (1024, 6), (2048, 3))
    assert more == sum(count * (2 * F * F // 16 + F // 16 + F) for F, count in widths)


def test_154_layers():
    """3 of the stem, 3 in each of 50 units, 1 at the end."""
    layers = [name for name, value in SENet154().named_parameters()
              if value.ndim > 1 and "shortcut" not in name and ".se." not in name]
    assert len(layers) == 3 + 3 * (3 + 8 + 36 + 3) + 1 == 154


def test_changes_of_senet154():
    """Appendix: halved first 1x1, three 3x3 in the stem, 3x3 projections, dropout 0.2."""
    model = SENet154()
    parts = dict(model.named_parts())
    for number, label in enumerate(["conv2_x", "conv3_x", "conv4_x", "conv5_x"]):
        unit, F = parts[label][0], 256 << number
        shapes = [getattr(unit.body, f"conv{i}").weight.shape for i in (1, 2, 3)]
        seen = 128 if number == 0 else F // 2
        assert shapes == [(F // 2, seen, 1, 1), (F, F // 128, 3, 3), (F, F, 1, 1)]
        assert unit.shortcut.conv.kernel_size == ((1, 1) if number == 0 else (3, 3))
        assert unit.body.conv2.stride == unit.shortcut.conv.stride
    assert [parts[f"conv1_{i}"].kernel_size for i in (1, 2, 3)] == [(3, 3)] * 3
    assert parts["fc_dropout"].p == 0.2
    assert stage_shapes(model)["conv5_x"] == [2048, 7, 7]


def test_the_unit_weighs_its_channels():
    """y = relu(x + s F(x)): with gates forced to 0 the unit is the identity of what is positive."""
    unit = senet154_unit(256, 64, 1).eval()
    unit.body.se.weights.expand.bias.data = np.full(256, -1e4, np.float32)
    x = np.random.default_rng(0).standard_normal((1, 256, 4, 4)).astype("float32")
    with no_grad():
        np.testing.assert_allclose(unit(Tensor(x)).numpy(), np.maximum(x, 0), atol=1e-6)
    assert unit.shortcut is None and isinstance(unit.body.se, SqueezeExcite)


def test_se_stands_before_the_sum():
    names = [name for name, _ in SEResNet(50).conv2_x[0].body.named_parts()]
    assert names == ["conv1", "bn1", "relu1", "conv2", "bn2", "relu2", "conv3", "bn3", "se"]


def test_names_of_the_weights():
    plain = [name for name, _ in ResNet(50).named_state()]
    assert [name for name, _ in SEResNet(50).named_state() if ".se." not in name] == plain
    small = [name for name, _ in CifarSEResNet(20).named_state() if ".se." in name][:4]
    unit = "stage1.0.body.se.weights"
    assert small == [f"{unit}.reduce.weight", f"{unit}.reduce.bias", f"{unit}.expand.weight",
                     f"{unit}.expand.bias"]
    assert CifarSEResNet(20).num_parameters() - CifarResNet(20).num_parameters() == \
        3 * sum(2 * F * (F // 16) + F // 16 + F for F in (16, 32, 64))


def test_the_figures_beside_the_rows_agree():
    for model in (SEResNet(50), SEResNet(18), SENet154(), CifarSEResNet(20)):
        assert [line.remark for line in summary(model).lines if line.remark] == []
    assert "[1x1, 64; 3x3, 64; 1x1, 256; se] x 3" in summary(SEResNet(50)).text()


def test_forward_of_a_unit_with_projection():
    unit = senet154_unit(16, 32, 2)
    y = unit(Tensor(np.ones((2, 16, 7, 8), np.float32)))
    assert y.shape == (2, *unit.shape((16, 7, 8))) == (2, 128, 4, 4)


@pytest.mark.parametrize("build, options, words", [
    (SEResNet, {"depth": 51}, "^SEResNet: no depth 51; did you mean 50"),
    (SEResNet, {"variant": "torchvision"}, "^SEResNet: no variant 'torchvision'; there are paper"),
    (SEResNet, {"reduction": 0}, "reduction must be at least 1"),
    (SEResNeXt, {"width": 8}, r"^SEResNeXt: no \(depth, cardinality, width\) \(50, 32, 8\); did"),
    (CifarSEResNet, {"depth": 21}, "no depth 21; it is 6 n \\+ 2"),
])
def test_wrong_options(build, options, words):
    with pytest.raises(ValueError, match=words):
        build(**options)
