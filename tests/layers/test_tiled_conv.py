"""What only tiles can get wrong; everything that a convolution must do is in test_conv.py."""

import numpy as np
import pytest

from minicnn import threads
from minicnn.geometry import Window
from minicnn.layers import conv
from minicnn.layers.conv import Conv2d, Conv2dFn
from minicnn.layers.tiled_conv import TiledConv2dFn
from minicnn.tensor import Tensor
from tests.several import several_threads

CASES = [
    # C, F, kernel, stride, padding, dilation, groups
    (5, 7, 3, 1, 1, 1, 1), (4, 6, (5, 3), (2, 3), (2, 0), 1, 2), (8, 8, 3, 1, 1, 1, 8),
    (8, 8, 3, 2, 1, 1, 8), (3, 4, 11, 4, 0, 1, 1), (6, 9, 3, 1, 2, 2, 3), (2, 3, 2, 3, 0, 1, 1),
    (4, 4, 3, (1, 2), "same", (2, 3), 2), (300, 4, 3, 1, 1, 1, 1), (3, 300, 1, 2, 1, 1, 1)]


def run(kind, case, x, dtype, needs_dx=True):
    """(y, dx, dw, db) of one convolution."""
    C, F, kernel, stride, padding, dilation, groups = case
    window, rng = Window.of(kernel, stride, padding, dilation), np.random.default_rng(1)
    x = Tensor(x.astype(dtype), requires_grad=needs_dx)
    w = Tensor(rng.standard_normal((F, C // groups, *window.kernel)).astype(dtype), True)
    b = Tensor(rng.standard_normal(F).astype(dtype), requires_grad=True)
    y = kind(window, groups)(x, w, b)
    y.backward(rng.standard_normal(y.shape).astype(dtype))
    return [q for q in (y.numpy(), x.grad, w.grad, b.grad) if q is not None]


@pytest.mark.parametrize("dtype, tolerance", [("float64", 1e-12), ("float32", 2e-5)])
@pytest.mark.parametrize("block", [1, 5000, 1 << 22])
@pytest.mark.parametrize("case", CASES)
def test_the_numbers_of_the_clear_path(case, block, dtype, tolerance, monkeypatch, rng):
    monkeypatch.setattr(threads, "BLOCK", block)
    x = rng.standard_normal((3, case[0], 13, 14))
    for needs_dx in (True, False):                         # a first layer finds dw another way
        clear = run(Conv2dFn, case, x, dtype, needs_dx)
        tiled = run(TiledConv2dFn, case, x, dtype, needs_dx)
        for ours, right in zip(tiled, clear, strict=True):
            assert ours.dtype == dtype
            np.testing.assert_allclose(ours, right, rtol=0, atol=tolerance * abs(right).max())


@pytest.mark.parametrize("case", CASES)
def test_any_number_of_threads_gives_the_same(case, monkeypatch, rng):
    monkeypatch.setattr(threads, "BLOCK", 5000)
    x = rng.standard_normal((3, case[0], 13, 14))
    one = run(TiledConv2dFn, case, x, "float32")
    with several_threads(3):
        several, again = run(TiledConv2dFn, case, x, "float32"), run(TiledConv2dFn, case, x,
                                                                     "float32")
    for first, other, repeated in zip(one, several, again, strict=True):
        np.testing.assert_allclose(other, first, rtol=0, atol=1e-6 * abs(first).max())
        assert np.array_equal(other, repeated)             # and always the same for one number


def test_only_the_image_and_the_filters_are_kept(rng):
    x = Tensor(rng.standard_normal((2, 3, 8, 8)), requires_grad=True)
    w = Tensor(rng.standard_normal((4, 3, 3, 3)), requires_grad=True)
    function = TiledConv2dFn(Window.of(3))
    function(x, w)
    kept = {name: value for name, value in vars(function).items() if isinstance(value, np.ndarray)}
    assert set(kept) == {"x", "w"} and kept["w"] is w.data
    assert kept["x"].nbytes == x.data.nbytes


def test_images_that_lie_as_a_network_leaves_them_are_not_copied(rng):
    inner = rng.standard_normal((3, 8, 8, 2))              # (C, H, W, N)
    function = TiledConv2dFn(Window.of(3))
    function(Tensor(inner.transpose(3, 0, 1, 2), requires_grad=True), Tensor(np.ones((4, 3, 3, 3))))
    assert np.shares_memory(function.x, inner)


def test_large_columns_take_the_tiles(monkeypatch):
    x = Tensor(np.zeros((2, 3, 8, 8), np.float32))
    layer, columns = Conv2d(3, 4, 3), 27 * 36 * 2 * 4      # bytes
    monkeypatch.setattr(conv, "in_one_go", lambda nbytes: nbytes < columns)
    assert type(layer.function(x)) is TiledConv2dFn
    monkeypatch.setattr(conv, "in_one_go", lambda nbytes: nbytes <= columns)
    assert type(layer.function(x)) is Conv2dFn
