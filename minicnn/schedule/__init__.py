"""Schedules: how the learning rate changes while training proceeds.

    optimizer = SGD(model.parameters(), lr=0.1)
    schedule = StepLR(optimizer, step_size=30)
    ...
    schedule.step()                                  after each epoch (or after each batch)

lr0 is the optimiser's lr when the schedule is made; t counts the calls of step().  Where the
optimiser has several groups of parameters, each has its own lr0.  The values are PyTorch's.
Lectures: virginia, stanford "AlexNet" and "ResNet" ("divided by 10 when validation
error plateaus": ReduceLROnPlateau).

One file each for the formulas, the plateau and the warmup; here they are handed on.
"""

from typing import NoReturn

from minicnn.backend.messages import did_you_mean
from minicnn.schedule.formulas import (
    CosineAnnealingLR,
    ExponentialLR,
    LambdaLR,
    MultiStepLR,
    PolynomialLR,
    StepLR,
)
from minicnn.schedule.plateau import ReduceLROnPlateau
from minicnn.schedule.schedule import Schedule
from minicnn.schedule.warmup import Warmup

__all__ = ["CosineAnnealingLR", "ExponentialLR", "LambdaLR", "MultiStepLR", "PolynomialLR",
           "ReduceLROnPlateau", "Schedule", "StepLR", "Warmup"]

# PyTorch's schedules that are written otherwise here.
ELSEWHERE = {
    "LRScheduler": "it is called Schedule",
    "LinearLR": "it is Warmup(schedule, steps, start_factor)",
    "ConstantLR": "it is Warmup(schedule, steps, factor, rising=False)",
    "SequentialLR": "a rise and then a schedule are Warmup(schedule, steps); else LambdaLR",
    "OneCycleLR": "it is Warmup(CosineAnnealingLR(optimizer, steps), rise)",
    **dict.fromkeys(("ChainedScheduler", "MultiplicativeLR", "CyclicLR",
                     "CosineAnnealingWarmRestarts"), "it is a formula for LambdaLR(optimizer, f)"),
}


def __getattr__(name: str) -> NoReturn:
    """A name that is not here: an error with the one to use."""
    hint = ELSEWHERE.get(name) or did_you_mean(name, __all__) or "LambdaLR takes any formula"
    raise AttributeError(f"minicnn.schedule has no {name}" + f"; {hint}" * (name[0] != "_"))
