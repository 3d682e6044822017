"""What one operation costs, counted in function calls: a clock would measure the machine."""

import gc
import sys

import numpy as np
import pytest

from minicnn.autograd import functions as F
from minicnn.autograd.tensor import Tensor
from minicnn.losses import l2_penalty


def calls(graph, n):
    """How many functions run, in Python and C, and how often generators are resumed."""
    count, before = 0, sys.getprofile()

    def profile(frame, event, argument):
        nonlocal count
        count += event in ("call", "c_call")

    gc.collect()                                   # else what earlier tests left is counted, too
    gc.disable()
    sys.setprofile(profile)
    try:
        graph(n)
    finally:
        sys.setprofile(before)
        gc.enable()
    return count


def leaf():
    return Tensor(np.ones((2, 3), np.float32), requires_grad=True)


def chain(n):
    y = leaf()
    for _ in range(n // 2):
        y = y * 1.0 + 1.0
    y.sum().backward()


def one_leaf_used_often(n):
    x, c = leaf(), leaf()
    y = x
    for _ in range(n // 2):
        y = y * c + x
    y.sum().backward()


def wide(n):
    h = leaf() * 1.0
    sum((h * 2.0 for _ in range(n // 2)), start=h).sum().backward()


def many_inputs(n):
    l2_penalty([leaf() for _ in range(n)], 0.1).backward()


def many_computed_inputs(n):
    F.concatenate([leaf() * 1.0 for _ in range(n)]).sum().backward()


GRAPHS = [chain, one_leaf_used_often, wide, many_inputs, many_computed_inputs]


@pytest.mark.parametrize("graph", GRAPHS)
def test_the_cost_is_linear(graph):
    """Twice as many operations, twice as many calls, whatever the shape of the graph."""
    graph(4)
    short, middle, long = (calls(graph, n) for n in (100, 200, 400))
    assert long - middle == pytest.approx(2 * (middle - short), rel=0.02)


def test_a_small_operation_costs_few_calls():
    chain(4)
    """42 when this was written, forward and backward together: 7 microseconds."""
    assert (calls(chain, 400) - calls(chain, 200)) / 200 < 50
