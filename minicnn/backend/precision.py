"""How exactly a GPU multiplies float32: with all 24 bits, or with TF32's 11.

The environment variable MINICNN_TF32=1 says the same as allow_tf32(True).
"""

import os
import sys
from typing import Any

import numpy as np


class _Precision:
    tf32 = os.environ.get("MINICNN_TF32", "") not in ("", "0")
    used = False                       # whether the GPU can, too
    told: Any = None                   # the CuPy that has been told of `tf32`


def allow_tf32(on: bool) -> None:
    """Let a GPU round the factors of float32 products to 10 bits (TF32): faster, error 1e-3.

    Off unless switched on, as CuPy has it; only the GPUs that have TF32 (2020 and later) heed it.
    """
    _Precision.tf32 = bool(on)
    if "cupy" in sys.modules and sys.modules["cupy"].cuda.is_available():
        tell(sys.modules["cupy"])


def tf32_allowed() -> bool:
    return _Precision.tf32


def uses_tf32() -> bool:
    """Whether products on the GPU are rounded so."""
    return _Precision.used


def tell(cupy: Any) -> None:
    """Hand `allow_tf32` on to CuPy, whichever was its own default."""
    if _Precision.told == (cupy, _Precision.tf32):
        return
    linalg, able = cupy._core._routines_linalg, int(cupy.cuda.Device().compute_capability) >= 80
    wanted = linalg.COMPUTE_TYPE_TF32 if _Precision.tf32 and able else linalg.COMPUTE_TYPE_FP32
    _Precision.used = _Precision.tf32 and able
    linalg.set_compute_type(np.float32, wanted)            # products of two matrices
    cupy.cuda.cublas.setMathMode(cupy.cuda.device.get_cublas_handle(),   # and of stacks of them:
                                 3 if _Precision.tf32 else 0)        # TENSOR_OP_MATH, DEFAULT
    _Precision.told = cupy, _Precision.tf32
