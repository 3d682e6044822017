"""Batch norm, fast: a few channels at a time, through all the steps, while they lie in the cache.

Kept is x, not x_hat: backward computes it anew, in the cache.  The values of a channel are rows in
the order of memory, because sums over rows are products of a BLAS library (channels.py).
"""

from functools import partial
from typing import Any

from minicnn.backend.arrays import Array, sum_dtype, total, xp_of
from minicnn.backend.cpu.channels import (
    for_channels,
    from_rows,
    products,
    rows_of,
    sums,
)
from minicnn.backend.cuda import channels as cuda
from minicnn.backend.layout import batch_first, batch_last
from minicnn.backend.versions import faster


def batch_norm(x: Array, gamma: Array | None = None, beta: Array | None = None, *, eps: float,
               averages: tuple | None = None, needs_grad: tuple[bool, ...]) -> Any:
    """(N, C, ...), (C,), (C,) -> (N, C, ...), its backward, and the mean and variance; on a GPU
    what the running averages become, too."""
    xp, C, rows = xp_of(x), x.shape[1], rows_of(x)         # (C, A, B)
    gamma = (xp.ones(C, x.dtype) if gamma is None else gamma).reshape(C, 1, 1)
    beta = (xp.zeros(C, x.dtype) if beta is None else beta).reshape(C, 1, 1)
    y, mean, var, *moved = normalise(rows, gamma, beta, eps, averages)
    backward = partial(batch_norm_backward, x=rows, mean=mean, var=var, gamma=gamma, eps=eps,
                       inputs=len(needs_grad))
    return from_rows(y, x.shape), backward, {
        "mu": mean.reshape(C), "var": var.reshape(C), "moved": moved[0] if moved else None}


def batch_norm_backward(dy: Array, x: Array, mean: Array, var: Array, gamma: Array, eps: float,
                        inputs: int) -> tuple:
    dx, dgamma, dbeta = normalise_backward(rows_of(dy), x, mean, var, gamma, eps)
    dx = from_rows(dx, dy.shape)
    return (dx, dgamma, dbeta)[:inputs]


@faster(cuda=cuda.normalise)
def normalise(x: Array, gamma: Array, beta: Array, eps: float, averages: tuple | None
              ) -> tuple[Array, ...]:
    """(C, A, B), (C, 1, 1), (C, 1, 1) -> y (C, A, B); mean, var (C, 1, 1) in at least float32."""
    xp, C, n, wide = xp_of(x), len(x), max(x[0].size, 1), sum_dtype(x.dtype)
    y = xp.empty_like(x, dtype=wide)                       # in float16, 256 * 256 is infinite
    mean, var = xp.empty((C, 1, 1), wide), xp.empty((C, 1, 1), wide)

    def some(c):                                           # a few channels, through all the steps
        mean[c] = sums(x[c].astype(wide, copy=False)) * (1 / n)
        q = xp.subtract(x[c], mean[c], out=y[c])
        var[c] = products(q, q) * (1 / n)                  # E[x^2] - mu^2 would cancel
        q *= gamma[c] / xp.sqrt(var[c] + eps)
        q += beta[c]
    for_channels(some, x)
    return y.astype(x.dtype, copy=False), mean, var


@faster(cuda=cuda.normalise_backward)
def normalise_backward(dy: Array, x: Array, mean: Array, var: Array, gamma: Array, eps: float
                       ) -> tuple[Array, ...]:
    """(C, A, B), (C, 1, 1) -> dx (C, A, B); dgamma, dbeta (C,)."""
    xp, C, n, wide = xp_of(x), len(x), max(x[0].size, 1), mean.dtype
    dx = xp.empty_like(x, dtype=wide)
    slopes = xp.empty(C, wide), xp.empty(C, wide)
    dgamma, dbeta = (slope.reshape(C, 1, 1) for slope in slopes)

    def some(c):
        inv_s, dy_wide = 1 / xp.sqrt(var[c] + eps), dy[c].astype(wide, copy=False)
        dbeta[c] = sums(dy_wide)
        q = xp.subtract(x[c], mean[c], out=dx[c])          # x_hat = q / s
        dgamma[c] = products(dy_wide, q) * inv_s
        q *= dgamma[c] * inv_s * (-1 / n)                  # dx = gamma / s (dy - 1/n dbeta
        q += dy_wide                                       #                 - x_hat 1/n dgamma)
        q -= dbeta[c] * (1 / n)
        q *= gamma[c] * inv_s
    for_channels(some, x)
    return tuple(q.astype(x.dtype, copy=False) for q in (dx, *slopes))


def batch_norm_eval(x: Array, mean: Array, var: Array, gamma: Array | None = None,
                    beta: Array | None = None, *, eps: float, needs_grad: tuple[bool, ...]) -> Any:
    """With a mean and a variance that do not depend on x: y = a x + b."""
    wide, along = sum_dtype(x.dtype), (-1,) + (1,) * (x.ndim - 2)
    mean = mean.astype(wide, copy=False).reshape(along)
    inv_s = 1 / xp_of(x).sqrt(var.astype(wide, copy=False) + eps).reshape(along)
    a = inv_s if gamma is None else gamma.reshape(along) * inv_s
    b = mean * -a if beta is None else beta.reshape(along) - mean * a
    backward = partial(batch_norm_eval_backward, x=x, mean=mean, inv_s=inv_s, a=a,
                       affine=len(needs_grad) == 5)
    return scale_and_shift(x, a, b), backward


def batch_norm_eval_backward(dy: Array, x: Array, mean: Array, inv_s: Array, a: Array,
                             affine: bool) -> tuple:
    dy, axes = batch_last(dy), tuple(range(1, dy.ndim))             # (C, H, W, N)
    a, mean, inv_s = a[..., None], mean[..., None], inv_s[..., None]           # (C, 1, 1, 1)
    dx = batch_first((dy * a).astype(dy.dtype, copy=False))
    if not affine:
        return dx, None, None
    x_hat = ((batch_last(x) - mean) * inv_s).astype(dy.dtype, copy=False)
    return dx, None, None, total(dy * x_hat, axes), total(dy, axes)


@faster(cuda=cuda.scale_and_shift)
def scale_and_shift(x: Array, a: Array, b: Array) -> Array:
    """a x + b, one a and b for each channel:  (N, C, ...), (C, 1, ...), (C, 1, ...)."""
    xp = xp_of(x)
    y = xp.empty_like(x, dtype=a.dtype)
    x_rows, y_rows = x.swapaxes(0, 1), y.swapaxes(0, 1)    # (C, N, ...)

    def some(c):
        q = xp.multiply(x_rows[c], a[c, None], out=y_rows[c])
        q += b[c, None]
    for_channels(some, x_rows)
    return y.astype(x.dtype, copy=False)
