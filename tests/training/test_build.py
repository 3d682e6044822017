"""Optimisers and schedules from recipes."""

import pytest

from minicnn import Tensor
from minicnn.optim import SGD
from minicnn.schedule import ReduceLROnPlateau
from minicnn.training.build import optimizer_of, schedule_of
from minicnn.training.recipes import RECIPES
from tests.training.tiny import RECIPE


def lrs(recipe, steps):
    """The learning rate before each step of the run."""
    optimizer = SGD([Tensor([1.0])], lr=recipe.lr)
    schedule = schedule_of(recipe, optimizer, steps)
    found = []
    for _ in range(recipe.epochs * steps):
        found.append(optimizer.lr)
        if schedule:
            schedule.step()
    return found


@pytest.mark.parametrize("schedule, warmup, expected", [
    (("", {}), 0, [1, 1, 1, 1, 1, 1, 1, 1]),
    (("", {}), 1, [0.1, 0.55, 1, 1, 1, 1, 1, 1]),
    (("StepLR", {"step_size": 1, "gamma": 0.5}), 0, [1, 1, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125]),
    (("StepLR", {"step_size": 1.5, "gamma": 0.5}), 0, [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25]),
    (("MultiStepLR", {"milestones": (0.5, 0.75)}), 0, [1, 1, 1, 1, 0.1, 0.1, 0.01, 0.01]),
    (("MultiStepLR", {"milestones": (0.5, 0.75)}), 1, [0.1, 0.55, 1, 1, 0.1, 0.1, 0.01, 0.01]),
    (("PolynomialLR", {"power": 1}), 0, [1, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125]),
    (("CosineAnnealingLR", {}), 0, [1, 0.9619, 0.8536, 0.6913, 0.5, 0.3087, 0.1464, 0.0381]),
    (("CosineAnnealingLR", {}), 2, [0.1, 0.325, 0.55, 0.775, 1, 0.8536, 0.5, 0.1464]),
])
def test_rates_by_hand(schedule, warmup, expected):
    recipe = RECIPE._replace(lr=1.0, epochs=4, schedule=schedule, warmup=warmup)
    assert lrs(recipe, 2) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=list(RECIPES))
def test_every_recipe_can_be_built(recipe):
    optimizer = optimizer_of(recipe, [Tensor([1.0], requires_grad=True)])
    assert optimizer.lr == recipe.lr
    schedule = schedule_of(recipe, optimizer, 10)
    assert isinstance(schedule, ReduceLROnPlateau) or schedule.t == 0 if recipe.schedule[0] else \
        schedule is None


@pytest.mark.parametrize("change, message", [
    ({"optimizer": ("Sgd", {})}, "recipe tiny: no optimiser 'Sgd'; there are SGD, RMSprop"),
    ({"schedule": ("Linear", {})}, "recipe tiny: no schedule 'Linear'; there are Cosine"),
    ({"schedule": ("ReduceLROnPlateau", {}), "warmup": 1}, "do not go together"),
])
def test_errors(change, message):
    recipe = RECIPE._replace(**change)
    with pytest.raises(ValueError, match=message):
        schedule_of(recipe, optimizer_of(recipe, [Tensor([1.0])]), 10)
