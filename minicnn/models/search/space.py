"""The networks to choose from: two convolutions with 3 x 3 x 3 x 3 x 3 x 2 = 486 ways to be built.

    filters1    4, 8, 16               of the first convolution
    kernel1     1, 3, 5                side of its window, in pixels
    filters2    4, 8, 16               of the second
    kernel2     1, 3, 5
    pooling     max, average, stride   how either halves the image; stride: the convolution itself
    activation  relu, tanh             behind either

    conv1 activation pool    (1, 16, 16) -> (filters1, 8, 8)
    conv2 activation pool                -> (filters2, 4, 4)
    scores                   a fully connected layer

A design is a tuple of six numbers, which option of each choice: (2, 1, 2, 2, 0, 0) is 16 filters of
3 x 3, 16 of 5 x 5, max pooling, ReLU.  The space is so small that all of it can be trained: a
search can be judged by what there was to be found.

Slide: stanford, "Learning to search for network architectures" ("design space").  Ours; the paper's
space (Zoph and Le 2017) has as many networks as no one can train.
"""

from collections.abc import Iterator, Sequence
from itertools import product
from math import sqrt
from typing import Any, NamedTuple

from minicnn.layers.activations import ReLU, Tanh
from minicnn.layers.avgpool import AvgPool2d
from minicnn.layers.conv import Conv2d
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.module import Module
from minicnn.models.table import Row, TableNet, row

Design = tuple[int, ...]               # which option of each choice
SIDE = 16                              # pixels of the images


class Choice(NamedTuple):
    """name : what is decided;  options : what it may be"""

    name: str
    options: tuple[Any, ...]


SPACE = (Choice("filters1", (4, 8, 16)), Choice("kernel1", (1, 3, 5)),
         Choice("filters2", (4, 8, 16)), Choice("kernel2", (1, 3, 5)),
         Choice("pooling", ("max", "average", "stride")), Choice("activation", ("relu", "tanh")))
OPTIONS = tuple(len(choice.options) for choice in SPACE)   # (3, 3, 3, 3, 3, 2)


def designs() -> Iterator[Design]:
    """All 486.

    >>> len(list(designs()))
    486
    """
    return product(*map(range, OPTIONS))


def options_of(design: Sequence[int]) -> dict[str, Any]:
    """What the numbers stand for; a ValueError for a design that is not of this space.

    >>> options_of((2, 1, 2, 2, 0, 0))["kernel2"]
    5
    """
    if len(design) != len(SPACE) or any(not 0 <= number < count for number, count in
                                        zip(design, OPTIONS, strict=False)):
        raise ValueError(f"search space: {tuple(design)} is no design; it has {len(SPACE)} numbers,"
                         f" each below {OPTIONS}, as {(0,) * len(SPACE)}")
    return {choice.name: choice.options[number]
            for choice, number in zip(SPACE, design, strict=True)}


def said(design: Sequence[int]) -> str:
    """In words.

    >>> said((2, 1, 2, 2, 0, 0))
    '16 of 3x3, 16 of 5x5, max, relu'
    """
    q = options_of(design)
    return (f"{q['filters1']} of {q['kernel1']}x{q['kernel1']}, {q['filters2']} of "
            f"{q['kernel2']}x{q['kernel2']}, {q['pooling']}, {q['activation']}")


def convolution(label: str, in_channels: int, out_channels: int, kernel: int, pooling: str,
                activation: str, halves: bool = True) -> Row:
    """A row: convolution, activation, and where it halves the image its pooling."""
    stride = 2 if halves and pooling == "stride" else 1
    layers: list[Module] = [Conv2d(in_channels, out_channels, kernel, stride, kernel // 2),
                            ReLU() if activation == "relu" else Tanh()]
    if halves and pooling != "stride":
        layers.append(MaxPool2d(2) if pooling == "max" else AvgPool2d(2))
    return row(label, *layers)


def child(design: Sequence[int], classes: int = 10, channels: int = 1, side: int = SIDE
          ) -> TableNet:
    """The network of a design:  (N, channels, side, side) -> (N, classes).

    >>> child((2, 1, 2, 2, 0, 0)).num_parameters()         # 160 + 6,416 + 2,570
    9146
    """
    return stacked(design, 1, 1.0, classes, channels, side)


def stacked(design: Sequence[int], depth: int, width: float = 1.0, classes: int = 10,
            channels: int = 3, side: int = SIDE) -> TableNet:
    """The same two convolutions, each `depth` times before its image is halved: cell transfer.

    width : times the design's filters, rounded, at least 1
    """
    q = options_of(design)
    rows, seen = [], channels
    for stage in (1, 2):
        filters = max(round(width * q[f"filters{stage}"]), 1)
        for number in range(1, depth + 1):
            label = f"conv{stage}" + (f"_{number}" if depth > 1 else "")
            rows.append(convolution(label, seen, filters, q[f"kernel{stage}"], q["pooling"],
                                    q["activation"], halves=number == depth))
            seen = filters
    model = TableNet(*rows, row("scores", Flatten(), Linear(seen * (side // 4) ** 2, classes)))
    model.input_shape = (channels, side, side)
    return model


def width_for(design: Sequence[int], depth: int, parameters: int, **sizes: int) -> float:
    """The width at which `stacked` has about so many parameters; so designs compare fairly.

    Parameters grow between linearly and with the square of the width: bisection finds it.
    """
    low, high = 0.0, sqrt(parameters)
    for _ in range(40):
        middle = (low + high) / 2
        if stacked(design, depth, middle, **sizes).num_parameters() > parameters:
            high = middle
        else:
            low = middle
    return low
