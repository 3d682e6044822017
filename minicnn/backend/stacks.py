"""Stacks of matrices multiplied on a GPU, (G, M, K) @ (G, K, N), without a copy.

CuPy's own product brings both factors into the order of their axes first: each transposed factor of
a convolution would be copied.  cuBLAS takes a matrix by rows or by columns, with any distance
between them, and writes the result into rows that lie apart.

It counts by columns: what lies there by rows is the transposed matrix to it, and
(A @ B)^T = B^T @ A^T, so B comes first.
"""

from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from minicnn.backend.precision import uses_tf32

KINDS = {"e": 2, "f": 0, "d": 1}       # cudaDataType: half, float, double
MOST = (1 << 31) - 1                   # of the sizes that cuBLAS is told


class Rows(NamedTuple):
    """How cuBLAS reads the matrices of a stack."""

    transposed: int                    # 1 where they lie by columns
    apart: int                         # numbers from one row (or column) to the next
    stride: int                        # numbers from one matrix to the next


def rows_of(a: Any) -> Rows | None:
    """None where neither rows nor columns are without gaps."""
    (_, M, N), steps = a.shape, [step // a.itemsize for step in a.strides]
    for transposed, (far, near), (count, run) in ((0, steps[1:], (M, N)),
                                                  (1, steps[:0:-1], (N, M))):
        if (near == 1 or run == 1) and (far >= run or count == 1) and steps[0] >= 0:
            return Rows(transposed, far if count > 1 else run, steps[0])
    return None


def stack_product(xp: ModuleType, a: Any, b: Any, out: Any = None) -> Any:
    """a @ b, written into `out` if given; float16 is added up in float32."""
    (G, M, K), N = a.shape, b.shape[2]
    if G == 1 and (out is None or out.flags.c_contiguous):
        return whole_product(xp, a, b, out)
    y = xp.empty((G, M, N), a.dtype) if out is None else out
    from_a, from_b, to = rows_of(a), rows_of(b), rows_of(y)
    fits = (len(b) == G and b.shape[1] == K and y.shape == (G, M, N) and min(G, M, N, K) > 0
            and a.dtype.char in KINDS and a.dtype == b.dtype == y.dtype)
    if (not fits or from_a is None or from_b is None or to is None or to.transposed
            or max(M, N, K, G, from_a.apart, from_b.apart, to.apart) > MOST):
        return xp.matmul(a, b, out=out)                    # CuPy may refuse it, in its own words
    cublas, kind = xp.cuda.cublas, KINDS[a.dtype.char]
    single = cublas.CUBLAS_COMPUTE_32F_FAST_TF32 if (
        uses_tf32() and a.dtype.char == "f") else cublas.CUBLAS_COMPUTE_32F
    compute = cublas.CUBLAS_COMPUTE_64F if a.dtype.char == "d" else single
    one, zero = np.array([[1], [0]], np.float64 if a.dtype.char == "d" else np.float32)
    cublas.gemmStridedBatchedEx(
        xp.cuda.device.get_cublas_handle(), from_b.transposed, from_a.transposed, N, M, K,
        one.ctypes.data, b.data.ptr, kind, from_b.apart, from_b.stride,
        a.data.ptr, kind, from_a.apart, from_a.stride,
        zero.ctypes.data, y.data.ptr, kind, to.apart, to.stride, G, compute,
        -1)                                                # CUBLAS_GEMM_DEFAULT
    return y


def cupy_product(xp: ModuleType, a: Any, b: Any, out: Any = None) -> Any:
    """a @ b of two matrices, or as CuPy does it."""
    return xp.matmul(a, b, out=out)


def whole_product(xp: ModuleType, a: Any, b: Any, out: Any) -> Any:
    """Of stacks of one: CuPy takes two matrices as they lie."""
    if out is None:
        return xp.matmul(a[0], b[0])[None]
    xp.matmul(a[0], b[0], out=out[0])
    return out
