"""What several tests of the checker use: random inputs, and two Functions with a wrong backward."""

import numpy as np

from minicnn.autograd.arithmetic import MulFn
from minicnn.autograd.engine import Function
from minicnn.backend.windows import Window


def normal(*shape, seed=1):
    return np.random.default_rng(seed).standard_normal(shape)


IMAGE, KERNEL, BATCH = normal(2, 2, 5, 4), normal(3, 2, 3, 3), normal(4, 3)
WINDOW = Window.of(3, 1, 1)


class Nan(Function):
    def forward(self, x):
        return x * 2.0

    def backward(self, dy):
        dx = dy * 2.0
        dx[0, 0] = np.nan
        return dx


class Doubled(MulFn):
    """Only the second input's gradient is wrong."""

    def backward(self, dy):
        da, db = super().backward(dy)
        return da, db if db is None else 2 * db
