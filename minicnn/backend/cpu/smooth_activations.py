"""Swish and GELU, fast: all the steps on a piece of the array that stays in the cache."""

from functools import partial
from math import pi, sqrt
from typing import Any

from minicnn.backend.arrays import Array, sum_dtype, xp_of
from minicnn.backend.cpu.channels import in_pieces
from minicnn.backend.special import normal_cdf


def gelu(x: Array, *, needs_grad: tuple[bool, ...]) -> Any:
    """x Phi(x)"""
    xp, y = xp_of(x), xp_of(x).empty_like(x)
    phi = xp.empty_like(x, dtype=sum_dtype(x.dtype))

    def some(i: Any) -> None:
        near = x[i].astype(phi.dtype).clip(-40, 40)
        phi[i] = normal_cdf(near)
        y[i] = xp.maximum(x[i], -40) * phi[i]              # -inf * 0 would be NaN; the limit is 0
    in_pieces(some, x)
    return y, partial(gelu_backward, x=x, phi=phi)


def gelu_backward(dy: Array, x: Array, phi: Array) -> Array:
    xp, dx = xp_of(dy), xp_of(dy).empty_like(dy)

    def some(i: Any) -> None:
        near = x[i].astype(phi.dtype).clip(-40, 40)
        density = xp.exp(-0.5 * near * near) * (1 / sqrt(2 * pi))
        dx[i] = dy[i] * (phi[i] + near * density)
    in_pieces(some, dy)
    return dx


def silu(x: Array, *, needs_grad: tuple[bool, ...]) -> Any:
    xp = xp_of(x)
    s, y = xp.empty_like(x), xp.empty_like(x)

    def some(i: Any) -> None:
        small = xp.exp(-abs(x[i]))                         # e^-|x| never overflows
        s[i] = xp.maximum(small, x[i] >= 0) / (1 + small)
        y[i] = xp.maximum(x[i], -1e4) * s[i]               # -inf * 0 would be NaN; the limit is 0
    in_pieces(some, x)
    return y, partial(silu_backward, x=x, s=s)


def silu_backward(dy: Array, x: Array, s: Array) -> Array:
    dx = xp_of(dy).empty_like(dy)

    def some(i: Any) -> None:
        dx[i] = dy[i] * (s[i] + x[i].clip(-1e4, 1e4) * s[i] * (1 - s[i]))
    in_pieces(some, dy)
    return dx
