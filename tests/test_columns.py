"""im2col against loops, col2im as its adjoint; tiles of columns are parts of the whole."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from minicnn.backend import to_cpu
from minicnn.columns import col2im, gather, im2col, innermost, laid_out
from minicnn.geometry import Window
from tests.test_geometry import fits, sizes, windows


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


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize("window", [Window.of(3, 1, 1), Window.of((2, 3), (3, 2), (0, 1)),
                                    Window.of(2, 3), Window.of(3, (1, 4), 2, (2, 1))])
def test_rows_of_windows_are_rows_of_the_whole(window, keep, xp):
    x = xp.asarray(np.random.default_rng(0).standard_normal((4, 3, 9, 8)))
    OH, OW = window.out(9, 8)
    whole = to_cpu(im2col(x, window)).reshape(3, -1, OH, OW, 4)
    image = laid_out(x, window)
    for rows in slice(0, OH), slice(0, 1), slice(OH - 1, OH), slice(1, 1):
        part = gather(image, window.corners(), window.stride, rows, OW, keep)
        assert (to_cpu(part).reshape(whole[:, :, rows].shape) == whole[:, :, rows]).all()


def test_rows_of_columns_do_not_start_a_power_of_two_apart():
    image = np.zeros((2, 16, 1, 16, 4), np.float32)        # 16 * 16 * 4 = 1024 columns
    cols = gather(image, [(0, 0)], (1, 1), slice(0, 16), 16)
    assert cols.shape == (2, 1, 1024) and cols.strides[0] == 4 * (1024 + 16)


def test_innermost_copies_only_what_does_not_lie_so():
    inner = np.zeros((3, 5, 4, 2))
    assert np.shares_memory(innermost(inner.transpose(3, 0, 1, 2)), inner)
    assert innermost(np.zeros((2, 3, 5, 4))).flags.c_contiguous
