"""Exercises of chapter 3, backward by hand."""

from functools import cache

import numpy as np

from minicnn.autograd.tensor import Tensor
from minicnn.explain.exercises.exercise import Exercise, Slip
from minicnn.layers.conv import Conv2d
from minicnn.layers.linear import Linear
from minicnn.layers.module import Module

UP = np.array([[1.0, 0.0], [2.0, -1.0]])                   # dy of the convolution below


def gradients(layer: Module, x: list, dy: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(dx, dw, db)."""
    image = Tensor(np.array(x, float), requires_grad=True)
    layer.to(dtype=float)(image).backward(dy)
    return np.asarray(image.grad), layer.weight.grad, layer.bias.grad


@cache
def of_linear() -> tuple[float, float, float]:
    """dx[0, 1], dw[0, 1] and db[0] of y = 0.5 x1 + 3 x2, at x = (2, -1), for dy = 4."""
    layer = Linear(2, 1)
    layer.weight.data[:] = [[0.5, 3.0]]
    dx, dw, db = gradients(layer, [[2, -1]], np.array([[4.0]]))
    return float(dx[0, 1]), float(dw[0, 1]), float(db[0])


@cache
def of_filter(u: int, v: int, flipped: bool = False) -> float:
    """dw[u, v] of a 2 x 2 filter over the image 1 to 9, for dy = UP."""
    image = np.arange(1.0, 10).reshape(1, 1, 3, 3)
    dy = UP[::-1, ::-1] if flipped else UP
    return float(gradients(Conv2d(1, 1, 2), image.tolist(), dy.reshape(1, 1, 2, 2))[1][0, 0, u, v])


@cache
def windows_of(row: int, column: int) -> int:
    """In how many windows of 3 x 3 a pixel of a 7 x 7 image lies: col2im counts them."""
    layer = Conv2d(1, 1, 3)
    layer.weight.data[:] = 1
    dx = gradients(layer, np.zeros((1, 1, 7, 7)).tolist(), np.ones((1, 1, 5, 5)))[0]
    return int(dx[0, 0, row, column])


BACKWARD = (
    Exercise(
        "3.1", "A unit has the weights 0.5 and 3, its inputs are 2 and -1, and backward brings "
        "dy = 4 to its output. What is the gradient of the second weight?",
        lambda: of_linear()[1],
        "dw = dy x: 4 x -1 = {answer}. The first weight gets 4 x 2.",
        (Slip(lambda: of_linear()[0], "that is the gradient of the second *input*, dy w"),
         Slip(lambda: of_linear()[1] / 4, "you took the input alone; dy comes in as a factor"),
         Slip(lambda: of_linear()[2], "that is the gradient of the bias"))),
    Exercise(
        "3.2", "A 2 x 2 filter slides over an image with the rows 1 2 3, 4 5 6 and 7 8 9. Backward "
        "brings 1 0 and 2 -1 to the four outputs. What is the gradient of the filter's upper left "
        "weight?",
        lambda: of_filter(0, 0),
        "That weight met 1, 2, 4 and 5: 1 x 1 + 0 x 2 + 2 x 4 - 1 x 5 = {answer}.",
        (Slip(lambda: of_filter(0, 0, flipped=True),
              "you flipped dy; a weight's gradient lies on the image as it is"),
         Slip(lambda: of_filter(1, 1), "that is the lower right weight, which met 5, 6, 8 and 9"),
         Slip(lambda: of_filter(0, 0) / 4, "you took the mean over the windows; they are added"))),
    Exercise(
        "3.3", "A 3 x 3 filter slides over 7 x 7 pixels, stride 1, no padding. From how many "
        "windows does the pixel in the middle collect its gradient?",
        lambda: windows_of(3, 3),
        "One for each cell of the filter under which it can lie: {answer}. So many numbers does "
        "`col2im` add there.",
        (Slip(lambda: windows_of(0, 0), "that is a corner's"),
         Slip(lambda: windows_of(0, 3), "that is a pixel of the first row's"),
         Slip(lambda: Conv2d(1, 1, 3).shape((1, 7, 7))[1] ** 2,
              "those are all windows; most do not reach the middle"))),
)
