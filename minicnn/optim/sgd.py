"""Stochastic gradient descent with momentum; v is the velocity of w.

    v <- momentum v + (1 - dampening) g          the first step starts at v = g
    w <- w - lr v                                nesterov:  w <- w - lr (g + momentum v)

As in PyTorch, lr stands outside the velocity.  Krizhevsky et al. 2012, section 5, have it inside,
v <- momentum v - lr g, w <- w + v: the same path as long as lr is constant.  When lr falls, the
whole motion slows at once here; there, what was gathered before fades over.

Sources: Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning",
section 2.  Lectures: virginia, stanford "AlexNet" and "ResNet" (SGD, momentum 0.9).
"""

from collections.abc import Iterable
from typing import Any

from minicnn.backend.cuda import steps
from minicnn.backend.versions import faster
from minicnn.optim.optimizer import Optimizer, decayed


@faster(cuda=steps.descent_step)
def descent_step(w, g, lr, weight_decay):
    """The step without momentum; it changes w."""
    w -= lr * decayed(w, g, weight_decay)


@faster(cuda=steps.momentum_step)
def momentum_step(w, g, v, lr, momentum, dampening, nesterov, first, weight_decay):
    """The step above; it changes w and v."""
    g = decayed(w, g, weight_decay)
    v *= momentum
    v += (1 - dampening) * g if dampening and not first else g
    w -= lr * (g + momentum * v if nesterov else v)


class SGD(Optimizer):
    """Stochastic gradient descent.  `state[parameter]["v"]` is the velocity.

    params : Tensors, or groups of them      what to learn; see `Optimizer`
    lr : float, default 0.001                how far a step goes
    momentum : float, default 0              share of v that stays from step to step
    dampening : float, default 0             share of g that does not enter v
    weight_decay : float, default 0          so many times w is added to g
    nesterov : bool, default False           look ahead; needs momentum, and no dampening
    """

    def __init__(self, params: Iterable[Any], lr: float = 1e-3, momentum: float = 0.0,
                 dampening: float = 0.0, weight_decay: float = 0.0, nesterov: bool = False,
                 **others: Any) -> None:
        super().__init__(params, others, lr=lr, momentum=momentum, dampening=dampening,
                         weight_decay=weight_decay, nesterov=nesterov)

    def check_group(self, settings: dict[str, Any]) -> None:
        momentum, dampening = settings["momentum"], settings["dampening"]
        if settings["nesterov"] and (momentum == 0 or dampening != 0):
            raise ValueError("SGD: nesterov needs momentum > 0 and dampening 0, got momentum "
                             f"{momentum} and dampening {dampening}")

    def remembered(self, settings: dict[str, Any]) -> tuple[str, ...]:
        return ("v",) if settings["momentum"] else ()

    def update(self, w, g, state, first, settings):
        lr, momentum, weight_decay = settings["lr"], settings["momentum"], settings["weight_decay"]
        if momentum:
            momentum_step(w, g, state["v"], lr, momentum, settings["dampening"],
                          settings["nesterov"], first, weight_decay)
        else:
            descent_step(w, g, lr, weight_decay)
