"""Networks against ports of the published programs: settings of their layers, and scores.

The stored side was made by tests/stored/make_models_ports.py.  A setting that a network has another
way on purpose stands in its docstring's list of departures, and is another variant here.
"""

from collections import Counter

import pytest

from minicnn import Tensor, no_grad
from minicnn.layers import (
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    Conv2d,
    LayerNorm,
    LayerNorm2d,
    MaxPool2d,
    ReLU6,
)
from minicnn.models import build
from minicnn.models.nasnet import NASNet
from tests.models.network_checks import fill, same_figures, stored
from tests.stored.filled import digest, image

PORTS = stored("ports")
TINY = (192, 8)                                            # channels behind the last cell, of conv0
QUICK = {"mobilenet_v1 released", "efficientnet_b0", "nasnet_a_mobile tiny", "nasnet_a_large tiny"}
# The other sizes of a network that is checked quickly.
SIZES = {"resnet34 torchvision", "resnet101 torchvision", "wide_resnet101_2", "resnext101_32x4d",
         "resnext101_32x8d", "resnext101_64x4d", "se_resnet101", "se_resnet152",
         "se_resnext101_32x4d", "se_resnext101_32x4d timm", "densenet161", "densenet169",
         "densenet201", "mobilenet_v1_125 timm", "efficientnet_b7 torchvision", "convnext_base",
         "vit_h_14", "res2net101", "nasnet_a_mobile"}
CHAOTIC = {"se_resnext101_32x4d", "senet154", "polynet"}   # random weights make 1e-13 to 1e-6


def network(key):
    """"se_resnet50 timm": the variant "timm" of that name."""
    name, _, variant = key.partition(" ")
    if variant == "tiny":
        cells = 4 if name == "nasnet_a_mobile" else 6
        return NASNet(name.removeprefix("nasnet_a_"), 10, shape=(cells, *TINY, 75))
    return build(name, **({"variant": variant} if variant else {}))


def padding(part):
    """TensorFlow's "same" as a port writes it, which crops what it pads too much."""
    return [size // 2 for size in part.window.kernel] if part.padding == "same" else \
        list(part.window.padding)


def setting(part):
    """In the words of the script that stored the port's."""
    if isinstance(part, (BatchNorm1d, BatchNorm2d)):
        return f"batch norm, eps {part.eps:g}, momentum {part.momentum:g}"
    if isinstance(part, (LayerNorm, LayerNorm2d)):
        return f"layer norm, eps {part.eps:g}"
    if isinstance(part, ReLU6):
        return "ReLU6"
    if isinstance(part, Conv2d) and max(part.window.kernel) > 1:
        bias = "" if part.bias is None else ", bias"
        return f"convolution {list(part.window.kernel)}, stride {list(part.window.stride)}, " \
               f"groups {part.groups}{bias}"
    if isinstance(part, (MaxPool2d, AvgPool2d)):
        kind = "max" if isinstance(part, MaxPool2d) else "mean"
        window, pads = part.window, padding(part)
        hangs = window.ceil_mode and max(window.stride) > 1
        zeros = kind == "mean" and part.count_include_pad and any(pads)
        return f"{kind} {list(window.kernel)}, stride {list(window.stride)}, padding {pads}" + \
            hangs * ", ceil" + zeros * ", counts zeros"
    return None


def marked(keys, slow):
    return [pytest.param(key, marks=pytest.mark.slow) if key in slow else key for key in keys]


@pytest.mark.parametrize("key", marked(PORTS["settings"], SIZES))
def test_settings(key):
    """eps, momentum, strides, groups, biases, and how poolings meet the edge."""
    ours = Counter(filter(None, map(setting, network(key).modules())))
    assert dict(ours) == PORTS["settings"][key]


@pytest.mark.parametrize("key", marked(PORTS["scores"], PORTS["scores"].keys() - QUICK))
def test_scores(key):
    model, port = network(key).to(dtype="float64").eval(), PORTS["scores"][key]
    fill(model)
    with no_grad():
        scores = digest(model(Tensor(image(port["image"]))).numpy())
    same_figures(key, scores, port["scores"], 1e-3 if key in CHAOTIC else 1e-9)
