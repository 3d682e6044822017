"""im2col against loops, and col2im as its adjoint."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from minicnn.backend.arrays import to_cpu
from minicnn.backend.windows import Window
from minicnn.layers.im2col import col2im, im2col
from tests.backend.test_windows import fits, sizes, windows


@pytest.fixture
def mode():
    """One does: both functions are definitions, which nobody swaps."""


def im2col_by_loops(x, window):
    (N, C, H, W), (OH, OW) = x.shape, window.out(*x.shape[2:])
    (KH, KW), (SH, SW), (DH, DW) = window.kernel, window.stride, window.dilation
    (top, _), (left, _) = window.borders(H, W)
    cols = np.zeros((C, KH, KW, OH, OW, N))
    for c, u, v, i, j, n in np.ndindex(*cols.shape):
        row, col = i * SH + u * DH - top, j * SW + v * DW - left
        if 0 <= row < H and 0 <= col < W:
            cols[c, u, v, i, j, n] = x[n, c, row, col]
    return cols


@given(windows(), st.integers(0, 2), st.integers(1, 2), sizes, sizes, st.integers(0, 99))
@settings(max_examples=150, deadline=None)
def test_im2col_is_the_loops(window, N, C, H, W, seed):
    assume(fits(window, H, W))
    x = np.random.default_rng(seed).standard_normal((N, C, H, W))
    assert (im2col(x, window) == im2col_by_loops(x, window)).all()


@given(windows(), st.integers(0, 2), st.integers(1, 2), sizes, sizes, st.integers(0, 99))
@settings(max_examples=150, deadline=None)
def test_col2im_is_the_adjoint(window, N, C, H, W, seed):
    """<im2col(x), d> = <x, col2im(d)> for every x and d."""
    assume(fits(window, H, W))
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((N, C, H, W))
    cols = im2col(x, window)
    dcols = rng.standard_normal(cols.shape)
    dx = col2im(dcols, x.shape, window)
    assert dx.shape == x.shape
    assert abs((cols * dcols).sum() - (x * dx).sum()) <= 1e-12 * max(1, np.abs(cols * dcols).sum())


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_on_every_library_and_dtype(xp, dtype):
    window = Window.of((2, 3), (2, 1), 1)
    a = np.random.default_rng(0).standard_normal((2, 3, 5, 4)).astype(dtype)
    x = xp.asarray(a)
    cols = im2col(x, window)
    assert cols.dtype == dtype and (to_cpu(cols) == im2col_by_loops(a, window)).all()
    dx = col2im(cols, x.shape, window)
    assert dx.dtype == dtype and (to_cpu(x) == a).all()
    assert np.allclose(to_cpu(dx), col2im(to_cpu(cols), a.shape, window), atol=1e-2)


@pytest.mark.parametrize("view", [lambda a: a[:, :, ::-1, ::-1], lambda a: a.transpose(1, 0, 3, 2),
                                  np.asfortranarray, lambda a: np.broadcast_to(a[:1], a.shape)])
def test_any_memory_layout(view):
    a = view(np.random.default_rng(0).standard_normal((2, 2, 5, 4)))
    a.flags.writeable = False
    for window in (Window.of(3, 2, 1), Window.of(1), Window.of(2, 2, 0, 1, True)):
        assert (im2col(a, window) == im2col_by_loops(a, window)).all()
