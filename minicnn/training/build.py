"""From the words of a recipe to an optimiser and a schedule."""

from collections.abc import Iterable

from minicnn import optim, schedule
from minicnn.autograd.tensor import Tensor
from minicnn.optim.optimizer import Optimizer
from minicnn.schedule.formulas import CosineAnnealingLR, MultiStepLR, PolynomialLR, StepLR
from minicnn.schedule.schedule import Schedule
from minicnn.schedule.warmup import Warmup
from minicnn.training.recipes import Recipe

OPTIMIZERS = ("SGD", "RMSprop", "Adam", "AdamW")
SCHEDULES = ("", "CosineAnnealingLR", "MultiStepLR", "PolynomialLR", "ReduceLROnPlateau", "StepLR")


def optimizer_of(recipe: Recipe, parameters: Iterable[Tensor]) -> Optimizer:
    name, arguments = recipe.optimizer
    if name not in OPTIMIZERS:
        raise ValueError(f"recipe {recipe.name}: no optimiser {name!r}; there are "
                         f"{', '.join(OPTIMIZERS)}")
    return getattr(optim, name)(parameters, lr=recipe.lr, **arguments)


def schedule_of(recipe: Recipe, optimizer: Optimizer, steps: int) -> Schedule | None:
    """`steps` to an epoch; ReduceLROnPlateau is told the error of each epoch, the others step."""
    name, arguments = recipe.schedule
    if name not in SCHEDULES:
        raise ValueError(f"recipe {recipe.name}: no schedule {name!r}; there are "
                         f"{', '.join(SCHEDULES[1:])}")
    epochs, held = recipe.warmup if isinstance(recipe.warmup, tuple) else (recipe.warmup, None)
    rise = round(epochs * steps)
    left = max(recipe.epochs * steps - rise, 1)            # steps after the rise
    if name == "ReduceLROnPlateau":
        if rise:
            raise ValueError(f"recipe {recipe.name}: warmup counts steps, ReduceLROnPlateau "
                             "epochs; they do not go together")
        return schedule.ReduceLROnPlateau(optimizer, **arguments)
    after: Schedule | Optimizer = optimizer
    if name == "CosineAnnealingLR":
        after = CosineAnnealingLR(optimizer, left, **arguments)
    elif name == "PolynomialLR":
        after = PolynomialLR(optimizer, left, **arguments)
    elif name == "StepLR":
        size = max(round(arguments["step_size"] * steps), 1)
        after = StepLR(optimizer, size, arguments["gamma"])
    elif name == "MultiStepLR":
        marks = [round(share * recipe.epochs * steps) - rise for share in arguments["milestones"]]
        after = MultiStepLR(optimizer, marks, arguments.get("gamma", 0.1))
    if rise:
        return Warmup(after, rise) if held is None else Warmup(after, rise, held, rising=False)
    return after if isinstance(after, Schedule) else None
