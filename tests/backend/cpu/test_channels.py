"""Rows of channels, sums over them, and pieces that cover an array once."""

import numpy as np
import pytest

from minicnn.backend import threads
from minicnn.backend.arrays import to_cpu
from minicnn.backend.cpu import channels
from tests.layers.checks import check_agreement, innermost
from tests.several import several_threads


def test_rows_by_hand(xp):
    x = np.arange(16.0).reshape(2, 2, 2, 2)
    rows = channels.rows_of(xp.asarray(x))
    assert rows.tolist() == [[[0, 8, 1, 9, 2, 10, 3, 11]], [[4, 12, 5, 13, 6, 14, 7, 15]]]


@pytest.mark.parametrize("shape", [(3, 2), (3, 2, 5), (3, 2, 4, 5), (0, 2, 4, 5), (1, 2, 128, 256),
                                   (3, 2, 67, 91)])
def test_rows_hold_each_channel_and_lead_back(shape, xp, rng):
    x = rng.standard_normal(shape)
    rows = channels.rows_of(xp.asarray(x))
    assert np.array_equal(np.sort(to_cpu(rows).reshape(2, -1)),
                          np.sort(np.moveaxis(x, 1, 0).reshape(2, -1)))
    assert np.array_equal(to_cpu(channels.from_rows(rows, shape)), x)


def test_the_usual_layout_is_not_copied(rng):
    x = innermost(rng.standard_normal((4, 3, 8, 8)))
    rows = channels.rows_of(x)
    assert np.shares_memory(rows, x)
    assert np.shares_memory(channels.from_rows(rows, x.shape), x)


def test_sums_and_products(xp, rng):
    p, q = rng.standard_normal((3, 4, 5)), rng.standard_normal((3, 4, 5))
    total = to_cpu(channels.sums(xp.asarray(p)))
    check_agreement(total, p.sum((1, 2)).reshape(3, 1, 1))
    both = to_cpu(channels.products(xp.asarray(p), xp.asarray(q)))
    check_agreement(both, (p * q).sum((1, 2)).reshape(3, 1, 1))
    empty = xp.asarray(np.zeros((3, 1, 0)))
    assert not to_cpu(channels.sums(empty)).any() and channels.sums(empty).shape == (3, 1, 1)
    assert not to_cpu(channels.products(empty, empty)).any()


def test_long_sums_keep_their_digits():
    """Added up one by one, a million times 0.1 in float32 is off by 1 in 100."""
    x = np.full((1, 1, 1024, 1024), 0.1, np.float32)
    total = channels.sums(channels.rows_of(innermost(x)))
    assert abs(total.item() / (2 ** 20 * 0.1) - 1) < 1e-5


@pytest.mark.parametrize("count", [None, 2, 3])
@pytest.mark.parametrize("shape", [(), (5,), (4, 6, 8), (3, 16, 32, 32)])
def test_pieces_cover_everything_once(count, shape, monkeypatch):
    monkeypatch.setattr(threads.sizes, "block", 1000)
    monkeypatch.setattr(threads.sizes, "least", 100)
    plain = np.zeros(shape, np.float32)
    with several_threads(count):
        for x in (plain, plain.T, innermost(plain) if len(shape) > 1 else plain):
            y, pieces = np.zeros_like(x), []

            def work(i, x=x, y=y, pieces=pieces):
                y[i] += 1
                pieces.append(x[i].nbytes)
            channels.in_pieces(work, x)
            assert (y == 1).all() and (len(pieces) > 1) == (x.nbytes > 1000)


def test_on_a_gpu_everything_is_one_call(xp):
    if xp is np:
        return
    x, calls = xp.asarray(np.zeros((2, 1 << 20))), []
    channels.in_pieces(calls.append, x)
    channels.for_channels(calls.append, x)
    assert calls == [..., slice(0, 2)]


def test_the_buffer_of_numpy_is_as_before():
    before = np.getbufsize()
    with pytest.raises(KeyError), channels.short_rows():
        assert np.getbufsize() < before
        raise KeyError
    assert np.getbufsize() == before


@pytest.mark.parametrize("n", [0, 1, 512, 513, 9000])      # beyond 512 with a small buffer
def test_add_to_rows(n, rng):
    y, b = rng.standard_normal((2, 3, n)), rng.standard_normal((2, 3, 1))
    expected, before = y + b, np.getbufsize()
    channels.add_to_rows(y, b)
    assert np.array_equal(y, expected) and np.getbufsize() == before
