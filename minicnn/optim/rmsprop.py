"""RMSprop: each weight's step is divided by the root mean square of its recent gradients.

    s <- alpha s + (1 - alpha) g^2
    w <- w - lr g / (sqrt(s) + eps)

    momentum   v <- momentum v + g / (sqrt(s) + eps),   w <- w - lr v
    centered   a <- alpha a + (1 - alpha) g,   and the variance s - a^2 in place of s

Sources: Hinton, Coursera "Neural networks for machine learning", lecture 6e; Graves 2013,
"Generating sequences with recurrent neural networks", equations 38-45 (centered).
"""

from collections.abc import Iterable
from typing import Any

from minicnn.backend.arrays import xp_of
from minicnn.backend.cuda import steps
from minicnn.backend.versions import faster
from minicnn.optim.optimizer import Optimizer, decayed


@faster(cuda=steps.rmsprop_step)
def rmsprop_step(w, g, s, a, v, lr, alpha, eps, weight_decay, momentum):
    """The step above; it changes w, s and, where they are not None, a and v."""
    xp, g = xp_of(w), decayed(w, g, weight_decay)
    s *= alpha
    s += (1 - alpha) * g * g
    if a is not None:
        a *= alpha
        a += (1 - alpha) * g
        s = xp.maximum(s - a * a, 0)                       # rounding can take it below 0
    g = g / (xp.sqrt(s) + eps)
    if v is not None:
        v *= momentum
        v += g
        g = v
    w -= lr * g


class RMSprop(Optimizer):
    """RMSprop.

    params : Tensors, or groups of them      what to learn; see `Optimizer`
    lr : float, default 0.01                 how far a step goes
    alpha : float, default 0.99              how much of the mean of the squares stays
    eps : float, default 1e-8                keeps what is divided by above 0
    weight_decay : float, default 0          so many times w is added to g
    momentum : float, default 0              share of v that stays from step to step
    centered : bool, default False           divide by the standard deviation instead
    """

    def __init__(self, params: Iterable[Any], lr: float = 1e-2, alpha: float = 0.99,
                 eps: float = 1e-8, weight_decay: float = 0.0, momentum: float = 0.0,
                 centered: bool = False, **others: Any) -> None:
        super().__init__(params, others, lr=lr, alpha=alpha, eps=eps, weight_decay=weight_decay,
                         momentum=momentum, centered=centered)

    def remembered(self, settings: dict[str, Any]) -> tuple[str, ...]:
        return ("s", *(["a"] if settings["centered"] else []),
                *(["v"] if settings["momentum"] else []))

    def update(self, w, g, state, first, settings):
        rmsprop_step(w, g, state["s"], state.get("a"), state.get("v"), settings["lr"],
                     settings["alpha"], settings["eps"], settings["weight_decay"],
                     settings["momentum"])
