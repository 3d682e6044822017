"""The fast im2col and col2im against the definitions; rows of columns are parts of the whole."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from minicnn.backend.arrays import to_cpu
from minicnn.backend.cpu import columns
from minicnn.backend.cpu.columns import gather, laid_out
from minicnn.backend.windows import Window
from minicnn.layers.im2col import col2im, im2col
from tests.backend.test_windows import fits, sizes, windows


@given(windows(), st.integers(0, 2), st.integers(1, 2), sizes, sizes, st.integers(0, 99))
@settings(max_examples=150, deadline=None)
def test_as_the_definitions(window, N, C, H, W, seed):
    assume(fits(window, H, W))
    x = np.random.default_rng(seed).standard_normal((N, C, H, W))
    cols = im2col(x, window)
    assert (columns.im2col(x, window) == cols).all()
    assert (columns.col2im(cols, x.shape, window) == col2im(cols, x.shape, window)).all()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_on_every_library_and_dtype(xp, dtype):
    window = Window.of((2, 3), (2, 1), 1)
    x = xp.asarray(np.random.default_rng(0).standard_normal((2, 3, 5, 4)).astype(dtype))
    cols = columns.im2col(x, window)
    dx = columns.col2im(cols, x.shape, window)
    assert cols.dtype == dx.dtype == dtype
    assert (to_cpu(cols) == im2col(to_cpu(x), window)).all()
    assert np.allclose(to_cpu(dx), col2im(to_cpu(cols), x.shape, window), atol=1e-2)


@pytest.mark.parametrize("view", [lambda a: a[:, :, ::-1, ::-1], lambda a: a.transpose(1, 0, 3, 2),
                                  np.asfortranarray, lambda a: np.broadcast_to(a[:1], a.shape)])
def test_any_memory_layout(view):
    a = view(np.random.default_rng(0).standard_normal((2, 2, 5, 4)))
    a.flags.writeable = False
    for window in (Window.of(3, 2, 1), Window.of(1), Window.of(2, 2, 0, 1, True)):
        assert (columns.im2col(a, window) == im2col(a, window)).all()


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
