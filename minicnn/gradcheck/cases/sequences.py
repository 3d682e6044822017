"""Gradient-check cases of what reads words one after the other."""

import numpy as np

from minicnn.autograd.functions import cat
from minicnn.autograd.tensor import Tensor
from minicnn.gradcheck.cases.case import Case, apart, normal
from minicnn.layers.embedding import Embedding
from minicnn.layers.module import Module
from minicnn.layers.recurrent import Cell, GRUCell, LSTMCell, RNNCell

WORDS = [[0, 3, 3], [1, 3, 0]]                 # some twice, one never


class Spoken(Module):
    """x times the rows of six words: whole numbers cannot be the input of a check."""

    def __init__(self, padding_idx: int | None = None) -> None:
        self.embedding = Embedding(5, 2, padding_idx)

    def forward(self, x: Tensor) -> Tensor:
        return x * self.embedding(np.array(WORDS, int)[:len(x)])     # (2, 3, 2)


class Both(Module):
    """One step of an LSTM, h' beside c'."""

    def __init__(self, bias: bool = True) -> None:
        self.cell = LSTMCell(3, 2, bias)

    def forward(self, x: Tensor, h: Tensor, c: Tensor) -> Tensor:
        return cat(self.cell(x, (h, c)), 1)                # (N, 2H)


class ThreeSteps(Module):
    """A sequence of three inputs, from a state of zeros: the weights add up their gradients."""

    def __init__(self, cell: Cell) -> None:
        self.cell = cell

    def forward(self, x: Tensor) -> Tensor:
        state = self.cell(x[:, 0])                         # of (N, I)
        for t in (1, 2):
            state = self.cell(x[:, t], state)
        return state[0] if isinstance(state, tuple) else state


N, I, H = 2, 3, 2
STATES = normal(N, I), normal(N, H, seed=2), normal(N, H, seed=3)
SEQUENCE = normal(N, 3, I)

CASES = [
    Case("RNNCell", "tanh", lambda: RNNCell(I, H), STATES[:2]),
    Case("RNNCell", "relu", lambda: RNNCell(I, H, nonlinearity="relu"),
         (apart(N, I), apart(N, H, seed=2))),
    Case("RNNCell", "no bias, no state", lambda: RNNCell(I, H, bias=False), STATES[:1]),
    Case("RNNCell", "three steps", lambda: ThreeSteps(RNNCell(I, H)), (SEQUENCE,)),
    Case("LSTMCell", "", Both, STATES),
    Case("LSTMCell", "no bias", lambda: Both(False), STATES),
    Case("LSTMCell", "three steps", lambda: ThreeSteps(LSTMCell(I, H)), (SEQUENCE,)),
    Case("GRUCell", "", lambda: GRUCell(I, H), STATES[:2]),
    Case("GRUCell", "no bias, no state", lambda: GRUCell(I, H, bias=False), STATES[:1]),
    Case("GRUCell", "three steps", lambda: ThreeSteps(GRUCell(I, H)), (SEQUENCE,)),
    Case("Embedding", "words named twice", Spoken, (normal(2, 3, 2),)),
    Case("Embedding", "padding, not named", lambda: Spoken(2), (normal(2, 3, 2),)),
]
