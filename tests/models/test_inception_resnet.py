"""Inception-ResNet-v2: blocks, scales, stored numbers."""

import numpy as np
import pytest

from minicnn import Tensor
from minicnn.analysis import summary
from minicnn.layers import Conv2d
from minicnn.models.inception_resnet import (
    INCEPTION_A,
    InceptionResNetV2,
    Scale,
    inception_resnet_v2_small,
    residual,
)
from tests.models.network_checks import agrees_with_stored, check_against, golden, stored

FIGURES = golden("inception")["inception_resnet_v2"]
STORED = stored("inception")
HERE = {"repeat": "Inception-resnet-A", "mixed_6a": "Reduction-A",
        "repeat_1": "Inception-resnet-B", "mixed_7a": "Reduction-B",
        "repeat_2": "Inception-resnet-C", "block8": "Inception-resnet-C.last",
        "global_pool": "Average Pooling", "head_drop": "Dropout", "classif": "Softmax",
        **{name: f"Stem.{name}" for name in (
            "conv2d_1a", "conv2d_2a", "conv2d_2b", "maxpool_3a", "conv2d_3b", "conv2d_4a",
            "maxpool_5a", "mixed_5b")}}


def test_published():
    model = InceptionResNetV2()
    check_against(model, FIGURES, HERE)


@pytest.mark.parametrize("variant, counts, outputs", [
    ("released", (10, 20, 10), [(320, 35, 35), (1088, 17, 17), (2080, 8, 8), (1536, 8, 8)]),
    ("paper", (5, 10, 5), [(384, 35, 35), (1152, 17, 17), (2144, 8, 8)])])
def test_blocks(variant, counts, outputs):
    model, shape, found = InceptionResNetV2(variant), (3, 299, 299), []
    parts = dict(model.named_parts())
    assert tuple(len(parts[f"Inception-resnet-{kind}"]) for kind in "ABC") == counts
    for _, part in model.named_parts():
        shape = part.shape(shape)
        if len(shape) == 3 and shape[1] > 1 and shape not in found:
            found.append(shape)
    assert found == outputs


def test_the_paper_counted_by_hand():
    """Weights of a unit are its filters, one scale and one shift a map; the sums are figures'."""
    def unit(below, maps, area):
        return below * maps * area + 2 * maps

    stem = sum(unit(*sizes) for sizes in [
        (3, 32, 9), (32, 32, 9), (32, 64, 9), (64, 96, 9), (160, 64, 1), (64, 96, 9), (160, 64, 1),
        (64, 64, 7), (64, 64, 7), (64, 96, 9), (192, 192, 9)])
    a = sum(unit(*sizes) for sizes in [(384, 32, 1), (384, 32, 1), (32, 32, 9), (384, 32, 1),
                                       (32, 48, 9), (48, 64, 9)]) + 129 * 384
    reduction_a = sum(unit(*sizes) for sizes in [(384, 384, 9), (384, 256, 1), (256, 256, 9),
                                                 (256, 384, 9)])
    b = sum(unit(*sizes) for sizes in [(1152, 192, 1), (1152, 128, 1), (128, 160, 7),
                                       (160, 192, 7)]) + 385 * 1152
    reduction_b = sum(unit(*sizes) for sizes in [
        (1152, 256, 1), (256, 384, 9), (1152, 256, 1), (256, 288, 9), (1152, 256, 1),
        (256, 288, 9), (288, 320, 9)])
    c = sum(unit(*sizes) for sizes in [(2144, 192, 1), (2144, 192, 1), (192, 224, 3),
                                       (224, 256, 3)]) + 449 * 2144
    total = stem + 5 * a + reduction_a + 10 * b + reduction_b + 5 * c + 2145 * 1000
    assert total == 32_433_928 == InceptionResNetV2("paper").num_parameters()


def test_residual_by_hand(rng):
    """relu(x + 0.17 conv(module(x))); the last module has neither the scale nor the ReLU."""
    x = Tensor(rng.standard_normal((2, 8, 3, 3)))
    for last in (False, True):
        module = residual(8, INCEPTION_A, 0.17, last).to(dtype="float64")
        inner = module.body.conv(module.body.branches(x)).numpy()
        y = x.numpy() + inner if last else np.maximum(x.numpy() + 0.17 * inner, 0)
        np.testing.assert_allclose(module(x).numpy(), y, rtol=1e-12)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_scale(dtype, device):
    x = Tensor(Tensor(np.array([[2, -4]], dtype)).to(device), requires_grad=True)
    y = Scale(0.5)(x)
    assert y.numpy().tolist() == [[1, -2]] and y.dtype == dtype
    assert Scale(0.5).shape((3, 4, 5)) == (3, 4, 5) and repr(Scale(0.1)) == "Scale 0.1"


def test_names_of_the_weights():
    names = [name for name, _ in InceptionResNetV2().named_parameters()]
    assert names[0] == "Stem.conv2d_1a.conv.weight"
    assert [name for name in names if name.startswith("Inception-resnet-C.last")
            and "norm" not in name] == [
        f"Inception-resnet-C.last.body.{part}" for part in (
            "branches.one.conv.weight", "branches.three.0.conv.weight",
            "branches.three.1.conv.weight", "branches.three.2.conv.weight",
            "conv.weight", "conv.bias")]
    biased = [part for part in InceptionResNetV2().modules()
              if isinstance(part, Conv2d) and part.bias is not None]
    assert len(biased) == 40                               # of the residual modules alone


@pytest.mark.slow
def test_agrees_with_an_independent_network():
    agrees_with_stored(InceptionResNetV2(), STORED["inception_resnet_v2"])


def test_options():
    model = inception_resnet_v2_small(channels=1)
    assert summary(model).title == "InceptionResNetV2 small, input 1x32x32"


def test_unknown_variant():
    with pytest.raises(ValueError, match="ResNetV2: no variant 'papers'; did you mean paper"):
        InceptionResNetV2("papers")


@pytest.mark.parametrize("in_shape, words", [
    ((3, 32, 32), r"^Reduction-A\.three\.conv .*does not fit into 1.*"
                  r"smallest image that fits InceptionResNetV2 is 75x75"),
])
def test_wrong_images(in_shape, words):
    with pytest.raises(ValueError, match=words):
        InceptionResNetV2().shape(in_shape)
