"""Exercises of chapter 14, what a network sees."""

from functools import cache
from math import sqrt

import numpy as np

from minicnn.analysis.neighbours import nearest
from minicnn.analysis.receptive_field import field_of
from minicnn.explain.exercises.exercise import Exercise, Slip
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.maxpool import MaxPool2d
from minicnn.models.lenet import LeNet5

LAYERS = 24
QUERY, KNOWN = [[0.0, 0.0]], [[3.0, 4.0], [0.0, 6.0], [4.0, 1.0]]


@cache
def conv2() -> int:
    """What a unit of the visualiser's CONV2 sees, in pixels across."""
    return field_of(LeNet5("visualiser"), "CONV2", (1, 32, 32)).size[0]


@cache
def influence(layers: int) -> float:
    """Standard deviation of what `layers` 3-wide layers of equal weights see, in pixels."""
    ways = np.ones(1)
    for _ in range(layers):
        ways = np.convolve(ways, np.ones(3) / 3)
    place = np.arange(len(ways)) - len(ways) // 2
    return sqrt(float((ways * place ** 2).sum()))


SEEING = (
    Exercise(
        "14.1", "LeNet: a 5 x 5 convolution, a 2 x 2 pooling at stride 2, a 5 x 5 convolution. How "
        "many pixels across does a unit of the second convolution see?",
        conv2,
        "5, and 1 by the pooling, and 4 x 2 by the second, whose cells lie two pixels apart: "
        "{answer}.",
        (Slip(lambda: field_of(Sequential(Conv2d(1, 6, 5), MaxPool2d(2, 1), Conv2d(6, 16, 5)), "2",
                               (1, 32, 32)).size[0],
              "you forgot the stride: behind the pooling, neighbours lie two pixels apart"),
         Slip(lambda: field_of(Sequential(Conv2d(1, 6, 5), Conv2d(6, 16, 5)), "1",
                               (1, 32, 32)).size[0], "you left out the pooling"),
         Slip(lambda: 5, "that is its window, on the maps before it"))),
    Exercise(
        "14.2", f"A stack of {LAYERS} convolutions of 3 x 3 with equal weights. What is the "
        "standard deviation of the influence that pixels have on the middle unit, across, in "
        "pixels?",
        lambda: influence(LAYERS),
        f"sqrt(2 n / 3) = sqrt(16) = {{answer}}. The field has {2 * LAYERS + 1} pixels, but nearly "
        "all that counts lies within 8 of the middle.",
        (Slip(lambda: 2.0 * LAYERS + 1, "that is the field; what counts is far narrower"),
         Slip(lambda: influence(LAYERS) ** 2, "that is the variance"),
         Slip(lambda: sqrt(LAYERS), "a throw of -1, 0 or 1 has the variance 2/3, not 1"))),
    Exercise(
        "14.3", "A picture has the features (0, 0), three others (3, 4), (0, 6) and (4, 1). How "
        "far away is its nearest neighbour, as the slide measures (L2)?",
        lambda: float(nearest(QUERY, KNOWN, 1)[1][0, 0]),
        "5, 6 and sqrt(17): the third is nearest, at {answer}.",
        (Slip(lambda: float(nearest(QUERY, KNOWN, 1)[1][0, 0] ** 2),
              "that is the squared distance: the root is missing"),
         Slip(lambda: float(nearest(QUERY, KNOWN[:1], 1)[1][0, 0]), "the third is nearer"),
         Slip(lambda: float(np.abs(KNOWN[2]).max()), "you took the larger of the differences"))),
)
