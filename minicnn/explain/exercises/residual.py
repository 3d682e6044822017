"""Exercises of chapter 12, residual networks."""

from minicnn.explain.exercises.exercise import Exercise, Slip
from minicnn.layers.conv import Conv2d
from minicnn.models import build
from minicnn.models.network import Residual
from minicnn.models.units import basic, bottleneck


def units() -> int:
    """Of ResNet-20."""
    return sum(isinstance(part, Residual) for part in build("resnet20").modules())


def weights(convs: list[Conv2d]) -> int:
    return sum(conv.weight.numel() for conv in convs)


SLOPE, DEEP = 0.1, 10

RESIDUAL = (
    Exercise(
        "12.1", "ResNet-20 has nine residual units. Through how many different paths can "
        "information flow?",
        lambda: 2 ** units(),
        "Each unit can be gone through or around: 2^9 = {answer}.",
        (Slip(lambda: 2 ** 20, "you counted layers; a unit has two, and one way around"),
         Slip(lambda: 2 ** (units() - 1), "so many are left when one unit is deleted"),
         Slip(lambda: 2 * units(), "choices multiply: two for each of nine units"))),
    Exercise(
        "12.2", "A bottleneck goes from 256 maps to 64 by 1 x 1, then 3 x 3, then back to 256 by "
        "1 x 1, without biases. How many weights?",
        lambda: weights(bottleneck(256, 64, 256, 1)),
        "16,384 + 36,864 + 16,384 = {answer}, the slide's ~70K. It calls them operations: per "
        "pixel they are.",
        (Slip(lambda: weights(basic(256, 256, 1)[:1]),
              "that is one 3 x 3 from 256 to 256, the slide's ~600K"),
         Slip(lambda: weights(bottleneck(256, 64, 256, 1)[1:2]), "that is the 3 x 3 alone"),
         Slip(lambda: weights(bottleneck(256, 64, 256, 1)[:2]), "you forgot the way back up"))),
    Exercise(
        "12.3", "Ten residual units y = x + F(x), where F has the slope 0.1 everywhere. By which "
        "factor does a gradient change from the last to the first?",
        lambda: (1 + SLOPE) ** DEEP,
        "Each unit has the slope 1 + 0.1: 1.1^10 = {answer}. Without the ways around it would be "
        "0.1^10, a ten-thousandth of a millionth.",
        (Slip(lambda: SLOPE ** DEEP, "that is the plain network: the ways around add 1"),
         Slip(lambda: 1 + DEEP * SLOPE, "that counts the paths through no unit or one; there are "
              "1,024"),
         Slip(lambda: 1.0, "that is the way around all ten alone"))),
)
