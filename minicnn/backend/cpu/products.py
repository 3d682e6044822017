"""Products of matrices, shared out between threads or turned the way that BLAS likes."""

from functools import cache

import numpy as np

from minicnn.backend.arrays import Array, matmul
from minicnn.backend.threads import at_once, blas_is_alone, stretches, sum_over, thread_count

ENOUGH = 1 << 23           # multiplications that are worth handing to another thread
AHEAD = 3 << 20            # of them, what a core does until another has woken up, some 40 us
SMALL = 1_000_000          # up to so many, OpenBLAS for AVX-512 multiplies matrices as they lie,
SMALL_TRANSPOSED = 1200    # if one of them is turned, up to so many numbers of the product


def small_products(w: Array, x: Array, out: Array | None = None) -> Array:
    """w @ x, (..., M, K) @ (..., K, N), by small products where w is small, or N is.

    BLAS first copies both into an order of its own.  With 16 rows in w, each number of x that is
    copied serves 16 multiplications, and copying takes longer than they: 16 x 144 times 144 x 1024
    takes half of the time as four products.  So it is with many weights and few columns.
    """
    (M, K), N = w.shape[-2:], x.shape[-1]
    n = min(SMALL // max(M * K, 1) // 16 * 16, 256)
    if n < 64 and 16 <= N < 256 and x.ndim == 2 and multiplies_as_they_lie(x):
        return few_columns(w, x, out)
    if n < 64 or n >= N or not multiplies_as_they_lie(x):
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


def times_transposed(a: Array, b: Array) -> Array:
    """a @ b^T, (..., M, N), (..., K, N) -> (..., M, K).

    If a has fewer rows, as (b @ a^T)^T: the same numbers in half the time (OpenBLAS); and by small
    products where that takes less still.
    """
    M, K = a.shape[-2], b.shape[-2]
    if min(M, K) >= 256 or not isinstance(a, np.ndarray):
        return matmul(a, b.swapaxes(-1, -2))
    return rows_times_few(b, a).swapaxes(-1, -2) if M <= K else rows_times_few(a, b)


def rows_times_few(b: Array, few: Array) -> Array:
    """b @ few^T, (..., K, N), (..., M, N) -> (..., K, M), by some rows of b at a time."""
    (K, N), M = b.shape[-2:], few.shape[-2]
    k = divisor(K, SMALL_TRANSPOSED // max(M, 1))
    if k < 8 or N < 128 or not multiplies_as_they_lie(b):
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


def multiplies_as_they_lie(x: Array) -> bool:
    """Whether small products on the CPU do without copies; in several threads they never do."""
    return (isinstance(x, np.ndarray) and x.dtype != np.float16 and blas_is_alone()
            and has_small_kernels())


@cache
def divisor(size: int, most: int) -> int:
    """The largest up to `most`; 0 if there is none."""
    return max((k for k in range(1, min(size, most) + 1) if size % k == 0), default=0)


@cache
def has_small_kernels() -> bool:
    from threadpoolctl import threadpool_info
    return any(part.get("architecture") in ("SkylakeX", "Cooperlake", "SapphireRapids")
               for part in threadpool_info())


def product(a: Array, b: Array, out: Array | None = None) -> Array:
    """a @ b of two matrices, (M, K) @ (K, N), shared out along the longest of the three sizes;
    written into `out` if given.
    """
    (M, K), N = a.shape, b.shape[1]
    threads = thread_count() if isinstance(a, np.ndarray) and M * K * N > ENOUGH else 1
    if threads == 1:
        return small_products(a, b, out)
    y = np.empty((M, N), a.dtype) if out is None else out
    if max(M, N) < K:
        y[...] = sum_over(lambda part: times_transposed(a[:, part], b[part].T),
                          shares(K, threads, M * N))
    elif N >= M:
        at_once(lambda part: small_products(a, b[:, part], y[:, part]),
                shares(N, threads, M * K))
    else:
        at_once(lambda part: small_products(a[part], b, y[part]), shares(M, threads, N * K))
    return y


def shares(size: int, threads: int, each: int) -> list[slice]:
    """0..size in a slice for each thread, the first longer: it is begun at once, the others later.

    each : multiplications for one of `size`.  In whole 16s, which is how BLAS takes rows
    """
    first = size / threads + AHEAD / each * (threads - 1) / threads
    first = min(round(first / 16) * 16 or 1, size)
    return [slice(0, first), *[slice(first + part.start, first + part.stop)
                               for part in stretches(size - first, threads - 1)]]
