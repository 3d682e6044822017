"""Residual units: orders, strides, shortcuts."""

import numpy as np
import pytest

from minicnn import Tensor
from minicnn.autograd.hooks import record_outputs
from minicnn.layers import Conv2d
from minicnn.models.units import (
    ORDERS,
    around,
    basic,
    bottleneck,
    convolutions,
    named_layers,
    plain_unit,
    preactivation_unit,
    residual_unit,
    stage,
    units_per_stage,
)


def layers_run(unit, in_shape):
    """The kinds of layers in the order in which the unit runs them."""
    kinds = []
    x = Tensor(np.random.default_rng(0).standard_normal((2, *in_shape)).astype("float32"))
    with record_outputs(lambda path, layer, y: kinds.append(type(layer).__name__)
                        if not layer.named_parts() else None):
        y = unit(x)
    return y, " ".join(kinds).replace("BatchNorm2d", "bn").replace("Conv2d", "conv").lower()


# He et al. 2016b, figure 4 (a) to (e); memphis "ResNet": "Batch Norm after add", "No ReLU".
@pytest.mark.parametrize("order, layers", [
    ("original", "conv bn relu conv bn add relu"),
    ("bn after addition", "conv bn relu conv add bn relu"),
    ("no relu", "conv bn relu conv bn add"),
    ("relu before addition", "conv bn relu conv bn relu add"),
    ("relu-only preactivation", "relu conv bn relu conv bn add"),
    ("preactivation", "bn relu conv bn relu conv add"),
])
def test_orders(order, layers):
    unit = residual_unit(basic(4, 4, 1), None, ORDERS[order])
    assert layers_run(unit, (4, 5, 6))[1] == layers
    assert set(ORDERS) == {"original", "bn after addition", "no relu", "relu before addition",
                           "relu-only preactivation", "preactivation"}


@pytest.mark.parametrize("order, layers", [
    ("original", "conv bn relu conv bn relu conv bn add relu"),
    ("preactivation", "bn relu conv bn relu conv bn relu conv add"),
])
def test_orders_of_a_bottleneck(order, layers):
    unit = residual_unit(bottleneck(8, 2, 8, 1), None, ORDERS[order])
    assert layers_run(unit, (8, 5, 6))[1] == layers


def test_plain_unit():
    assert layers_run(plain_unit(basic(4, 4, 1)), (4, 5, 6))[1] == "conv bn relu conv bn relu"


def test_preactivation_with_a_projection():
    """Both paths read relu(bn(x)), and the projection has no norm: figure 4 (e) and appendix."""
    unit = preactivation_unit(basic(4, 8, 2))
    y, layers = layers_run(unit, (4, 6, 6))
    assert layers == "bn relu conv bn relu conv conv add" and y.shape == (2, 8, 3, 3)
    x = Tensor(np.random.default_rng(0).standard_normal((2, 4, 6, 6)).astype("float32"))
    seen = unit.before(x)
    again = unit.residual.body(seen) + unit.residual.shortcut.projection[0](seen)
    np.testing.assert_array_equal(y.numpy(), again.numpy())


def test_preactivation_without_one():
    """With both convolutions zero the unit is the identity, untouched: y = x."""
    unit = preactivation_unit(basic(4, 4, 1))
    for conv in (unit.body.conv1, unit.body.conv2):
        conv.weight.data = np.zeros(conv.weight.shape, np.float32)
    x = np.random.default_rng(0).standard_normal((2, 4, 5, 5)).astype("float32")
    np.testing.assert_array_equal(unit(Tensor(x)).numpy(), x)
    narrow = preactivation_unit(basic(4, 8, 2), "A")       # zero channels, every second pixel
    for conv in (narrow.body.conv1, narrow.body.conv2):
        conv.weight.data = np.zeros(conv.weight.shape, np.float32)
    y = narrow(Tensor(x)).numpy()
    np.testing.assert_array_equal(y[:, :4], x[:, :, ::2, ::2])
    assert not y[:, 4:].any()


