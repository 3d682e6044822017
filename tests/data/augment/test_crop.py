"""Flips, crops and holes: positions by hand, what must stay, and the messages."""

import numpy as np
import pytest

from minicnn.data.augment import cutout, flip, random_crop, random_resized_crop
from minicnn.data.augment.crop import _spread


def generator():
    return np.random.default_rng(1)


def noise(*shape):
    return np.random.default_rng(0).random(shape).astype(np.float32)


def numbered(N, H, W):
    """Each pixel holds its own place, row * 100 + column."""
    return np.broadcast_to(np.arange(H)[:, None] * 100.0 + np.arange(W), (N, 1, H, W))


def test_flip_by_hand():
    x = np.array([[[[1, 2, 3], [4, 5, 6]]]], np.float32)
    assert flip(x, generator(), probability=1).tolist() == [[[[3, 2, 1], [6, 5, 4]]]]
    assert flip(x, generator(), probability=0).tolist() == x.tolist()


def test_flip_keeps_its_probability():
    x = np.repeat(np.array([[[[0, 1]]]], np.uint8), 4000, axis=0)
    flipped = flip(x, generator(), probability=0.3)[:, 0, 0, 0]
    assert abs(flipped.mean() - 0.3) < 0.03


def test_random_crop_cuts_windows_of_the_image():
    x = numbered(500, 6, 7)
    y = random_crop(x, generator(), size=(4, 5))
    assert y.shape == (500, 1, 4, 5)
    corner = y[:, :, :1, :1]
    assert np.array_equal(y - corner, numbered(500, 4, 5))
    places = set(corner.ravel().tolist())
    assert places == {row * 100 + col for row in range(3) for col in range(3)}


def test_random_crop_after_padding():
    x = np.ones((300, 2, 4, 4), np.float32)
    y = random_crop(x, generator(), size=4, pad=1, fill=9)
    assert y.shape == x.shape
    seen = {(int((image[0] == 9).all(1).argmax()), int((image[0] == 9).all(1).sum()),
             int((image[0] == 9).all(0).argmax()), int((image[0] == 9).all(0).sum()))
            for image in y}
    # the border's row: none, the first or the last; likewise its column
    assert seen == {(row, int(rows), col, int(cols)) for row, rows in ((0, 0), (0, 1), (3, 1))
                    for col, cols in ((0, 0), (0, 1), (3, 1))}
    assert np.array_equal(random_crop(x, generator(), size=4), x)


def test_resized_crop_of_the_whole_is_the_whole():
    x = noise(3, 2, 6, 6)
    assert np.array_equal(random_resized_crop(x, generator(), 6, area=(1, 1), aspect=(1, 1)), x)


def test_resized_crop_by_hand():
    # four pixels into two: each new pixel lies between two old ones; two into four: at quarters
    assert _spread(np.array([0.0]), np.array([4.0]), 2).tolist() == [[0.5, 2.5]]
    assert _spread(np.array([3.0]), np.array([2.0]), 4).tolist() == [[3, 3.25, 3.75, 4]]
    assert _spread(np.array([2.0]), np.array([0.5]), 2).tolist() == [[1.75, 1.75]]


def test_resized_crop_keeps_area_and_aspect():
    x = numbered(400, 40, 40).astype(np.float64)
    y = random_resized_crop(x, generator(), size=20, area=(0.25, 0.5), aspect=(0.5, 2))[:, 0]
    height = (y[:, 12, 10] - y[:, 7, 10]) / 100 * 4        # from the middle, away from the clipping
    width = (y[:, 10, 12] - y[:, 10, 7]) * 4
    assert np.all((height * width / 1600 > 0.249) & (height * width / 1600 < 0.501))
    assert np.all((width / height > 0.499) & (width / height < 2.001))
    assert abs(np.log(width / height).mean()) < 0.1
    assert y.min() >= 0 and y.max() <= 3939


