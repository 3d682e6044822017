"""Products of matrices, shared out between threads or turned the way that BLAS likes."""

import numpy as np

from minicnn.backend.arrays import Array, matmul
from minicnn.backend.cpu.small_products import rows_times_few, small_products
from minicnn.backend.threads import at_once, stretches, sum_over, thread_count

ENOUGH = 1 << 23           # multiplications that are worth handing to another thread
AHEAD = 3 << 20            # of them, what a core does until another has woken up, some 40 us


def times_transposed(a: Array, b: Array) -> Array:
    """a @ b^T, (..., M, N), (..., K, N) -> (..., M, K).

    If a has fewer rows, as (b @ a^T)^T: the same numbers in half the time (OpenBLAS); and by small
    products where that takes less still.
    """
    M, K = a.shape[-2], b.shape[-2]
    if min(M, K) >= 256 or not isinstance(a, np.ndarray):
        return matmul(a, b.swapaxes(-1, -2))
    return rows_times_few(b, a).swapaxes(-1, -2) if M <= K else rows_times_few(a, b)


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
        def of(part: slice) -> Array:
            if b.strides[0] < b.strides[1]:                # b is x.T of an x in rows
                return times_transposed(a[:, part], b[part].T)
            return small_products(a[:, part], b[part])
        y[...] = sum_over(of, shares(K, threads, M * N))
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
