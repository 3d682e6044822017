"""Winograd's way for a 3 x 3 convolution: the definition's numbers, and how far from them."""

import numpy as np
import pytest

from minicnn import Tensor, plain
from minicnn.backend import threads
from minicnn.backend.cpu import winograd
from minicnn.backend.cpu.convolution import conv2d
from minicnn.backend.cpu.tiled_convolution import tiled_convolution
from minicnn.backend.cpu.winograd import WITHIN, winograd_backward, winograd_convolution
from minicnn.backend.windows import Window
from minicnn.layers import Conv2d
from minicnn.layers.conv import Conv2dFn
from tests.several import several_threads
from tests.strided import strided_within

CASES = [  # N, C, H, W, F, padding
    (2, 3, 8, 8, 4, 1), (3, 2, 9, 11, 5, 1), (1, 4, 3, 3, 2, 0), (2, 1, 5, 4, 3, 2),
    (4, 5, 6, 13, 1, (0, 2)), (1, 2, 1, 1, 3, 1), (2, 3, 7, 2, 2, "same"), (3, 3, 17, 6, 2, (2, 0))]


def arrays(case, dtype=np.float64, seed=0):
    """x, w, b, window of a case."""
    (N, C, H, W, F, padding), rng = case, np.random.default_rng(seed)
    q = [rng.standard_normal(shape).astype(dtype) for shape in ((N, C, H, W), (F, C, 3, 3), (F,))]
    return *q, Window.of(3, 1, padding)


def run(way, x, w, b, window, **settings):
    """[y, dx, dw, db] by Winograd or by the definition, with one random dy."""
    y, backward = way(x, w, b, window, **settings)
    dy = np.random.default_rng(5).standard_normal(y.shape).astype(x.dtype)
    return [y, *backward(dy)]


def definition(x, w, b, window, needs_grad):
    function = Conv2dFn(window)
    function.needs_grad = needs_grad
    return function.forward(x, w, b), function.backward


ALL = {"needs_grad": (True, True, True)}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("block", [1, 20_000, 1 << 22])
def test_in_float64_it_is_the_definition(case, block, monkeypatch):
    monkeypatch.setattr(threads.sizes, "block", block)
    monkeypatch.setattr(winograd, "ENOUGH", 1)             # so that one row of tiles is a part
    for mine, right in zip(run(winograd_convolution, *arrays(case), **ALL),
                           run(definition, *arrays(case), **ALL), strict=True):
        assert mine.shape == right.shape
        np.testing.assert_allclose(mine, right, rtol=0, atol=1e-12 * max(abs(right).max(), 1))


@pytest.mark.parametrize("way", [lambda x: x[:, :, ::-1], lambda x: x.transpose(0, 1, 3, 2),
                                 lambda x: np.asfortranarray(x), lambda x: x[::2]])
def test_however_the_image_lies_in_memory(way):
    x, w, b, window = arrays((4, 3, 8, 8, 4, 1))
    x = way(x)
    x.flags.writeable = False
    w.flags.writeable = False
    for mine, right in zip(run(winograd_convolution, x, w, b, window, **ALL),
                           run(definition, x, w, b, window, **ALL), strict=True):
        np.testing.assert_allclose(mine, right, rtol=0, atol=1e-12 * abs(right).max())


def test_any_number_of_threads_gives_the_same(monkeypatch):
    monkeypatch.setattr(threads.sizes, "block", 20_000)
    case = arrays((2, 32, 21, 9, 32, 1), np.float32)
    one = run(winograd_convolution, *case, **ALL)
    with several_threads(3):
        several, again = (run(winograd_convolution, *case, **ALL) for _ in range(2))
    for first, other, repeated in zip(one, several, again, strict=True):
        np.testing.assert_allclose(other, first, rtol=0, atol=4e-6 * abs(first).max())
        assert np.array_equal(other, repeated)


HARD = {  # x and w at which rounding should be worst
    "normal": lambda rng, shape: rng.standard_normal(shape),
    "of one sign": lambda rng, shape: 1 + rng.random(shape),
    "checkered": lambda rng, shape: (-1.0) ** np.indices(shape).sum(0) * (1 + rng.random(shape)),
    "signs": lambda rng, shape: rng.choice([-1.0, 1.0], shape) * (1 + 1e-3 * rng.random(shape)),
    "a single pixel": lambda rng, shape: (rng.random(shape) < 0.01) * rng.standard_normal(shape)}


def error(x, w):
    """|y - true| as a share of the sum of |w| times the largest |x|: the largest."""
    x, w = x.astype(np.float32), w.astype(np.float32)
    window = Window.of(3, 1, 1)
    y, _ = winograd_convolution(x, w, None, window, (False, False))
    true, _ = definition(x.astype(float), w.astype(float), np.zeros(len(w)), window, (False,) * 3)
    sizes = abs(w.astype(float)).sum((1, 2, 3)) * abs(x).max()
    return float((abs(y - true) / sizes[:, None, None]).max())


