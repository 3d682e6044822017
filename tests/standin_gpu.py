"""What tests/standin.py has of CuPy's ways to the GPU itself: settings, which a test can read."""

import time
from types import SimpleNamespace

settings = {"compute_type": "CuPy's own", "math_mode": "CuPy's own"}


def set_compute_type(dtype, compute_type):
    settings["compute_type"] = compute_type


def set_math_mode(handle, mode):
    settings["math_mode"] = mode


class Event:
    """A moment on the GPU's clock."""

    def record(self):
        self.moment = time.perf_counter()

    def synchronize(self):
        pass


_core = SimpleNamespace(_routines_linalg=SimpleNamespace(
    set_compute_type=set_compute_type, COMPUTE_TYPE_DEFAULT=1, COMPUTE_TYPE_FP32=4,
    COMPUTE_TYPE_TF32=7))
cuda = SimpleNamespace(
    is_available=lambda: True, Device=lambda: SimpleNamespace(compute_capability="90"),
    device=SimpleNamespace(get_cublas_handle=lambda: 1), Event=Event,
    get_elapsed_time=lambda start, stop: 1e3 * (stop.moment - start.moment),
    runtime=SimpleNamespace(getDeviceProperties=lambda number: {"name": b"stand-in"}),
    cublas=SimpleNamespace(setMathMode=set_math_mode))
