"""Exercises of chapter 6, training."""

from functools import cache
from typing import Any

import numpy as np

from minicnn.autograd.tensor import Tensor
from minicnn.data.loader import Loader
from minicnn.explain.exercises.exercise import Exercise, Slip
from minicnn.optim.sgd import SGD


@cache
def walked(w: float, g: float, steps: int = 1, **settings: Any) -> float:
    """w after steps of SGD on a constant slope."""
    weight = Tensor(np.array([float(w)]), requires_grad=True)
    optimizer = SGD([weight], lr=0.1, **settings)
    for _ in range(steps):
        weight.grad = np.array([float(g)])
        optimizer.step()
    return float(weight.data[0])


@cache
def batches(drop_last: bool = False) -> int:
    return len(Loader(np.zeros((10_000, 1)), np.zeros(10_000, int), 64, drop_last=drop_last))


TRAINING = (
    Exercise(
        "6.1", "A weight of 1 sits on a constant slope of 0.5. SGD with momentum 0.9 and a "
        "learning rate of 0.1 takes two steps, from rest. Where is the weight?",
        lambda: walked(1, 0.5, 2, momentum=0.9),
        "v = 0.5, w = 1 - 0.05 = 0.95; then v = 0.9 x 0.5 + 0.5 = 0.95, w = 0.95 - 0.095 = "
        "{answer}.",
        (Slip(lambda: walked(1, 0.5, 2), "that is without momentum"),
         Slip(lambda: walked(1, 0.5, 1, momentum=0.9), "that is after one step"),
         Slip(lambda: walked(1, 0.5, 2, momentum=0.9, nesterov=True),
              "that is Nesterov's form, which looks a step ahead"))),
    Exercise(
        "6.2", "A weight of 2 on a slope of 1, a learning rate of 0.1, and a weight decay of 0.5 "
        "(far too large, so that one sees it). Where is the weight after one step of SGD?",
        lambda: walked(2, 1, weight_decay=0.5),
        "The decay is added to the slope: g = 1 + 0.5 x 2 = 2, and 2 - 0.1 x 2 = {answer}.",
        (Slip(lambda: walked(2, 1), "that is without decay"),
         Slip(lambda: walked(2, 1) - 0.5 * 2,
              "the decay is part of the slope, so the learning rate holds for it, too"),
         Slip(lambda: walked(2, 1 - 2 * 0.5), "the sign: decay pulls towards 0"))),
    Exercise(
        "6.3", "10,000 pictures, batches of 64, and what is left over is a smaller batch. How many "
        "steps has an epoch?",
        batches,
        "10,000 / 64 = 156.25, so {answer}: the last batch has 16 pictures.",
        (Slip(lambda: batches(drop_last=True), "you dropped the last 16 pictures"),
         Slip(lambda: 10_000, "a step is a batch, not a picture"))),
)
