"""AdaGrad: each weight's step is divided by the root of the sum of all its squared gradients.

    s <- s + g^2
    w <- w - lr' g / (sqrt(s) + eps),      lr' = lr / (1 + (t - 1) lr_decay)

t counts the steps.  s only grows, so the steps only shrink: RMSprop forgets what lies far back.

Source: Duchi, Hazan and Singer 2011, "Adaptive subgradient methods", section 1.1 (the diagonal
form).
"""

from collections.abc import Iterable
from typing import Any

from minicnn.backend.arrays import xp_of
from minicnn.backend.cuda import steps
from minicnn.backend.versions import faster
from minicnn.optim.optimizer import Optimizer, decayed


@faster(cuda=steps.adagrad_step)
def adagrad_step(w, g, s, lr, eps, weight_decay, start):
    """The step above; it changes w and s.  start: what s begins with, at the first step."""
    g = decayed(w, g, weight_decay)
    if start:
        s += start
    s += g * g
    w -= lr * g / (xp_of(w).sqrt(s) + eps)


class Adagrad(Optimizer):
    """AdaGrad.

    params : Tensors, or groups of them              what to learn; see `Optimizer`
    lr : float, default 0.01                         how far a step goes
    lr_decay : float, default 0                      how fast lr' falls
    weight_decay : float, default 0                  so many times w is added to g
    initial_accumulator_value : float, default 0     where s starts
    eps : float, default 1e-10                       keeps what is divided by above 0
    """

    names = ("t", "s")

    def __init__(self, params: Iterable[Any], lr: float = 1e-2, lr_decay: float = 0.0,
                 weight_decay: float = 0.0, initial_accumulator_value: float = 0.0,
                 eps: float = 1e-10, **others: Any) -> None:
        super().__init__(params, others, lr=lr, lr_decay=lr_decay, weight_decay=weight_decay,
                         initial_accumulator_value=initial_accumulator_value, eps=eps)

    def update(self, w, g, state, first, settings):
        lr = settings["lr"] / (1 + (state["t"] - 1) * settings["lr_decay"])
        start = settings["initial_accumulator_value"] if first else 0.0
        adagrad_step(w, g, state["s"], lr, settings["eps"], settings["weight_decay"], start)
