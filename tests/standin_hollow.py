"""tests/standin.py with kernels and products that compute nothing: they are counted and checked.

So large networks can be counted in seconds: what a step gives a GPU to do does not hang on the
numbers, or it would wait for them.
"""

import re
import sys
from contextlib import contextmanager

import numpy as np
import pytest

from minicnn.backend.cuda import launch
from tests import standin
from tests.standin_counts import count, count_product, counts

MOST_BLOCKS = (1 << 31) - 1, (1 << 16) - 1     # along the first axis of a grid, and the second
SIGNATURE = re.compile(r"__global__ void (\w+)\(([^)]*)\)", re.DOTALL)


def signatures(code):
    """{kernel: the declarations of its arguments}, with macros such as WINDOW written out."""
    for name, text in re.findall(r"#define ([A-Z]+) ((?:.*\\\n)*.*)", code):
        if "whole" in text and "(" not in text:
            code = re.sub(rf"\b{name}\b(?![^\n]*\\?\n?#define)", text.replace("\\\n", " "), code)
    return {name: [part.strip() for part in arguments.split(",")]
            for name, arguments in SIGNATURE.findall(code)}


def width(declaration, options):
    """Bytes of an argument of a kernel."""
    if "*" in declaration:
        return 8
    if declaration.startswith("word"):                         # 64 bits
        return 8
    if declaration.startswith("whole"):
        return 8 if "-DWHOLE=long long" in options else 4
    return 8 if "-DREAL=double" in options else 4              # wide


def check_call(name, declarations, options, grid, block, arguments):
    """What CUDA would refuse, or, worse, read beyond."""
    if len(declarations) != len(arguments):
        raise TypeError(f"{name} takes {len(declarations)} arguments, got {len(arguments)}")
    for number, (declaration, value) in enumerate(zip(declarations, arguments, strict=True)):
        size = 8 if hasattr(value, "_host") else np.asarray(value).itemsize
        pointer = hasattr(value, "_host") or (isinstance(value, np.int64) and value == 0)
        if size != width(declaration, options) or ("*" in declaration) != pointer and (
                "*" in declaration or hasattr(value, "_host")):
            raise TypeError(f"{name}: argument {number} is {declaration!r}, got {value!r}")
    sizes = (*grid, 1)[:2]
    if not all(1 <= size <= most for size, most in zip(sizes, MOST_BLOCKS, strict=True)):
        raise ValueError(f"{name}: a grid of {grid}")
    if not 1 <= np.prod(block) <= 1024:
        raise ValueError(f"{name}: a block of {block}")


class HollowModule:
    """As CuPy's RawModule, but nothing is computed."""

    def __init__(self, *, code, options=()):
        self.declared, self.options = signatures(code), options

    def get_function(self, name):
        def kernel(grid, block, arguments):
            check_call(name, self.declared[name], self.options, grid, block, arguments)
            count(name, *[value._host for value in arguments if hasattr(value, "_host")],
                  by_us=True)
        return kernel


def hollow_matmul(a, b, out=None):
    """The shape of a product, and what CuPy would have done for it."""
    stack = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    y = standin.wrap(np.zeros((*stack, a.shape[-2], b.shape[-1]), a.dtype)) if out is None else out
    count_product(a._host, b._host, y._host, None if out is None else out._host)
    return y


def hollow_stacks(*arguments):
    """cuBLAS's product of stacks of matrices."""
    counts.update(launches=1, products=1)


@contextmanager
def hollow():
    """Inside it `cupy` is the stand-in, with kernels and products that compute nothing."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(sys.modules, "cupy", standin)
        patched.setattr(standin, "RawModule", HollowModule, raising=False)
        patched.setattr(standin, "matmul", hollow_matmul)
        patched.setattr(standin, "empty", lambda shape, dtype=float, order="C": standin.wrap(
            np.zeros(shape, dtype)))                       # what lay there before may overflow
        patched.setattr(standin, "empty_like", lambda x, dtype=None, order="K", subok=None,
                        shape=None: standin.wrap(np.zeros_like(x._host, dtype, order, shape=shape)))
        patched.setattr(standin.cuda.cublas, "gemmStridedBatchedEx", hollow_stacks)
        launch.compiled.cache_clear()
        launch.kernel.cache_clear()
        yield standin
    launch.compiled.cache_clear()
    launch.kernel.cache_clear()
