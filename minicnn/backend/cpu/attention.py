"""Attention, fast: one head of one image at a time, whose L x L shares stay in the cache.

    S = Q K^T / sqrt d,   E = exp(S - max),   Y = A V = (E V) / (row sums of E)

Kept are q, k, v and y.  The shares A of all heads are the most that a transformer would keep;
backward makes them again, in less time than it takes to write them down and read them.

    dS = A (dA - sum_j dA A),       sum_j dA[i, j] A[i, j] = dy_i . y_i

Features come first here, (D, N, L): so the linear layers before and after leave their results.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from minicnn.backend.arrays import Array
from minicnn.backend.memory import reused
from minicnn.backend.threads import at_once, stretches, thread_count


def attention(qkv: Array, *, heads: int, needs_grad: tuple[bool, ...]) -> Any:
    """(N, L, 3 D) -> (N, L, D) and its backward."""
    if qkv.dtype == np.float16:
        return NotImplemented
    x = qkv.transpose(2, 0, 1)                             # (3 D, N, L)
    y = np.empty((len(x) // 3, *x.shape[1:]), x.dtype)

    def some(q: Array, k: Array, v: Array, y: Array) -> None:
        e = scores(q, k)                                   # (L, L)
        np.matmul(v, e.T, out=y)                           # (d, L)
        y /= e.sum(axis=1)

    for_heads(some, heads, x, y)
    return y.transpose(1, 2, 0), partial(attention_backward, x=x, y=y, heads=heads)


def attention_backward(dy: Array, x: Array, y: Array, heads: int) -> Array:
    dx = np.empty_like(x, order="C")

    def some(*parts: Array) -> None:                       # (d, L) each
        q, k, v, y, dy, dq, dk, dv = parts
        e = scores(q, k)
        inv = 1 / e.sum(axis=1)                            # A = E inv, for each row
        scale = inv * len(q) ** -0.5
        ds = reused("slopes", e.size, e).reshape(e.shape)
        np.matmul(dy.T, v, out=ds)                         # dA
        ds -= (dy * y).sum(axis=0)[:, None]
        ds *= e                                            # dS sqrt d / inv
        np.matmul(dy * inv, e, out=dv)
        np.matmul(k, ds.T, out=dq)
        dq *= scale
        np.matmul(q * scale, ds, out=dk)

    for_heads(some, heads, x, y, dy.transpose(2, 0, 1), dx)
    return dx.transpose(1, 2, 0)


def scores(q: Array, k: Array) -> Array:
    """E of one head, (d, L), (d, L) -> (L, L), in memory that the next head uses again."""
    d, L = q.shape
    e = reused("scores", L * L, q).reshape(L, L)
    np.matmul((q * d ** -0.5).T, k, out=e)
    e -= e.max(axis=1, keepdims=True)
    return np.exp(e, out=e)


def for_heads(work: Callable[..., None], heads: int, *arrays: Array) -> None:
    """work(*parts) for each head of each image, shared out to the threads.

    arrays : (D, N, L), of which a head has (d, L); of (3 D, N, L) it has three such parts
    """
    D = min(len(array) for array in arrays)
    thirds = [array[start:start + D] for array in arrays for start in range(0, len(array), D)]
    split = [third.reshape(heads, D // heads, *third.shape[1:]) for third in thirds]

    def some(numbers: slice) -> None:
        for number in range(numbers.start, numbers.stop):
            n, g = divmod(number, heads)
            work(*[array[g, :, n] for array in split])

    at_once(some, stretches(heads * arrays[0].shape[1], thread_count()), arrays[0])
