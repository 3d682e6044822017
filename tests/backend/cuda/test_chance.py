"""Dropout's mask as a GPU draws it: by the numbers of NumPy's generator, each thread its own."""

import numpy as np
import pytest

from minicnn import Tensor, manual_seed
from minicnn.backend.arrays import to_cpu
from minicnn.backend.cuda import chance
from minicnn.backend.seeds import generator
from minicnn.backend.together import Rows, random_numbers, sharing
from minicnn.layers import Dropout, Dropout2d, StochasticDepth
from tests.backend.cuda.cuda_common import DTYPES, PLACES, close, normal

if not PLACES:
    pytest.skip("neither g++ nor a GPU", allow_module_level=True)


def both(x, shape, p, each=None, before=0):
    """The masks of CPU and GPU from one seed, and the three numbers that come after each."""
    found = []
    for draw in (lambda: random_numbers(shape, each) >= p,
                 lambda: to_cpu(chance.drawn(x, shape, p, each))):
        manual_seed(3)
        generator().random(before, np.float32)             # an odd number leaves half of a pair
        found.append((draw(), generator().random(3, np.float32)))
    return found


@pytest.mark.parametrize("before", [0, 1, 2])
@pytest.mark.parametrize("shape", [(1,), (5,), (3, 4, 5, 7), (2, 3, 1, 1), (7, 200), (2, 1, 9, 8),
                                   (0, 3), (4, 0, 2, 2)], ids=str)
def test_one_seed_gives_one_mask(cp, shape, before):
    x = cp.ones(1, np.float32)
    for p in (0.3, 0.5, 0.0, 1.0):
        (right, after), (ours, ours_after) = both(x, shape, p, before=before)
        assert ours.dtype == bool and np.array_equal(ours, right)
        assert np.array_equal(after, ours_after)


def test_a_threshold_between_two_numbers(cp):
    """p counts as float32, as NumPy compares: 0.3 is a little more than 0.3 there."""
    x, shape = cp.ones(1, np.float32), (2000,)
    manual_seed(3)
    number = float(random_numbers(shape)[1234])
    for p in (number, np.nextafter(number, 1), np.nextafter(number, 0)):
        (right, _), (ours, _) = both(x, shape, float(p))
        assert np.array_equal(ours, right)


def test_several_processes_draw_as_one_would(cp):
    x = cp.ones(1, np.float32)
    with sharing(Rows(2, 5, 9), lambda array: array, False):
        (right, after), (ours, ours_after) = both(x, (3, 2, 3, 3), 0.5, 3, before=1)
    assert np.array_equal(ours, right) and np.array_equal(after, ours_after)


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: dtype.__name__)
@pytest.mark.parametrize("layer, shape", [
    (Dropout(0.4), (3, 2, 5, 4)), (Dropout(0.4), (6, 7)), (Dropout(0.4), (2, 3, 4)),
    (Dropout2d(0.4), (3, 4, 5, 2)), (StochasticDepth(0.4), (5, 2, 3, 3)),
    (StochasticDepth(0.4, "batch"), (2, 3, 4, 4)), (StochasticDepth(0.4), (4, 6))], ids=str)
def test_dropout(cp, layer, shape, dtype):
    outcomes = []
    for move in (np.array, cp.asarray):
        manual_seed(5)
        x = Tensor(move(normal(shape, dtype)), requires_grad=True)
        y = layer(x)
        y.backward(move(normal(shape, dtype, 1)))
        outcomes.append((to_cpu(y.data), to_cpu(x.grad)))
    for right, ours in zip(*outcomes, strict=True):
        close(ours, right)


def test_what_is_stopped_becomes_0_whatever_it_was(cp):
    x = cp.full((64,), np.inf, dtype=np.float32)
    y = to_cpu(Dropout(0.5)(Tensor(x)).data)
    assert set(y.tolist()) == {0.0, np.inf}
