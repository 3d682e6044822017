"""How kernels are started, TF32, and that every source compiles."""

import os
import subprocess
import sys

import numpy as np
import pytest

from minicnn.backend.arrays import to_device
from minicnn.backend.cuda import launch
from minicnn.backend.precision import _Precision, allow_tf32
from tests import nvrtc, standin, standin_gpu

SOURCES = sorted({path.stem for path in launch.Path(launch.__file__).parent.glob("*.cu")}
                 - {"common"})
NVRTC = nvrtc.find()


@pytest.fixture
def gpu(monkeypatch):
    """The stand-in with something that looks like a compiler."""
    monkeypatch.setitem(sys.modules, "cupy", standin)
    monkeypatch.setattr(standin, "RawModule", object, raising=False)
    monkeypatch.setattr(_Precision, "told", None)
    return standin


# --- TF32 -----------------------------------------------------------------------------------------

def test_tf32_is_off_until_it_is_switched_on(gpu, monkeypatch):
    monkeypatch.setattr(_Precision, "tf32", False)
    standin_gpu.settings.update(compute_type="CuPy's own", math_mode="CuPy's own")
    to_device(np.ones(1), "cuda")
    assert standin_gpu.settings == {"compute_type": 4, "math_mode": 0}           # FP32, DEFAULT
    allow_tf32(True)
    assert standin_gpu.settings == {"compute_type": 7, "math_mode": 3}           # TF32
    to_device(np.ones(1), "cuda")
    assert standin_gpu.settings == {"compute_type": 7, "math_mode": 3}
    allow_tf32(False)
    assert standin_gpu.settings == {"compute_type": 4, "math_mode": 0}


def test_tf32_can_be_allowed_before_there_is_a_gpu(gpu, monkeypatch):
    monkeypatch.setattr(_Precision, "tf32", False)
    monkeypatch.delitem(sys.modules, "cupy")
    allow_tf32(True)
    monkeypatch.setitem(sys.modules, "cupy", standin)
    to_device(np.ones(1), "cuda")
    assert standin_gpu.settings == {"compute_type": 7, "math_mode": 3}


@pytest.mark.parametrize("value, expected", [("1", "True"), ("0", "False"), ("", "False")])
def test_tf32_by_the_environment(value, expected):
    script = "from minicnn.backend.precision import tf32_allowed; print(tf32_allowed())"
    said = subprocess.run([sys.executable, "-c", script], text=True, capture_output=True,
                          env=os.environ | {"MINICNN_TF32": value}, check=True)
    assert said.stdout.strip() == expected


# --- starting a kernel ----------------------------------------------------------------------------

@pytest.fixture
def started(gpu, monkeypatch):
    """The calls that reach the library: (code's options, name, grid, block, arguments)."""
    calls = []

    class RawModule:
        def __init__(self, *, code, options):
            self.options = options

        def get_function(self, name):
            return lambda grid, block, arguments: calls.append(
                (self.options, name, grid, block, arguments))

    monkeypatch.setattr(standin, "RawModule", RawModule)
    launch.compiled.cache_clear()
    launch.kernel.cache_clear()
    yield calls
    launch.compiled.cache_clear()
    launch.kernel.cache_clear()


def test_launch_turns_numbers_into_the_kernels_types(started, gpu):
    for dtype, define, wide in [(np.float16, "-DHALF", np.float32),
                                (np.float32, "-DREAL=float", np.float32),
                                (np.float64, "-DREAL=double", np.float64)]:
        x = gpu.ones((4, 5), dtype)
        launch.launch("elements", "relu", (3, 600), x, None, 7, True, 0.5)
        options, name, grid, block, arguments = started[-1]
        assert options == ("--std=c++17", define, "-DWHOLE=int")
        assert (name, grid, block) == ("relu", (3, 3), (256,)) and arguments[0] is x
        assert [type(value) for value in arguments[1:]] == [np.int64, np.int32, np.int32, wide]
        assert [value.item() for value in arguments[1:]] == [0, 7, 1, 0.5]


def test_launch_counts_in_64_bits_where_an_array_is_huge(started, gpu):
    x = gpu.broadcast_to(gpu.ones(1, np.float32), (1 << 16, 1 << 16))          # no step in memory
    launch.launch("elements", "relu", (1, 10), x, 1)
    assert "-DWHOLE=int" in started[-1][0]
    x._host = np.lib.stride_tricks.as_strided(np.ones(1, np.float32), (2, 2), (4 << 30, 4))
    launch.launch("elements", "relu", (1, 10), x, 1)
    assert "-DWHOLE=long long" in started[-1][0] and type(started[-1][4][1]) is np.int64


def test_launch_keeps_the_grid_within_bounds(started, gpu):
    x = gpu.ones(1, np.float32)
    launch.launch("elements", "relu", (10 ** 6, 10 ** 9), x)
    assert started[-1][2] == (1 << 14, 65535)
    for nothing in ((0, 5), (5, 0), (0, 0)):
        launch.launch("elements", "relu", nothing, x)
    assert len(started) == 1


# --- the sources compile --------------------------------------------------------------------------

def test_every_source_is_known():
    assert SOURCES == ["chance", "channels", "depthwise", "elements", "resample", "steps",
                       "windows"]


@pytest.mark.skipif(NVRTC is None, reason="NVRTC is not installed: pip install nvidia-cuda-nvrtc")
@pytest.mark.parametrize("huge", [False, True], ids=["int", "long long"])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("name", SOURCES)
def test_nvrtc_compiles_it(name, dtype, huge):
    for capability in (75, 90):
        options = (*launch.options(np.dtype(dtype), huge),
                   f"--gpu-architecture=compute_{capability}")
        ptx, said = nvrtc.compile_to_ptx(NVRTC, launch.source(name), options)
        assert ".visible .entry" in ptx, said
        assert said == "", "a warning"


@pytest.mark.skipif(NVRTC is None, reason="NVRTC is not installed: pip install nvidia-cuda-nvrtc")
def test_nvrtc_finds_mistakes():
    options = launch.options(np.dtype(np.float32), False)
    code = launch.source("elements").replace("value <= 0", "value <= nothing")
    ptx, said = nvrtc.compile_to_ptx(NVRTC, code, options)
    assert not ptx and 'identifier "nothing" is undefined' in said
