"""Products that threads share, and that are turned, are the products."""

import numpy as np
import pytest

from minicnn.backend.arrays import to_cpu
from minicnn.backend.cpu import products
from minicnn.backend.cpu.products import AHEAD, product, shares, times_transposed
from tests.several import several_threads


@pytest.mark.parametrize("M, K, N", [(300, 200, 100), (100, 200, 300), (100, 300, 200),
                                     (1, 3000, 2000), (2, 3, 4), (0, 3, 4), (3, 0, 4)])
def test_product(M, K, N, rng):
    a, b = rng.standard_normal((M, K)), rng.standard_normal((K, N))
    for count in (1, 3):
        with several_threads(count):
            assert np.allclose(product(a, b), a @ b, rtol=1e-12, atol=1e-12)
            assert np.allclose(product(b.T, a.T), b.T @ a.T, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("turned", [False, True])          # as in dw = dy @ x.T
def test_threads_share_a_long_sum_as_its_matrix_lies(turned, rng, monkeypatch):
    ways, a = [], rng.standard_normal((20, 3000))
    b = rng.standard_normal((2000, 3000)).T if turned else rng.standard_normal((3000, 2000))
    for name in ("small_products", "times_transposed"):
        way = getattr(products, name)
        monkeypatch.setattr(products, name, lambda *two, name=name, way=way: (
            ways.append(name), way(*two))[1])
    with several_threads(2):
        assert np.allclose(product(a, b), a @ b, rtol=1e-12, atol=1e-11)
    assert ways == 2 * ["times_transposed" if turned else "small_products"]


@pytest.mark.parametrize("M", [3, 256])                    # from 256 rows on it is not turned
def test_times_transposed(M, xp, rng):
    a, b = rng.standard_normal((2, M, 4)), rng.standard_normal((2, 5, 4))
    y = to_cpu(times_transposed(xp.asarray(a), xp.asarray(b)))
    assert np.allclose(y, a @ b.swapaxes(1, 2), rtol=1e-12, atol=1e-12)


def test_the_first_share_is_longer_by_what_is_done_while_others_wake_up():
    first, second = shares(3200, 2, 1 << 14)
    assert (first.start, first.stop, second.stop) == (0, second.start, 3200)
    assert first.stop % 16 == 0
    assert abs(first.stop - (3200 - first.stop) - AHEAD / (1 << 14)) <= 16


@pytest.mark.parametrize("size", [0, 1, 5, 16, 100, 1000])
@pytest.mark.parametrize("threads", [2, 3, 7])
@pytest.mark.parametrize("each", [1, 1000, 1 << 22])
def test_shares_cover_everything_once(size, threads, each):
    parts = shares(size, threads, each)
    assert [number for part in parts for number in range(part.start, part.stop)] == list(
        range(size))
    assert 2 <= len(parts) <= threads
