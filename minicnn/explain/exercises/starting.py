"""Exercises of chapter 7, where weights start."""

from math import sqrt

from minicnn.explain.exercises.exercise import Exercise, Slip
from minicnn.init import fans, he_std
from minicnn.layers.conv import Conv2d

FAN_IN, FAN_OUT = fans(Conv2d(32, 128, 3).weight.shape)


def he() -> float:
    return float(he_std(0, "fan_in")(FAN_IN, FAN_OUT))


STARTING = (
    Exercise(
        "7.1", "A 3 x 3 convolution from 32 to 128 maps, followed by a ReLU, starts as He et al. "
        "say. Which standard deviation have its weights?",
        he,
        f"fan_in = 32 x 9 = {FAN_IN}, and sqrt(2 / {FAN_IN}) = {{answer}}.",
        (Slip(lambda: sqrt(1 / FAN_IN), "that is LeCun's rule; a ReLU silences half, so 2"),
         Slip(lambda: sqrt(2 / (FAN_IN + FAN_OUT)), "that is Xavier's rule"),
         Slip(lambda: float(he_std(0, "fan_out")(FAN_IN, FAN_OUT)),
              f"you counted the units that an input reaches, {FAN_OUT}; it is the inputs"))),
    Exercise(
        "7.2", "The same layer, but its weights are drawn evenly between -b and b, with that same "
        "standard deviation. What is b?",
        lambda: sqrt(3) * he(),
        "An even distribution between -b and b has the standard deviation b / sqrt(3), so "
        "b = {answer}.",
        (Slip(he, "that is the standard deviation itself; the ends lie further out"),
         Slip(lambda: he() / sqrt(3), "you divided by the root of 3"),
         Slip(lambda: 2 * sqrt(3) * he(), "that is the distance between the two ends"))),
    Exercise(
        "7.3", "Twenty layers with ReLUs start by LeCun's rule, 1 / fan_in, so that each ReLU "
        "halves the mean square of what passes. By which factor has the size of the values (the "
        "root of the mean square) fallen behind the last?",
        lambda: sqrt(0.5 ** 20),
        "0.5^20 for the mean square, and its root, 0.5^10 = {answer}, for the size: a thousandth.",
        (Slip(lambda: 0.5 ** 20, "that is the mean square; the size is its root"),
         Slip(lambda: 1 / 20, "it is halved at each layer anew: multiply, do not add"),
         Slip(lambda: 1.0, "without ReLUs it would stay; they silence half of the values"))),
)
