"""A recipe checks its figures, prints them, and can be changed."""

import pytest

from minicnn import Tensor
from minicnn.optim import SGD
from minicnn.training.build import schedule_of
from minicnn.training.recipes import RECIPES, Recipe, recipe_for
from tests.training.tiny import RECIPE


@pytest.mark.parametrize("change, kind, words", [
    ({"lr": 0.0}, ValueError, "recipe tiny: lr is 0.0, expected a number above 0"),
    ({"lr": float("nan")}, ValueError, "lr is nan"), ({"lr": "0.1"}, TypeError, "lr is '0.1'"),
    ({"batch": 0}, ValueError, "batch is 0, expected a whole number from 1 on"),
    ({"batch": 64.0}, TypeError, "batch is 64.0"), ({"batch": True}, TypeError, "batch is True"),
    ({"epochs": -3}, ValueError, "epochs is -3"), ({"epochs": 2.5}, TypeError, "epochs is 2.5"),
    ({"pad": -1}, ValueError, "pad is -1, expected a whole number of pixels"),
    ({"margin": 0.5}, ValueError, "margin is 0.5, expected a factor from 1 on"),
    ({"smoothing": 1.0}, ValueError, "smoothing is 1.0, expected a share from 0 to below 1"),
    ({"aux": -0.3}, ValueError, "aux is -0.3"), ({"clip": float("inf")}, ValueError, "clip is inf"),
    ({"clip": None}, TypeError, "clip is None, expected a number from 0 on"),
    ({"warmup": -1}, ValueError, "warmup is -1, expected a number of epochs from 0 on"),
    ({"warmup": "1"}, TypeError, "warmup is '1'"),
    ({"warmup": (1, 0)}, ValueError, r"warmup is \(1, 0\)"),
    ({"warmup": (float("inf"), 0.1)}, ValueError, r"warmup is \(inf, 0.1\)"),
    ({"optimizer": "SGD"}, TypeError, "optimizer is 'SGD', expected a name and its arguments"),
    ({"schedule": ("StepLR",)}, TypeError, "schedule is "),
    ({"augment": "flip"}, TypeError, "augment is 'flip', expected a tuple of words"),
    ({"augment": None}, TypeError, "augment is None"), ({"augment": (1,)}, TypeError, "augment is"),
    ({"printed": (0.1, 0)}, ValueError, "printed is \\(0.1, 0\\), expected rate and batch of the"),
    ({"printed": None}, ValueError, "printed is None"),
])
def test_figures_are_checked(change, kind, words):
    with pytest.raises(kind, match=words):
        RECIPE._replace(**change)


def test_what_no_recipe_has():
    with pytest.raises(TypeError, match="rate"):
        RECIPE._replace(rate=0.1)


def test_a_recipe_stays_as_it_is():
    with pytest.raises(AttributeError):
        RECIPE.lr = 1.0
    assert RECIPE._replace(epochs=5).epochs == 5 and RECIPE.epochs == 3
    assert RECIPE._replace(epochs=3) == RECIPE
    assert Recipe(**RECIPE._asdict()) == RECIPE


def test_print():
    assert str(recipe_for("xception", small=True)).startswith(
        "recipe xception-small: borrowed from inception-small (label smoothing")
    text = str(RECIPES["convnext"]._replace(source="a paper", network=""))
    assert text == (
        "recipe convnext: a paper\n"
        "  AdamW weight_decay 0.05; lr 0.00025 for batches of 256, in proportion to the source's "
        "0.004 for\n  4,096; warm-up 20 epochs; CosineAnnealingLR; 300 epochs; distortions: "
        "resized crop, flip, jitter;\n  labels smoothed by 0.1")
    assert max(len(line) for recipe in RECIPES.values() for line in str(recipe).split("\n")) <= 100


@pytest.mark.parametrize("change, words", [
    ({}, "lr 0.1 for batches of 256"),
    ({"lr": 0.05}, "lr 0.05 for batches of 256 (the source: 0.1)"),
    ({"batch": 64}, "lr 0.1 for batches of 64 (the source: 0.1 for 256, in proportion 0.025)"),
    ({"batch": 64, "lr": 0.025},
     "lr 0.025 for batches of 64, in proportion to the source's 0.1 for 256"),
])
def test_the_rate_belongs_to_the_batch(change, words):
    assert RECIPES["resnet"]._replace(**change).rate() == words


def test_a_rate_that_is_held_and_not_raised():
    """Two epochs of 3 steps at a tenth, then the whole rate."""
    recipe = RECIPE._replace(warmup=(2, 0.1), schedule=("", {}), epochs=3)
    optimizer = SGD([Tensor([1.0])], lr=recipe.lr)
    schedule, rates = schedule_of(recipe, optimizer, 3), []
    for _ in range(9):
        rates.append(optimizer.lr)
        schedule.step()
    assert rates == pytest.approx([0.01] * 6 + [0.1] * 3)
    assert recipe.rise() == "0.01 for the first 2 epochs"
