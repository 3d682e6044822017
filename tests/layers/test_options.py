"""Options that PyTorch's layers have and students are used to, against its numbers."""

import json
from pathlib import Path

import numpy as np
import pytest

from minicnn.autograd.tensor import Tensor
from minicnn.layers.activations import LeakyReLU, ReLU
from minicnn.layers.avgpool import AvgPool2d
from minicnn.layers.batchnorm import BatchNorm1d, BatchNorm2d
from minicnn.layers.channels import cure
from minicnn.layers.conv import Conv2d
from minicnn.layers.dropout import Dropout, Dropout2d
from minicnn.layers.groupnorm import GroupNorm, InstanceNorm2d
from minicnn.layers.hardtanh import Hardtanh, ReLU6
from minicnn.layers.layernorm import LayerNorm
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.smooth_activations import GELU, SiLU
from minicnn.layers.tokens import TokenLinear

STORED = json.loads((Path(__file__).parents[1] / "stored/habits.json").read_text())


def wave(*shape):
    return np.sin(np.arange(float(np.prod(shape)))).reshape(shape)


def close(ours, theirs):
    np.testing.assert_allclose(ours, theirs, rtol=1e-11, atol=1e-12)


# --- what they compute ----------------------------------------------------------------------------

def test_gelu_by_tanh_equals_stored_numbers(xp):
    case = STORED["gelu"]
    x = Tensor(xp.asarray(np.array(case["x"])), requires_grad=True)
    y = GELU(approximate="tanh")(x)
    y.sum().backward()
    close(y.numpy(), case["y"])
    close(Tensor(x.grad).numpy(), case["dx"])
    ends = GELU("tanh")(Tensor(xp.asarray([-np.inf, np.inf, np.nan])))
    assert ends.numpy()[:2].tolist() == [0, np.inf] and np.isnan(ends.numpy()[2])


@pytest.mark.parametrize("case", STORED["average"], ids=lambda case: str(case["arguments"]))
def test_divisor_override_equals_stored_numbers(case, xp):
    x = Tensor(xp.asarray(wave(1, 2, 5, 6)), requires_grad=True)
    y = AvgPool2d(*case["arguments"], divisor_override=5)(x)
    y.backward(xp.asarray(3 * wave(*y.shape)))
    close(y.numpy(), case["y"])
    close(Tensor(x.grad).numpy(), case["dx"])


@pytest.mark.parametrize("make", [ReLU, LeakyReLU, ReLU6, Hardtanh, SiLU, Dropout, Dropout2d])
def test_inplace_changes_nothing(make):
    x = np.linspace(-3, 3, 8).reshape(1, 2, 2, 2)
    y = make(inplace=True).eval()(Tensor(x))
    assert np.array_equal(x, np.linspace(-3, 3, 8).reshape(x.shape))
    assert np.array_equal(y.data, make().eval()(Tensor(x)).data)
    with pytest.raises(TypeError, match=f"{make.__name__}: inplace must be True or False, got 0.5"):
        make(inplace=0.5)


@pytest.mark.parametrize("norm, shape", [
    (BatchNorm2d(4, bias=False), (3, 4, 2, 2)), (BatchNorm1d(4, bias=False), (3, 4)),
    (GroupNorm(2, 4, bias=False), (3, 4, 2, 2)), (LayerNorm((4, 2), bias=False), (3, 4, 2)),
    (InstanceNorm2d(4, affine=True, bias=False), (3, 4, 2, 2))])
def test_a_norm_may_have_no_bias(norm, shape):
    """Nor lose its weight with it: y is gamma times what no gamma gives."""
    norm.weight.data = np.arange(1, 1 + norm.weight.numel(), dtype=np.float32).reshape(
        norm.weight.shape)
    assert norm.bias is None and "no bias" in repr(norm) and list(norm.state_dict())[0] == "weight"
    x = Tensor(wave(*shape).astype(np.float32), requires_grad=True)
    for mode in (True, False):
        y = norm.train(mode)(x)
        gamma = norm.weight.data
        norm.weight.data = np.ones_like(gamma)
        plain = norm(x).data
        norm.weight.data = gamma
        lead = gamma if isinstance(norm, LayerNorm) else gamma.reshape(-1, *[1] * (len(shape) - 2))
        if mode or not hasattr(norm, "running_mean") or norm.running_mean is None:
            np.testing.assert_allclose(y.data, plain * lead, rtol=1e-5, atol=1e-6)
    y.sum().backward()
    assert norm.weight.grad.shape == norm.weight.shape


def test_a_bias_alone_is_added():
    for norm in (BatchNorm2d(2), GroupNorm(2, 2), InstanceNorm2d(2, affine=True)):
        norm.weight, norm.bias.data = None, np.array([5.0, -5.0], np.float32)
        y = norm(Tensor(wave(3, 2, 4, 4).astype(np.float32)))
        assert np.allclose(y.data.mean((0, 2, 3)), [5, -5], atol=1e-5) and "no weight" in repr(norm)


