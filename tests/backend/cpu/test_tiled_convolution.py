"""What only tiles can get wrong; all that a convolution must do is in tests/layers/test_conv.py."""

import numpy as np
import pytest

from minicnn.backend import threads
from minicnn.backend.cpu.tiled_convolution import few_pixels, tiled_convolution
from minicnn.backend.windows import Window
from minicnn.layers.conv import Conv2dFn
from tests.several import several_threads

CASES = [
    # C, F, kernel, stride, padding, dilation, groups
    (5, 7, 3, 1, 1, 1, 1), (4, 6, (5, 3), (2, 3), (2, 0), 1, 2), (8, 8, 3, 1, 1, 1, 8),
    (8, 8, 3, 2, 1, 1, 8), (3, 4, 11, 4, 0, 1, 1), (6, 9, 3, 1, 2, 2, 3), (2, 3, 2, 3, 0, 1, 1),
    (4, 4, 3, (1, 2), "same", (2, 3), 2), (300, 4, 3, 1, 1, 1, 1), (3, 300, 1, 2, 1, 1, 1)]


def definition(x, w, b, window, groups, needs_grad):
    function = Conv2dFn(window, groups)
    function.needs_grad = needs_grad
    return function.forward(x, w, b), function.backward


def run(way, case, x, dtype, needs_dx=True):
    """[db, dw, y, dx] of one convolution, without dx if nobody needs it."""
    C, F, kernel, stride, padding, dilation, groups = case
    window, rng = Window.of(kernel, stride, padding, dilation), np.random.default_rng(1)
    w, b = rng.standard_normal((F, C // groups, *window.kernel)), rng.standard_normal(F)
    x, w, b = (q.astype(dtype) for q in (x, w, b))
    y, backward = way(x, w, b, window, groups, (needs_dx, True, True))
    dx, dw, db = backward(rng.standard_normal(y.shape).astype(dtype))
    assert way is definition or (dx is None) == (not needs_dx)
    return [db, dw, y, *[dx] * needs_dx]


def gives_the_numbers(way, case, rng, dtype, tolerance):
    x = rng.standard_normal((3, case[0], 13, 14))
    for needs_dx in (True, False):                         # a first layer finds dw another way
        for ours, right in zip(run(way, case, x, dtype, needs_dx),
                               run(definition, case, x, dtype, needs_dx), strict=True):
            assert ours.dtype == dtype
            np.testing.assert_allclose(ours, right, rtol=0, atol=tolerance * abs(right).max())


def threads_give_the_numbers(way, case, rng, dtype, tolerance):
    x = rng.standard_normal((3, case[0], 13, 14))
    one = run(way, case, x, dtype)
    with several_threads(3):
        several, again = (run(way, case, x, dtype) for _ in range(2))
    for first, other, repeated in zip(one, several, again, strict=True):
        np.testing.assert_allclose(other, first, rtol=0, atol=tolerance * abs(first).max())
        assert np.array_equal(other, repeated)             # and always the same for one number


@pytest.mark.parametrize("dtype, tolerance", [("float64", 1e-12), ("float32", 2e-5)])
@pytest.mark.parametrize("block", [1, 5000, 1 << 22])
@pytest.mark.parametrize("case", CASES)
def test_the_numbers_of_the_definition(case, block, dtype, tolerance, monkeypatch, rng):
    monkeypatch.setattr(threads.sizes, "block", block)
    gives_the_numbers(tiled_convolution, case, rng, dtype, tolerance)


@pytest.mark.parametrize("case", CASES)
def test_any_number_of_threads_gives_the_same(case, monkeypatch, rng):
    monkeypatch.setattr(threads.sizes, "block", 5000)
    threads_give_the_numbers(tiled_convolution, case, rng, "float32", 5e-6)


def kept(x, w):
    """The arrays that a 3 x 3 convolution keeps for backward, by name."""
    _, backward = tiled_convolution(x, w, None, Window.of(3), 1, (True, True))
    return {name: q for name, q in backward.keywords.items() if isinstance(q, np.ndarray)}


def test_only_the_image_and_the_filters_are_kept(rng):
    x, w = rng.standard_normal((2, 3, 8, 8)), rng.standard_normal((4, 3, 3, 3))
    arrays = kept(x, w)
    assert set(arrays) == {"x", "w"} and arrays["w"] is w and arrays["x"].nbytes == x.nbytes


def test_images_that_lie_as_a_network_leaves_them_are_not_copied(rng):
    inner = rng.standard_normal((3, 8, 8, 2))              # (C, H, W, N)
    arrays = kept(inner.transpose(3, 0, 1, 2), np.ones((4, 3, 3, 3)))
    assert np.shares_memory(arrays["x"], inner)


@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("stride", [1, 2])
def test_where_there_are_few_pixels_threads_share_the_channels(count, stride, rng):
    case, x = (41, 50, 3, stride, 1, 1, 1), rng.standard_normal((3, 41, 3, 4))
    with several_threads(count):
        assert few_pixels(np.empty((1, 50, 3, 4, 3)), 41 * 9)
        shared = run(tiled_convolution, case, x, "float64")
    for ours, right in zip(shared, run(definition, case, x, "float64"), strict=True):
        np.testing.assert_allclose(ours, right, rtol=0, atol=1e-12 * abs(right).max())


def test_few_pixels_are_fewer_than_weights_and_need_threads():
    few, many, grouped = (np.empty(shape) for shape in
                          [(1, 37, 3, 4, 18), (1, 36, 3, 4, 18), (2, 37, 3, 4, 18)])
    assert not few_pixels(few, 300)
    with several_threads(2):
        assert few_pixels(few, 217) and not few_pixels(few, 216)
        assert not few_pixels(many, 300) and not few_pixels(grouped, 300)
