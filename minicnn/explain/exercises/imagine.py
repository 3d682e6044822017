"""Exercises of chapter 18, networks that imagine."""

from functools import cache

import numpy as np

from minicnn.autograd.tensor import Tensor
from minicnn.explain.exercises.exercise import Exercise, Slip
from minicnn.layers.recurrent import GRUCell, LSTMCell, RNNCell
from minicnn.layers.softmax import log_softmax
from minicnn.losses.style import gram


@cache
def entry(row: int, column: int) -> float:
    """Of the Gram matrix of two maps of two pixels, (1, 2) and (3, 0)."""
    maps = Tensor(np.array([[[[1.0, 2.0]], [[3.0, 0.0]]]]))
    return float(gram(maps).numpy()[0, row, column])


@cache
def pushed(choice: int, advantage: float) -> float:
    """What REINFORCE adds to score `choice` of four equal ones, of which the first was drawn."""
    scores = Tensor(np.zeros((1, 4)), requires_grad=True)
    (log_softmax(scores)[0, 0] * advantage).backward()
    return float(np.asarray(scores.grad)[0, choice])


IMAGINE = (
    Exercise(
        "18.1", "Two maps of two pixels, (1, 2) and (3, 0). What stands in the Gram matrix between "
        "the first and the second, when sums are divided by the number of values, as here?",
        lambda: entry(0, 1),
        "1 x 3 + 2 x 0 = 3, divided by C H W = 4: {answer}.",
        (Slip(lambda: 4 * entry(0, 1), "you did not divide"),
         Slip(lambda: 2 * entry(0, 1), "you divided by the pixels alone, not by the maps"),
         Slip(lambda: entry(0, 0), "that is the first map with itself"))),
    Exercise(
        "18.2", "An LSTM cell of 96 units reads vectors of 96 numbers and has two biases for each "
        "gate, as PyTorch's. How many parameters?",
        LSTMCell(96, 96).num_parameters,
        "Four gates, each 96 x (96 + 96 + 2): {answer}.",
        (Slip(RNNCell(96, 96).num_parameters, "that is one gate: a plain RNN"),
         Slip(GRUCell(96, 96).num_parameters, "that is a GRU, which has three"),
         Slip(LSTMCell(96, 96, bias=False).num_parameters, "you left out the biases"))),
    Exercise(
        "18.3", "A controller chose one of four equally likely layers; the network got the reward "
        "0.8, and the usual reward is 0.5. By REINFORCE with that baseline, how much is added to "
        "the score of the chosen layer, at a learning rate of 1?",
        lambda: pushed(0, 0.8 - 0.5),
        "The gradient of log p is 1 - p = 0.75, times 0.8 - 0.5: {answer}.",
        (Slip(lambda: pushed(0, 0.8), "you took the reward itself; the baseline is subtracted"),
         Slip(lambda: 0.8 - 0.5, "the softmax's slope is missing, 1 - p"),
         Slip(lambda: pushed(1, 0.8 - 0.5), "that is one of the three that were not chosen"))),
)
