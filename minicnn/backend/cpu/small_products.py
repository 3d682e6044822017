"""Large products by small ones, which OpenBLAS for AVX-512 multiplies as they lie in memory.

    w @ x     w has few rows      some columns of x at a time
              x has few columns   32 rows of w at a time, and some of its columns
    b @ a^T   a has few rows      some rows of b at a time

Other products it copies first, both matrices, into an order of its own.  With 16 rows in w, each
number of x that is copied serves 16 multiplications, and copying takes longer than they: 16 x 144
times 144 x 1024 takes half of the time as four products.  Where the BLAS has several threads, it
gives a small product to one of them; so all this is for `set_threads`, where it has one.
"""

from functools import cache

import numpy as np

from minicnn.backend.arrays import Array, matmul
from minicnn.backend.threads import blas_is_alone

SMALL = 1_000_000          # multiplications, at most
SMALL_TURNED = 1200        # numbers of the product, at most, where one of the two is turned
KERNELS = "SkylakeX", "Cooperlake", "SapphireRapids"       # OpenBLAS's, that do without copies


def small_products(w: Array, x: Array, out: Array | None = None) -> Array:
    """w @ x, (..., M, K) @ (..., K, N), by small products where that takes less time."""
    (M, K), N = w.shape[-2:], x.shape[-1]
    n = min(SMALL // max(M * K, 1) // 16 * 16, 256)
    if n < 64 and 16 <= N < 256 and x.ndim == 2 and as_they_lie(w, x):
        return few_columns(w, x, out)
    if n < 64 or n >= N or not as_they_lie(w, x):
        return matmul(w, x, out)
    y = np.empty((*x.shape[:-2], M, N), x.dtype) if out is None else out
    whole = N // n * n
    matmul(w[..., None, :, :], in_stretches(x[..., :whole], n), in_stretches(y[..., :whole], n))
    if whole < N:
        matmul(w, x[..., whole:], y[..., whole:])
    return y


def few_columns(w: Array, x: Array, out: Array | None) -> Array:
    """w @ x of two matrices, by blocks of 32 rows of w, and of the columns that make it small."""
    (M, K), N = w.shape, x.shape[1]
    k, rows = divisor(K, SMALL // max(32 * N, 1)), M // 32 * 32
    if k < 64 or not rows:
        return matmul(w, x, out)
    y = np.empty((M, N), x.dtype) if out is None else out
    blocks = w[:rows].reshape(rows // 32, 32, K // k, k).swapaxes(1, 2)
    if k == K:
        matmul(blocks[:, 0], x, y[:rows].reshape(rows // 32, 32, N))
    else:
        np.sum(matmul(blocks, x.reshape(K // k, k, N)), axis=1, out=y[:rows].reshape(-1, 32, N))
    if rows < M:
        matmul(w[rows:], x, y[rows:])
    return y


def rows_times_few(b: Array, few: Array) -> Array:
    """b @ few^T, (..., K, N), (..., M, N) -> (..., K, M), by some rows of b at a time."""
    (K, N), M = b.shape[-2:], few.shape[-2]
    k = divisor(K, SMALL_TURNED // max(M, 1))
    if k < 8 or N < 128 or not as_they_lie(b, few):
        return matmul(b, few.swapaxes(-1, -2))
    n = min(SMALL // (M * k) // 16 * 16, N)
    whole = N // n * n
    rows = in_stretches(b[..., :whole], n).reshape(*b.shape[:-2], whole // n, K // k, k, n)
    other = in_stretches(few[..., :whole], n).swapaxes(-1, -2)[..., None, :, :]
    y = matmul(rows, other).reshape(*b.shape[:-2], whole // n, K, M).sum(axis=-3)
    if whole < N:
        y += matmul(b[..., whole:], few[..., whole:].swapaxes(-1, -2))
    return y


def in_stretches(x: Array, n: int) -> Array:
    """(..., K, N) -> (..., N / n, K, n): a view."""
    return x.reshape(*x.shape[:-1], x.shape[-1] // n, n).swapaxes(-3, -2)


def as_they_lie(a: Array, b: Array) -> bool:
    """Whether small products of the two do without copies."""
    return (isinstance(a, np.ndarray) and a.dtype == b.dtype != np.float16 and blas_is_alone()
            and has_small_kernels())


@cache
def divisor(size: int, most: int) -> int:
    """The largest up to `most`; 0 if there is none."""
    return max((k for k in range(1, min(size, most) + 1) if size % k == 0), default=0)


@cache
def has_small_kernels() -> bool:
    from threadpoolctl import threadpool_info
    return any(part.get("architecture") in KERNELS for part in threadpool_info())
