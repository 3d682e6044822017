"""What overlapping shifts can get wrong; all else is in tests/layers/test_conv.py."""

import numpy as np
import pytest

from minicnn.backend.cpu import convolution
from minicnn.backend.cpu import depthwise_convolution as cpu
from minicnn.backend.windows import Window
from minicnn.layers.conv import Conv2dFn
from tests.several import several_threads
from tests.strided import strided_within

WINDOWS = [Window.of(*arguments) for arguments in [
    (3, 1, 1), (5, 1, "same"), (7, 1, 3), (2, 1, "same"), (3,), (3, 1, 4), ((5, 3), 1, (0, 2)),
    ((1, 4), 1, 0), ((4, 1), 1, (3, 1)), (3, 2, 1), (5, 2, 2), (3, (1, 3), 2),
    ((2, 5), (3, 2), "same"), ((3, 1), 2, (4, 0)), (2, 5, 4), (3, 4)]]


def arrays(rng, window, N, dtype, C=5):
    shapes = (N, C, 9, 11), (C, 1, *window.kernel), (C,)
    return [rng.standard_normal(shape).astype(dtype) for shape in shapes]


def outcome(way, x, w, b, window, needs_dx=True):
    """[y, dx, dw, db]"""
    needs = (needs_dx, True, True)
    if way is Conv2dFn:
        function = Conv2dFn(window, len(w))
        function.needs_grad = needs
        y, backward = function.forward(x, w, b), function.backward
    else:
        y, backward = way(x, w, b, window, needs)
    return [y, *backward(np.random.default_rng(3).standard_normal(y.shape).astype(y.dtype))]


@pytest.mark.parametrize("window", WINDOWS, ids=str)
@pytest.mark.parametrize("N", [1, 3])
@pytest.mark.parametrize("short", [False, True])
def test_the_numbers_of_the_definition(window, N, short, rng, monkeypatch):
    monkeypatch.setattr(cpu, "MANY", 0)
    monkeypatch.setattr(cpu, "short_runs", lambda x, window: short)
    for tile, run in ((1 << 16, 1 << 13), (50, 20)):
        monkeypatch.setattr(cpu, "TILE", tile)
        monkeypatch.setattr(cpu, "RUN", run)
        for dtype, allowed in (("float64", 1e-12), ("float32", 1e-5)):
            x, w, b = arrays(rng, window, N, dtype)
            assert cpu.takes(x, w, window, len(w))
            right = outcome(Conv2dFn, x, w, b, window)
            for mine, other in zip(outcome(cpu.depthwise_convolution, x, w, b, window), right,
                                   strict=True):
                assert mine.dtype == dtype and mine.shape == other.shape
                np.testing.assert_allclose(mine, other, rtol=0, atol=allowed * abs(other).max())


def test_strides_pay_for_many_products_only(rng):
    x, w, _ = arrays(rng, WINDOWS[0], 1, "float32")
    few, some, many = (np.repeat(x, N, axis=0) for N in (1, 40, 4000))
    assert cpu.takes(many, w, Window.of(3, 2, 1), 5)
    assert not cpu.takes(some, w, Window.of(3, 2, 1), 5)
    assert cpu.takes(some, w, Window.of(3, 1, 1), 5)
    assert cpu.takes(few, w, Window.of(3, 2, 1), 5)        # with the channels innermost


@pytest.mark.parametrize("shape, window, short", [
    ((1, 8, 14, 14), (5, 1, 2), True), ((2, 8, 14, 14), (5, 1, 2), False),
    ((2, 8, 7, 7), (3, 1, 1), True), ((1, 8, 28, 28), (3, 2, 1), True),
    ((1, 8, 56, 56), (3, 2, 1), False), ((1, 8, 56, 56), (5, 2, 2), True),
    ((32, 8, 4, 4), (3, 2, 1), False)])                    # a power of two from map to map
def test_short_runs(shape, window, short):
    assert cpu.short_runs(np.zeros(shape, np.float32), Window.of(*window)) == short


def test_not_a_number_stays_within_its_windows(rng, monkeypatch):
    x, w, b = arrays(rng, WINDOWS[0], 2, "float32")
    x[0, 1, 4, 10], x[1, 2, 0, 0] = np.nan, np.inf
    right = outcome(Conv2dFn, x, w, b, WINDOWS[0])[:2]     # dw meets it in the border of dy, too
    ours = outcome(cpu.depthwise_convolution, x, w, b, WINDOWS[0])[:2]
    for mine, other in zip(ours, right, strict=True):
        np.testing.assert_array_equal(np.isfinite(mine), np.isfinite(other))


@pytest.mark.parametrize("short", [False, True])
def test_threads_give_the_same_numbers(short, rng, monkeypatch):
    monkeypatch.setattr(cpu, "short_runs", lambda x, window: short)
    for size in ("TILE", "BLOCK", "SHARED"):
        monkeypatch.setattr(cpu, size, 2 if short else 50)
    x, w, b = arrays(rng, WINDOWS[1], 3, "float32")
    one = outcome(cpu.depthwise_convolution, x, w, b, WINDOWS[1])
    with several_threads(3):
        several = outcome(cpu.depthwise_convolution, x, w, b, WINDOWS[1])
    for mine, other in zip(several, one, strict=True):
        # With channels innermost, einsum's order of adding depends on how many there are.
        allowed = 2e-6 * abs(other).max() if short else 0
        np.testing.assert_allclose(mine, other, rtol=0, atol=allowed)


def test_a_first_layer_has_no_dx(rng):
    x, w, b = arrays(rng, WINDOWS[0], 2, "float32")
    assert outcome(cpu.depthwise_convolution, x, w, b, WINDOWS[0], needs_dx=False)[1] is None


@pytest.mark.parametrize("window, groups, dtype", [
    (Window.of(3, 1, 0, 2), 5, "float32"),
    (Window.of(1), 5, "float32"), (Window.of(3), 1, "float32"), (Window.of(3), 5, "float16")])
def test_others_go_another_way(window, groups, dtype, rng):
    x, w, _ = arrays(rng, window, 2, dtype)
    assert not cpu.takes(x, w, window, groups)
    assert not cpu.takes(x[:0], w, Window.of(3), 5)


@pytest.mark.parametrize("window", WINDOWS[:3])
def test_the_convolution_takes_this_way(window, rng):
    x, w, b = arrays(rng, window, 2, "float32")
    _, backward = convolution.conv2d(x, w, b, window=window, G=5, needs_grad=(True,) * 3)
    assert backward.func is cpu.depthwise_convolution_backward


@pytest.mark.parametrize("window", [*WINDOWS, Window.of(5, 3, 4), Window.of((2, 7), (4, 2), 6)],
                         ids=str)
@pytest.mark.parametrize("size", [(9, 11), (8, 7), (5, 4)])
def test_no_shift_leaves_the_memory_of_its_image(window, size, rng, monkeypatch):
    monkeypatch.setattr(cpu, "as_strided", strided_within)
    monkeypatch.setattr(cpu, "MANY", 0)
    for N, short in ((1, False), (3, False), (1, True)):
        monkeypatch.setattr(cpu, "short_runs", lambda x, window, short=short: short)
        shapes = (N, 5, *size), (5, 1, *window.kernel)
        x, w = (rng.standard_normal(shape).astype(np.float32) for shape in shapes)
        outcome(cpu.depthwise_convolution, x, w, np.zeros(5, np.float32), window)
