"""CUDA kernels on the CPU: tests/standin.py gets a RawModule that compiles with g++.

A kernel is C++ but for a few names, which SHIM defines.  Each thread of a block becomes a thread of
the processor, so that shared memory and __syncthreads() do what they do on a GPU; the blocks come
one after the other.
"""

import ctypes
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from tests.standin_hollow import check_call, signatures

COMPILER = shutil.which("g++")
BLOCK, GRID = 6, 3                     # threads in a block and blocks in a row, instead of hundreds
SANITISER = ["-fsanitize=address"] if os.environ.get("KERNELS_SANITISED") else []
FOLDER = Path(tempfile.gettempdir()) / "kernels"       # cuda_common.py chooses another

SHIM = r"""
#include <barrier>
#include <cmath>
#include <cstring>
#include <thread>
#include <utility>
#include <vector>
#define __global__
#define __device__
#define __shared__ static
struct Place { unsigned x = 1, y = 1, z = 1; };
static Place blockDim, gridDim, blockIdx;
static thread_local Place threadIdx;
static std::barrier<>* all_threads;
static void __syncthreads() { all_threads->arrive_and_wait(); }
static unsigned long long __umul64hi(unsigned long long a, unsigned long long b)
{ return (unsigned __int128)a * b >> 64; }
using std::erfc, std::exp, std::log, std::pow, std::sqrt, std::tanh;
"""
HALF = """
static float get(unsigned short x) { _Float16 h; std::memcpy(&h, &x, 2); return h; }
static unsigned short put(float x)
{ _Float16 h = x; unsigned short y; std::memcpy(&y, &h, 2); return y; }
"""
STARTER = r"""
template <class... P, std::size_t... I>
static void run(void (*kernel)(P...), void** a, std::index_sequence<I...>)
{
    std::barrier<> barrier(blockDim.x);
    all_threads = &barrier;
    auto work = [&](unsigned number) {
        threadIdx = {number, 0, 0};
        for (unsigned y = 0; y < gridDim.y; y++)
            for (unsigned x = 0; x < gridDim.x; x++) {
                if (number == 0) blockIdx = {x, y, 0};
                __syncthreads();
                kernel(*(P*)a[I]...);
                __syncthreads();
            }
    };
    std::vector<std::thread> others;
    for (unsigned t = 1; t < blockDim.x; t++) others.emplace_back(work, t);
    work(0);
    for (auto& other : others) other.join();
}
template <class... P>
static void start(void (*kernel)(P...), unsigned gx, unsigned gy, unsigned block, void** a)
{
    gridDim = {gx, gy, 1};
    blockDim = {block, 1, 1};
    run(kernel, a, std::index_sequence_for<P...>{});
}
"""


class CompileError(Exception):
    """What the compiler said."""


def build(code, options):
    """The path of a library with every kernel of `code` under start_NAME."""
    names = re.findall(r"__global__ void (\w+)\(", code)
    starters = "".join(f'extern "C" void start_{name}(unsigned x, unsigned y, unsigned b, '
                       f"void** a) {{ start({name}, x, y, b, a); }}\n" for name in names)
    # A half is turned into a float by an instruction of the GPU; here by the compiler.
    typedefs, rest = code.split("typedef float wide;", 1) if "-DHALF" in options else (code, None)
    text = SHIM + (typedefs if rest is None else
                   typedefs + "typedef float wide;" + HALF + rest) + STARTER + starters
    key = hashlib.sha256(repr((text, options, SANITISER)).encode()).hexdigest()[:24]
    library = FOLDER / f"{key}.so"
    if not library.exists():
        FOLDER.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
            (Path(folder) / "kernels.cpp").write_text(text)
            said = subprocess.run(
                [COMPILER, "-std=c++20", "-O0", "-ffp-contract=off", "-shared", "-fPIC", "-pthread",
                 "-Wall", "-Wno-unknown-pragmas", "-Wno-unused-function",
                 *(option for option in options if option.startswith("-D")), *SANITISER,
                 "kernels.cpp", "-o", "kernels.so"], cwd=folder, capture_output=True, text=True)
            if said.returncode or said.stderr:
                raise CompileError(said.stderr)
            (Path(folder) / "kernels.so").replace(library)
    return library


class RawModule:
    """As CuPy's: get_function(name) can be called with grid, block and arguments."""

    started: list = []                 # names of the kernels that ran

    def __init__(self, *, code, options=()):
        self.library = ctypes.CDLL(str(build(code, options)))
        self.declared, self.options = signatures(code), options

    def get_function(self, name):
        function = getattr(self.library, f"start_{name}")
        function.restype = None

        def kernel(grid, block, arguments):
            check_call(name, self.declared[name], self.options, grid, block, arguments)
            values = [pointed(value) for value in arguments]
            pointers = (ctypes.c_void_p * len(values))(*[value.ctypes.data for value in values])
            RawModule.started.append(name)
            function(min(grid[0], GRID), min((*grid, 1)[1], GRID), min(block[0], BLOCK), pointers)
        return kernel


def pointed(value):
    """A NumPy array that holds what the kernel gets: a number, or the address of an array."""
    if hasattr(value, "_host"):
        return np.array([value._host.ctypes.data], np.uint64)
    if not isinstance(value, np.generic):
        raise TypeError(f"a kernel's argument must be an array or a NumPy number, got {value!r}")
    return np.array([value])
