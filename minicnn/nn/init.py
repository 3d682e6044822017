"""PyTorch's torch.nn.init: starting values, written into a Parameter that is there already.

    nn.init.kaiming_normal_(conv.weight)           conv.weight.draw_again(init.he_normal())

A Parameter draws them when it is next read, from a seed of its own; another Tensor is written at
once, from the stream that manual_seed starts.  The formulas, with their papers: minicnn/init.py.
"""

from math import sqrt
from typing import Any, NoReturn, TypeVar

import numpy as np

from minicnn import init
from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import xp_of
from minicnn.backend.messages import did_you_mean
from minicnn.backend.seeds import generator
from minicnn.layers.parameter import Parameter

__all__ = ["bilinear_", "calculate_gain", "constant_", "kaiming_normal_", "kaiming_uniform_",
           "normal_", "ones_", "orthogonal_", "trunc_normal_", "uniform_", "xavier_normal_",
           "xavier_uniform_", "zeros_"]

T = TypeVar("T", bound=Tensor)
GAINS = {"linear": 1.0, "conv2d": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": sqrt(2),
         "selu": 0.75}


def filled(x: T, draw: init.Init) -> T:
    """x, with other values; draw(rng, shape) as in minicnn/init.py."""
    if isinstance(x, Parameter):
        x.draw_again(draw)
    else:
        with no_grad():
            x[...] = xp_of(x.data).asarray(draw(generator(), x.shape), x.dtype)
    return x


def scaled(x: T, draw: init.Init) -> T:
    """As filled; what has no fan_in, a bias, is refused at once."""
    init.fans(x.shape)
    return filled(x, draw)


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """What an activation takes from the spread, and the weights before it give back.

    param : the slope of "leaky_relu", 0.01 if not given
    """
    if nonlinearity == "leaky_relu":
        return sqrt(2 / (1 + (0.01 if param is None else param) ** 2))
    if nonlinearity not in GAINS:
        raise ValueError(f"calculate_gain: nonlinearity must be one of {', '.join(GAINS)} or "
                         f"leaky_relu, got {nonlinearity!r}")
    return GAINS[nonlinearity]


def zeros_(x: T) -> T:
    return filled(x, init.zeros)


def ones_(x: T) -> T:
    return filled(x, init.ones)


def constant_(x: T, val: float) -> T:
    return filled(x, init.constant(val))


def uniform_(x: T, a: float = 0.0, b: float = 1.0) -> T:
    """Between a and b."""
    middle, bound = (a + b) / 2, (b - a) / 2
    return filled(x, lambda rng, shape: init.uniform(bound)(rng, shape) + np.float32(middle))


def normal_(x: T, mean: float = 0.0, std: float = 1.0) -> T:
    return filled(x, init.normal(std, mean))


def trunc_normal_(x: T, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0) -> T:
    """Normal, without what lies below a or above b: that is drawn again."""
    if not (a < b and mean - 2 * std < b and mean + 2 * std > a):
        raise ValueError(f"trunc_normal_: hardly a number of mean {mean} and std {std} lies "
                         f"between {a} and {b}")

    def draw(rng, shape):
        w = init.normal(std, mean)(rng, shape)
        while (outside := (w < a) | (w > b)).any():
            w[outside] = init.normal(std, mean)(rng, (int(outside.sum()),))
        return w
    return filled(x, draw)


def xavier_normal_(x: T, gain: float = 1.0) -> T:
    return scaled(x, init.xavier_normal(gain))


def xavier_uniform_(x: T, gain: float = 1.0) -> T:
    return scaled(x, init.xavier_uniform(gain))


def kaiming_normal_(x: T, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu"
                    ) -> T:
    """He et al. 2015; a : slope of a leaky ReLU, 0 as for ReLU."""
    return scaled(x, init.normal_by_fans(he_std(a, mode, nonlinearity)))


def kaiming_uniform_(x: T, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu"
                     ) -> T:
    return scaled(x, init.uniform_by_fans(he_std(a, mode, nonlinearity)))


def orthogonal_(x: T, gain: float = 1.0) -> T:
    return scaled(x, init.orthogonal(gain))


def bilinear_(x: T, groups: int = 1) -> T:
    """Of ConvTranspose2d: it enlarges bilinearly.  Not in PyTorch, where FCN ports write it."""
    init.check_bilinear(x.shape, groups)
    return filled(x, init.bilinear(groups))


def he_std(a: float, mode: str, nonlinearity: str) -> Any:
    """std(fan_in, fan_out) = gain / sqrt(fan)."""
    gain, plain = calculate_gain(nonlinearity, a), init.he_std(0.0, mode)
    return lambda *fans: gain / sqrt(2) * plain(*fans)


def __getattr__(name: str) -> NoReturn:
    if name.startswith("__"):
        raise AttributeError(f"module 'minicnn.nn.init' has no attribute {name!r}")
    hint = f"it is {name}_" if f"{name}_" in __all__ else did_you_mean(name, __all__) or \
        "any values: parameter.draw_again(f), with f(rng, shape) -> array"
    raise AttributeError(f"minicnn.nn.init has no {name}; {hint}")
