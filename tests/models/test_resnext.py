"""ResNeXt: groups are parallel paths; the paper's sizes."""

import numpy as np
import pytest

from minicnn import Tensor, no_grad
from minicnn.analysis import summary
from minicnn.layers import BatchNorm2d, Conv2d, ReLU
from minicnn.layers.containers import Sequential
from minicnn.models import resnext
from minicnn.models.network import Branches
from minicnn.models.resnet import ResNet
from minicnn.models.resnext import MEMBERS, NETWORKS, CifarResNeXt, ResNeXt, resnext_unit
from tests.models.network_checks import agrees_with_stored, check_against, golden, stored
from tests.models.test_resnet import OURS, bracket

STORED = stored("residual")


def test_golden():
    check_against(NETWORKS["resnext50_32x4d"](), golden("residual")["resnext50_32x4d"], OURS)


# Table 1: "25.0 x 10^6 parameters, 4.2 x 10^9 FLOPs" against ResNet-50's 25.5 and 4.1.
def test_complexity_of_the_paper():
    table = summary(ResNeXt(50, 32, 4))
    assert (round(table.parameters / 1e6, 1), round(table.macs / 1e9, 1)) == (25.0, 4.2)
    assert ResNeXt(50, 1, 64).num_parameters() == ResNet(50).num_parameters()
    sizes = [ResNeXt(*member).num_parameters() / 1e6 for member in MEMBERS if member[0] == 50]
    assert max(sizes) - min(sizes) < 0.6                   # table 3: cardinality at equal cost


# 8x64d and 16x64d: table 7 of the paper has 34.4M and 68.1M, which is cut off; the others are
# torchvision's and timm's.
@pytest.mark.parametrize("name, parameters", [
    ("resnext29_8x64d", 34_426_698), ("resnext29_16x64d", 68_155_210),
    ("resnext50_32x4d", 25_028_904), ("resnext101_32x4d", 44_177_704),
    ("resnext101_64x4d", 83_455_272), ("resnext101_32x8d", 88_791_336)])
def test_totals(name, parameters):
    assert NETWORKS[name]().num_parameters() == parameters
    assert f"{parameters:,}" in resnext.__doc__


def test_template_of_the_paper():
    """Table 1, right column: conv2 [1x1, 128; 3x3, 128, C=32; 1x1, 256] x 3 and so on."""
    model = ResNeXt(50, 32, 4)
    parts = dict(model.named_parts())
    table = {"conv2_x": ("1x1, 128; 3x3, 128; 1x1, 256", 3),
             "conv3_x": ("1x1, 256; 3x3, 256; 1x1, 512", 4),
             "conv4_x": ("1x1, 512; 3x3, 512; 1x1, 1024", 6),
             "conv5_x": ("1x1, 1024; 3x3, 1024; 1x1, 2048", 3)}
    for label, (unit, count) in table.items():
        units = [part for _, part in parts[label].named_parts()]
        assert [bracket(part) for part in units] == [unit] * count
        assert {part.body.conv2.groups for part in units} == {32}
    assert "[1x1, 128; 3x3, 128, C=32; 1x1, 256] x 3" in summary(model).text()
    assert [line.remark for line in summary(model).lines if line.remark] == []


def with_values(module, values):
    for (_, parameter), value in zip(module.named_state(), values, strict=True):
        parameter.data = np.array(value)
    return module


def test_grouped_convolution_equals_parallel_paths():
    """Figure 3 of the paper: (a) C whole paths summed, (b) their middles side by side in front of
    one 1x1, (c) a grouped convolution; the same function of the same weights."""
    C, d, channels, out_channels = 4, 3, 10, 20
    rng = np.random.default_rng(0)
    unit = resnext_unit(C, d, base=5)(channels, 5, 1).eval().to(dtype="float64")
    for _, value in unit.named_state():
        value.data = np.abs(rng.standard_normal(value.shape)) if value.ndim < 2 else \
            rng.standard_normal(value.shape)
    body = unit.body
    assert body.conv2.groups == C and body.conv1.out_channels == C * d

    def path(i):
        """[1x1, d; 3x3, d] of path i, with the weights that it has in the grouped form."""
        mine = slice(i * d, (i + 1) * d)
        own = Sequential(Conv2d(channels, d, 1, bias=False), BatchNorm2d(d), ReLU(),
                         Conv2d(d, d, 3, 1, 1, bias=False), BatchNorm2d(d), ReLU())
        values = [value.data if value.ndim == 0 else value.data[mine]
                  for part in (body.conv1, body.bn1, body.conv2, body.bn2)
                  for _, value in part.named_state()]
        return with_values(own, values).eval()

    paths = [path(i) for i in range(C)]
    x = Tensor(rng.standard_normal((2, channels, 6, 7)))
    with no_grad():
        stacked = body.conv3(Branches(*paths)(x))                               # (b)
        summed = 0
        for i, own in enumerate(paths):                                         # (a)
            last = Conv2d(d, out_channels, 1, bias=False)
            with_values(last, [body.conv3.weight.data[:, i * d:(i + 1) * d]])
            summed = summed + last(own(x)).numpy()
        after = body.bn3(Tensor(summed)) + unit.shortcut(x)
        y = unit(x).numpy()                                                     # (c)
        np.testing.assert_allclose(body.bn3(stacked).numpy(), body.bn3(Tensor(summed)).numpy(),
                                   rtol=1e-11)
        np.testing.assert_allclose(y, np.maximum(after.numpy(), 0), rtol=1e-10, atol=1e-12)
    assert y.shape == (2, out_channels, 6, 7) and (y > 0).any()


def test_stages_agree_with_torchvision():
    agrees_with_stored(NETWORKS["resnext50_32x4d"](), STORED["resnext50_32x4d"])


def test_names_of_the_weights():
    assert [name for name, _ in ResNeXt(50).named_state()] == \
        [name for name, _ in ResNet(50).named_state()]


@pytest.mark.parametrize("build, options, words", [
    (ResNeXt, {"cardinality": 31}, r"no \(depth, cardinality, width\) \(50, 31, 4\); did you mean "
                                   r"\(50, 32, 4\)"),
    (ResNeXt, {"depth": 18}, r"no \(depth, cardinality, width\) \(18, 32, 4\)"),
    (CifarResNeXt, {"depth": 28}, "no depth 28; it is 9 n \\+ 2, such as 29"),
    (CifarResNeXt, {"width": 0}, "cardinality, width and base are at least 1, got 8, 0 and 64"),
])
def test_wrong_options(build, options, words):
    with pytest.raises(ValueError, match=words):
        build(**options)
