"""Normalisation on a GPU.  In memory the channel comes first and the batch last, (C, run).

Means, variances and their like are float32 for float16, else of the array's dtype.
"""

from functools import partial
from math import prod
from typing import Any

from minicnn.backend.arrays import Array, sum_dtype, xp_of
from minicnn.backend.cpu import standardise as cpu
from minicnn.backend.cuda.launch import launch
from minicnn.backend.layout import batch_first, batch_last, packed

STRETCH = 4096                         # numbers that one block of threads adds up


def normalise(x: Array, gamma: Array, beta: Array, eps: float, averages: Any = None) -> Any:
    """(C, A, B), (C, 1, 1), (C, 1, 1) -> y (C, A, B); mean, var (C, 1, 1); `averages` moved"""
    if x.size == 0:
        return NotImplemented
    xp, wide = xp_of(x), sum_dtype(x.dtype)
    x = xp.ascontiguousarray(x)
    C, run = len(x), x[0].size
    stretches = -(-run // STRETCH)
    means, squares = xp.empty((2, C, stretches), wide)
    mean, var = xp.empty((2, C, 1, 1), wide)
    y = xp.empty_like(x)
    launch("channels", "moments", (C, stretches * 256), x, means, squares, C, run, STRETCH)
    moved, arguments = towards(averages, run)
    launch("channels", "join_moments", (C, 1), x, means, squares, mean, var, C, run, STRETCH,
           *arguments)
    launch("channels", "normalise", (C, run), x, mean, var, gamma, beta, y, C, run, eps)
    return y, mean, var, moved


def normalise_backward(dy: Array, x: Array, mean: Array, var: Array, gamma: Array, eps: float
                       ) -> Any:
    """(C, A, B), (C, 1, 1) -> dx (C, A, B); dgamma, dbeta (C,)"""
    if x.size == 0:
        return NotImplemented
    xp, wide = xp_of(x), mean.dtype
    dy, x = xp.ascontiguousarray(dy), xp.ascontiguousarray(x)
    C, run = len(x), x[0].size
    stretches = -(-run // STRETCH)
    sums, slopes = xp.empty((2, C, stretches), wide)
    dgamma, dbeta = xp.empty(C, wide), xp.empty(C, wide)   # not views, which would be copied
    dx = xp.empty_like(x)
    launch("channels", "products", (C, stretches * 256), dy, x, mean, sums, slopes, C, run, STRETCH)
    launch("channels", "join_products", (C, 1), x, sums, slopes, var, dgamma, dbeta, C, stretches,
           eps)
    launch("channels", "normalise_backward", (C, run), dy, x, mean, var, gamma, dgamma, dbeta, dx,
           C, run, eps)
    return dx, dgamma.astype(x.dtype, copy=False), dbeta.astype(x.dtype, copy=False)


def towards(averages: tuple | None, n: int) -> tuple[tuple | None, tuple]:
    """New running averages to be filled, and what channels.cu calls AVERAGES: it moves them towards
    the mean and variance of n numbers each.

    averages : as ChannelNorm.averages in layers/channelnorm.py gives them
    """
    if averages is None or averages[2].dtype != "int64" or n < 2:
        return None, (*[None] * 6, 0, 0.0, 0.0)
    *before, momentum, counted = averages
    after = [xp_of(q).empty_like(q) for q in before]
    share = -1.0 if momentum is None else float(momentum)
    return tuple(after), (*before, *after, counted, share, n / (n - 1))


def standardise(x: Array, *, axes: tuple[int, ...], eps: float, needs_grad: tuple[bool, ...]
                ) -> Any:
    """x_hat over `axes`, its backward, and the mean and variance: in one launch over channels."""
    if axes != (1,) or x.ndim != 4 or not x.size:
        return cpu.standardise(x, axes=axes, eps=eps, needs_grad=needs_grad)
    xp, wide = xp_of(x), sum_dtype(x.dtype)
    x = packed(batch_last(x))                              # (C, H, W, N)
    C, run = len(x), prod(x.shape[1:])
    y, mean, var = xp.empty_like(x), xp.empty(x[:1].shape, wide), xp.empty(x[:1].shape, wide)
    launch("channels", "standardise", (1, run), x, y, mean, var, C, run, eps)
    return batch_first(y), partial(standardise_backward, x=x, mean=mean, var=var, eps=eps), {
        "mean": batch_first(mean), "var": batch_first(var)}


def standardise_backward(dy: Array, x: Array, mean: Array, var: Array, eps: float) -> Array:
    dy = packed(batch_last(dy))
    dx, C, run = xp_of(x).empty_like(x), len(x), prod(x.shape[1:])
    launch("channels", "standardise_backward", (1, run), dy, x, mean, var, dx, C, run, eps)
    return batch_first(dx)


def scale_and_shift(x: Array, a: Array, b: Array) -> Any:
    """a x + b for each channel of x (N, C, ...); a and b (C, 1, ...) as wide as sums are"""
    if a.dtype != sum_dtype(x.dtype) or b.dtype != a.dtype:
        return NotImplemented
    x = packed(batch_last(x))
    y, C, run = xp_of(x).empty_like(x), len(x), prod(x.shape[1:])
    launch("channels", "scale_and_shift", (C, run), x, a, b, y, C, run)
    return batch_first(y)


def l2_norm(x: Array, w: Array, *, eps: float, needs_grad: tuple[bool, ...]) -> Any:
    """w x / (the length of the channels of each pixel) and its backward, in the order of memory."""
    xp, wide = xp_of(x), sum_dtype(x.dtype)
    w, values = w.reshape(-1, 1, 1, 1), batch_last(x).astype(wide, copy=False)
    length = xp.sqrt((values * values).sum(axis=0, keepdims=True))   # (1, H, W, N)
    s, moves = xp.maximum(length, eps), length >= eps
    x_hat = values / s

    def backward(dy: Array) -> tuple:
        dy = batch_last(dy).astype(wide, copy=False)       # (C, H, W, N)
        g = w * dy
        bent = xp.where(moves, x_hat * (g * x_hat).sum(axis=0, keepdims=True), 0)
        dx, dw = (g - bent) / s, (dy * x_hat).sum(axis=(1, 2, 3))
        return (batch_first(dx.astype(x.dtype, copy=False)), dw.astype(x.dtype, copy=False))

    return batch_first((w * x_hat).astype(x.dtype, copy=False)), backward


def local_response(x: Array, *, axes: tuple[int, ...], size: int, a: float, beta: float, k: float,
                   needs_grad: tuple[bool, ...]) -> Any:
    """Local response normalisation across channels: y and its backward."""
    if axes != (1,):                                       # a square of pixels
        return NotImplemented
    x, dtype = packed(batch_last(x)), sum_dtype(x.dtype)            # (C, H, W, N)
    C, run = len(x), prod(x.shape[1:])
    y, s, damping = (xp_of(x).empty_like(x, kind) for kind in (x.dtype, dtype, dtype))
    launch("channels", "respond", (C, run), x, y, s, damping, C, run, size // 2, (size - 1) // 2,
           float(a), float(beta), float(k))
    backward = partial(local_response_backward, x=x, s=s, damping=damping, size=size,
                       slope=2 * a * beta)
    return batch_first(y), backward


def local_response_backward(dy: Array, x: Array, s: Array, damping: Array, size: int, slope: float
                            ) -> Array:
    dy = packed(batch_last(dy))
    C, run = len(x), prod(x.shape[1:])
    dx = xp_of(x).empty_like(x)
    launch("channels", "respond_backward", (C, run), dy, x, s, damping, dx, C, run, (size - 1) // 2,
           size // 2, float(slope))
    return batch_first(dx)
