"""ResNet: the slides' table, shortcuts, variants, names, stored numbers."""

import re

import numpy as np
import pytest

from minicnn import Tensor, no_grad
from minicnn.analysis import summary
from minicnn.models.resnet import COLUMNS, NETWORKS, ResNet
from tests.models.network_checks import (
    agrees_with_stored,
    check_against,
    golden,
    stage_shapes,
    stored,
)

STORED = stored("residual")

OURS = {"pool1": "conv2_x_maxpool2d", "gap": "avgpool", "flat": "fc_flatten",
        "bn1": "conv1_batchnorm2d", "relu": "conv1_relu", "maxpool": "conv2_x_maxpool2d",
        "layer1": "conv2_x", "layer2": "conv3_x", "layer3": "conv4_x", "layer4": "conv5_x"}

VARIANTS = {
    **{f"resnet{depth}_v1_optB": {"depth": depth} for depth in (18, 34, 50, 101, 152)},
    **{f"tv_resnet{depth}": {"depth": depth, "variant": "torchvision"}
       for depth in (18, 34, 50, 101, 152)},
    **{f"resnet{depth}_v1_opt{option}": {"depth": depth, "shortcut": option}
       for depth, option in ((18, "A"), (18, "C"), (34, "A"), (34, "C"), (50, "A"))},
    "plain18": {"depth": 18, "shortcut": "none"}, "plain34": {"depth": 34, "shortcut": "none"},
}

# memphis "ResNet" and iitk "Architecture": layer name, output size, and the five columns.
SLIDE = """
conv1   | 112x112 | 7x7, 64, stride 2
conv2_x | 56x56   | 3x3, 64; 3x3, 64 x2   | 3x3, 64; 3x3, 64 x3   | 1x1, 64; 3x3, 64; 1x1, 256 x3 \
| 1x1, 64; 3x3, 64; 1x1, 256 x3     | 1x1, 64; 3x3, 64; 1x1, 256 x3
conv3_x | 28x28   | 3x3, 128; 3x3, 128 x2 | 3x3, 128; 3x3, 128 x4 | 1x1, 128; 3x3, 128; 1x1, 512 x4\
 | 1x1, 128; 3x3, 128; 1x1, 512 x4   | 1x1, 128; 3x3, 128; 1x1, 512 x8
conv4_x | 14x14   | 3x3, 256; 3x3, 256 x2 | 3x3, 256; 3x3, 256 x6 | 1x1, 256; 3x3, 256; 1x1, 1024 \
x6 | 1x1, 256; 3x3, 256; 1x1, 1024 x23 | 1x1, 256; 3x3, 256; 1x1, 1024 x36
conv5_x | 7x7     | 3x3, 512; 3x3, 512 x2 | 3x3, 512; 3x3, 512 x3 | 1x1, 512; 3x3, 512; 1x1, 2048 \
x3 | 1x1, 512; 3x3, 512; 1x1, 2048 x3  | 1x1, 512; 3x3, 512; 1x1, 2048 x3
"""
DEPTHS = (18, 34, 50, 101, 152)


@pytest.mark.parametrize("name", VARIANTS)
def test_golden(name):
    check_against(ResNet(**VARIANTS[name]), golden("residual")[name], OURS)


def bracket(unit):
    """What the slide would print for a unit: "3x3, 64; 3x3, 64"."""
    convs = [part for name, part in unit.body.named_parts() if name.startswith("conv")]
    return "; ".join(f"{conv.kernel_size[0]}x{conv.kernel_size[1]}, {conv.out_channels}"
                     for conv in convs)


@pytest.mark.parametrize("column, depth", list(enumerate(DEPTHS)))
def test_rows_of_the_slide(column, depth):
    model = ResNet(depth)
    shapes, lines = stage_shapes(model), SLIDE.strip().splitlines()
    parts = dict(model.named_parts())
    for line in lines:
        label, size, *columns = [cell.strip() for cell in line.split("|")]
        assert "x".join(map(str, shapes[label][1:])) == size
        if label == "conv1":
            conv = parts[label]
            assert columns == [f"{conv.kernel_size[0]}x{conv.kernel_size[1]}, {conv.out_channels}, "
                               f"stride {conv.stride[0]}"]
            continue
        units = [bracket(unit) for _, unit in parts[label].named_parts()]
        assert len(set(units)) == 1 and f"{units[0]} x{len(units)}" == columns[column]
    assert [line.split()[0] for line in lines] + ["avgpool", "fc"] == \
        [label for label, _, _ in model.rows]
    pool = parts["conv2_x_maxpool2d"]
    assert (pool.kernel_size, pool.stride) == ((3, 3), (2, 2))        # "3x3 max pool, stride 2"
    assert shapes["avgpool"][1:] == [1, 1] and shapes["fc"] == [1000]


