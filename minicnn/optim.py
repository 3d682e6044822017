"""Optimisers: how a gradient changes a weight.  Each update is written once, as its formula.

    w  weight      g  gradient, dL/dw      lr  learning rate      wd  weight decay

Weight decay adds the gradient of the L2 penalty wd / 2 w^2:  g <- g + wd w  (AdamW does otherwise).
"""

from collections.abc import Iterable
from math import isfinite, sqrt
from typing import Any

import numpy as np

from minicnn.backend import Array, device_of, is_array, sum_dtype, to_cpu, to_device, xp_of
from minicnn.tensor import Tensor


class Optimizer:
    """What all optimisers share; a subclass writes `update(w, g, state)`.

    parameters : the Tensors to learn, as model.parameters() gives them
    lr : float >= 0; schedules set it between steps

    Weights are changed in place, gradients are left as they are.  Parameters without a gradient are
    skipped.  NaN in a gradient goes into the weight: it is not hidden.  What an optimiser remembers
    is made at the first step, with the dtype of the weight (float32 for float16: squares of small
    gradients would vanish), and follows the weight to another device.
    """

    names: tuple[str, ...] = ()        # what is remembered for each parameter, under these settings
    decoupled = False                  # True: update sees to the weight decay

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
            dtype = sum_dtype(w.dtype)
            for name, value in state.items():              # the model may have moved: model.to(...)
                if is_array(value) and (xp_of(value) is not xp_of(w) or value.dtype != dtype):
                    state[name] = to_device(value.astype(dtype, copy=False), device_of(w))
            g = g.astype(dtype, copy=False)
            if self.weight_decay and not self.decoupled:
                g = g + self.weight_decay * w.astype(dtype, copy=False)
            self.update(w, g, state)

    def update(self, w: Array, g: Array, state: dict[str, Any]) -> None:
        raise TypeError(f"{type(self).__name__} has no update: every optimiser writes its own")

    def state_dict(self) -> dict[str, Any]:
        """{"lr": 0.1, "v.0": array, ...}: what is remembered, by name and parameter number."""
        return {"lr": self.lr} | {
            f"{name}.{number}": np.array(to_cpu(value)) if is_array(value) else value
            for number, state in enumerate(self.state) for name, value in state.items()}

    def load_state_dict(self, values: dict[str, Any]) -> None:
        """Take over what state_dict gave: all of it or, if anything does not fit, nothing."""
        wanted = {f"{name}.{number}": parameter for name in self.names
                  for number, parameter in enumerate(self.parameters)}
        wrong = [] if "lr" in values else ["missing: lr"]
        wrong += [f"unexpected: {key}" for key in values if key != "lr" and key not in wanted]
        for key, parameter in wanted.items():
            shape = () if key.startswith("t.") else parameter.shape
            started = any(f"{name}.{key.split('.')[1]}" in values for name in self.names)
            if started and key not in values:
                wrong.append(f"missing: {key}")
            elif started and np.shape(values[key]) != shape:
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
            raise ValueError(f"SGD: nesterov needs momentum > 0 and dampening 0, got momentum "
                             f"{momentum} and dampening {dampening}")
        self.momentum, self.dampening = float(momentum), float(dampening)
        self.nesterov, self.names = nesterov, ("v",) if momentum else ()

    def update(self, w, g, state):
        if self.momentum:
            if "v" not in state:
                state["v"] = xp_of(w).array(g)         # a copy
            else:
                v = state["v"]
                v *= self.momentum
                v += (1 - self.dampening) * g if self.dampening else g
            g = g + self.momentum * state["v"] if self.nesterov else state["v"]
        w -= float(self.lr) * g


