"""Exercises of chapter 1, convolution."""

from functools import cache
from math import prod

from minicnn.explain.answer import explain
from minicnn.explain.exercises.exercise import Exercise, Slip, written
from minicnn.explain.explanation import Rows
from minicnn.explain.subject import pocket_subject
from minicnn.layers.conv import Conv2d


@cache
def conv2() -> tuple[list[float], float, float]:
    """CONV2[9,4,5] of the pocket LeNet: the sums of its six channels, the bias, the value."""
    found = explain(pocket_subject(), "CONV2", (9, 4, 5))
    sums = next(part for part in found.working.parts if isinstance(part, Rows)).rows[1]
    return list(sums), round(found.value - sum(sums), 2), found.value


def side(conv: Conv2d, size: int) -> int:
    return int(conv.shape((conv.in_channels, size, size))[-1])


def parameters(conv: Conv2d) -> int:
    return sum(prod(parameter.shape) for parameter in conv.parameters())


CONVOLUTION = (
    Exercise(
        "1.1", "AlexNet's first layer slides filters of 11 x 11 over 227 x 227 pixels, with stride "
        "4 and no padding. How many positions does a row of its output have?",
        lambda: side(Conv2d(3, 96, 11, stride=4), 227),
        "(227 - 11) / 4 + 1 = {answer}: one window at the left edge, and one more for each step.",
        (Slip(lambda: side(Conv2d(3, 96, 11, stride=4), 227) - 1,
              "you counted the steps; the first window stands before any step"),
         Slip(lambda: side(Conv2d(3, 96, 11), 227), "you moved one pixel at a time; stride 4"),
         Slip(lambda: side(Conv2d(3, 96, 11, stride=4, padding=5), 227),
              "you padded the image; here there is no padding"))),
    Exercise(
        "1.2", "CONV2 of LeNet-5 makes 16 maps from 6, with filters of 5 x 5 and a bias for each "
        "map. How many parameters has it?",
        lambda: parameters(Conv2d(6, 16, 5)),
        "A filter reads all six maps, so it has 6 x 5 x 5 weights and one bias: "
        "16 x (150 + 1) = {answer}.",
        (Slip(lambda: parameters(Conv2d(1, 16, 5)),
              "you gave each filter one layer; it has one for each of the six maps it reads"),
         Slip(lambda: parameters(Conv2d(6, 16, 5, bias=False)), "you left out the biases"),
         Slip(lambda: 6 * parameters(Conv2d(1, 16, 5)),
              "you gave a filter six biases; it makes one map, and has one"))),
    Exercise(
        "1.3", "The six channels of one window of CONV2 give, when multiplied by filter 9 and "
        "summed, -0.1691, -1.2711, -0.1372, 0.8585, -0.6069 and -1.2341; the bias is -0.14. What "
        "is the output, before ReLU?",
        lambda: conv2()[2],
        lambda: "The channels are added, and the bias once: "
                f"{sum(conv2()[0]):.4f} + {written(conv2()[1])} = {{answer}}. "
                "See `python -m minicnn explain lenet5 --layer CONV2 --at 9,4,5`.",
        (Slip(lambda: sum(conv2()[0]) / 6 + conv2()[1],
              "you averaged the channels; they are added"),
         Slip(lambda: sum(conv2()[0]), "you forgot the bias"),
         Slip(lambda: max(conv2()[2], 0.0), "that is after ReLU"))),
)
