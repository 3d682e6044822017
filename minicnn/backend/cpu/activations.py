"""Activations, fast: in pieces that stay in the cache, with few new arrays."""

from functools import partial
from math import inf
from typing import Any

from minicnn.backend.arrays import Array, total, xp_of
from minicnn.backend.cpu.channels import in_pieces
from minicnn.backend.layout import batch_first, batch_last
from minicnn.backend.masks import where_kept


def relu(x: Array, *, needs_grad: tuple[bool, ...]) -> Any:
    """max(x, 0) and its backward, which keeps where y is not 0: one byte for each value."""
    xp = xp_of(x)
    y, passed = xp.empty_like(x), xp.empty_like(x, dtype=bool) if needs_grad[0] else None

    def some(i: Any) -> None:
        xp.clip(x[i], 0, inf, out=y[i])            # as maximum(x, 0), in a third of the time, and
        if passed is not None:                     # NaN stays NaN, which x * (x > 0) would not do
            xp.not_equal(y[i], 0, out=passed[i])   # for infinity
    in_pieces(some, x)
    return y, partial(where_kept, kept=passed)


def hardtanh(x: Array, *, low: float, high: float, needs_grad: tuple[bool, ...]) -> Any:
    """min(max(x, low), high), likewise."""
    xp = xp_of(x)
    y, inside = xp.empty_like(x), xp.empty_like(x, dtype=bool) if needs_grad[0] else None

    def some(i: Any) -> None:
        xp.clip(x[i], low, high, out=y[i])
        if inside is not None:
            xp.not_equal(y[i], low, out=inside[i])
            inside[i] &= y[i] != high
    in_pieces(some, x)
    return y, partial(where_kept, kept=inside)


def leaky_relu(x: Array, *, a: float, needs_grad: tuple[bool, ...]) -> Any:
    return leaky(x, a), partial(leaky_relu_backward, positive=x > 0, a=a)


def leaky_relu_backward(dy: Array, positive: Array, a: float) -> Array:
    return dy * slopes(positive, a, dy.dtype)


def prelu(x: Array, a: Array, *, needs_grad: tuple[bool, ...]) -> Any:
    """(N, C, ...), (C,) or (1,)"""
    if not x.ndim:
        return NotImplemented
    x, a = batch_last(x), a.reshape(-1, *[1] * (x.ndim - 1))         # (C, H, W, N), (C, 1, 1, 1)
    return batch_first(leaky(x, a)), partial(prelu_backward, x=x, a=a)


def prelu_backward(dy: Array, x: Array, a: Array) -> tuple:
    dy, others = batch_last(dy), tuple(range(int(a.size > 1), x.ndim))
    bits = f"i{dy.itemsize}"                               # to choose by the bits, as in masks.py
    negative = (~(x > 0)).astype(bits)                     # 0 and 1
    products = dy * x
    chosen = products.view(bits)
    chosen *= negative
    dx = negative * dy.view(bits)                          # dy where negative, else 0,
    straight = xp_of(dy).subtract(dy.view(bits), dx, out=negative)             # and the rest of dy
    dx = dx.view(dy.dtype)
    dx *= a
    dx += straight.view(dy.dtype)
    return batch_first(dx), total(products, axis=others).reshape(a.size)


def leaky(x: Array, a: Any) -> Array:
    y = x.clip(-inf, 0)
    y *= a
    y += x.clip(0, inf)
    return y


def slopes(positive: Array, a: Any, dtype: Any) -> Array:
    """1 where positive, else a; np.where takes 4 times as long."""
    slope = (~positive).astype(dtype)
    slope *= a
    slope += positive
    return slope


def sigmoid(x: Array, *, needs_grad: tuple[bool, ...]) -> Any:
    xp = xp_of(x)
    small = xp.exp(-abs(x))                                # e^-|x| never overflows
    y = xp.maximum(small, x >= 0)                          # above the line: 1 or, below 0, e^x
    small += 1
    y /= small
    return y, partial(sigmoid_backward, y=y)


def sigmoid_backward(dy: Array, y: Array) -> Array:
    dx = 1 - y
    dx *= y
    dx *= dy
    return dx


def tanh(x: Array, *, A: float, S: float, needs_grad: tuple[bool, ...]) -> Any:
    """A tanh(S x)"""
    y = xp_of(x).tanh(x if S == 1 else S * x)
    y = y if A == 1 else A * y
    return y, partial(tanh_backward, y=y, A=A, S=S)


def tanh_backward(dy: Array, y: Array, A: float, S: float) -> Array:
    dx = y * y                                             # in place: 4 new arrays cost more than
    dx *= -S / A                                           # the arithmetic
    dx += A * S
    dx *= dy
    return dx