def test_resized_crop_falls_back_to_what_fits():
    x = noise(5, 1, 4, 40)                  # no window of 90 % and aspect 1 fits
    y = random_resized_crop(x, generator(), size=(4, 8), area=(0.9, 1), aspect=(1, 1))
    assert y.shape == (5, 1, 4, 8) and np.isfinite(y).all()


def test_cutout_by_hand():
    x = np.ones((400, 2, 5, 6), np.float32)
    y = cutout(x, generator(), size=3, fill=-1)
    holes = (y[:, 0] == -1)
    assert np.array_equal(holes, y[:, 1] == -1)            # one hole through all channels
    assert np.all(y[:, 0][~holes] == 1)
    sizes = {(int(hole.any(1).sum()), int(hole.any(0).sum())) for hole in holes}
    assert sizes == {(2, 2), (2, 3), (3, 2), (3, 3)}       # cut at the border
    assert np.array_equal(cutout(x, generator(), size=0), x)


CALLS = [flip, cutout, lambda x, rng: random_crop(x, rng, 4, pad=2),
         lambda x, rng: random_resized_crop(x, rng, (5, 3))]


@pytest.mark.parametrize("function", CALLS, ids=["flip", "cutout", "crop", "resized"])
def test_what_every_crop_keeps(function):
    x = noise(16, 3, 6, 7)
    before = x.copy()
    y = function(x, generator())
    assert y.dtype == x.dtype and np.array_equal(x, before) and not np.shares_memory(x, y)
    assert np.array_equal(y, function(x, generator()))
    assert not np.array_equal(y, function(x, np.random.default_rng(2)))
    frozen = x.copy()
    frozen.setflags(write=False)
    assert np.array_equal(function(frozen, generator()), y)
    assert np.array_equal(function(x.transpose(0, 1, 3, 2).copy().transpose(0, 1, 3, 2),
                                   generator()), y)
    for dtype in (np.uint8, np.float16, np.float64):
        assert function((x * 200).astype(dtype), generator()).dtype == dtype
    empty = function(x[:0], generator())
    assert empty.shape == (0, *y.shape[1:]) and empty.dtype == x.dtype


def test_says_what_is_wrong():
    x = noise(2, 1, 4, 4)
    for probability in (-0.1, 1.1, float("nan")):
        with pytest.raises(ValueError, match="should lie in 0..1"):
            flip(x, generator(), probability)
    with pytest.raises(ValueError, match="window of 5x5 does not fit into 4x4 pixels"):
        random_crop(x, generator(), 5)
    with pytest.raises(ValueError, match="window of 4x7 does not fit into 6x6 pixels"):
        random_crop(x, generator(), (4, 7), pad=1)
    with pytest.raises(ValueError, match="pad=-1"):
        random_crop(x, generator(), 4, pad=-1)
    with pytest.raises(ValueError, match="at least one pixel"):
        random_crop(x, generator(), 0)
    with pytest.raises(ValueError, match=r"area=\(0, 1\)"):
        random_resized_crop(x, generator(), 4, area=(0, 1))
    with pytest.raises(ValueError, match=r"area=\(0.5, 1.5\)"):
        random_resized_crop(x, generator(), 4, area=(0.5, 1.5))
    with pytest.raises(ValueError, match=r"aspect=\(2, 1\)"):
        random_resized_crop(x, generator(), 4, aspect=(2, 1))
    with pytest.raises(ValueError, match="size=-1 should be at least 0"):
        cutout(x, generator(), size=-1)
    grey = np.zeros((2, 1, 4, 4), np.uint8)
    with pytest.raises(ValueError, match="random_crop: fill=-0.1 does not fit uint8 images"):
        random_crop(grey, generator(), 4, pad=1, fill=-0.1)
    with pytest.raises(ValueError, match="cutout: fill=300 does not fit uint8 images"):
        cutout(grey, generator(), fill=300)
    for function in CALLS:
        with pytest.raises(ValueError, match="expected four"):
            function(x[0], generator())
        with pytest.raises(TypeError, match="uint8 or a floating type"):
            function(x.astype(np.int64), generator())
