"""Products that threads share, and that are turned, are the products."""

import numpy as np
import pytest

from minicnn.backend.arrays import to_cpu
from minicnn.backend.cpu.products import product, times_transposed
from tests.several import several_threads


@pytest.mark.parametrize("M, K, N", [(300, 200, 100), (100, 200, 300), (100, 300, 200),
                                     (1, 3000, 2000), (2, 3, 4), (0, 3, 4), (3, 0, 4)])
def test_product(M, K, N, rng):
    a, b = rng.standard_normal((M, K)), rng.standard_normal((K, N))
    for count in (1, 3):
        with several_threads(count):
            assert np.allclose(product(a, b), a @ b, rtol=1e-12, atol=1e-12)
            assert np.allclose(product(b.T, a.T), b.T @ a.T, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("M", [3, 256])                    # from 256 rows on it is not turned
def test_times_transposed(M, xp, rng):
    a, b = rng.standard_normal((2, M, 4)), rng.standard_normal((2, 5, 4))
    y = to_cpu(times_transposed(xp.asarray(a), xp.asarray(b)))
    assert np.allclose(y, a @ b.swapaxes(1, 2), rtol=1e-12, atol=1e-12)
