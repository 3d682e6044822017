"""ResNets for CIFAR: depths, orders of a unit, shortcuts."""

import numpy as np
import pytest

from minicnn import Tensor, no_grad
from minicnn.analysis import summary
from minicnn.layers import BatchNorm2d
from minicnn.layers.fold import fold_all
from minicnn.layers.residual import Shortcut
from minicnn.models import resnet_cifar
from minicnn.models.resnet_cifar import NETWORKS, ORDERS_HERE, CifarResNet
from tests.models.network_checks import check_against, golden

OURS = {"gap": "avgpool", "flat": "fc_flatten"}


@pytest.mark.parametrize("name", ["resnet20", "resnet32", "resnet56", "resnet110", "resnet1202",
                                  "plain20", "plain56"])
def test_golden(name):
    check_against(NETWORKS[name](), golden("residual")[f"cifar_{name}"], OURS)


def test_44_layers():
    """6 more units than 32 layers: 2 of 2 * 9 * 16^2 weights and 4 * 16 of the norms, and so on."""
    more = sum(2 * (2 * 9 * F * F + 4 * F) for F in (16, 32, 64))
    assert CifarResNet(44).num_parameters() == 464_154 + more == 658_586


@pytest.mark.parametrize("name", NETWORKS)
def test_names_say_the_depth(name):
    layers = [value for _, value in NETWORKS[name]().named_parameters() if value.ndim > 1]
    assert len(layers) == int(name.removeprefix("resnet").removeprefix("plain"))
    assert f"{NETWORKS[name]().num_parameters():,}" in resnet_cifar.__doc__


def test_paths_of_110_layers():
    """iitk: 54 units, so 2^54 paths; deleting a unit leaves half of them."""
    parts = dict(CifarResNet(110).named_parts())
    assert sum(len(parts[f"stage{number}"]) for number in (1, 2, 3)) == 54


def test_shortcuts():
    sizes = {option: CifarResNet(20, shortcut=option).num_parameters() for option in "ABC"}
    projections = {(16, 32), (32, 64)}
    more = sum(C * F + 2 * F for C, F in projections)
    assert sizes["B"] - sizes["A"] == more
    assert sizes["C"] - sizes["B"] == sum(n * (F * F + 2 * F)
                                          for n, F in ((3, 16), (2, 32), (2, 64)))


@pytest.mark.parametrize("order", ORDERS_HERE)
def test_orders_cost_the_same(order):
    """The blocks of the memphis slide have the reference's layers, only in another place."""
    table = summary(CifarResNet(20, order=order))
    assert (table.parameters, table.macs) == (269_722, 40_551_040)


def test_the_sum_is_normalised_after_addition():
    """memphis "ResNet", "Batch Norm after add": each unit's output is relu of a norm."""
    x = Tensor(np.random.default_rng(0).standard_normal((8, 3, 32, 32)).astype("float32"))
    model = CifarResNet(8, order="bn after addition")
    y = model.stage1(model.conv1(x)).numpy()
    assert abs((y ** 2).mean() - 0.5) < 0.02               # half of a normal variable's square


def test_names_of_the_weights():
    names = [name for name, _ in CifarResNet(8).named_parameters()]
    expected = ["conv1.weight", "conv1_batchnorm2d.weight", "conv1_batchnorm2d.bias"]
    for stage in (1, 2, 3):
        for part in ("conv1.weight", "bn1.weight", "bn1.bias", "conv2.weight", "bn2.weight",
                     "bn2.bias"):
            expected.append(f"stage{stage}.0.body.{part}")
    assert names == [*expected, "fc.weight", "fc.bias"]


def test_grey_images_and_other_classes():
    model = CifarResNet(8, classes=7, channels=1)
    assert model.input_shape == (1, 32, 32)
    with no_grad():
        assert model(Tensor(np.ones((2, 1, 28, 28), np.float32))).shape == (2, 7)


@pytest.mark.parametrize("options, words", [
    ({"depth": 21}, "^CifarResNet: no depth 21; it is 6 n \\+ 2, such as 20, 32, 44, 56, 110, "),
    ({"depth": 2}, "^CifarResNet: no depth 2"),
    ({"shortcut": "E"}, "^CifarResNet: no shortcut 'E'; there are A, B, C, none"),
    ({"order": "bn after add"}, "^CifarResNet: no order 'bn after add'; did you mean bn after add"),
    ({"order": "preactivation"}, "^CifarResNet: no order 'preactivation'"),
    ({"shortcut": "none", "order": "no relu"}, "no order 'no relu'; there are original"),
])
def test_wrong_options(options, words):
    with pytest.raises(ValueError, match=words):
        CifarResNet(**options)


def test_every_batch_norm_folds(device):
    """ResNet-20 has 19; its rows stay what they were."""
    model = CifarResNet(20).to(device, "float64").eval()
    rng = np.random.default_rng(0)
    for part in model.modules():
        if isinstance(part, BatchNorm2d):
            for value in (part.running_mean, part.running_var, part.weight, part.bias):
                value.data = Tensor(rng.uniform(0.5, 1.5, value.shape)).to(device).data
    x = Tensor(rng.standard_normal((2, 3, 32, 32))).to(device)
    with no_grad():
        expected = model(x).numpy()
        assert fold_all(model) == 19
        np.testing.assert_allclose(model(x).numpy(), expected, rtol=1e-10)
    assert not any(isinstance(part, BatchNorm2d) for part in model.modules())
    assert [row.label for row in model.rows] == [line.row for line in summary(model).rows]


# --- the published variant ------------------------------------------------------------------------

def test_akamaster_has_its_zeros_on_both_sides():
    """The same parameters and names as the paper's, another function."""
    ours, theirs = CifarResNet(8), CifarResNet(8, variant="akamaster")
    assert [step.option for step in theirs.modules() if isinstance(step, Shortcut)] == 2 * [
        "A on both sides"]
    theirs.load_state_dict(ours.state_dict())
    x = Tensor(np.random.default_rng(0).standard_normal((2, 3, 32, 32)).astype("float32"))
    assert not np.allclose(ours.eval()(x).numpy(), theirs.eval()(x).numpy(), atol=1e-3)


def test_names_of_akamaster():
    names = [CifarResNet(20, variant="akamaster").published["akamaster"].theirs(name)
             for name, _ in CifarResNet(20).named_parameters()]
    assert names[:4] == ["conv1.weight", "bn1.weight", "bn1.bias", "layer1.0.conv1.weight"]
    assert names[-5:] == ["layer3.2.conv2.weight", "layer3.2.bn2.weight", "layer3.2.bn2.bias",
                          "linear.weight", "linear.bias"]
    assert CifarResNet(20).published == {} and CifarResNet(20).preparation is None


@pytest.mark.parametrize("options, words", [
    ({"variant": "caffe"}, "no variant 'caffe'; there are paper, akamaster"),
    ({"variant": "akamaster", "shortcut": "B"}, "'akamaster' has shortcut A and the original"),
    ({"variant": "akamaster", "order": "no relu"}, "'akamaster' has shortcut A and the original")])
def test_what_the_variant_does_not_have(options, words):
    with pytest.raises(ValueError, match=words):
        CifarResNet(20, **options)
