"""The controller: a recurrent network that writes down a network, one choice after the other.

    h_t = LSTM(LSTM(E a_t-1, ...), ...)                    a_0 = <start>; two layers of 35
    p(a_t | a_1 ... a_t-1) = softmax(W_k h_t + b_k)        k: which kind of choice comes at t

    design  a = (a_1, ..., a_T),   its chance  p(a) = prod_t p(a_t | a_1 ... a_t-1)

It learns from a reward R, the accuracy of the network that was built.  R has no gradient by the
controller's weights, but its mean over the controller's designs has (REINFORCE):

    d/dw sum_a p(a) R(a)  =  sum_a p(a) R(a) d log p(a)/dw  =  mean of R d log p / dw
                          ~  (R - b) d log p(a)/dw         of one design that was drawn

Any b that does not depend on a leaves the mean as it is, for sum_a p(a) d log p/dw = d 1/dw = 0;
b = a moving average of the rewards makes the estimate far less noisy.

The three steps of the slide: sample a design, train it for its R, scale the gradient of its
chance by R.

Source: Williams 1992, "Simple statistical gradient-following algorithms"; Zoph and Le 2017, "Neural
architecture search with reinforcement learning", sections 3.2 and 4.1.  Slide: stanford, "Learning
to search for network architectures".

Departures from the paper
-------------------------
1. One design a step, on one machine; the paper has 800 networks at work.  So the rate is larger.
2. A bonus for doubt (entropy) may be added, as later papers do; it is off at the start.

The lectures' list counts 20,767 parameters: two layers of 35 with one bias each, and three choices
a layer of four options each, as the paper's kernel height, kernel width and filters:

    2 (4 35 (35 + 35) + 4 35) + (12 + 1) 35 + 12 (35 + 1)  =  19,880 + 455 + 432

With both biases of PyTorch's cell, which are only ever added, it would be 21,047.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from minicnn.autograd.functions import stack
from minicnn.autograd.tensor import Tensor
from minicnn.backend.windows import whole
from minicnn.init import apply_init, uniform
from minicnn.layers.containers import ModuleList
from minicnn.layers.embedding import Embedding
from minicnn.layers.linear import Linear
from minicnn.layers.module import Module
from minicnn.layers.recurrent import LSTMCell
from minicnn.layers.softmax import log_softmax
from minicnn.models.search.space import OPTIONS, Design


class Sampled(NamedTuple):
    """log_p, entropy : scalar Tensors, of the whole design and summed over its choices"""

    design: Design
    log_p: Tensor
    entropy: Tensor


class Controller(Module):
    """Draws designs:  controller(rng) -> Sampled.

    Parameters
    ----------
    options : how many each kind of choice has; (4, 4, 4) is the paper's without strides
    repeats : how often all kinds are asked, once for each layer of the network; the same weights
              serve every time
    hidden : int, default 35
    layers : int, default 2

    >>> Controller((4, 4, 4), repeats=6).num_parameters()
    20767
    """

    def __init__(self, options: Sequence[int] = OPTIONS, repeats: int = 1, hidden: int = 35,
                 layers: int = 2) -> None:
        self.options = tuple(whole(count, "Controller: options") for count in options)
        self.repeats = whole(repeats, "Controller: repeats")
        if not self.options:
            raise ValueError("Controller: options is empty, expected how many each choice has")
        self.words = Embedding(1 + sum(self.options), hidden)          # 0 is <start>
        self.cells = ModuleList(LSTMCell(hidden, hidden) for _ in range(layers))
        self.scores = ModuleList(Linear(hidden, count) for count in self.options)
        for cell in self.cells:
            cell.bias_hh = None                            # bias_ih does the work of both
        apply_init(self, weight=uniform(0.08), bias=uniform(0.08))     # the paper, 4.1

    def forward(self, rng: np.random.Generator) -> Sampled:
        """A design, each choice drawn by its chance."""
        return self.followed(None, rng)

    def followed(self, design: Design | None, rng: np.random.Generator | None = None) -> Sampled:
        """The chance of a given design; of None, of one that is drawn."""
        states: list[Any] = [None] * len(self.cells)
        word, chosen, logs, doubts = 0, [], [], []
        for t in range(self.repeats * len(self.options)):
            kind = t % len(self.options)
            x = self.words(np.array([word]))               # (1, hidden)
            for number, cell in enumerate(self.cells):
                states[number] = cell(x, states[number])
                x = states[number][0]
            log_p = log_softmax(self.scores[kind](x), 1)[0]            # (options,)
            chance = np.exp(np.asarray(log_p.numpy(), np.float64))
            if design is None:
                action = int(rng.choice(len(chance), p=chance / chance.sum()))   # type: ignore
            else:
                action = design[t]
            chosen.append(action)
            logs.append(log_p[action])
            doubts.append(-(log_p.exp() * log_p).sum())
            word = 1 + sum(self.options[:kind]) + action
        return Sampled(tuple(chosen), stack(logs).sum(), stack(doubts).sum())


class MovingAverage:
    """b of the formula: b <- keep b + (1 - keep) R; the first reward is its start."""

    def __init__(self, keep: float = 0.9) -> None:
        self.keep = keep
        self.value: float | None = None

    def advantage(self, reward: float) -> float:
        """R - b, with the b of the rewards before."""
        b = reward if self.value is None else self.value
        self.value = self.keep * b + (1 - self.keep) * reward
        return reward - b


def policy_loss(sampled: Sampled, advantage: float, doubt: float = 0.0) -> Tensor:
    """-(R - b) log p(a) - doubt entropy, whose gradient is the formula's, downwards."""
    loss = sampled.log_p * -advantage
    return loss - doubt * sampled.entropy if doubt else loss
