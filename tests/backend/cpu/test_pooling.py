"""Sorted columns, meetings of windows and pixels; pooling in either layout, blocks and threads."""

import numpy as np
import pytest

from minicnn.backend import threads
from minicnn.backend.cpu.pooling import LONG, meetings, sort_columns, unsort_columns
from minicnn.backend.windows import Window
from minicnn.layers.avgpool import AvgPool2d
from minicnn.layers.maxpool import MaxPool2d
from tests.layers.checks import check_agreement, gradient_of, innermost
from tests.reference import windows as reference
from tests.several import several_threads


def test_meetings_by_hand():
    """3 x 3 at stride 2, padding 1, on 4 x 4: the first cell misses the first window."""
    rows, columns = meetings(Window.of(3, 2, 1), 4, 4, N=1)
    assert [(list(range(2)[i]), list(range(4)[h])) for i, h in rows] == [
        ([1], [1]), ([0, 1], [0, 2]), ([0, 1], [1, 3])]
    in_place = [0, 2, 1, 3]                                # sorted: even columns, then odd ones
    assert [(list(range(2)[j]), in_place[w]) for j, w in columns] == [
        ([1], [1]), ([0, 1], [0, 2]), ([0, 1], [1, 3])]


@pytest.mark.parametrize("N", [1, 2, LONG])
@pytest.mark.parametrize("kernel, stride, padding, dilation", [
    (3, 2, 1, 1), (2, 3, 1, 1), (3, 1, 1, 2), ((1, 4), (5, 3), (0, 2), (1, 2)), (2, 1, 2, 3)])
def test_meetings_agree_with_the_formula(kernel, stride, padding, dilation, N):
    window = Window.of(kernel, stride, padding, dilation)
    (SH, SW), (DH, DW), (PH, PW) = window.stride, window.dilation, window.padding
    H, W = 6, 7
    OH, OW = window.out(H, W)
    rows, columns = meetings(window, H, W, N)
    order = sort_columns(np.broadcast_to(np.arange(W)[:, None], (1, 1, W, N)), SW)[0, 0, :, 0]
    for u, (i, h) in enumerate(rows):
        expected = [(n, n * SH - PH + u * DH) for n in range(OH)]
        assert list(zip(range(OH)[i], range(H)[h], strict=True)) == [
            (n, place) for n, place in expected if 0 <= place < H]
    for v, (j, w) in enumerate(columns):
        expected = [(n, n * SW - PW + v * DW) for n in range(OW)]
        assert list(zip(range(OW)[j], order[w], strict=True)) == [
            (n, place) for n, place in expected if 0 <= place < W]


@pytest.mark.parametrize("N", [1, 3, LONG])
@pytest.mark.parametrize("W, SW", [(7, 2), (7, 3), (2, 5), (4, 1), (1, 2)])
def test_columns_are_sorted_and_come_back(W, SW, N, xp, rng):
    plain = rng.standard_normal((2, 3, W, N))
    for x in (xp.asarray(plain), xp.asarray(plain[::-1].copy())[::-1]):      # as it lies, or not
        there = sort_columns(x, SW)
        back = unsort_columns(there, SW)
        assert there.shape == x.shape and bool((back == x).all())
        if N < LONG:
            assert bool((there[:, :, :len(range(0, W, SW))] == x[:, :, ::SW]).all())


@pytest.mark.parametrize("N", [1, 3, 8, LONG + 1])
@pytest.mark.parametrize("make, loops", [
    (lambda: MaxPool2d(3, 2, 1), lambda x: reference.max_pool2d(x, 3, 2, 1)),
    (lambda: MaxPool2d(2, 3), lambda x: reference.max_pool2d(x, 2, 3)),
    (lambda: AvgPool2d(3, 2, 1), lambda x: reference.avg_pool2d(x, 3, 2, 1)),
    (lambda: AvgPool2d(2), lambda x: reference.avg_pool2d(x, 2))])
def test_any_batch_in_either_layout(make, loops, N, rng):
    x = rng.standard_normal((N, 2, 6, 5))
    dy = rng.standard_normal((N, *make().shape(x.shape[1:])))
    y, dx = gradient_of(make(), x, dy)
    check_agreement(y, loops(x))
    for ours, plain in zip(gradient_of(make(), innermost(x), innermost(dy)), (y, dx), strict=True):
        check_agreement(ours, plain)


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("make", [lambda: MaxPool2d(3, 2, 1), lambda: AvgPool2d(3, 2, 1)])
def test_blocks_and_threads_change_nothing(make, count, rng, monkeypatch):
    x = innermost(rng.standard_normal((3, 7, 9, 8)))
    dy = rng.standard_normal((3, *make().shape(x.shape[1:])))
    whole = gradient_of(make(), x, dy)
    monkeypatch.setattr(threads.sizes, "block", 1000)
    monkeypatch.setattr(threads.sizes, "least", 0)
    with several_threads(count):
        for ours, expected in zip(gradient_of(make(), x, dy), whole, strict=True):
            assert np.array_equal(ours, expected)
