"""Exercises of chapter 16, the slides' numbers."""

from functools import cache

from minicnn.explain.exercises.exercise import Exercise, Slip
from minicnn.layers.conv import Conv2d
from minicnn.models import build
from minicnn.models.alexnet import AlexNet


@cache
def millions(name: str) -> float:
    return build(name).num_parameters() / 1e6


def one_tower() -> float:
    return AlexNet("slide").num_parameters() / 1e6


MIB = 1.048576                         # bytes in a MiB, in millions

NUMBERS = (
    Exercise(
        "16.1", "AlexNet has 60,965,224 parameters of four bytes. How many MiB (of 1,048,576 "
        "bytes) are that? The slide has 230.",
        lambda: 4 * millions("alexnet") / MIB,
        "243,860,896 bytes, or {answer} MiB. The slide's 230 begins with 60 million, rounded.",
        (Slip(lambda: 4 * millions("alexnet"), "those are MB, of a million bytes"),
         Slip(lambda: 4 * 60 / MIB, "you began with 60 million, as the slide did"),
         Slip(lambda: millions("alexnet") / MIB, "a float32 has four bytes"))),
    Exercise(
        "16.2", "How many times fewer parameters than AlexNet (split over two GPUs) has GoogLeNet, "
        "without its auxiliary classifiers? Slides have 12 and 10.",
        lambda: millions("alexnet") / millions("googlenet"),
        "60,965,224 / 6,998,552 = {answer}.",
        (Slip(lambda: 60 / 5, "that begins with 5 million for GoogLeNet, which nothing gives"),
         Slip(lambda: 60 / 6, "6 million is GoogLeNet without its last layer"),
         Slip(lambda: one_tower() / millions("googlenet"),
              "that is AlexNet in one tower, as one deck draws it"))),
    Exercise(
        "16.3", "AlexNet's CONV1: 96 filters of 11 x 11 over three colours, with biases. How many "
        "parameters? The slide has 35K.",
        lambda: Conv2d(3, 96, 11, 4).num_parameters(),
        "(11 x 11 x 3 + 1) x 96 = {answer}, and it rounds to 35K.",
        (Slip(lambda: Conv2d(3, 96, 11, 4, bias=False).num_parameters(),
              "you left out the biases"),
         Slip(lambda: Conv2d(1, 96, 11, 4).num_parameters(),
              "a filter has a layer for each of the three colours"),
         Slip(lambda: 96 * Conv2d(3, 96, 11, 4).shape((3, 227, 227))[1] ** 2,
              "those are the values that come out; weights do not depend on the image"))),
)
