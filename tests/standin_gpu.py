"""What tests/standin.py has of CuPy's ways to the GPU itself: settings, which a test can read."""

import ctypes
import threading
import time
from types import SimpleNamespace

import numpy as np

from tests.standin_counts import OutOfMemoryError, counts, refuse_a_second_thread

settings = {"compute_type": "CuPy's own", "math_mode": "CuPy's own"}
missing: set = set()                   # "cublas" or "nvrtc": libraries that are not installed


def set_compute_type(dtype, compute_type):
    settings["compute_type"] = compute_type


def set_math_mode(handle, mode):
    settings["math_mode"] = mode


def get_cublas_handle():
    if "cublas" in missing:
        raise RuntimeError("CuPy failed to load libcublas.so.13: OSError: cannot open shared "
                           "object file")
    return 1


class RawKernel:
    """A kernel by itself: as far as whether there is a compiler."""

    def __init__(self, code, name):
        pass

    def compile(self):
        if "nvrtc" in missing:
            raise RuntimeError("CuPy failed to load libnvrtc.so.13: OSError: cannot open shared "
                               "object file")


class CUDARuntimeError(RuntimeError):
    """As CuPy's: what the driver says when something is wrong with the GPU."""


class Event:
    """A moment on the GPU's clock."""

    def record(self):
        self.moment = time.perf_counter()

    def synchronize(self):
        pass


class Chosen(threading.local):
    card = 0


chosen = Chosen()


class Device:
    """The one that the thread has chosen, or that number."""

    compute_capability = "90"
    mem_info = 6 << 30, 8 << 30        # bytes free, of all

    def __init__(self, number=None):
        self.id = chosen.card if number is None else number

    def use(self):
        chosen.card = self.id

    def __eq__(self, other):
        return self.id == other.id

    __hash__ = None


KINDS = {2: np.float16, 0: np.float32, 1: np.float64}


def matrices(pointer, kind, transposed, rows, columns, apart, stride, count):
    """A stack as cuBLAS reads it: by columns, `apart` numbers from one to the next."""
    if transposed:
        rows, columns = columns, rows
    if apart < max(rows, 1):
        raise ValueError(f"cuBLAS: {rows} rows, the columns are {apart} apart")
    dtype = np.dtype(KINDS[kind])
    size = (count - 1) * stride + (columns - 1) * apart + rows
    memory = (ctypes.c_byte * (size * dtype.itemsize)).from_address(pointer)
    steps = [step * dtype.itemsize for step in (stride, 1, apart)]
    stack = np.lib.stride_tricks.as_strided(np.frombuffer(memory, dtype), (count, rows, columns),
                                            steps)
    return stack.swapaxes(1, 2) if transposed else stack


def gemm_strided_batched(handle, trans_a, trans_b, m, n, k, alpha, a, kind_a, lda, stride_a, b,
                         kind_b, ldb, stride_b, beta, c, kind_c, ldc, stride_c, count, compute,
                         algorithm):
    """C = A @ B for each of a stack."""
    refuse_a_second_thread()
    number = ctypes.c_double if compute == cublas.CUBLAS_COMPUTE_64F else ctypes.c_float
    if (number.from_address(alpha).value, number.from_address(beta).value) != (1, 0):
        raise ValueError("alpha must be 1 and beta 0, in the type that is computed with")
    left = matrices(a, kind_a, trans_a, m, k, lda, stride_a, count)
    right = matrices(b, kind_b, trans_b, k, n, ldb, stride_b, count)
    y = matrices(c, kind_c, 0, m, n, ldc, stride_c, count)
    wide = np.promote_types(left.dtype, np.float32)
    y[...] = left.astype(wide) @ right.astype(wide)
    counts["launches"] += 1
    counts["products"] += 1
    counts["bytes"] += left.nbytes + right.nbytes + y.nbytes


_core = SimpleNamespace(_routines_linalg=SimpleNamespace(
    set_compute_type=set_compute_type, COMPUTE_TYPE_DEFAULT=1, COMPUTE_TYPE_FP32=4,
    COMPUTE_TYPE_TF32=7))
cublas = SimpleNamespace(setMathMode=set_math_mode, gemmStridedBatchedEx=gemm_strided_batched,
                         CUBLAS_COMPUTE_32F=68, CUBLAS_COMPUTE_32F_FAST_TF32=77,
                         CUBLAS_COMPUTE_64F=70)
cuda = SimpleNamespace(
    is_available=lambda: True, Device=Device,
    device=SimpleNamespace(get_cublas_handle=get_cublas_handle), Event=Event,
    get_elapsed_time=lambda start, stop: 1e3 * (stop.moment - start.moment),
    runtime=SimpleNamespace(getDeviceProperties=lambda number: {"name": b"stand-in"},
                            getDeviceCount=lambda: 1),
    memory=SimpleNamespace(OutOfMemoryError=OutOfMemoryError),
    cublas=cublas)
