"""Exercises of chapter 13, efficiency."""

from functools import cache
from math import prod

from minicnn.analysis.summary import summary
from minicnn.explain.exercises.exercise import Exercise, Slip
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.models.efficientnet import compound_scaling


@cache
def macs(*layers: Conv2d) -> int:
    return summary(Sequential(*layers), (layers[0].in_channels, 16, 16)).macs


@cache
def saved(C: int = 128) -> float:
    """How many times cheaper a separable 3 x 3 convolution is."""
    whole = macs(Conv2d(C, C, 3, padding=1, bias=False))
    return whole / macs(Conv2d(C, C, 3, padding=1, groups=C, bias=False),
                        Conv2d(C, C, 1, bias=False))


def grouped(groups: int) -> int:
    return Conv2d(128, 128, 3, groups=groups, bias=False).num_parameters()


def growth(phi: float) -> float:
    """Of the MACs, which grow with the depth and with the squares of the other two."""
    depth, width, resolution = compound_scaling(phi)
    return depth * width ** 2 * resolution ** 2


EFFICIENCY = (
    Exercise(
        "13.1", "A 3 x 3 convolution from 128 maps to 128 is replaced by a depthwise one and a "
        "1 x 1. How many times fewer MACs are that?",
        saved,
        "9 C / (9 + C) with C = 128: 1,152 / 137 = {answer}. (On a clock it is less: experiment "
        "`separable`.)",
        (Slip(lambda: 9.0, "that would be the depthwise part for nothing"),
         Slip(lambda: 1 / saved(), "that is the share that is left"),
         Slip(lambda: 128.0, "that compares with the depthwise part alone"))),
    Exercise(
        "13.2", "ResNeXt's 3 x 3 convolution goes from 128 maps to 128 in 32 groups, without "
        "biases. How many weights?",
        lambda: grouped(32),
        "A filter sees the 4 maps of its group: 128 x 4 x 9 = {answer}.",
        (Slip(lambda: grouped(1), "that is without groups: 32 times as many"),
         Slip(lambda: grouped(128), "that is depthwise: one map for each filter"),
         Slip(lambda: grouped(32) // 32, "that is one of the 32 groups"))),
    Exercise(
        "13.3", "EfficientNet grows by alpha = 1.2 in depth, beta = 1.1 in width and gamma = 1.15 "
        "in resolution, each to the power phi = 3. By which factor do the MACs grow?",
        lambda: growth(3),
        "(1.2 x 1.1^2 x 1.15^2)^3 = 1.92^3 = {answer}: close to the 2^3 that the rule promises.",
        (Slip(lambda: prod(compound_scaling(3)),
              "width and resolution count squared: maps in and out, rows and columns"),
         Slip(lambda: 2.0 ** 3, "that is the rule's aim; the published factors make 1.92, not 2"),
         Slip(lambda: 3 * growth(1), "phi is an exponent"))),
)
