"""Exercises of chapter 2, pooling and shapes."""

from functools import cache

import numpy as np

from minicnn.autograd.tensor import Tensor
from minicnn.explain.exercises.exercise import Exercise, Slip
from minicnn.layers.avgpool import AvgPool2d
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.module import Module

SLICE = [[1, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]]     # stanford, "Review: Pooling"


@cache
def gradient(kind: type[Module], row: int, column: int) -> float:
    """Of a pixel of the slide's slice, 2 x 2 at stride 2, where the four outputs have dy 1 to 4."""
    x = Tensor([[SLICE]], requires_grad=True)
    kind(2)(x).backward(np.array([[[[1, 2], [3, 4]]]], x.dtype))
    return float(np.asarray(x.grad)[0, 0, row, column])


def corner(padding: int = 1, **options: bool) -> float:
    """Of the mean over 3 x 3 windows of an image of ones."""
    ones = Tensor(np.ones((1, 1, 4, 4)))
    return float(AvgPool2d(3, 1, padding, **options)(ones).numpy()[0, 0, 0, 0])


POOLING = (
    Exercise(
        "2.1", "GoogLeNet's first pooling has windows of 3 x 3 at stride 2, without padding, over "
        "maps of 112 x 112. The last window may hang over the edge (`ceil_mode`). How many rows "
        "come out?",
        lambda: MaxPool2d(3, 2, ceil_mode=True).shape((64, 112, 112))[1],
        "(112 - 3) / 2 + 1 = 55.5, rounded up: {answer}, as in the table of the slide.",
        (Slip(lambda: MaxPool2d(3, 2).shape((64, 112, 112))[1],
              "you rounded down, as convolutions do; this pooling rounds up"),
         Slip(lambda: MaxPool2d(3, 1).shape((64, 112, 112))[1],
              "you moved one pixel at a time; stride 2"))),
    Exercise(
        "2.2", "The 4 x 4 slice of stanford's slide has the rows 1 1 2 4, 5 6 7 8, 3 2 1 0 and "
        "1 2 3 4. It is pooled by maxima, 2 x 2 at stride 2, and backward brings 1, 2, 3, 4 to the "
        "four outputs. What is the gradient of the 7?",
        lambda: gradient(MaxPool2d, 1, 2),
        "The 7 lies in the second window with an 8, and did not win. It had no influence, so it "
        "gets {answer}; the 8 gets all of the 2.",
        (Slip(lambda: gradient(MaxPool2d, 1, 3), "that is the winner's, the 8's"),
         Slip(lambda: gradient(AvgPool2d, 1, 2),
              "you shared it among the four cells: that is average pooling"))),
    Exercise(
        "2.3", "An image of ones is averaged over 3 x 3 windows at stride 1 with a border of one "
        "zero. What stands in the corner of the output, if zeros count as cells, as they do here "
        "and in PyTorch unless one says otherwise?",
        corner,
        "Four of the nine cells lie on the image: 4/9 = {answer}.",
        (Slip(lambda: corner(count_include_pad=False),
              "you divided by the cells inside the image: that is `count_include_pad=False`"),
         Slip(lambda: 9 * corner(), "you added up, and did not divide"),
         Slip(lambda: 1.5 * corner(), "that is a cell of the edge, which sees six pixels"))),
)
