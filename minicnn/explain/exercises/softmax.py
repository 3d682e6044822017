"""Exercises of chapter 4, activations and softmax."""

from functools import cache
from math import e, log

import numpy as np

from minicnn.autograd.tensor import Tensor
from minicnn.explain.exercises.exercise import Exercise, Slip
from minicnn.layers.softmax import softmax
from minicnn.losses.cross_entropy import cross_entropy

SCORES = [2.0, 1.0, 0.0]


def p(k: int) -> float:
    return float(softmax(Tensor(np.array([SCORES]))).numpy()[0, k])


@cache
def loss(label: int) -> float:
    return cross_entropy(Tensor(np.array([SCORES])), [label]).item()


@cache
def slope(k: int, label: int = 0) -> float:
    """d loss / d score k."""
    z = Tensor(np.array([SCORES]), requires_grad=True)
    cross_entropy(z, [label]).backward()
    return float(np.asarray(z.grad)[0, k])


def twice() -> float:
    """The largest probability of a softmax of a softmax, where one of ten classes is certain."""
    z = Tensor(np.array([[1000.0] + [0.0] * 9]))
    return float(softmax(softmax(z)).numpy().max())


SOFTMAX = (
    Exercise(
        "4.1", "Three classes have the scores 2, 1 and 0, and the first is right. What is the "
        "loss (softmax, then cross-entropy, natural logarithm)?",
        lambda: loss(0),
        "e^2, e^1 and e^0 are 7.389, 2.718 and 1; the first is 0.6652 of their sum, and "
        "-log 0.6652 = {answer}.",
        (Slip(lambda: p(0), "that is the probability; the loss is minus its logarithm"),
         Slip(lambda: loss(0) / log(10), "you took the logarithm to the base 10"),
         Slip(lambda: loss(1), "that would be the loss if the second class were right"))),
    Exercise(
        "4.2", "The same scores, 2, 1 and 0; the first class is right. What is the gradient of the "
        "loss with respect to the *second* score?",
        lambda: slope(1),
        "p - y, and y is 0 for a class that is not the label: {answer}. Above 0: that score should "
        "become smaller.",
        (Slip(lambda: slope(1, label=1), "you subtracted the 1 there; it belongs to the label"),
         Slip(lambda: -slope(1), "the sign: the gradient points to where the loss grows"),
         Slip(lambda: slope(0), "that is the first score's"))),
    Exercise(
        "4.3", "Somebody put a softmax at the end of a network for ten classes, and cross-entropy "
        "does another. The network is perfectly sure. How large can the probability get that the "
        "loss sees?",
        twice,
        "The second softmax gets a 1 and nine zeros: e / (e + 9) = {answer}. The loss cannot fall "
        "below 1.46, and the network trains badly without any error.",
        (Slip(lambda: 1.0, "the second softmax sees numbers between 0 and 1 only"),
         Slip(lambda: e / (e + 10), "you counted ten others; there are nine"),
         Slip(lambda: 1 / 10, "that is no knowledge at all"))),
)
