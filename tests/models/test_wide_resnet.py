"""Wide ResNets: the paper's sizes, dropout, names."""

import pytest

from minicnn import Tensor
from minicnn.analysis import summary
from minicnn.autograd.hooks import record_outputs
from minicnn.models.resnet import ResNet
from minicnn.models.wide_resnet import NETWORKS, WIDTHS, CifarWideResNet, WideResNet
from tests.models.network_checks import (
    agrees_with_stored,
    check_against,
    golden,
    pictures,
    stage_shapes,
    stored,
)
from tests.models.test_resnet import OURS

STORED = stored("residual")


def test_golden():
    check_against(NETWORKS["wide_resnet50_2"](), golden("residual")["wide_resnet50_2"], OURS)


@pytest.mark.parametrize("name", ["wrn_28_10", "wrn_16_8"])
def test_golden_cifar(name):
    check_against(NETWORKS[name](), golden("residual")[name],
                  {"bn": "norm", "gap": "avgpool", "flat": "fc_flatten"})


# Millions of parameters in the paper: tables 5 (CIFAR), 7 and 8 (ImageNet).
@pytest.mark.parametrize("depth, width, millions", [
    (40, 1, 0.6), (40, 2, 2.2), (40, 4, 8.9), (40, 8, 35.7), (28, 10, 36.5), (28, 12, 52.5),
    (22, 8, 17.2), (22, 10, 26.8), (16, 8, 11.0), (16, 10, 17.1)])
def test_millions_of_the_paper(depth, width, millions):
    assert round(NETWORKS[f"wrn_{depth}_{width}"]().num_parameters() / 1e6, 1) == millions


@pytest.mark.parametrize("depth, width, millions", [
    (18, 1, 11.7), (18, 1.5, 25.9), (18, 2, 45.6), (18, 3, 101.8), (34, 1, 21.8), (34, 1.5, 48.6),
    (34, 2, 86.0), (50, 2, 68.9), (101, 2, 126.9)])
def test_millions_of_the_paper_on_imagenet(depth, width, millions):
    assert round(WideResNet(depth, width).num_parameters() / 1e6, 1) == millions


def test_width_1_is_a_resnet():
    assert [value.shape for value in WideResNet(34, 1).parameters()] == \
        [value.shape for value in ResNet(34).parameters()]


def test_widths_of_the_slide():
    """stanford: "F x k filters instead of F filters in each layer"; 50 layers against 152."""
    wide, plain = (stage_shapes(CifarWideResNet(28, width)) for width in (10, 1))
    for stage in ("stage1", "stage2", "stage3"):
        assert wide[stage][0] == 10 * plain[stage][0] and wide[stage][1:] == plain[stage][1:]
    assert summary(WideResNet(50)).macs > summary(ResNet(152)).macs


@pytest.mark.parametrize("depth", WIDTHS)
def test_the_figures_beside_the_rows_agree(depth):
    table = summary(WideResNet(depth, 2))
    assert [line.remark for line in table.lines if line.remark] == []
    assert "[1x1, 128; 3x3, 128; 1x1, 256] x 3" in summary(WideResNet(50)).text()


def test_stages_agree_with_torchvision():
    agrees_with_stored(NETWORKS["wide_resnet50_2"](), STORED["wide_resnet50_2"])


def test_names_of_the_weights():
    assert [name for name, _ in WideResNet(50).named_state()] == \
        [name for name, _ in ResNet(50).named_state()]


def test_dropout_stands_between_the_convolutions():
    model, kinds = CifarWideResNet(10, 1, dropout=0.3), []
    x = Tensor(pictures(model, 2)[0].astype("float32"))
    with record_outputs(lambda path, layer, y: kinds.append(path.split(".")[-1])
                        if path.startswith("stage2.0.") else None):
        model(x)
    assert kinds == ["bn1", "relu1", "before", "conv1", "bn2", "relu2", "dropout1", "conv2",
                     "body", "0", "projection", "shortcut", "add", "residual"]
    names = [name for name, _ in CifarWideResNet(10, 1).named_modules()]
    assert not any("dropout" in name for name in names)


@pytest.mark.parametrize("build, options, words", [
    (WideResNet, {"depth": 152}, "^WideResNet: no depth 152"),
    (WideResNet, {"depth": 50, "width": 4}, r"^WideResNet\(50\): no width 4; there are 2"),
    (CifarWideResNet, {"depth": 20}, "no depth 20; it is 6 n \\+ 4, such as 16, 22, 28, 40"),
    (CifarWideResNet, {"width": 0}, "width is a whole number of at least 1.*got 0"),
    (CifarWideResNet, {"width": 1.5}, "width is a whole number of at least 1.*got 1.5"),
    (CifarWideResNet, {"dropout": 1.2}, "p is the probability of dropping, from 0 to 1, got 1.2"),
])
def test_wrong_options(build, options, words):
    with pytest.raises(ValueError, match=words):
        build(**options)
