"""Standardise, fast: in place, so that two new arrays do for all the steps."""

from functools import partial
from math import prod
from typing import Any

from minicnn.backend.arrays import Array, sum_dtype, total, xp_of
from minicnn.backend.layout import batch_first, batch_last, last_axes


def standardise(x: Array, *, axes: tuple[int, ...], eps: float, needs_grad: tuple[bool, ...]
                ) -> Any:
    """x_hat over `axes`, its backward, and the mean and variance, with axes of length 1."""
    n = max(prod(x.shape[axis] for axis in axes), 1)       # an empty batch divides by 1
    if x.ndim == 4:                                        # images as they lie: (C, H, W, N)
        x, axes = batch_last(x), last_axes(axes)
    wide = x.astype(sum_dtype(x.dtype), copy=False)        # in float16, 256 * 256 is infinite
    mean = total(wide, axes, keepdims=True) * (1 / n)
    x_hat = wide - mean
    var = total(x_hat * x_hat, axes, keepdims=True) * (1 / n)
    inv_s = 1 / xp_of(x).sqrt(var + eps)
    x_hat *= inv_s
    backward = partial(standardise_backward, x_hat=x_hat, inv_s=inv_s, axes=axes, n=n)
    y = x_hat.astype(x.dtype, copy=False)
    if x.ndim == 4:
        y, mean, var = map(batch_first, (y, mean, var))
    return y, backward, {"mean": mean, "var": var}


def standardise_backward(dy: Array, x_hat: Array, inv_s: Array, axes: tuple[int, ...], n: int
                         ) -> Array:
    dtype, images = dy.dtype, dy.ndim == 4
    wide = (batch_last(dy) if images else dy).astype(x_hat.dtype, copy=False)
    dx = wide - total(wide, axes, keepdims=True) * (1 / n)
    dx -= x_hat * (total(wide * x_hat, axes, keepdims=True) * (1 / n))
    dx *= inv_s
    dx = dx.astype(dtype, copy=False)
    return batch_first(dx) if images else dx
