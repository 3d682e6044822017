"""Ten-crop and averaging: order and positions by hand, and the messages."""

import numpy as np
import pytest

from minicnn.data.augment import average_views, center_crop, ten_crop


def numbered(N, H, W):
    """Each pixel holds its own place, row * 10 + column, and the image 100 * n more."""
    place = np.arange(H)[:, None] * 10 + np.arange(W)
    return (place + 100 * np.arange(N)[:, None, None, None]).astype(np.float32)


def test_ten_crop_by_hand():
    views = ten_crop(numbered(2, 4, 5), size=(2, 3))
    assert views.shape == (10, 2, 1, 2, 3)
    # upper left, upper right, lower left, lower right, centre
    assert views[:5, 0, 0, 0].tolist() == [[0, 1, 2], [2, 3, 4], [20, 21, 22], [22, 23, 24],
                                           [11, 12, 13]]
    assert np.array_equal(views[5:], views[:5, ..., ::-1])
    assert np.array_equal(views[:, 1], views[:, 0] + 100)


def test_center_crop_by_hand():
    assert center_crop(numbered(1, 5, 6), 3)[0, 0].tolist() == [[11, 12, 13], [21, 22, 23],
                                                                [31, 32, 33]]
    x = numbered(2, 4, 4)
    assert np.array_equal(center_crop(x, 4), x)


def test_keeps_dtype_and_input_and_takes_an_empty_batch():
    x = numbered(3, 4, 4).astype(np.uint8)
    before = x.copy()
    views = ten_crop(x, 2)
    assert views.dtype == np.uint8 and not np.shares_memory(views, x)
    views[:] = 0
    assert np.array_equal(x, before)
    assert ten_crop(x[:0], 2).shape == (10, 0, 1, 2, 2)


def test_average_views():
    views = np.arange(3.0).reshape(3, 1, 1, 1, 1) * np.ones((3, 4, 1, 2, 2))
    seen = []

    def predict(view):
        seen.append(view.shape)
        return np.stack([view.mean(axis=(1, 2, 3)), np.arange(4.0)], axis=1)

    assert average_views(predict, views).tolist() == [[1, 0], [1, 1], [1, 2], [1, 3]]
    assert seen == [(4, 1, 2, 2)] * 3


def test_says_what_is_wrong():
    x = numbered(2, 4, 5)
    for function in (ten_crop, center_crop):
        with pytest.raises(ValueError, match=f"{function.__name__}: a window of 5x5 does not fit"):
            function(x, 5)
        with pytest.raises(ValueError, match="at least one pixel"):
            function(x, (0, 3))
        with pytest.raises(ValueError, match="expected four"):
            function(x[0], 3)
    with pytest.raises(ValueError, match=r"expected \(V, N, C, h, w\)"):
        average_views(len, x)
    with pytest.raises(ValueError, match="at least one view"):
        average_views(len, x[None][:0])
