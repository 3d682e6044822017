"""How pictures are prepared for the weights that others published: as they were tested.

The figures are those of torchvision 0.29's transforms for its first weights (IMAGENET1K_V1).
"""

import numpy as np
import pytest

from minicnn.models import MODELS, build

# (size, shorter side before) of those that are not 224 from 256
OTHERS = {
    "inception_v3": (299, 342), "resnext101_64x4d": (224, 232), "efficientnet_b0": (224, 256),
    "efficientnet_b1": (240, 256), "efficientnet_b2": (288, 288), "efficientnet_b3": (300, 320),
    "efficientnet_b4": (380, 384), "efficientnet_b5": (456, 456), "efficientnet_b6": (528, 528),
    "efficientnet_b7": (600, 600), "convnext_tiny": (224, 236), "convnext_small": (224, 230),
    "convnext_base": (224, 232), "convnext_large": (224, 232), "vit_l_16": (224, 242),
}
USUAL = ["alexnet", "vgg11", "vgg13_bn", "googlenet", "resnet18", "resnet152", "resnext50_32x4d",
         "resnext101_32x8d", "wide_resnet50_2", "densenet121", "densenet161", "mobilenet_v2",
         "shufflenet_v2", "vit_b_16", "vit_b_32", "vit_l_32"]
VARIANTS = ("alexnet", "vgg", "googlenet", "resnet", "efficientnet")       # that torchvision needs


def published(name, **options):
    if name.startswith(VARIANTS):
        options["variant"] = "torchvision"
    return build(name, **options)


@pytest.mark.parametrize("name", [*USUAL, *OTHERS])
def test_torchvision(name):
    model = published(name)
    found = model.preparation
    assert (found.size, found.resize) == OTHERS.get(name, (224, 256))
    assert found.bicubic == name.startswith("efficientnet") and not found.nearest
    mean = (0.5,) * 3 if name in ("googlenet", "inception_v3") else (0.485, 0.456, 0.406)
    assert tuple(found.mean) == mean and found.trained_on == "imagenet"
    assert model.shape((3, found.size, found.size)) == (1000,)


@pytest.mark.parametrize("width, resize", [(0.5, 256), (1.5, 232), (2.0, 232)])
def test_shufflenet(width, resize):
    assert published("shufflenet_v2", width=width).preparation.resize == resize


@pytest.mark.parametrize("name", MODELS)
def test_whatever_is_said_fits_the_network(name):
    """And small networks, or other variants, say nothing."""
    model = build(name)
    found = getattr(model, "preparation", None)
    assert found is None or model.shape((3, found.size, found.size)) == (1000,)
    assert found is None or model.input_shape[1] > 200
    assert found is None or np.shape(found.mean) == np.shape(found.std) == (3,)


@pytest.mark.parametrize("name, options, size, resize, mean", [
    ("inception_v4", {}, 299, 341, 0.5), ("inception_resnet_v2", {}, 299, 333, 0.5),
    ("xception", {"variant": "timm"}, 299, 333, 0.5), ("nasnet_a_large", {}, 331, 363, 0.5),
    ("efficientnet_b4", {}, 380, 412, 0.485), ("mobilenet_v1", {"variant": "timm"}, 224, 256, 0.5),
    ("preact_resnet50", {"variant": "timm"}, 224, 235, 0.5), ("res2net50", {}, 224, 256, 0.485),
    ("senet154", {}, 224, 256, 0.485), ("se_resnet50", {}, 224, 256, 0.485),
    ("se_resnext50_32x4d", {"variant": "timm"}, 224, 256, 0.485),
])
def test_timm(name, options, size, resize, mean):
    """timm 1.0.31 says so of its first weights of these networks."""
    found = build(name, **options).preparation
    assert (found.size, found.resize, found.mean[0]) == (size, resize, mean)
    straight = name in ("senet154", "res2net50") or name == "se_resnet50" and not options
    assert found.bicubic != straight


def test_other_variants_say_nothing():
    for name, options in (("alexnet", {}), ("resnet50", {}), ("resnet20", {}),
                          ("convnext_tiny", {"channels": (8, 8, 8, 8)}),
                          ("convnext_xlarge", {}), ("vit_b_16", {"image": 32}),
                          ("vgg_small", {"variant": "torchvision"})):
        assert build(name, **options).preparation is None
