"""Swish and GELU in float32, fast: both are a tanh.

    y = h + h t,    h = x / 2,  t = tanh u        swish      u = x / 2, exactly
                                                  GELU       u = x p(x^2), nearly: atanh(erf(x /
                                                             sqrt 2)) as a polynomial of degree 6
                                                  GELU, tanh u = sqrt(2 / pi) (x + 0.044715 x^3)

    dy/dx = (1 + t) / 2 + h (1 - t^2) u',   in GELU h (1 - t^2) u' = x e^(-x^2/2) / sqrt(2 pi)

NumPy's tanh takes half the time of its exp, and a polynomial one of the definition's division,
root and choice.  The steps go over a few hundred thousand numbers at a time: more would not stay in
the cache, and with fewer, threads wait for each other at each step.  Only x is kept: backward
computes t again, in less time than it takes to write it down and read it.

|error| < 2^-23 max(1, |x|), a float32's own; the coefficients, from a fit of GELU's y on
|x| < 5.5, have 2.2e-8 of it.  Beyond, t is -1 or 1.  float64 takes the definition.
"""

from collections.abc import Callable
from functools import partial
from math import inf, pi, sqrt
from typing import Any

import numpy as np

from minicnn.backend.threads import in_blocks

WITHIN = 2.0 ** -23                # of max(1, |x|)
GELU = (0.797885308, 0.0363320649, -3.17414771e-05, -5.56039504e-05, 4.01260075e-06,
        -1.35730415e-07, 1.84666103e-09)                                   # p(z) = sum_k a_k z^k
FAR = 5.5                          # where t has become 1
TANH_GELU = (sqrt(2 / pi), sqrt(2 / pi) * 0.044715)
SLOPE = (sqrt(2 / pi), 3 * sqrt(2 / pi) * 0.044715)                        # u' of the last


def polynomial(z: np.ndarray, coefficients: tuple[float, ...], out: np.ndarray) -> None:
    """Horner's rule."""
    np.multiply(z, coefficients[-1], out=out)
    for a in coefficients[-2:0:-1]:
        out += a
        out *= z
    out += coefficients[0]


def inner_of(coefficients: tuple[float, ...], far: float) -> Callable[..., None]:
    """u = x p(x^2), where x^2 is cut at far^2; z and u are the memory for it."""
    def inner(x: np.ndarray, z: np.ndarray, u: np.ndarray) -> None:
        np.clip(x, -far, far, out=z)
        z *= z
        polynomial(z, coefficients, u)
        u *= x
    return inner


def half(x: np.ndarray, z: np.ndarray, u: np.ndarray) -> None:
    np.multiply(x, 0.5, out=u)


INNER = {"silu": half, "gelu": inner_of(GELU, FAR), "tanh gelu": inner_of(TANH_GELU, 1e4)}


def activated(x: Any, *, kind: str, needs_grad: tuple[bool, ...]) -> Any:
    """x (1 + tanh u) / 2"""
    if x.dtype != np.float32:
        return NotImplemented
    y = np.empty_like(x)

    def some(x: np.ndarray, y: np.ndarray, z: np.ndarray, t: np.ndarray) -> None:
        np.clip(x, -1e4, inf, out=y)                       # -inf * 0 would be NaN; the limit is 0
        y *= 0.5
        if kind == "silu":                                 # whose u is h: one pass in six saved
            np.tanh(y, out=t)
        else:
            INNER[kind](x, z, t)
            np.tanh(t, out=t)
        t *= y
        y += t
    in_tiles(some, x, y)
    return y, partial(backward, x=x, kind=kind)


def backward(dy: np.ndarray, x: np.ndarray, kind: str) -> np.ndarray:
    dx = np.empty_like(x)

    def some(dy: np.ndarray, x: np.ndarray, dx: np.ndarray, z: np.ndarray, t: np.ndarray) -> None:
        INNER[kind](x, z, t)
        np.tanh(t, out=t)
        np.clip(x, -1e4, 1e4, out=z)                       # h (1 - t^2) u', where inf * 0 is 0
        if kind == "gelu":
            np.multiply(z, z, out=dx)
            dx *= -0.5
            np.exp(dx, out=dx)
            dx *= z
            dx *= 1 / sqrt(2 * pi)
        else:
            np.multiply(t, t, out=dx)
            np.subtract(1, dx, out=dx)
            dx *= z
            if kind == "tanh gelu":
                z *= z
                dx *= 0.5
                dx *= SLOPE[0] + SLOPE[1] * z
            else:
                dx *= 0.25
        t += 1
        t *= 0.5
        dx += t
        dx *= dy
    in_tiles(some, dy, x, dx)
    return dx


def in_tiles(some: Callable[..., None], *arrays: np.ndarray) -> None:
    """some(*pieces, z, t) for pieces of the arrays, the last of which is the result.

    They are cut as the result lies in memory; what lies otherwise is copied first.
    """
    y = arrays[-1]
    order = sorted(range(y.ndim), key=lambda axis: -abs(y.strides[axis]))
    flat = [array.transpose(order).reshape(-1) for array in arrays]

    def part(i: slice) -> None:
        pieces = [array[i] for array in flat]
        some(*pieces, *np.empty((2, len(pieces[0])), y.dtype))
    in_blocks(part, y.size, (len(arrays) + 2) * y.nbytes)


silu, gelu, tanh_gelu = (partial(activated, kind=kind) for kind in INNER)
