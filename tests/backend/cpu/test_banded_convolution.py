"""What only bands can get wrong; all that a convolution must do is in tests/layers/test_conv.py."""

import numpy as np
import pytest

from minicnn.backend import threads
from minicnn.backend.cpu import banded_convolution
from minicnn.backend.cpu.banded_convolution import FEW, bands, takes
from minicnn.backend.cpu.convolution import conv2d
from minicnn.backend.windows import Window
from tests.backend.cpu.test_tiled_convolution import (
    definition,
    gives_the_numbers,
    run,
    threads_give_the_numbers,
)

CASES = [
    # C, F, kernel, stride, padding
    (5, 7, 3, 1, 1), (3, 4, 11, 4, 0), (4, 6, (5, 3), (2, 3), (2, 0)), (2, 3, 2, 3, 0),
    (3, 2, (1, 3), 1, (0, 1)), (3, 2, (3, 1), 1, "same"), (2, 3, 4, 2, "same"), (1, 6, 5, 1, 4),
    (2, 2, 3, 1, (7, 6)), (2, 2, (13, 14), 1, 0), (2, 2, 3, (1, 5), 3)]


def banded(x, w, b, window, groups, needs_grad):
    assert groups == 1
    return banded_convolution.banded_convolution(x, w, b, window, needs_grad)


@pytest.mark.parametrize("dtype, tolerance", [("float64", 1e-12), ("float32", 2e-5)])
@pytest.mark.parametrize("block", [1, 20_000, 1 << 22])
@pytest.mark.parametrize("case", CASES)
def test_the_numbers_of_the_definition(case, block, dtype, tolerance, monkeypatch, rng):
    monkeypatch.setattr(threads.sizes, "block", block)
    gives_the_numbers(banded, (*case, 1, 1), rng, dtype, tolerance)


@pytest.mark.parametrize("case", CASES)
def test_any_number_of_threads_gives_the_same(case, rng):
    threads_give_the_numbers(banded, (*case, 1, 1), rng, "float64", 1e-12)


def test_bands_by_hand():
    """2 x 2 windows on an image of 2 x 3 with a border of 1: 3 rows of 4 windows."""
    x = np.arange(1.0, 7).reshape(1, 2, 3, 1)              # 1 2 3 above 4 5 6
    found = bands(x, Window.of(2, 1, 1), (1, 1), slice(0, 3), 4)
    assert found.shape == (3, 4, 4)
    assert found[1].tolist() == [[0, 1, 2, 3], [1, 2, 3, 0],         # cells (0, 0) and (0, 1)
                                 [0, 4, 5, 6], [4, 5, 6, 0]]         # cells (1, 0) and (1, 1)
    assert np.array_equal(found[0, 2:], found[1, :2]) and np.array_equal(found[1, 2:], found[2, :2])
    assert not found[0, :2].any() and not found[2, 2:].any()
    assert np.shares_memory(found[0], found[1])            # nothing is copied for rows of cells


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_stays_where_it_is_seen(bad, rng):
    x, w = rng.standard_normal((2, 3, 9, 8)), rng.standard_normal((4, 3, 3, 3))
    x[1, 2, 4, 4] = bad
    y, _ = banded(x, w, None, Window.of(3, 1, 1), 1, (False, False))
    assert (~np.isfinite(y)).sum() == 4 * 9                # 4 filters, 9 windows


@pytest.mark.parametrize("view", [lambda a: a[:, :, ::-1, ::-1], lambda a: a.transpose(1, 0, 3, 2),
                                  lambda a: np.broadcast_to(a[:1], a.shape)])
def test_any_memory_layout(view, rng):
    x = view(rng.standard_normal((3, 3, 8, 8)))
    x.flags.writeable = False
    for ours, right in zip(run(banded, (3, 4, 3, 1, 1, 1, 1), x, "float64"),
                           run(definition, (3, 4, 3, 1, 1, 1, 1), x, "float64"), strict=True):
        np.testing.assert_allclose(ours, right, rtol=0, atol=1e-12 * abs(right).max())


def test_takes_long_rows_without_groups_and_dilation():
    x, w = np.zeros((2, 4, 8, 8), np.float32), np.zeros((4, 4, 3, 3), np.float32)
    many = np.zeros((FEW * 8 // 9, 4, 3, 3), np.float32)   # for 2 images with rows of 8 numbers
    assert takes(x, w, Window.of(3, 1, 1), 1)
    assert takes(x, many[:FEW * 16 // 36], Window.of(3, 1, 1), 1)
    assert not takes(x, many[:FEW * 16 // 36 + 1], Window.of(3, 1, 1), 1)
    assert not takes(x, w, Window.of(3, 1, 2, 2), 1)
    assert not takes(x, w[:, :2], Window.of(3, 1, 1), 2)
    assert not takes(x.astype(np.float16), w.astype(np.float16), Window.of(3, 1, 1), 1)
    assert not takes(x[:0], w, Window.of(3, 1, 1), 1)


def test_is_the_way_of_a_large_convolution_with_few_channels(monkeypatch):
    taken = []
    monkeypatch.setattr(banded_convolution, "banded_convolution", lambda *args: taken.append(args))
    x = np.zeros((64, 16, 32, 32), np.float32)
    conv2d(x, np.zeros((16, 16, 3, 3), np.float32), window=Window.of(3, 1, 1), G=1,
           needs_grad=(True, True))
    assert len(taken) == 1
