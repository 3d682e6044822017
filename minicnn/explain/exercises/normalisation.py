"""Exercises of chapter 8, normalisation."""

from functools import cache
from typing import Any

import numpy as np

from minicnn.autograd.tensor import Tensor
from minicnn.explain.exercises.exercise import Exercise, Slip
from minicnn.layers.batchnorm import BatchNorm1d, BatchNorm2d
from minicnn.layers.fold import fold_batchnorm
from minicnn.layers.groupnorm import InstanceNorm2d
from minicnn.layers.linear import Linear

IMAGES = (8, 16, 10, 10)                                   # N, C, H, W


@cache
def running(momentum: float) -> float:
    """The running variance after a batch of 1 and 3, from 1 on."""
    norm = BatchNorm1d(1, momentum=momentum)
    norm(Tensor(np.array([[1.0], [3.0]], np.float32)))
    return round(norm.running_var.item(), 6)


def sharing() -> dict[str, int]:
    """How many values of IMAGES share a mean."""
    N, C, H, W = IMAGES
    x = Tensor(np.zeros(IMAGES, np.float32))
    return {"batch": BatchNorm2d(C).count(x), "instance": InstanceNorm2d(C).count(x),
            "layer": C * H * W, "all": N * C * H * W}


@cache
def folded_bias(mean: float = 1.0, scale: float = 3.0, variance: float = 4.0) -> float:
    """Of y = 0.5 x + 0.2 with a batch norm behind it, whose beta is 0.1."""
    layer: Any = Linear(1, 1)
    norm: Any = BatchNorm1d(1, eps=1e-12).eval()
    for place, value in ((layer.weight, 0.5), (layer.bias, 0.2), (norm.weight, scale),
                         (norm.bias, 0.1), (norm.running_mean, mean), (norm.running_var, variance)):
        place.data[...] = value
    return round(fold_batchnorm(layer, norm).bias.item(), 6)


NORMALISATION = (
    Exercise(
        "8.1", "A batch norm of one channel sees a batch of two values, 1 and 3. Its running "
        "variance is 1, its momentum 0.1. What is the running variance after the step?",
        lambda: running(0.1),
        "Around their mean 2 both lie 1 away: the variance is 1 with n, 2 with n - 1. The running "
        "average takes n - 1: 0.9 x 1 + 0.1 x 2 = {answer}.",
        (Slip(lambda: 1.0, "you divided by n; so does x_hat, but the running average does not"),
         Slip(lambda: running(0.9), "momentum is the share of the *new* batch here, as in PyTorch"),
         Slip(lambda: running(1.0), "you replaced it; it moves by a tenth"))),
    Exercise(
        "8.2", "Eight pictures of 16 maps of 10 x 10. How many values share a mean in batch norm?",
        lambda: sharing()["batch"],
        "A channel of all pictures: 8 x 10 x 10 = {answer}.",
        (Slip(lambda: sharing()["layer"], "that is layer norm: all maps of one picture"),
         Slip(lambda: sharing()["instance"], "that is instance norm: one map of one picture"),
         Slip(lambda: sharing()["all"], "each channel has a mean of its own"))),
    Exercise(
        "8.3", "A layer y = 0.5 x + 0.2 is followed by a batch norm with running mean 1, running "
        "variance 4, gamma 3 and beta 0.1 (forget eps). Both are folded into one layer. What is "
        "its bias?",
        folded_bias,
        "g = 3 / sqrt(4) = 1.5, and 1.5 x (0.2 - 1) + 0.1 = {answer}.",
        (Slip(lambda: folded_bias(variance=1.0), "you did not divide by the standard deviation"),
         Slip(lambda: folded_bias(mean=0.0), "you forgot the mean"),
         Slip(lambda: folded_bias(variance=16.0),
              "you divided by the variance; it is its root"))),
)
