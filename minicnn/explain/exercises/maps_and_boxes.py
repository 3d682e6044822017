"""Exercises of chapter 17, maps and boxes."""

from minicnn.data.boxes.overlap import box_area, box_iou
from minicnn.explain.exercises.exercise import Exercise, Slip
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.conv_transpose import ConvTranspose2d
from minicnn.layers.maxpool import MaxPool2d

A, B = [[0.0, 0.0, 4.0, 4.0]], [[2.0, 1.0, 6.0, 5.0]]
SHARED = [[2.0, 1.0, 4.0, 4.0]]


def area(boxes: list[list[float]]) -> float:
    return float(box_area(boxes)[0])


def down(convolutions: int = 2, padding: int = 0, pooled: bool = True) -> int:
    """The side behind U-Net's first step down, of 572 pixels."""
    parts = [Conv2d(1, 1, 3, padding=padding) for _ in range(convolutions)]
    return Sequential(*parts, *[MaxPool2d(2)] * pooled).shape((1, 572, 572))[1]


def up(padding: int = 1) -> int:
    return ConvTranspose2d(1, 1, 4, stride=2, padding=padding).shape((1, 7, 7))[1]


MAPS_AND_BOXES = (
    Exercise(
        "17.1", "Boxes are (x1, y1, x2, y2). What is the IoU of (0, 0, 4, 4) and (2, 1, 6, 5)?",
        lambda: float(box_iou(A, B)[0, 0]),
        "They share 2 x 3 = 6 of 16 + 16 - 6 = 26: {answer}.",
        (Slip(lambda: area(SHARED) / (area(A) + area(B)),
              "you counted what they share twice in the union"),
         Slip(lambda: area(SHARED) / area(A), "that is the share of one box"),
         Slip(lambda: 12 / (25 + 25 - 12),
              "you counted a pixel more along each side; boxes are half open here"))),
    Exercise(
        "17.2", "U-Net as published reads 572 x 572 pixels: two 3 x 3 convolutions without "
        "padding, then a 2 x 2 pooling at stride 2. Which side have the maps behind the pooling?",
        down,
        "572 - 2 - 2 = 568, halved: {answer}.",
        (Slip(lambda: down(padding=1), "that is with padding, as most programs have it"),
         Slip(lambda: down(convolutions=1), "there are two convolutions, each takes off 2"),
         Slip(lambda: down(pooled=False), "you forgot the pooling"))),
    Exercise(
        "17.3", "A transposed convolution with a 4 x 4 kernel, stride 2 and padding 1 gets 7 x 7. "
        "Which side comes out?",
        up,
        "(7 - 1) x 2 - 2 x 1 + 4 = {answer}: twice as large, which is why this kernel is "
        "popular.",
        (Slip(lambda: up(padding=0), "padding *takes off* here, on both sides"),
         Slip(lambda: Conv2d(1, 1, 4, 2, 1).shape((1, 7, 7))[1],
              "that is the convolution's own formula, which makes it smaller"),
         Slip(lambda: 2 * 7 - 1, "you forgot how far the last filter reaches"))),
)