class RMSprop(Optimizer):
    """Each weight's step is divided by the root mean square of its recent gradients.

        s <- alpha s + (1 - alpha) g^2
        w <- w - lr g / (sqrt(s) + eps)

        momentum   v <- momentum v + g / (sqrt(s) + eps),   w <- w - lr v
        centered   a <- alpha a + (1 - alpha) g,   and the variance s - a^2 in place of s

    s, a and v start at 0.

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

    def update(self, w, g, state):
        xp, alpha = xp_of(w), self.alpha
        if not state:
            state.update({name: xp.zeros_like(g) for name in self.names})
        s = state["s"]
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


class Adam(Optimizer):
    """Momentum and RMSprop together, both corrected for having started at 0; t counts the steps.

        m <- b1 m + (1 - b1) g                       mean of the gradients
        v <- b2 v + (1 - b2) g^2                     mean of their squares
        w <- w - lr  m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + eps)

    Source: Kingma and Ba 2015, "Adam: a method for stochastic optimization", algorithm 1.
    """

    names = ("t", "m", "v")

    def __init__(self, parameters: Iterable[Tensor], lr: float = 1e-3,
                 betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
                 weight_decay: float = 0.0) -> None:
        super().__init__(parameters, lr, weight_decay)
        right = len(betas) == 2 and all(0 <= b < 1 for b in betas)
        self.check(betas=(betas, right, "two numbers in [0, 1)"), eps=(eps, eps >= 0, "at least 0"))
        self.betas, self.eps = (float(betas[0]), float(betas[1])), float(eps)

    def update(self, w, g, state):
        xp, (b1, b2), lr = xp_of(w), self.betas, float(self.lr)
        if not state:
            state.update(t=0, m=xp.zeros_like(g), v=xp.zeros_like(g))
        if self.weight_decay and self.decoupled:
            w *= 1 - lr * self.weight_decay
        state["t"] += 1
        t, m, v = state["t"], state["m"], state["v"]
        m *= b1
        m += (1 - b1) * g
        v *= b2
        v += (1 - b2) * g * g
        w -= lr / (1 - b1 ** t) * m / (xp.sqrt(v / (1 - b2 ** t)) + self.eps)


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
    squares = [(p.grad.astype(np.float64) ** 2).sum() for p in listed if p.grad is not None]
    norm = sqrt(sum(map(float, squares)))
    shrink = float(max_norm) / (norm + 1e-6)
    for parameter in listed:
        if parameter.grad is not None and shrink < 1 and isfinite(norm):
            dtype = parameter.grad.dtype               # float16 could not hold a small `shrink`
            parameter.grad = (parameter.grad.astype(sum_dtype(dtype)) * shrink).astype(dtype)
    return norm


def clip_grad_value_(parameters: Iterable[Tensor], clip_value: float) -> None:
    """Hold every element of every gradient between -clip_value and clip_value; NaN stays NaN."""
    if not clip_value > 0:
        raise ValueError(f"clip_grad_value_: clip_value must be above 0, got {clip_value}")
    for parameter in list_of_parameters("clip_grad_value_", parameters):
        if parameter.grad is not None:
            parameter.grad = parameter.grad.clip(-float(clip_value), float(clip_value))


def list_of_parameters(name: str, parameters: Iterable[Tensor]) -> list[Tensor]:
    """The parameters as a list, or an error that says what is wrong with them."""
    if isinstance(parameters, Tensor) or not isinstance(parameters, Iterable):
        raise TypeError(f"{name}: expected several parameters, got one "
                        f"{type(parameters).__name__}; pass model.parameters(), or a list")
    listed = list(parameters)
    if not listed:
        raise ValueError(f"{name}: no parameters; was the generator model.parameters() used up by "
                         "an earlier call?")
    for number, parameter in enumerate(listed):
        if not isinstance(parameter, Tensor):
            raise TypeError(f"{name}: parameter {number} is a {type(parameter).__name__}, not a "
                            "Tensor; pass model.parameters()")
    if len({id(parameter) for parameter in listed}) < len(listed):
        raise ValueError(f"{name}: a parameter occurs twice; each step would change it twice")
    return listed
