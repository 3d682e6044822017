"""Standardise: shift and scale values so that their mean is 0 and their variance 1.

    mu    = mean of x              over the n values that share it
    var   = mean of (x - mu)^2     (as mean of x^2 - mu^2, digits would be lost)
    x_hat = (x - mu) / s,          s = sqrt(var + eps)

    dx    = 1/s (dy - mean of dy - x_hat mean of (dy x_hat))

Four layers are this formula, and differ only in which axes of (N, C, H, W) share a mean:

    batch norm       N, H, W       one mean for each channel                 batchnorm.py
    layer norm       C, H, W       one for each sample                       layernorm.py
    instance norm    H, W          one for each sample and channel           groupnorm.py
    group norm       C/G, H, W     one for each sample and group of channels groupnorm.py

Why: x moves x_hat by itself, through mu and through s; one x moves mu by 1/n, and s by x_hat / n.
(mu does not move s, because the sum of x - mu is 0.)

    dx = dy / s + dmu / n + ds x_hat / n,     dmu = - sum dy / s,     ds = - sum dy x_hat / s

Source: Ioffe and Szegedy 2015, section 3; Wu and He 2018, figure 2.  Lecture: stanford, "Batch
Normalization" and "Comparison of Normalization Layers".
"""

from math import prod

from minicnn.autograd.engine import Function
from minicnn.backend.arrays import Array, xp_of
from minicnn.backend.cpu.standardise import standardise
from minicnn.backend.cuda import channels
from minicnn.backend.versions import faster, in_float32


def mean_over(q: Array, axes: tuple[int, ...]) -> Array:
    """Mean over axes, which keep length 1; an empty batch has the mean 0, not NaN."""
    # a float, for NumPy 1 makes float64 of float32 / 70_000
    n = float(max(prod(q.shape[axis] for axis in axes), 1))
    return q.sum(axes, keepdims=True) / n


@faster(cpu=standardise, cuda=channels.standardise)
@in_float32
class StandardiseFn(Function):
    """x_hat over `axes`.  After the call `mean` and `var` can be read, with axes of length 1."""

    def __init__(self, axes: tuple[int, ...], eps: float):
        self.axes, self.eps = axes, eps

    def forward(self, x):
        self.mean = mean_over(x, self.axes)
        self.var = mean_over((x - self.mean) ** 2, self.axes)
        self.s = xp_of(x).sqrt(self.var + self.eps)
        self.x_hat = (x - self.mean) / self.s
        return self.x_hat

    def backward(self, dy):
        x_hat, axes = self.x_hat, self.axes
        return (dy - mean_over(dy, axes) - x_hat * mean_over(dy * x_hat, axes)) / self.s
