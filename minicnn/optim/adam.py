"""Adam: momentum and RMSprop together, both corrected for having started at 0; t counts the steps.

    m <- b1 m + (1 - b1) g                       mean of the gradients
    v <- b2 v + (1 - b2) g^2                     mean of their squares
    w <- w - lr m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + eps)

AdamW has the weight decay beside the gradient, not inside it:  w <- w - lr wd w, then Adam.
Inside, the decay would be divided by sqrt(v) like the gradient, and weights with large gradients
would hardly decay.

Sources: Kingma and Ba 2015, "Adam: a method for stochastic optimization", algorithm 1; Loshchilov
and Hutter 2019, "Decoupled weight decay regularization", algorithm 2 (AdamW).
"""

from collections.abc import Iterable
from typing import Any

from minicnn.backend.arrays import xp_of
from minicnn.backend.cuda import steps
from minicnn.backend.versions import faster
from minicnn.optim.optimizer import Optimizer, decayed


@faster(cuda=steps.adam_step)
def adam_step(w, g, m, v, t, lr, betas, eps, weight_decay, decoupled):
    """The step of Adam, of AdamW if `decoupled`; it changes w, m and v."""
    g, (b1, b2) = decayed(w, g, 0.0 if decoupled else weight_decay), betas
    if decoupled:
        w *= 1 - lr * weight_decay
    m *= b1
    m += (1 - b1) * g
    v *= b2
    v += (1 - b2) * g * g
    w -= lr / (1 - b1 ** t) * m / (xp_of(w).sqrt(v / (1 - b2 ** t)) + eps)


class Adam(Optimizer):
    """Adam.

    params : Tensors, or groups of them             what to learn; see `Optimizer`
    lr : float, default 0.001                       how far a step goes
    betas : two floats, default (0.9, 0.999)        b1 and b2
    eps : float, default 1e-8                       keeps what is divided by above 0
    weight_decay : float, default 0                 so many times w is added to g
    """

    names, decoupled = ("t", "m", "v"), False

    def __init__(self, params: Iterable[Any], lr: float = 1e-3,
                 betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
                 weight_decay: float = 0.0, **others: Any) -> None:
        super().__init__(params, others, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)

    def update(self, w, g, state, first, settings):
        adam_step(w, g, state["m"], state["v"], state["t"], settings["lr"], settings["betas"],
                  settings["eps"], settings["weight_decay"], self.decoupled)


class AdamW(Adam):
    """Adam with decoupled weight decay: as Adam, and weight_decay, wd above, is 0.01."""

    decoupled = True

    def __init__(self, params: Iterable[Any], lr: float = 1e-3,
                 betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
                 weight_decay: float = 1e-2, **others: Any) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, **others)
