"""Standardise: shift and scale values so that their mean is 0 and their variance 1.

    mu    = 1/n sum x              over the n values that share one mean
    var   = 1/n sum (x - mu)^2
    x_hat = (x - mu) / s,          s = sqrt(var + eps)

Four layers are this formula, and differ only in which axes of (N, C, H, W) share a mean:

    batch norm       N, H, W       one mean for each channel                 batchnorm.py
    layer norm       C, H, W       one for each sample                       layernorm.py
    instance norm    H, W          one for each sample and channel           groupnorm.py
    group norm       C/G, H, W     one for each sample and group of channels groupnorm.py

Every x moves mu and s as well, by  dmu/dx_i = 1/n  and  ds/dx_i = x_hat_i / n,  so

    dx_i = 1/s (dy_i - 1/n sum_j dy_j - x_hat_i 1/n sum_j dy_j x_hat_j)

Of dy, only what neither shifts all the values together nor stretches them about their mean comes
through: those two changes are undone by the formula anyway.

Source: Ioffe and Szegedy 2015, section 3; Wu and He 2018, figure 2.  Lecture: stanford, "Batch
Normalization" and "Comparison of Normalization Layers".
"""

from math import prod

from minicnn.backend import Array, sum_dtype, total, xp_of
from minicnn.engine import Function


def mean_over(q: Array, axes: tuple[int, ...], n: int) -> Array:
    """1/n sum q over axes, which keep length 1."""
    return total(q, axes, keepdims=True) * (1 / n)


class StandardiseFn(Function):
    """x_hat over `axes`.  After the call `mean` and `var` can be read, with axes of length 1."""

    def __init__(self, axes: tuple[int, ...], eps: float):
        self.axes, self.eps = axes, eps

    def forward(self, x):
        self.n = max(prod(x.shape[axis] for axis in self.axes), 1)    # an empty batch divides by 1
        wide = x.astype(sum_dtype(x.dtype), copy=False)    # in float16, 256 * 256 is infinite
        self.mean = mean_over(wide, self.axes, self.n)     # 1 along the axes
        x_hat = wide - self.mean
        self.var = mean_over(x_hat * x_hat, self.axes, self.n)        # E[x^2] - mu^2 would cancel
        self.inv_s = 1 / xp_of(x).sqrt(self.var + self.eps)
        x_hat *= self.inv_s
        self.x_hat = x_hat
        return x_hat.astype(x.dtype, copy=False)

    def backward(self, dy):
        wide = dy.astype(self.x_hat.dtype, copy=False)
        dx = wide - mean_over(wide, self.axes, self.n)
        dx -= self.x_hat * mean_over(wide * self.x_hat, self.axes, self.n)
        dx *= self.inv_s
        return dx.astype(dy.dtype, copy=False)
