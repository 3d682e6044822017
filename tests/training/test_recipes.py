"""Recipes have the papers' figures, and every network has one."""

import pytest

from minicnn.analysis import summary
from minicnn.layers import Dropout
from minicnn.models import MODELS, build
from minicnn.training.recipes import FAMILIES, PUBLISHED, RECIPES, SMALL, recipe_for, recipe_named

PAPERS = {                                     # lr, batch, weight decay, as the papers print them
    "alexnet": (1e-2, 128, 5e-4), "vgg": (1e-2, 256, 5e-4), "resnet": (0.1, 256, 1e-4),
    "resnet-slide": (0.1, 256, 1e-5), "resnet-cifar": (0.1, 128, 1e-4),
    "wide_resnet-cifar": (0.1, 128, 5e-4), "densenet": (0.1, 256, 1e-4),
    "densenet-cifar": (0.1, 64, 1e-4), "mobilenet": (0.045, 96, 4e-5),
    "zfnet": (1e-2, 128, 0.0),
}


@pytest.mark.parametrize("name", PAPERS)
def test_figures_of_the_papers(name):
    recipe = RECIPES[name]
    assert (recipe.lr, recipe.batch, recipe.optimizer[1]["weight_decay"]) == PAPERS[name]
    assert recipe.optimizer[1]["momentum"] == 0.9


def test_details_of_the_papers():
    alexnet, googlenet, resnet = (RECIPES[name] for name in ("alexnet", "googlenet", "resnet"))
    assert set(alexnet.augment) == {"crop", "flip", "lighting"} and alexnet.margin == 256 / 224
    assert alexnet.schedule == ("ReduceLROnPlateau", {"factor": 0.1, "patience": 5})
    assert googlenet.aux == 0.3 and googlenet.schedule[0] == "PolynomialLR"
    assert resnet._replace(name="", source="", network="", optimizer=("", {})) == RECIPES[
        "resnet-slide"]._replace(name="", source="", network="", optimizer=("", {}))
    assert "He initialisation" in resnet.network and "slide" not in resnet.name


def test_capsnet():
    """Shifts of 2 pixels; 0.96 times every 2,000 steps of 128 of MNIST's 60,000 digits."""
    recipe = RECIPES["capsnet"]
    assert (recipe.augment, recipe.pad, recipe.lr) == (("crop",), 2, 1e-3)
    assert recipe.optimizer == ("Adam", {}) and recipe.schedule[1]["gamma"] == 0.96
    assert round(recipe.schedule[1]["step_size"] * 60_000 / recipe.batch, -1) == 2_000
    assert RECIPES["capsnet-small"].pad == 2
    assert build("capsnet").digits.routing == 3 and "3 rounds" in recipe.network


@pytest.mark.parametrize("name, rate", [("alexnet", 0.5), ("vgg16", 0.5), ("googlenet", 0.4)])
def test_dropout_is_in_the_network(name, rate):
    net = build(name)
    assert {layer.p for layer in net.modules() if isinstance(layer, Dropout)} == {rate}
    assert str(rate) in recipe_for(name).network


def test_names_are_unique_and_sources_are_given():
    assert len(RECIPES) == len(PUBLISHED + SMALL)
    assert all(recipe.source and recipe.name == name for name, recipe in RECIPES.items())


def test_every_family_has_both_forms():
    assert {f"{name}-small" for name in FAMILIES.values()} == {recipe.name for recipe in SMALL}
    assert set(FAMILIES.values()) <= set(RECIPES)


@pytest.mark.parametrize("network, small, name", [
    ("resnet20", True, "resnet-small"), ("resnet50", False, "resnet"), ("vgg16_bn", False, "vgg"),
    ("preact_resnet20", True, "resnet-small"), ("inception_v3", False, "inception"),
    ("googlenet_small", True, "googlenet-small"), ("lenet5", False, "lenet"),
    ("lenet5-paper", False, "lenet-paper"), ("mobilenet_v2", False, "mobilenet"),
    ("vit_small", True, "transformer-small"), ("nasnet_small", True, "inception-small")])
def test_recipe_for(network, small, name):
    assert recipe_for(network, small).name == name


def test_every_network_has_a_recipe():
    assert all(recipe_for(name, small).epochs for name in MODELS for small in (False, True))


def test_small_forms_can_be_compared():
    assert len({(recipe.batch, recipe.epochs) for recipe in SMALL
                if not recipe.name.startswith("lenet")}) == 1
    assert all(recipe.margin == 1 for recipe in SMALL)


def test_auxiliary_heads_of_googlenet_do_not_count_at_test_time():
    assert summary(build("googlenet_small", aux=True).eval()).macs == summary(
        build("googlenet_small")).macs


def test_unknown_names():
    with pytest.raises(ValueError, match="no recipe is called 'resnet-smal'; did you mean resnet-"):
        recipe_named("resnet-smal")
    with pytest.raises(ValueError, match="no recipe is called 'xyz'; there are lenet, "):
        recipe_named("xyz")
    assert recipe_named("vgg") is RECIPES["vgg"]
