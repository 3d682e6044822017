"""R2U-Net's unit, whose convolution is one for all steps."""

import numpy as np
import pytest

from minicnn.autograd.tensor import Tensor
from minicnn.layers.attention_gate import AttentionGate
from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.interpolate import Upsample
from minicnn.layers.recurrent_conv import RecurrentConv2d
from minicnn.layers.recurrent_unit import RecurrentUnit2d, SharedRecurrentConv2d
from tests.layers.checks import check_agreement, gradient_of, run
from tests.reference import maps as reference
from tests.reference.windows import conv2d


def test_by_hand(xp):
    """In test mode a new BN does nothing: h = x / 2, (x + h) / 2, ...: 1/2, 3/4, 7/8 of x > 0."""
    layer = SharedRecurrentConv2d(1, steps=2).eval()
    layer.conv.weight.data, layer.conv.bias.data = np.zeros((1, 1, 3, 3)), np.zeros(1)
    layer.conv.weight.data[0, 0, 1, 1] = 0.5
    np.testing.assert_allclose(run(layer, xp, np.array([[[[8.0, -8]]]])), [[[[7, 0]]]], rtol=2e-5)


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_agrees_with_loops(steps, rng, xp):
    layer = SharedRecurrentConv2d(2, steps).to(dtype="float64")
    x = rng.standard_normal((2, 2, 3, 4))
    w, b = layer.conv.weight.data, layer.conv.bias.data
    check_agreement(run(layer, xp, x), reference.shared_recurrent_conv(x, w, b, steps), 1e-10)


def test_unit_agrees_with_loops(rng):
    unit = RecurrentUnit2d(3, 2).to(dtype="float64")
    x = rng.standard_normal((2, 3, 3, 4))
    before = conv2d(x, unit.project.weight.data, unit.project.bias.data)
    h = before
    for layer in unit.layers:
        h = reference.shared_recurrent_conv(h, layer.conv.weight.data, layer.conv.bias.data, 2)
    check_agreement(unit(Tensor(x)).numpy(), before + h, 1e-10)


def test_steps_share_their_weights():
    """One convolution; Liang and Hu's layer has two."""
    one, many = SharedRecurrentConv2d(8, 1), SharedRecurrentConv2d(8, 5)
    assert one.num_parameters() == many.num_parameters() == 8 * 8 * 9 + 8 + 8 + 8
    assert RecurrentConv2d(8, 8).num_parameters() == 2 * 8 * 8 * 9 + 8
    unit = RecurrentUnit2d(3, 64)
    assert unit.num_parameters() == 3 * 64 + 64 + 2 * (64 * 64 * 9 + 3 * 64)
    assert unit.shape((3, 48, 32)) == (64, 48, 32)
    assert repr(many).startswith("SharedRecurrentConv2d 8 channels, 5 steps")


WIDTHS = 64, 128, 256, 512, 1024


def enlarging(C, F):
    """The port's step upwards: twice the size, a convolution, a batch norm."""
    return Sequential(Upsample(scale_factor=2), Conv2d(C, F, 3, padding=1), BatchNorm2d(F))


@pytest.mark.parametrize("unit, gates, parameters", [
    (RecurrentUnit2d, False, 39_091_393), (RecurrentUnit2d, True, 39_442_925),
    (lambda C, F: Sequential(Conv2d(C, F, 3), BatchNorm2d(F), Conv2d(F, F, 3), BatchNorm2d(F)),
     True, 34_878_573)], ids=["R2U-Net", "Attention R2U-Net", "Attention U-Net"])
def test_networks_of_the_port_have_its_counts(unit, gates, parameters):
    """3 channels in, one map out; each step upwards joins a skip connection of its own width."""
    parts = [unit(3, WIDTHS[0]), Conv2d(WIDTHS[0], 1, 1)]
    for F, C in zip(WIDTHS, WIDTHS[1:], strict=False):
        parts += [unit(F, C), enlarging(C, F), unit(2 * F, F)]
        parts += [AttentionGate(F, F, F // 2)] if gates else []
    assert sum(part.num_parameters() for part in parts) == parameters


def test_each_step_moves_the_running_averages(rng):
    layer = SharedRecurrentConv2d(2, 3)
    gradient_of(layer, rng.standard_normal((2, 2, 3, 3)).astype("f"))
    assert layer.norm.num_batches_tracked.item() == 4


def test_says_what_is_wrong():
    with pytest.raises(ValueError, match="SharedRecurrentConv2d: steps must be at least 1, got 0"):
        SharedRecurrentConv2d(2, 0)
    with pytest.raises(ValueError, match=r"^project \(Conv2d .*3 channels, .*built for 2"):
        RecurrentUnit2d(2, 3).shape((3, 4, 4))
