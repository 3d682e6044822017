"""Inception v3: its head, names, stored numbers."""

import pytest

from minicnn import Tensor
from minicnn.layers import Conv2d
from minicnn.models.inception_v3 import InceptionV3, inception_v3_small, module_17
from minicnn.models.paths import branches
from tests.models.network_checks import (
    agrees_with_stored,
    check_against,
    golden,
    pictures,
    stored,
    training_scores_agree,
)

FIGURES = golden("inception")["inception_v3"]
STORED = stored("inception")


def test_published():
    model = InceptionV3()
    check_against(model, FIGURES)


def test_head():
    """Pooling to 5x5, 1x1 to 128 maps, 5x5 to 768, a linear layer; batch norm, no biases."""
    head = InceptionV3(aux=True).AuxLogits
    assert head.num_parameters() == 768 * 128 + 25 * 128 * 768 + 2 * (128 + 768) + 769 * 1000
    assert head.pool.shape((768, 17, 17)) == (768, 5, 5)
    assert head.shape((768, 17, 17)) == (1000,)
    assert InceptionV3(aux=True).shape((3, 299, 299)) == ((1000,), (1000,))
    assert InceptionV3(aux=True).eval().shape((3, 299, 299)) == (1000,)


def test_factorised_filters_are_cheaper():
    """1x7 and 7x1 in the place of one 7x7: 2/7 of its weights (section 3.2)."""
    module = branches(768, module_17(128))
    sizes = {layer.kernel_size for layer in module.modules() if isinstance(layer, Conv2d)}
    assert sizes == {(1, 1), (1, 7), (7, 1)}
    assert 2 * Conv2d(8, 8, (1, 7), bias=False).num_parameters() * 7 == \
        2 * Conv2d(8, 8, 7, bias=False).num_parameters()


def test_names_of_the_weights():
    """torchvision numbers the parts of a branch, here they are its children; the order is its."""
    names = [name for name, _ in InceptionV3(aux=True).named_parameters() if "conv.weight" in name]
    assert [name for name in names if name.startswith("Mixed_7b")] == [
        f"Mixed_7b.{part}.conv.weight" for part in (
            "branch1x1", "branch3x3.0", "branch3x3.1.0", "branch3x3.1.1",
            "branch3x3dbl.0", "branch3x3dbl.1", "branch3x3dbl.2.0",
            "branch3x3dbl.2.1", "branch_pool.1")]
    assert names[0] == "Conv2d_1a_3x3.conv.weight"
    assert names[-2:] == ["AuxLogits.conv0.conv.weight", "AuxLogits.conv1.conv.weight"]


def test_agrees_with_torchvision():
    agrees_with_stored(InceptionV3(), STORED["inception_v3"])


@pytest.mark.slow
def test_training_with_head_agrees_with_torchvision():
    training_scores_agree(InceptionV3(aux=True), STORED["inception_v3_aux"], ["fc", "AuxLogits"])


def test_small_network_with_head(device):
    model = inception_v3_small(aux=True).to(device)
    scores = model(Tensor(pictures(model, 2)[0].astype("float32")).to(device))
    assert [y.shape for y in scores] == [(2, 10), (2, 10)]


def test_unknown_variant():
    with pytest.raises(ValueError, match="InceptionV3: no variant 'papr'; did you mean paper"):
        InceptionV3("papr")


@pytest.mark.parametrize("options, in_shape, words", [
    ({}, (3, 32, 32), r"^Mixed_6a\.branch3x3\.conv \(Conv2d 288 -> 384.*does not fit into 1.*"
                      r"smallest image that fits InceptionV3 is 75x75"),
    ({"aux": True}, (3, 128, 128), r"^AuxLogits\.conv1\.conv .*InceptionV3 is 299x299"),
])
def test_wrong_images(options, in_shape, words):
    with pytest.raises(ValueError, match=words):
        InceptionV3(**options).shape(in_shape)