def test_what_repr_says():
    for layer, text in [
            (Linear(2, 3, bias=False), "Linear 2 -> 3, no bias"), (Linear(2, 3), "Linear 2 -> 3"),
            (Conv2d(1, 2, 3, bias=False), "Conv2d 1 -> 2, kernel 3x3, no bias"),
            (Conv2d(1, 2, 3, padding=1, padding_mode="reflect"),
             "Conv2d 1 -> 2, kernel 3x3, padding 1x1, reflect"),
            (BatchNorm2d(3, affine=False), "BatchNorm2d 3, not affine"),
            (GroupNorm(1, 3, bias=False), "GroupNorm 3, 1 group, no bias"),
            (LayerNorm(3, elementwise_affine=False), "LayerNorm 3, not affine"),
            (InstanceNorm2d(3), "InstanceNorm2d 3"),
            (InstanceNorm2d(3, affine=True), "InstanceNorm2d 3, affine"),
            (GELU("tanh"), "GELU by tanh"), (Flatten(2), "Flatten axes 2 to -1"),
            (AvgPool2d(2, divisor_override=3), "AvgPool2d kernel 2x2, stride 2x2, divisor 3")]:
        assert repr(layer) == text


def test_flatten_takes_any_axes_but_the_batch():
    x = Tensor(wave(2, 3, 4, 5))
    for layer, shape in [(Flatten(), (60,)), (Flatten(1), (60,)), (Flatten(2), (3, 20)),
                         (Flatten(1, 2), (12, 5)), (Flatten(-2), (3, 20)),
                         (Flatten(1, 1), (3, 4, 5)), (Flatten(start_dim=1, end_dim=-2), (12, 5))]:
        assert layer(x).shape == (2, *shape) == (2, *layer.shape((3, 4, 5)))
        assert np.array_equal(layer(x).data.ravel(), x.data.ravel())
    for layer in (Flatten(4), Flatten(2, 1), Flatten(1, 9), Flatten(-4)):
        with pytest.raises(ValueError, match=r"no axes from .* in \(N, 3, 4, 5\)"):
            layer(x)


@pytest.mark.parametrize("make, error, message", [
    (lambda: Flatten(0), ValueError, "would mix the samples of a batch"),
    (lambda: GELU("erf"), ValueError, 'approximate must be "none" or "tanh", got \'erf\''),
    (lambda: Conv2d(1, 1, 3, padding_mode="mirror"), ValueError, "must be one of zeros, reflect"),
    (lambda: AvgPool2d(2, divisor_override=0), ValueError, "divisor_override must be at least 1"),
    (lambda: MaxPool2d(3, 2, 0, 1, 3), TypeError, "return_indices must be True or False, got 3")])
def test_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


# --- cures ----------------------------------------------------------------------------------------

NHWC = "channels come before height and width"


@pytest.mark.parametrize("in_shape, wanted, says", [
    ((32, 32, 3), 3, NHWC), ((48, 64, 3), 3, NHWC), ((28, 28, 1), 1, NHWC), ((7, 7, 9), 9, NHWC),
    ((16, 32, 32), 32, "feed it 32"), ((64, 7, 5), 5, "feed it 5"), ((2, 3, 3), 3, "feed it 3"),
    ((1, 28, 28), 3, "grey images need Conv2d"), ((1, 28, 28), 64, "feed it 64"),
    ((4, 3, 3), 3, "feed it 3"), ((5,), 3, "feed it 3"), ((3, 32, 32), 1, "feed it 1")])
def test_a_cure_is_of_the_likely_story(in_shape, wanted, says):
    """A width that happens to be the number of channels is no reason to transpose."""
    assert says in cure(in_shape, wanted, f"Conv2d({in_shape[0]}, ...)")


@pytest.mark.parametrize("layer", [Conv2d(32, 4, 3), BatchNorm2d(32), GroupNorm(4, 32)])
def test_layers_say_the_same_of_channels(layer):
    with pytest.raises(ValueError, match=r"\(N, 16, 32, 32\) has 16 channels, .* feed it 32, or"):
        layer(Tensor(np.zeros((2, 16, 32, 32), np.float32)))
    with pytest.raises(ValueError, match=NHWC):
        layer.shape((8, 8, 32))


@pytest.mark.parametrize("shape, cure", [
    ((2, 3, 2), r"put Flatten\(\) before it$"), ((3, 12), r"TokenLinear\(12, 5\) takes each of"),
    ((2, 2, 2), r"put Flatten\(\) before it, and make it Linear\(8, 5\)"),
    ((4, 3), r"put Flatten\(\) before it$")])
def test_linear_says_what_goes_before_it(shape, cure):
    with pytest.raises(ValueError, match=cure):
        Linear(12, 5).shape(shape)


def test_layer_norm_over_channels_is_another_layer():
    with pytest.raises(ValueError, match=r"use LayerNorm2d\(8\) for the channels of each pixel"):
        LayerNorm(8).shape((8, 4, 4))
    with pytest.raises(ValueError, match=r"use LayerNorm\(\(7, 4\)\)"):
        LayerNorm(8).shape((7, 4))


def test_tokens_are_made_of_images_alone():
    with pytest.raises(ValueError, match=r"got \(N, 8, 4, 4\); put ImageToTokens\(\) before it"):
        TokenLinear(8, 2).shape((8, 4, 4))
    with pytest.raises(ValueError, match=r"got \(N, 8\)$"):
        TokenLinear(8, 2).shape((8,))