@pytest.mark.parametrize("depth", DEPTHS)
def test_depth_counts_layers_with_weights(depth):
    layers = [name for name, value in ResNet(depth).named_parameters()
              if value.ndim > 1 and "shortcut" not in name]
    assert len(layers) == depth


def test_the_bottleneck_of_the_slides():
    """memphis "Deeper residual module (bottleneck)"; stanford draws it on 28 x 28 pixels."""
    unit = ResNet(50).conv2_x[1]
    rows = [("1x1", (64, 256, 1, 1), "~16K"), ("3x3", (64, 64, 3, 3), "~36K"),
            ("1x1", (256, 64, 1, 1), "~16K")]
    shapes = []
    for number, (kernel, weight, thousands) in enumerate(rows, 1):
        conv = getattr(unit.body, f"conv{number}")
        assert "x".join(map(str, conv.kernel_size)) == kernel and conv.weight.shape == weight
        assert f"~{conv.weight.numel() // 1024}K" == thousands           # K is 1,024 on this slide
        shapes.append(conv.shape((weight[1], 28, 28)))
    assert shapes == [(64, 28, 28), (64, 28, 28), (256, 28, 28)]
    assert unit.shortcut is None and unit.shape((256, 28, 28)) == (256, 28, 28)


# "FLOPs" of the slide are multiply-adds; the last column says how they were rounded.
@pytest.mark.parametrize("depth, shortcut, printed, computed", [
    (18, "B", "1.8e9", 1.814e9), (34, "A", "3.6e9", 3.644e9), (50, "B", "3.8e9", 3.858e9),
    (101, "B", "7.6e9", 7.570e9), (152, "B", "11.3e9", 11.282e9)])
def test_flops_of_the_slide(depth, shortcut, printed, computed):
    macs = summary(ResNet(depth, shortcut=shortcut)).macs
    assert COLUMNS[depth].flops == printed
    assert round(macs / 1e6) == round(computed / 1e6) and abs(macs - float(printed)) < 0.06e9


def test_claims_of_the_slides():
    """iitk: "152 layers", "8x deeper" than VGG, "Lower complexity"; 34-layer nets A, B, C."""
    assert 152 // 19 == 8
    assert summary(ResNet(152)).macs < 15_470_264_320                  # VGG-16
    sizes = [ResNet(34, shortcut=option).num_parameters() for option in ("none", "A", "B", "C")]
    assert sizes == [21_623_848, 21_623_848, 21_797_672, 22_716_840]


def test_the_stride_of_torchvision_costs_231_million():
    for depth in (50, 101, 152):
        here, there = (summary(ResNet(depth, variant=variant))
                       for variant in ("paper", "torchvision"))
        assert there.macs - here.macs == 231_211_008 and there.parameters == here.parameters


def test_the_figures_beside_the_rows_agree():
    for depth in COLUMNS:
        assert [line.remark for line in summary(ResNet(depth)).lines if line.remark] == []
    text = summary(ResNet(152)).text()
    assert " 56x56, [1x1, 64; 3x3, 64; 1x1, 256] x 3" in text
    assert " 14x14, [1x1, 256; 3x3, 256; 1x1, 1024] x 36" in text


def torchvision_name(name):
    """The rules told in the docstring of minicnn.models.resnet, backwards."""
    name = re.sub(r"^conv1_batchnorm2d\.", "bn1.", name)
    name = re.sub(r"^conv(\d)_x\.(\d+)\.body\.", lambda part: f"layer{int(part[1]) - 1}.{part[2]}.",
                  name)
    return re.sub(r"^conv(\d)_x\.(\d+)\.shortcut\.projection\.",
                  lambda part: f"layer{int(part[1]) - 1}.{part[2]}.downsample.", name)