@pytest.mark.parametrize("of_x", HARD)
@pytest.mark.parametrize("of_w", HARD)
def test_within_its_bound(of_x, of_w):
    for channels in (1, 3, 33):
        rng = np.random.default_rng(channels)
        w = HARD[of_w](rng, (7, channels, 3, 3)) + 1e-30   # a filter of zeros has no share
        assert error(HARD[of_x](rng, (2, channels, 16, 16)), w) < WITHIN == Conv2dFn.within


def test_the_bound_is_not_idle(monkeypatch):
    """Points that lie worse break it: 0, 1, -1, 4, -4 in the place of those of the paper."""
    monkeypatch.setattr(winograd, "POINTS", (0, 1, -1, 4, -4))
    for name, matrix in zip("BGA", winograd.transforms(), strict=True):
        monkeypatch.setattr(winograd, name, matrix)
    rng = np.random.default_rng(0)
    errors = [error(HARD[x](rng, (2, 1, 16, 16)), HARD[w](rng, (7, 1, 3, 3)) + 1e-30)
              for x in HARD for w in HARD]
    assert max(errors) > WITHIN


def test_by_hand():
    """The sums of a picture of ones under a filter of ones: 4 in a corner, 6 at an edge, 9."""
    x, w = np.ones((1, 1, 4, 4)), np.ones((1, 1, 3, 3))
    y, _ = winograd_convolution(x, w, None, Window.of(3, 1, 1), (True, True))
    edge = np.array([2, 3, 3, 2])
    np.testing.assert_allclose(y[0, 0], np.outer(edge, edge), atol=1e-13)


def layer(dtype=np.float32, C=32, F=64, N=8, size=16):
    rng = np.random.default_rng(1)
    x = rng.standard_normal((N, C, size, size)).astype(dtype)
    w = rng.standard_normal((F, C, 3, 3)).astype(dtype)
    return x, w


def backward_of(x, w, *window, G=1):
    window = Window.of(*(window or (3, 1, 1)))
    return conv2d(x, w, window=window, G=G, needs_grad=(True, True))[1].func


def test_who_takes_it():
    x, w = layer()
    assert backward_of(x, w) is winograd_backward
    others = [backward_of(*layer(np.float64)), backward_of(*layer(C=31)), backward_of(*layer(F=63)),
              backward_of(x[:7], w), backward_of(x[:0], w), backward_of(x, w, 3, 2, 1),
              backward_of(x, w, 3, 1, 1, 2), backward_of(x, w, 3, 1, 3),
              backward_of(x, w[:, :16].copy(), 3, 1, 1, G=2)]
    assert winograd_backward not in others
    with plain():
        y = Conv2d(32, 64, 3, padding=1)(Tensor(x, requires_grad=True))
        assert isinstance(y.creator, Conv2dFn) and y.creator.backward.__func__ is Conv2dFn.backward


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 3e38])
@pytest.mark.parametrize("place", ["x", "w", "dy"])
def test_what_is_not_finite_stays_where_it_belongs(bad, place):
    """One bad pixel would spread over its tile; so the tiles of columns are asked instead."""
    x, w = layer()
    dy = np.random.default_rng(2).standard_normal((8, 64, 16, 16)).astype(np.float32)
    {"x": x, "w": w, "dy": dy}[place][1, 2, 1, 1] = bad
    window, needs_grad = Window.of(3, 1, 1), (True, True)
    with np.errstate(all="ignore"):
        y, backward = conv2d(x, w, window=window, G=1, needs_grad=needs_grad)
        right, other = tiled_convolution(x, w, None, window, 1, needs_grad)
        for mine, theirs in zip((y, *backward(dy)), (right, *other(dy)), strict=True):
            assert np.array_equal(np.isfinite(mine), np.isfinite(theirs))
            assert np.array_equal(np.isnan(mine), np.isnan(theirs))


def test_a_frozen_network_below_wants_no_dx():
    x, w = layer()
    y, backward = conv2d(x, w, window=Window.of(3, 1, 1), G=1, needs_grad=(False, True))
    dx, dw = backward(np.ones(y.shape, np.float32))
    right = run(definition, x, w, np.zeros(64), Window.of(3, 1, 1), **ALL)
    assert dx is None and dw.shape == right[2].shape


def test_only_the_image_and_the_filters_are_kept():
    x, w = layer()
    _, backward = conv2d(x, w, window=Window.of(3, 1, 1), G=1, needs_grad=(True, True))
    arrays = {name: q for name, q in backward.keywords.items() if isinstance(q, np.ndarray)}
    assert set(arrays) == {"x", "w"} and arrays["w"] is w and arrays["x"].nbytes == x.nbytes


def test_a_convolution_inside_another_shares_no_memory():
    """Memory that is used again must not be that of a result."""
    x, w = layer()
    window = Window.of(3, 1, 1)
    first, backward = winograd_convolution(x, w, None, window, (True, True))
    before = first.copy()
    second, _ = winograd_convolution(x[::-1], -w, None, window, (True, True))
    backward(second)
    assert np.array_equal(first, before)


@pytest.mark.parametrize("case", CASES)
def test_no_tile_leaves_the_memory_of_its_image(case, monkeypatch):
    monkeypatch.setattr(winograd, "as_strided", strided_within)
    run(winograd_convolution, *arrays(case, np.float32), needs_grad=(True,) * 3)
