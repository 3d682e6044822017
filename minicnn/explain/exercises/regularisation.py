"""Exercises of chapter 9, regularisation and augmentation."""

from functools import cache

import numpy as np

from minicnn.autograd.tensor import Tensor
from minicnn.explain.exercises.exercise import Exercise, Slip
from minicnn.layers.conv import Conv2d
from minicnn.layers.dropout import DropoutFn


@cache
def kept(p: float) -> float:
    """What a 4 becomes that dropout keeps."""
    return round(float(DropoutFn(np.array([True]), p)(Tensor([4.0])).numpy()[0]), 6)


@cache
def crops(padding: int = 4) -> int:
    """Where a square of 32 pixels can lie in a picture of 32 with a border."""
    return Conv2d(1, 1, 32, padding=padding).shape((1, 32, 32))[1] ** 2


CAT = (0.6, 0.3, 0.3)                                      # three networks on a photograph

REGULARISATION = (
    Exercise(
        "9.1", "Dropout with p = 0.2 is in training mode and keeps a value of 4. What comes out?",
        lambda: kept(0.2),
        "What is kept is divided by 1 - p: 4 / 0.8 = {answer}, so that the mean over many steps "
        "stays 4.",
        (Slip(lambda: 4.0, "that is test mode; in training it makes up for what is dropped"),
         Slip(lambda: 4 * 0.8, "you multiplied; the paper does, at test time"),
         Slip(lambda: kept(0.8), "you divided by p; p is the probability of being dropped"))),
    Exercise(
        "9.2", "Pictures of 32 x 32 get a border of 4 pixels, a square of 32 x 32 is cut out at "
        "random, and half of them are mirrored. How many different pictures can one become?",
        lambda: 2 * crops(),
        "9 rows x 9 columns to begin at, each mirrored or not: {answer}.",
        (Slip(crops, "you forgot the mirror"),
         Slip(lambda: 2 * 8 * 8, "there are nine places along each side: 0 to 8"),
         Slip(lambda: 2 * crops(2), "the border is on both sides: 8 pixels in all"))),
    Exercise(
        "9.3", "Three networks give a photograph the probabilities 0.6, 0.3 and 0.3 of a cat; the "
        "rest is dog. What does the ensemble of the lectures say for *dog*?",
        lambda: 1 - sum(CAT) / 3,
        "Probabilities are averaged: (0.4 + 0.7 + 0.7) / 3 = {answer}.",
        (Slip(lambda: 2 / 3, "you counted votes; the probabilities themselves are averaged"),
         Slip(lambda: 1 - min(CAT), "that is the surest network's"),
         Slip(lambda: 0.4 * 0.7 ** 2 / (0.4 * 0.7 ** 2 + 0.6 * 0.3 ** 2),
              "you multiplied them, as if the three were independent"))),
)
