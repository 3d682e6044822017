"""Products of stacks on a GPU, on the stand-in's cuBLAS, which reads memory by its own rules."""

import sys

import numpy as np
import pytest

from minicnn.backend import precision
from minicnn.backend.arrays import matmul
from tests import standin, standin_counts

ALLOWED = {np.float16: 1e-2, np.float32: 1e-5, np.float64: 1e-12}


@pytest.fixture(autouse=True)
def cp(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", standin)
    standin_counts.reset()
    return standin


def lying(rng, shape, dtype, way):
    """Matrices by rows, by columns, or with gaps between them."""
    G, M, N = shape
    if way == "columns":
        return standin.asarray(rng.standard_normal((G, N, M)).astype(dtype)).swapaxes(1, 2)
    if way == "apart":
        return standin.asarray(rng.standard_normal((G, M, N + 3)).astype(dtype))[:, :, :N]
    return standin.asarray(rng.standard_normal(shape).astype(dtype))


@pytest.mark.parametrize("dtype", ALLOWED)
@pytest.mark.parametrize("G", [1, 3])
@pytest.mark.parametrize("out", [None, "rows", "apart"])
@pytest.mark.parametrize("ways", [("rows", "rows"), ("columns", "rows"), ("rows", "columns"),
                                  ("columns", "columns"), ("apart", "apart")], ids="-".join)
def test_a_product_is_right_and_copies_nothing(rng, dtype, G, out, ways):
    a, b = (lying(rng, shape, dtype, way) for shape, way in
            zip([(G, 4, 5), (G, 5, 6)], ways, strict=True))
    expected = a.get().astype(np.float64) @ b.get()
    y = matmul(a, b, None if out is None else (into := lying(rng, (G, 4, 6), dtype, out)))
    assert y.dtype == dtype and y.shape == (G, 4, 6) and (out is None or y is into)
    np.testing.assert_allclose(y.get(), expected, rtol=0, atol=10 * ALLOWED[dtype])
    if ways != ("apart", "apart") or G > 1 or out == "apart":
        assert standin_counts.counts["copied"] == 0
    assert standin_counts.counts["products"] == 1


@pytest.mark.parametrize("sizes", [(1, 5, 6), (4, 1, 6), (4, 5, 1), (1, 1, 1)], ids=str)
@pytest.mark.parametrize("ways", [("rows", "rows"), ("columns", "columns")], ids="-".join)
def test_rows_and_columns_of_one(rng, sizes, ways):
    M, K, N = sizes
    a, b = lying(rng, (3, M, K), np.float64, ways[0]), lying(rng, (3, K, N), np.float64, ways[1])
    np.testing.assert_allclose(matmul(a, b).get(), a.get() @ b.get(), atol=1e-12)
    assert standin_counts.counts["copied"] == 0


def test_what_does_not_fit_goes_the_usual_way(rng):
    a, b = lying(rng, (1, 4, 5), np.float64, "rows"), lying(rng, (3, 5, 6), np.float64, "rows")
    assert matmul(lying(rng, (3, 0, 5), np.float64, "rows"), b).shape == (3, 0, 6)
    np.testing.assert_allclose((standin.broadcast_to(a, (3, 4, 5)) @ b).get(), a.get() @ b.get())
    with pytest.raises(ValueError):
        matmul(lying(rng, (3, 4, 7), np.float64, "rows"), b)


@pytest.mark.parametrize("on, expected", [(False, 68), (True, 77)])
def test_the_factors_are_rounded_where_that_was_allowed(rng, monkeypatch, on, expected):
    said = []
    real = standin.cuda.cublas.gemmStridedBatchedEx
    monkeypatch.setattr(standin.cuda.cublas, "gemmStridedBatchedEx",
                        lambda *call: said.append(call[-2:]) or real(*call))
    monkeypatch.setattr(precision._Precision, "used", on)
    for dtype in (np.float32, np.float64, np.float16):
        matmul(lying(rng, (2, 3, 4), dtype, "rows"), lying(rng, (2, 4, 3), dtype, "rows"))
    assert said == [(expected, -1), (70, -1), (68, -1)]
