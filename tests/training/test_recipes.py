"""Recipes have the papers' figures, and every network has its family's."""

import re

import pytest

from minicnn.analysis import summary
from minicnn.layers import Dropout
from minicnn.models import MODELS, NETWORKS, build
from minicnn.training.recipes import (
    FAMILIES,
    LAPTOP,
    LAPTOP_SCENES,
    PUBLISHED,
    RECIPES,
    recipe_for,
    recipe_named,
)

PAPERS = {                                     # lr, batch, weight decay, as the papers print them
    "alexnet": (1e-2, 128, 5e-4), "vgg": (1e-2, 256, 5e-4), "resnet": (0.1, 256, 1e-4),
    "resnet-slide": (0.1, 256, 1e-5), "resnet-cifar": (0.1, 128, 1e-4),
    "resnet110-cifar": (0.1, 128, 1e-4), "preact_resnet": (0.1, 256, 1e-4),
    "wide_resnet-cifar": (0.1, 128, 5e-4), "resnext": (0.1, 256, 1e-4),
    "resnext-cifar": (0.1, 128, 5e-4), "senet": (0.6, 1024, 1e-4), "res2net": (0.1, 256, 1e-4),
    "densenet": (0.1, 256, 1e-4), "densenet-cifar": (0.1, 64, 1e-4),
    "mobilenet": (0.045, 96, 4e-5), "shufflenet": (0.5, 1024, 4e-5),
    "zfnet": (1e-2, 128, 0.0), "xception": (0.045, 32, 1e-5), "inception_v2": (0.045, 32, 4e-5),
    "inception_v3": (0.045, 32, 4e-5), "nasnet": (0.04 * 50, 32 * 50, 4e-5),
    "nasnet-large": (0.015 * 100, 16 * 100, 5e-5), "nasnet-cifar": (0.025, 32, 5e-4),
    "efficientnet": (0.256, 4096, 1e-5), "convnext": (4e-3, 4096, 0.05), "vit": (3e-3, 4096, 0.3),
}
MOMENTUM = {"inception_v3": 0.0, "nasnet": 0.0, "nasnet-large": 0.0, "convnext": None, "vit": None}


@pytest.mark.parametrize("name", PAPERS)
def test_figures_of_the_papers(name):
    recipe = RECIPES[name]
    assert (*recipe.printed, recipe.optimizer[1]["weight_decay"]) == pytest.approx(PAPERS[name])
    assert recipe.lr / recipe.batch == pytest.approx(recipe.printed[0] / recipe.printed[1])
    assert recipe.optimizer[1].get("momentum") == MOMENTUM.get(name, 0.9)


def test_convnext_as_in_table_5():
    """4e-3 belongs to batches of 4,096: at 256 it is 4e-3 / 16, and nothing is clipped."""
    recipe = recipe_for("convnext_tiny")
    assert (recipe.lr, recipe.batch, recipe.clip) == (2.5e-4, 256, 0.0)
    assert (recipe.warmup, recipe.epochs, recipe.smoothing) == (20, 300, 0.1)
    assert recipe_for("vit_b_16").clip == 1.0                  # table 3 of another paper


@pytest.mark.parametrize("name, epochs", [
    ("wide_resnet-cifar", [60, 120, 160]), ("resnext-cifar", [150, 225]),
    ("densenet-cifar", [150, 225]), ("densenet", [30, 60]), ("preact_resnet", [30, 60]),
    ("resnet-cifar", [82, 123])])                             # 32,000 and 48,000 of 391 an epoch
def test_when_the_rate_falls(name, epochs):
    recipe = RECIPES[name]
    assert [round(share * recipe.epochs) for share in recipe.schedule[1]["milestones"]] == epochs


def test_the_low_rate_of_resnet_110():
    """0.01 for about 400 steps of 128 of CIFAR-10's 50,000 pictures."""
    for network in ("resnet110", "resnet1202", "preact_resnet110", "se_resnet110"):
        recipe = recipe_for(network)
        epochs, share = recipe.warmup
        assert round(epochs * 50_000 / recipe.batch) == 400
        assert share * recipe.lr == pytest.approx(0.01)
    assert recipe_for("resnet56").warmup == 0


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


# --- whose recipe it is -----------------------------------------------------------------------

PAPER = re.compile(r"(and \w+|et al\.|Chollet) \d{4}[^;:]*?, (section|table|appendix)")


def test_every_source_is_a_paper_with_its_section_or_a_lender():
    unsaid = [name for name, recipe in RECIPES.items() if not PAPER.search(recipe.source)]
    lenders = {name: re.match(r"borrowed from ([\w-]+) \(", recipe.source)
               for name, recipe in RECIPES.items() if recipe.source.startswith("borrowed")}
    assert unsaid == [] and len(lenders) > 10
    assert [name for name, lender in lenders.items() if lender[1] not in RECIPES] == []


