"""Optimisers: how a gradient changes a weight.  Each update is written once, as its formula.

    w  weight      g  gradient, dL/dw      lr  learning rate      wd  weight decay

Weight decay adds the gradient of the L2 penalty wd / 2 w^2:  g <- g + wd w  (AdamW does otherwise).
"""

from collections.abc import Iterable
from math import isfinite, sqrt
from typing import Any

import numpy as np

from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import Array, sum_dtype, to_cpu, to_device, xp_of
from minicnn.backend.cuda import elements
from minicnn.backend.threads import LEAST, at_once, in_blocks, tiles
from minicnn.backend.versions import faster
from minicnn.layers.parameter import list_of_parameters


class Optimizer:
    """What all optimisers share; a subclass writes `update(w, g, state, first)`.

    parameters : the Tensors to learn, as model.parameters() gives them
    lr : float >= 0; schedules set it between steps

    Weights are changed in place, gradients are left as they are.  Parameters without a gradient are
    skipped.  NaN in a gradient goes into the weight: it is not hidden.  What an optimiser remembers
    is made at the first step, 0, with the dtype of the weight (float32 for float16: squares of
    small gradients would vanish), and follows the weight to another device.
    """

    names: tuple[str, ...] = ()        # what is remembered of each parameter; "t" counts its steps

    def __init__(self, parameters: Iterable[Tensor], lr: float, weight_decay: float) -> None:
        self.parameters = list_of_parameters(type(self).__name__, parameters)
        self.check(lr=(lr, lr >= 0 and isfinite(lr), "a number >= 0"),
                   weight_decay=(weight_decay, weight_decay >= 0, "at least 0"))
        self.lr, self.weight_decay = float(lr), float(weight_decay)
        self.state: list[dict[str, Any]] = [{} for _ in self.parameters]

    def check(self, **settings: tuple[Any, bool, str]) -> None:
        for name, (value, right, wanted) in settings.items():
            if not right:
                raise ValueError(f"{type(self).__name__}: {name} must be {wanted}, got {value}")

    def zero_grad(self) -> None:
        for parameter in self.parameters:
            parameter.grad = None

    def step(self) -> None:
        """Change every parameter that has a gradient."""
        for number, (parameter, state) in enumerate(zip(self.parameters, self.state, strict=True)):
            if parameter.grad is None:
                continue
            w, g = parameter.data, parameter.grad
            if g.shape != w.shape:
                raise ValueError(f"{type(self).__name__}: parameter {number} is {w.shape}, its "
                                 f"gradient {g.shape}")
            dtype, first = sum_dtype(w.dtype), not state
            for name in self.names:
                if name == "t":
                    state["t"] = 1 if first else state["t"] + 1
                elif first:
                    state[name] = xp_of(w).zeros(w.shape, dtype)
                elif type(state[name]) is not type(w) or state[name].dtype != dtype:    # model.to()
                    state[name] = to_device(state[name].astype(dtype), parameter.device)
            if w.nbytes <= LEAST or xp_of(w) is not np:
                self.update(w, g, state, first)
            else:
                self.update_in_blocks(w, g, state, first)

    def update_in_blocks(self, w: Array, g: Array, state: dict[str, Any], first: bool) -> None:
        """A few rows at a time: what update computes on the way stays small, and in the cache."""
        def work(rows: slice) -> None:
            part = {name: value if name == "t" else value[rows] for name, value in state.items()}
            self.update(w[rows], g[rows], part, first)
        in_blocks(work, len(w), (2 + len(state)) * w.nbytes)

    def update(self, w: Array, g: Array, state: dict[str, Any], first: bool) -> None:
        raise TypeError(f"{type(self).__name__} has no update: every optimiser writes its own")

    def state_dict(self) -> dict[str, Any]:
        """{"lr": 0.1, "v.0": array, ...}: what is remembered, by name and parameter number."""
        return {"lr": self.lr} | {
            f"{name}.{number}": value if name == "t" else np.array(to_cpu(value))
            for number, state in enumerate(self.state) for name, value in state.items()}

    def load_state_dict(self, values: dict[str, Any]) -> None:
        """Take over what state_dict gave: all of it or, if anything does not fit, nothing."""
        wanted = {f"{name}.{number}": parameter for name in self.names
                  for number, parameter in enumerate(self.parameters)}
        wrong = [] if "lr" in values else ["missing: lr"]
        wrong += [f"unexpected: {key}" for key in values if key != "lr" and key not in wanted]
        started = {key.split(".")[1] for key in values if key in wanted}
        for key, parameter in wanted.items():
            shape = () if key.startswith("t.") else parameter.shape
            if key not in values:
                wrong += [f"missing: {key}"] if key.split(".")[1] in started else []
            elif np.shape(values[key]) != shape:
                wrong.append(f"{key}: {np.shape(values[key])} given, {shape} needed")
        if wrong:
            more = f"; and {len(wrong) - 8} more" if len(wrong) > 8 else ""
            raise ValueError(f"{type(self).__name__}.load_state_dict: {'; '.join(wrong[:8])}{more};"
                             " nothing was changed. Was this saved with another optimiser, other "
                             "settings or another network?")
        loaded: list[dict[str, Any]] = [{} for _ in self.parameters]
        for key, parameter in wanted.items():
            name, number = key.split(".")
            if key in values:
                loaded[int(number)][name] = int(values[key]) if name == "t" else to_device(
                    np.array(values[key], sum_dtype(parameter.dtype)), parameter.device)
        self.lr, self.state = float(values["lr"]), loaded


