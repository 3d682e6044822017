"""The bilinear sampler: by hand, against plain loops, at the edges, and its messages."""

import math

import numpy as np
import pytest

from minicnn.data.augment import sample


def grid(N, rows, cols):
    """The same positions for N images."""
    shape = (N, len(rows), len(cols))
    return (np.broadcast_to(np.asarray(rows, float)[:, None], shape),
            np.broadcast_to(np.asarray(cols, float), shape))


def loops(images, rows, cols, fill):
    N, C, H, W = images.shape
    OH, OW = rows.shape[1:]
    y = np.zeros((N, C, OH, OW))
    for n in range(N):
        for c in range(C):
            for i in range(OH):
                for j in range(OW):
                    r0, c0 = math.floor(rows[n, i, j]), math.floor(cols[n, i, j])
                    u, v = rows[n, i, j] - r0, cols[n, i, j] - c0
                    for r, wr in ((r0, 1 - u), (r0 + 1, u)):
                        for q, wq in ((c0, 1 - v), (c0 + 1, v)):
                            inside = 0 <= r < H and 0 <= q < W
                            y[n, c, i, j] += wr * wq * (images[n, c, r, q] if inside else fill)
    return y


def test_by_hand():
    x = np.array([[[[0, 4], [8, 20]]]], np.float32)
    rows, cols = grid(1, [0, 0.5, 1], [0, 0.25])
    # first column: 0, 4, 8; a quarter to the right of it: 0 + 4/4, mean, 8 + 12/4
    assert sample(x, rows, cols).tolist() == [[[[0, 1], [4, 6], [8, 11]]]]


def test_outside_is_fill():
    x = np.full((1, 1, 2, 2), 10, np.float32)
    rows, cols = grid(1, [0], [-5, -1, -0.5, 0, 1, 1.5, 2, 9])
    assert sample(x, rows, cols, fill=2).tolist() == [[[[2, 2, 6, 10, 10, 6, 2, 2]]]]


@pytest.mark.parametrize("shape", [(2, 3, 5, 4), (1, 1, 1, 1), (3, 1, 1, 6)])
@pytest.mark.parametrize("fill", [0.0, -1.5])
def test_agrees_with_loops(shape, fill):
    rng = np.random.default_rng(0)
    N, C, H, W = shape
    x = rng.normal(size=shape)
    rows, cols = rng.uniform(-3, H + 2, (N, 4, 7)), rng.uniform(-3, W + 2, (N, 4, 7))
    np.testing.assert_allclose(sample(x, rows, cols, fill), loops(x, rows, cols, fill),
                               rtol=0, atol=1e-12)
    np.testing.assert_allclose(sample(x.astype(np.float32), rows, cols, fill),
                               loops(x, rows, cols, fill), rtol=0, atol=1e-5)


def test_whole_positions_return_the_pixel_itself():
    x = np.random.default_rng(0).normal(size=(2, 2, 4, 5)).astype(np.float32)
    assert np.array_equal(sample(x, *grid(2, range(4), range(5))), x)


def test_uint8_is_rounded_and_kept():
    x = np.array([[[[0, 255, 254]]]], np.uint8)
    y = sample(x, *grid(1, [0], [0, 0.5, 1, 1.75, -1]), fill=7)
    assert y.dtype == np.uint8 and y.tolist() == [[[[0, 128, 255, 254, 7]]]]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.uint8])
def test_keeps_the_dtype_and_takes_an_empty_batch(dtype):
    x = np.zeros((0, 3, 4, 4), dtype)
    y = sample(x, np.zeros((0, 2, 5)), np.zeros((0, 2, 5)))
    assert y.shape == (0, 3, 2, 5) and y.dtype == dtype


def test_nan_pixels_come_out_as_nan():
    x = np.array([[[[1, np.nan, 1, 1]]]], np.float32)
    assert np.isnan(sample(x, *grid(1, [0], [0.5, 1.5, 2.5]))).tolist() == [[[[True, True, False]]]]


def test_says_what_is_wrong():
    x = np.zeros((2, 1, 4, 4), np.float32)
    rows, cols = grid(2, range(3), range(3))
    with pytest.raises(ValueError, match="do not fit 2 images"):
        sample(x, rows[:1], cols[:1])
    with pytest.raises(ValueError, match=r"should be \(N, OH, OW\)"):
        sample(x, rows, cols[:, :2])
    with pytest.raises(ValueError, match="NaN or infinity"):
        sample(x, rows * np.nan, cols)
    with pytest.raises(ValueError, match="NaN or infinity"):
        sample(x, rows, cols + np.inf)
    with pytest.raises(ValueError, match=r"3 axes \(1, 4, 4\), expected four"):
        sample(x[0], rows, cols)
    with pytest.raises(ValueError, match="no pixels"):
        sample(x[:, :, :0], rows, cols)
    with pytest.raises(TypeError, match="is int64, expected uint8 or a floating type"):
        sample(x.astype(np.int64), rows, cols)
    with pytest.raises(ValueError, match="fill=-1 does not fit uint8 images"):
        sample(x.astype(np.uint8), rows, cols, fill=-1)
    with pytest.raises(TypeError, match="is a list"):
        sample(x.tolist(), rows, cols)