def test_names_are_unique():
    assert len(RECIPES) == len(PUBLISHED + LAPTOP + LAPTOP_SCENES)
    assert all(recipe.name == name for name, recipe in RECIPES.items())


SHORT = {"plain": "resnet", "wrn": "wide_resnet", "se_": "senet", "irrcnn": "recurrent",
         "dcrn": "recurrent", "inception_resnet": "inception_v4", "inception_small": "inception_v2",
         "inception_naive": "googlenet", "inception_reduced": "googlenet",
         "amoebanet": "nasnet"}


def test_every_network_has_its_familys_recipe():
    """One of the family's name, whose source says if it is borrowed: no other paper's unsaid."""
    others = []
    for network in MODELS:
        name = next((family for start, family in SHORT.items() if network.startswith(start)),
                    network)
        for small in (False, True):
            recipe = recipe_for(network, small).name
            if not name.startswith(recipe.split("-")[0].removesuffix("110")):
                others.append((network, recipe))
    assert others == []


def test_networks_for_small_pictures_have_small_pictures_recipes():
    """And those for ImageNet have ImageNet's: what a recipe's margin tells."""
    wrong = []
    for network in MODELS:
        assert recipe_for(network, small=True).margin == 1
        if not network.endswith(("_small", "_mini", "_example", "1202", "1001")):
            side = build(network).input_shape[-1]            # the two are slow to build
            if (recipe_for(network).margin == 1) != (side <= 32):
                wrong.append((network, side, recipe_for(network).name))
    assert wrong == []


@pytest.mark.parametrize("network, small, name", [
    ("resnet20", False, "resnet-cifar"), ("plain56", False, "resnet-cifar"),
    ("resnet110", False, "resnet110-cifar"), ("resnet101", False, "resnet"),
    ("preact_resnet20", False, "preact_resnet-cifar"), ("preact_resnet200", False, "preact_resnet"),
    ("wrn_28_10", False, "wide_resnet-cifar"), ("wide_resnet50_2", False, "wide_resnet"),
    ("resnext29_8x64d", False, "resnext-cifar"), ("densenet40_k12", False, "densenet-cifar"),
    ("densenet121", False, "densenet"), ("xception", False, "xception"),
    ("inception_v2", False, "inception_v2"), ("inception_resnet_v2", False, "inception_v4"),
    ("shufflenet_v1", False, "shufflenet"), ("senet154", False, "senet"),
    ("se_resnet50", False, "senet"), ("nasnet_a_mobile", False, "nasnet"),
    ("nasnet_a_cifar", False, "nasnet-cifar"), ("nin_cifar10", False, "nin-cifar"),
    ("resnet20", True, "resnet-small"), ("resnet50", False, "resnet"), ("vgg16_bn", False, "vgg"),
    ("inception_v3", False, "inception_v3"), ("googlenet_small", True, "googlenet-small"),
    ("lenet5", False, "lenet"), ("lenet5-None", False, "lenet"),
    ("lenet5-paper", False, "lenet-paper"), ("lenet5-visualiser", True, "lenet-small"),
    ("mobilenet_v2", False, "mobilenet"), ("vit_small", True, "vit-small"),
    ("nasnet_small", True, "nasnet-small")])
def test_recipe_for(network, small, name):
    assert recipe_for(network, small).name == name


def test_every_family_is_some_networks():
    """None is hidden behind one that stands before it."""
    first = {network: next(family for family in FAMILIES
                           if re.fullmatch(f"({family.names})(-.*)?", network))
             for network in [*NETWORKS, "lenet5-paper"]}
    assert set(first.values()) == set(FAMILIES)


def test_small_forms_can_be_compared():
    assert len({(recipe.batch, recipe.epochs) for recipe in LAPTOP
                if not recipe.name.startswith("lenet")}) == 1
    assert all(recipe.margin == 1 for recipe in LAPTOP)


def test_auxiliary_heads_of_googlenet_do_not_count_at_test_time():
    assert summary(build("googlenet_small", aux=True).eval()).macs == summary(
        build("googlenet_small")).macs


def test_unknown_names():
    with pytest.raises(ValueError, match="no recipe is called 'resnet-smal'; did you mean resnet-"):
        recipe_named("resnet-smal")
    with pytest.raises(ValueError, match="no recipe is called 'xyz'; there are lenet, "):
        recipe_named("xyz")
    with pytest.raises(ValueError, match="no network is called 'resnt20'; did you mean resnet20"):
        recipe_for("resnt20")
    with pytest.raises(ValueError, match="'mine'; for one of your own, recipe_named\\(\"resnet-sm"):
        recipe_for("mine")
    assert recipe_named("vgg") is RECIPES["vgg"]