def decayed(w: Array, g: Array, weight_decay: float) -> Array:
    """g + wd w, in at least float32"""
    g = g.astype(sum_dtype(w.dtype), copy=False)
    return g + weight_decay * w.astype(g.dtype, copy=False) if weight_decay else g


@faster(cuda=elements.momentum_step)
def momentum_step(w, g, v, lr, momentum, dampening, nesterov, first, weight_decay):
    """The step of SGD below; it changes w and v."""
    g = decayed(w, g, weight_decay)
    v *= momentum
    v += (1 - dampening) * g if dampening and not first else g
    w -= lr * (g + momentum * v if nesterov else v)


class SGD(Optimizer):
    """Stochastic gradient descent with momentum; v is the velocity of w.

        v <- momentum v + (1 - dampening) g          the first step starts at v = g
        w <- w - lr v                                nesterov:  w <- w - lr (g + momentum v)

    As in PyTorch, lr stands outside the velocity.  Krizhevsky et al. 2012, section 5, have it
    inside, v <- momentum v - lr g, w <- w + v: the same path as long as lr is constant.  When lr
    falls, the whole motion slows at once here; there, what was gathered before fades over.

    Sources: Sutskever et al. 2013, "On the importance of initialization and momentum in deep
    learning", section 2.  Lectures: virginia, stanford "AlexNet" and "ResNet" (SGD, momentum 0.9).
    """

    def __init__(self, parameters: Iterable[Tensor], lr: float, momentum: float = 0.0,
                 dampening: float = 0.0, weight_decay: float = 0.0, nesterov: bool = False) -> None:
        super().__init__(parameters, lr, weight_decay)
        self.check(momentum=(momentum, momentum >= 0, "at least 0"))
        if nesterov and (momentum == 0 or dampening != 0):
            raise ValueError("SGD: nesterov needs momentum > 0 and dampening 0, got momentum "
                             f"{momentum} and dampening {dampening}")
        self.momentum, self.dampening = float(momentum), float(dampening)
        self.nesterov, self.names = nesterov, ("v",) if momentum else ()

    def update(self, w, g, state, first):
        if self.momentum:
            momentum_step(w, g, state["v"], float(self.lr), self.momentum, self.dampening,
                          self.nesterov, first, self.weight_decay)
        else:
            w -= float(self.lr) * decayed(w, g, self.weight_decay)


class RMSprop(Optimizer):
    """Each weight's step is divided by the root mean square of its recent gradients.

        s <- alpha s + (1 - alpha) g^2
        w <- w - lr g / (sqrt(s) + eps)

        momentum   v <- momentum v + g / (sqrt(s) + eps),   w <- w - lr v
        centered   a <- alpha a + (1 - alpha) g,   and the variance s - a^2 in place of s

    Sources: Hinton, Coursera "Neural networks for machine learning", lecture 6e; Graves 2013,
    "Generating sequences with recurrent neural networks", equations 38-45 (centered).
    """

    def __init__(self, parameters: Iterable[Tensor], lr: float = 1e-2, alpha: float = 0.99,
                 eps: float = 1e-8, weight_decay: float = 0.0, momentum: float = 0.0,
                 centered: bool = False) -> None:
        super().__init__(parameters, lr, weight_decay)
        self.check(alpha=(alpha, 0 <= alpha < 1, "in [0, 1)"), eps=(eps, eps >= 0, "at least 0"),
                   momentum=(momentum, momentum >= 0, "at least 0"))
        self.alpha, self.eps, self.momentum = float(alpha), float(eps), float(momentum)
        self.centered = centered
        self.names = ("s", *(["a"] if centered else []), *(["v"] if momentum else []))

    def update(self, w, g, state, first):
        xp, alpha, s = xp_of(w), self.alpha, state["s"]
        g = decayed(w, g, self.weight_decay)
        s *= alpha
        s += (1 - alpha) * g * g
        if self.centered:
            a = state["a"]
            a *= alpha
            a += (1 - alpha) * g
            s = xp.maximum(s - a * a, 0)               # rounding can take it below 0
        g = g / (xp.sqrt(s) + self.eps)
        if self.momentum:
            v = state["v"]
            v *= self.momentum
            v += g
            g = v
        w -= float(self.lr) * g


