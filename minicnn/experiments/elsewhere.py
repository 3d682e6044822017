"""Experiments of the lectures that other commands already are: `experiment --list` names them."""

from typing import NamedTuple


class Elsewhere(NamedTuple):
    ids: tuple[str, ...]
    name: str
    question: str
    command: str


ELSEWHERE = (
    Elsewhere(("d1",), "lenet", "How well does LeNet-5 read digits?", "make lenet"),
    Elsewhere(("d2",), "activations", "What does each layer answer?",
              "python -m minicnn look lenet5 --digit 7"),
    Elsewhere(("d12",), "field", "How much of the image does a pixel see?",
              "python -m minicnn summary lenet5"),
    Elsewhere(("d16",), "vgg-memory", "Where do VGG-16's memory and parameters sit?",
              "python -m minicnn summary vgg16"),
    Elsewhere(("d17",), "layer-cost", "What does one convolution cost?",
              'python -m minicnn slides "5x5 layer"'),
    Elsewhere(("d18",), "googlenet-table", "Are GoogLeNet's parameters and operations right?",
              "python -m minicnn summary googlenet"),
    Elsewhere(("d19",), "bottleneck", "What does a bottleneck save?",
              "python -m minicnn slides bottleneck"),
    Elsewhere(("d20",), "bubbles", "How much accuracy for how much work?",
              "python -m minicnn compare RUN RUN ..."),
    Elsewhere(("d46",), "maxpool", "What does max pooling make of the slide's 4x4?",
              'python -m minicnn slides "max pooling"'),
)