def test_names_of_the_weights():
    norm = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
    expected = ["conv1.weight", *[f"bn1.{value}" for value in norm]]
    for stage in range(1, 5):
        for unit in range(2):
            parts = ["conv1", "bn1", "conv2", "bn2"]
            if stage > 1 and unit == 0:
                parts += ["downsample.0", "downsample.1"]
            for part in parts:
                values = norm if "bn" in part or part.endswith(".1") else ("weight",)
                expected += [f"layer{stage}.{unit}.{part}.{value}" for value in values]
    names = [torchvision_name(name) for name, _ in ResNet(18).named_state()]
    assert names == [*expected, "fc.weight", "fc.bias"]


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_layers_agree_with_torchvision(name):
    agrees_with_stored(NETWORKS[name](variant="torchvision"), STORED[name])


def test_one_weight_starts_as_he_says():
    weight = ResNet(18).conv1.weight.numpy()
    assert abs(weight.std() / (2 / (3 * 7 * 7)) ** 0.5 - 1) < 0.02
    assert not ResNet(18).fc.bias.numpy().any()


@pytest.mark.parametrize("size", [33, 64])
def test_any_image_size(size):
    """stanford: "In theory, you can train a ResNet with input image of variable sizes"."""
    model = ResNet(18, classes=3).eval()
    with no_grad():
        y = model(Tensor(np.ones((1, 3, size, size + 7), np.float32)))
    assert y.shape == (1, 3) and model.shape((3, size, size + 7)) == (3,)


@pytest.mark.parametrize("options, words", [
    ({"depth": 51}, "^ResNet: no depth 51; did you mean 50 or 18"),
    ({"depth": 20}, "^ResNet: no depth 20"),
    ({"shortcut": "D"}, "^ResNet: no shortcut 'D'; there are A, B, C, none"),
    ({"variant": "torch"}, "^ResNet: no variant 'torch'; did you mean torchvision"),
])
def test_wrong_options(options, words):
    with pytest.raises(ValueError, match=words):
        ResNet(**options)


@pytest.mark.parametrize("in_shape, words", [
    ((64, 64), "^conv1 .*one image still needs the batch axis"),
])
def test_wrong_images(in_shape, words):
    model = ResNet(18)
    with pytest.raises(ValueError, match=words):
        model.shape(in_shape)
    with pytest.raises(ValueError, match=words):
        model(Tensor(np.zeros((2, *in_shape), np.float32)))


@pytest.mark.slow
def test_published_size():
    model = NETWORKS["resnet50"]().eval()
    x = np.random.default_rng(0).standard_normal((1, 3, 224, 224)).astype("float32")
    with no_grad():
        assert model(Tensor(x)).shape == (1, 1000)


# --- holes in the place of strides ----------------------------------------------------------------

@pytest.mark.parametrize("replaced, sides", [
    (None, [56, 28, 14, 7]), ((False, False, False), [56, 28, 14, 7]),
    ((False, False, True), [56, 28, 14, 14]), ((False, True, True), [56, 28, 28, 28]),
    ((True, False, False), [56, 56, 28, 14])])
def test_replace_stride_with_dilation(replaced, sides):
    """Larger maps, the same weights: a file of the one fits the other."""
    model = ResNet(50, variant="torchvision", replace_stride_with_dilation=replaced)
    found = stage_shapes(model)
    assert [found[f"conv{number}_x"][1] for number in range(2, 6)] == sides
    plain = ResNet(50, variant="torchvision")
    assert [(name, q.shape) for name, q in model.named_state()] == \
        [(name, q.shape) for name, q in plain.named_state()]


@pytest.mark.parametrize("depth, replaced, message", [
    (50, (True, False), r"says True or False for conv3_x, conv4_x and conv5_x, three in all; got "),
    (18, (False, False, True), "no dilation in the units of 18 layers, only in bottlenecks; take")])
def test_replace_stride_with_dilation_that_is_not_here(depth, replaced, message):
    with pytest.raises(ValueError, match=f"^ResNet: .*{message}"):
        ResNet(depth, replace_stride_with_dilation=replaced)
