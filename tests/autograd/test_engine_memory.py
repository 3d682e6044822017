"""What the engine keeps, and for how long: arrays go as soon as backward has passed."""

import tracemalloc
import weakref

import numpy as np

from minicnn.autograd import functions as F
from minicnn.autograd.engine import Function
from minicnn.autograd.tensor import Tensor


def test_what_forward_kept_is_freed_as_backward_passes():
    refs, alive = [], []

    class Keeps(Function):
        def forward(self, x):
            self.kept = np.array(x)
            refs.append(weakref.ref(self.kept))
            return self.kept * 1

        def backward(self, dy):
            alive.append(sum(ref() is not None for ref in refs))
            return dy * 1

    y = Tensor(np.zeros(3), requires_grad=True)
    for _ in range(5):
        y = Keeps()(y)
    y.sum().backward()
    assert alive == [5, 4, 3, 2, 1]
    assert all(ref() is None for ref in refs)


def test_memory_after_backward_is_that_of_the_gradients():
    x = Tensor(np.ones(100_000), requires_grad=True)
    tracemalloc.start()
    try:
        y = x
        for _ in range(20):
            y = F.exp(y * 0.0)
        y = y.sum()
        full = tracemalloc.get_traced_memory()[0]
        y.backward()
        after = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert full > 20 * 800_000 and after < 1.2 * 800_000      # x.grad alone


def test_the_graph_does_not_keep_the_tensors_between():
    x = Tensor(np.ones(3), requires_grad=True)
    h = x + 1
    between = weakref.ref(h)
    y = h + 1
    del h
    assert between() is None
    y.sum().backward()
