"""Products cut into small ones are the products, and are as small as OpenBLAS wants them."""

import numpy as np
import pytest

from minicnn.backend.cpu import small_products as small
from minicnn.backend.cpu.products import times_transposed
from minicnn.backend.cpu.small_products import SMALL, SMALL_TURNED, divisor, small_products
from tests.several import several_threads


@pytest.fixture
def taken(monkeypatch):
    """The largest products that NumPy is given, (M, K, N), on a machine with small kernels."""
    sizes = []

    def matmul(a, b, out=None):
        sizes.append((*a.shape[-2:], b.shape[-1]))
        return np.matmul(a, b, out)

    monkeypatch.setattr(small, "matmul", matmul)
    monkeypatch.setattr(small, "has_small_kernels", lambda: True)
    with several_threads(2):
        yield sizes


@pytest.mark.parametrize("sides", [(), (3,), (2, 3)])
@pytest.mark.parametrize("M, K, N, whole", [(5, 7, 700, False), (16, 144, 1000, False),
                                            (16, 144, 512, False), (200, 150, 300, True)])
def test_small_weights_go_by_stretches_of_columns(sides, M, K, N, whole, taken, rng):
    w, room = rng.standard_normal((*sides[1:], M, K)), rng.standard_normal((*sides, K, 2 * N))
    x, y = room[..., :N], np.zeros((*sides, M, 2 * N))     # rows with gaps between them
    w = w if w.ndim == 2 else w[None]
    assert np.allclose(small_products(w, x), w @ x, rtol=0, atol=1e-12)
    assert small_products(w, x, y[..., :N]) is not None
    assert np.allclose(y[..., :N], w @ x, rtol=0, atol=1e-12) and not y[..., N:].any()
    assert whole == (taken == 2 * [(M, K, N)])
    assert whole or all(m * k * n <= SMALL for m, k, n in taken)


@pytest.mark.parametrize("M, K, N", [(70, 300, 49), (64, 2048, 49), (100, 4608, 200)])
def test_many_weights_and_few_columns_go_by_rows(M, K, N, taken, rng):
    w, x, y = rng.standard_normal((M, 2 * K))[:, :K], rng.standard_normal((K, N)), np.zeros((M, N))
    assert np.allclose(small_products(w, x), w @ x, rtol=0, atol=1e-10)
    assert small_products(w, x, y) is y and np.allclose(y, w @ x, rtol=0, atol=1e-10)
    m, k, n = taken[0]                                     # those left over have few rows
    assert m == 32 and m * k * n <= SMALL


@pytest.mark.parametrize("M, K, N", [(20, 3000, 49), (70, 2999, 49), (70, 3000, 1)])
def test_what_cannot_be_cut_stays_whole(M, K, N, taken, rng):
    small_products(rng.standard_normal((M, K)), rng.standard_normal((K, N)))
    assert taken == [(M, K, N)]


@pytest.mark.parametrize("sides", [(), (3,), (2, 3)])
@pytest.mark.parametrize("M, K, N, whole", [(5, 7, 700, True), (16, 144, 1100, False),
                                            (300, 32, 300, False), (17, 130, 256, False),
                                            (14, 9, 100, True)])
def test_products_with_a_turned_matrix_go_by_its_rows(sides, M, K, N, whole, taken, rng):
    a, b = rng.standard_normal((*sides, M, 2 * N))[..., :N], rng.standard_normal((*sides, K, N))
    y = times_transposed(a, b)
    assert np.allclose(y, a @ b.swapaxes(-1, -2), rtol=0, atol=1e-11)
    assert whole == (taken == [(max(K, M), N, min(K, M))])
    m, k, n = taken[0]                                     # those left over have few columns
    assert whole or m * n <= SMALL_TURNED and m * k * n <= SMALL


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_small_products_are_for_numbers_that_blas_takes(dtype, taken, rng):
    w, x = rng.standard_normal((5, 7)).astype(dtype), rng.standard_normal((7, 700)).astype(dtype)
    assert small_products(w, x).dtype == dtype
    assert taken == ([(5, 7, 700)] if dtype == "float16" else [(5, 7, 256), (5, 7, 188)])


def test_without_threads_of_our_own_products_stay_whole(taken, rng):
    with several_threads(None):
        small_products(rng.standard_normal((5, 7)), rng.standard_normal((7, 700)))
    assert taken == [(5, 7, 700)]


@pytest.mark.parametrize("size, most, right", [(144, 75, 72), (7, 5, 1), (7, 0, 0), (0, 5, 0),
                                               (13, 13, 13)])
def test_divisor(size, most, right):
    assert divisor(size, most) == right