RMSProp = RMSprop                      # the lecture's spelling; PyTorch's is RMSprop


@faster(cuda=elements.adam_step)
def adam_step(w, g, m, v, t, lr, betas, eps, weight_decay, decoupled):
    """The step of Adam below, of AdamW if `decoupled`; it changes w, m and v."""
    g, (b1, b2) = decayed(w, g, 0.0 if decoupled else weight_decay), betas
    if decoupled:
        w *= 1 - lr * weight_decay
    m *= b1
    m += (1 - b1) * g
    v *= b2
    v += (1 - b2) * g * g
    w -= lr / (1 - b1 ** t) * m / (xp_of(w).sqrt(v / (1 - b2 ** t)) + eps)


class Adam(Optimizer):
    """Momentum and RMSprop together, both corrected for having started at 0; t counts the steps.

        m <- b1 m + (1 - b1) g                       mean of the gradients
        v <- b2 v + (1 - b2) g^2                     mean of their squares
        w <- w - lr  m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + eps)

    Source: Kingma and Ba 2015, "Adam: a method for stochastic optimization", algorithm 1.
    """

    names, decoupled = ("t", "m", "v"), False

    def __init__(self, parameters: Iterable[Tensor], lr: float = 1e-3,
                 betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
                 weight_decay: float = 0.0) -> None:
        super().__init__(parameters, lr, weight_decay)
        right = len(betas) == 2 and all(0 <= b < 1 for b in betas)
        self.check(betas=(betas, right, "two numbers in [0, 1)"), eps=(eps, eps >= 0, "at least 0"))
        self.betas, self.eps = (float(betas[0]), float(betas[1])), float(eps)

    def update(self, w, g, state, first):
        adam_step(w, g, state["m"], state["v"], state["t"], float(self.lr), self.betas, self.eps,
                  self.weight_decay, self.decoupled)


class AdamW(Adam):
    """Adam with weight decay beside the gradient, not inside it:  w <- w - lr wd w, then Adam.

    Inside, the decay would be divided by sqrt(v) like the gradient, and weights with large
    gradients would hardly decay.

    Source: Loshchilov and Hutter 2019, "Decoupled weight decay regularization", algorithm 2.
    """

    decoupled = True

    def __init__(self, parameters: Iterable[Tensor], lr: float = 1e-3,
                 betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
                 weight_decay: float = 1e-2) -> None:
        super().__init__(parameters, lr, betas, eps, weight_decay)


def clip_grad_norm_(parameters: Iterable[Tensor], max_norm: float) -> float:
    """Shrink all gradients together so that their common length is at most max_norm.

    Returns the length before: sqrt(sum of all g^2), summed in float64 (on a GPU this waits for the
    gradients).  If it is NaN or infinite the gradients stay as they are.

    Source: Pascanu et al. 2013, "On the difficulty of training recurrent neural networks",
    algorithm 1.
    """
    if not max_norm > 0:
        raise ValueError(f"clip_grad_norm_: max_norm must be above 0, got {max_norm}")
    listed = list_of_parameters("clip_grad_norm_", parameters)
    norm = sqrt(sum(sum_of_squares(p.grad) for p in listed if p.grad is not None))
    shrink = float(max_norm) / (norm + 1e-6)
    for parameter in listed:
        if parameter.grad is not None and shrink < 1 and isfinite(norm):
            g = parameter.grad                         # float16 could not hold a small `shrink`
            shrunk = shrink * g.astype(sum_dtype(g.dtype), copy=False)
            parameter.grad = shrunk.astype(g.dtype, copy=False)
    return norm


def sum_of_squares(g: Array) -> float:
    """In float64, a block at a time: the copies would take four times the memory of g."""
    g = g.reshape(-1)
    sums = at_once(lambda part: (g[part].astype(np.float64) ** 2).sum(), tiles(g.size, 16, 1, g))
    return sum(map(float, sums))


def clip_grad_value_(parameters: Iterable[Tensor], clip_value: float) -> None:
    """Hold every element of every gradient between -clip_value and clip_value; NaN stays NaN."""
    if not clip_value > 0:
        raise ValueError(f"clip_grad_value_: clip_value must be above 0, got {clip_value}")
    for parameter in list_of_parameters("clip_grad_value_", parameters):
        if parameter.grad is not None:
            parameter.grad = parameter.grad.clip(-float(clip_value), float(clip_value))
