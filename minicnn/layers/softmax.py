"""Softmax: numbers of any size become probabilities that add up to 1.

    softmax        y_i = e^(z_i - m) / sum_k e^(z_k - m)          dz_i = y_i (dy_i - sum_k dy_k y_k)
    log softmax    y_i = z_i - m - log sum_k e^(z_k - m)          dz_i = dy_i - e^y_i sum_k dy_k

with m = max_k z_k.  Without m, e^z overflows from z = 89 on in float32; subtracting it changes
nothing, because it cancels in the fraction.  For a loss, take cross_entropy on the numbers before
the softmax (logits): the logarithm of a probability that was rounded to 0 is lost.

Source: Krizhevsky et al. 2012, section 3.5.  Lecture: virginia "AlexNet" (row Out).
"""

import numpy as np

from minicnn.autograd.engine import Function
from minicnn.autograd.switches import located
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import xp_of
from minicnn.backend.versions import in_float32
from minicnn.layers.module import Module, Shape


@in_float32
class SoftmaxFn(Function):
    keeps_shape = True

    def __init__(self, dim: int):
        self.dim = dim

    def forward(self, z):
        e = xp_of(z).exp(minus_largest(z, self.dim))       # e^(z - m)
        self.y = e / e.sum(self.dim, keepdims=True)
        return self.y

    def backward(self, dy):
        y = self.y
        return y * (dy - (dy * y).sum(self.dim, keepdims=True))


@in_float32
class LogSoftmaxFn(Function):
    keeps_shape = True

    def __init__(self, dim: int):
        self.dim = dim

    def forward(self, z):
        xp, z = xp_of(z), minus_largest(z, self.dim)       # z - m
        self.y = z - xp.log(xp.exp(z).sum(self.dim, keepdims=True))
        return self.y

    def backward(self, dy):
        return dy - xp_of(dy).exp(self.y) * dy.sum(self.dim, keepdims=True)


def minus_largest(z, dim):
    """z - m.  Where m is infinite, inf - inf is NaN, which NumPy need not warn of."""
    with np.errstate(invalid="ignore", over="ignore"):
        return z - z.max(axis=dim, keepdims=True)


def check_dim(name: str, dim: int, shape: Shape) -> None:
    if not -len(shape) <= dim < len(shape):
        raise ValueError(f"{located(name)}: there is no dim {dim} in shape {shape}; classes are "
                         "usually dim 1")
    if shape[dim] == 0:
        raise ValueError(f"{located(name)}: dim {dim} of shape {shape} is empty; no classes")


def softmax(x: Tensor, dim: int = 1) -> Tensor:
    """Probabilities along `dim`, of x's shape; a row of equal numbers gives equal shares.

    >>> softmax(Tensor([[0, 0, 0, 0], [1e4, 0, 0, 0]])).numpy().tolist()
    [[0.25, 0.25, 0.25, 0.25], [1.0, 0.0, 0.0, 0.0]]
    """
    check_dim("softmax", dim, x.shape)
    return SoftmaxFn(dim)(x)


def log_softmax(x: Tensor, dim: int = 1) -> Tensor:
    """Logarithms of the probabilities along `dim`; finite where softmax is rounded to 0."""
    check_dim("log_softmax", dim, x.shape)
    return LogSoftmaxFn(dim)(x)


class Softmax(Module):
    """Probabilities along `dim`; 0 is the batch, 1 the classes (or channels, at each pixel)."""

    def __init__(self, dim: int = 1) -> None:
        self.dim = dim

    def forward(self, x: Tensor) -> Tensor:
        return softmax(x, self.dim)

    def extra_repr(self) -> str:
        return f"dim {self.dim}"


class LogSoftmax(Softmax):
    """Logarithms of the probabilities along `dim`."""

    def forward(self, x: Tensor) -> Tensor:
        return log_softmax(x, self.dim)