def test_by_hand():
    """Identity filters, no norm's effect in eval mode: relu(relu(x) + x)."""
    unit = residual_unit([Conv2d(1, 1, 1, bias=False), Conv2d(1, 1, 1, bias=False)], None,
                         ORDERS["original"]).eval()
    for part in (unit.body.conv1, unit.body.conv2):
        part.weight.data = np.ones((1, 1, 1, 1), np.float32)
    for part in (unit.body.bn1, unit.body.bn2):
        part.running_var.data = np.full(1, 1 - part.eps, np.float32)
    y = unit(Tensor(np.array([[[[-1.0, 2.0]]]], np.float32)))
    np.testing.assert_allclose(y.numpy(), [[[[0, 4]]]], rtol=1e-6)


@pytest.mark.parametrize("option, stride, kind", [
    ("A", 1, None), ("B", 1, None), ("C", 1, "projection"), ("A", 2, "padded"),
    ("B", 2, "projection"), ("C", 2, "projection")])
def test_around(option, stride, kind):
    shortcut = around(basic(4, 4 * stride, stride), option)
    assert (shortcut is None) == (kind is None)
    if kind is not None:
        assert (shortcut.projection is not None) == (kind == "projection")
        assert shortcut.stride == stride


@pytest.mark.parametrize("stride_on, strides", [("3x3", [1, 2, 1]), ("first 1x1", [2, 1, 1])])
def test_where_the_stride_stands(stride_on, strides):
    convs = bottleneck(8, 4, 16, 2, groups=2, stride_on=stride_on)
    assert [conv.stride[0] for conv in convs] == strides
    assert [conv.kernel_size[0] for conv in convs] == [1, 3, 1]
    assert [conv.groups for conv in convs] == [1, 2, 1]
    assert around(convs).stride == 2


def test_named_layers():
    """The numbers count each kind; a norm has the channels of what it reads."""
    convs = basic(4, 8, 1)
    named = named_layers("bn conv bn relu dropout conv", convs, dropout=0.25)
    assert list(named) == ["bn1", "conv1", "bn2", "relu1", "dropout1", "conv2"]
    assert [named[name].num_features for name in ("bn1", "bn2")] == [4, 8]
    assert [named["conv1"], named["conv2"]] == convs and named["dropout1"].p == 0.25
    assert list(named_layers("bn relu", [], 6)) == ["bn1", "relu1"]


@pytest.mark.parametrize("kind, stride_on, shapes, strides", [
    ("basic", "3x3", [(8, 4, 3, 3), (8, 8, 3, 3)], [2, 1]),
    ("bottleneck", "3x3", [(8, 4, 1, 1), (8, 8, 3, 3), (32, 8, 1, 1)], [1, 2, 1]),
    ("bottleneck", "first 1x1", [(8, 4, 1, 1), (8, 8, 3, 3), (32, 8, 1, 1)], [2, 1, 1])])
def test_convolutions(kind, stride_on, shapes, strides):
    found = convolutions(kind, 4, 8, 2, stride_on)
    assert [conv.weight.shape for conv in found] == shapes
    assert [conv.stride[0] for conv in found] == strides


def test_stage():
    asked = []

    def unit(in_channels, channels, stride):
        asked.append((in_channels, channels, stride))
        return residual_unit(bottleneck(in_channels, channels, 4 * channels, stride), None,
                             ORDERS["original"])

    assert len(stage(unit, 3, 16, 8, 2, expansion=4)) == 3
    assert asked == [(16, 8, 2), (32, 8, 1), (32, 8, 1)]


def test_units_per_stage():
    assert [units_per_stage("net", depth, 6, 2, (20,)) for depth in (8, 20, 1202)] == [1, 3, 200]
    for depth in (2, 21, -4, 20.0, "20"):
        with pytest.raises(ValueError, match=f"^net: no depth {depth}; it is 6 n \\+ 2, such as "
                                             "20, 56$"):
            units_per_stage("net", depth, 6, 2, (20, 56))
