"""Where the tests of the kernels run, and what they compare: for tests/backend/cuda/test_*.py."""

import os
import sys
from contextlib import contextmanager

import numpy as np
import pytest

from minicnn import Tensor
from minicnn.backend.arrays import gpu_problem, to_cpu
from minicnn.backend.versions import plain
from tests import host_cuda, standin

# On the CPU where g++ is installed, on a GPU where there is one.
PLACES = [*["host"][:bool(host_cuda.COMPILER)], *["cupy"][:gpu_problem() is None]]
DTYPES = [np.float32, np.float64, np.float16]
ALLOWED = {np.float16: 1e-2, np.float32: 2e-6, np.float64: 1e-12}       # beside numbers of size 1


@contextmanager
def library(place, tmp_path_factory):
    """CuPy ("cupy"), or the stand-in with kernels that run on the CPU ("host") or without any.

    All tests of a run, and all workers, share what is compiled.
    """
    if place == "cupy":
        yield sys.modules["cupy"]
        return
    with pytest.MonkeyPatch.context() as patched:
        base = tmp_path_factory.getbasetemp()
        base = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
        patched.setattr(host_cuda, "FOLDER", base / "kernels")
        patched.setitem(sys.modules, "cupy", standin)
        if place == "host":
            patched.setattr(standin, "RawModule", host_cuda.RawModule, raising=False)
        yield standin


def normal(shape, dtype, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def close(ours, expected, scale=1):
    """Equal up to rounding, in shape and dtype too."""
    ours = to_cpu(ours)
    assert ours.dtype == expected.dtype and ours.shape == expected.shape
    allowed = ALLOWED[expected.dtype.type] * scale
    np.testing.assert_allclose(ours.astype(float), expected, rtol=allowed, atol=allowed)


def through(layer, x, dy):
    """y and dx of a layer on NumPy, by the definition."""
    x = Tensor(x, requires_grad=True)
    with plain():
        y = layer(x)
    y.backward(dy)
    return y.numpy(), x.grad
