"""Warps: by hand at exact amounts, one sampler for all, what must stay, and the messages."""

import numpy as np
import pytest

from minicnn.data.augment import elastic, lens, rotate, scale, shear, shift, stretch, warp
from minicnn.data.augment.geometric import displacement

NOTHING = {"shift": 0, "degrees": 0, "scale": 0, "stretch": 0, "shear": 0}
SINGLE = [shift, rotate, scale, stretch, shear, lens, elastic]


def generator():
    return np.random.default_rng(1)


def noise(*shape, dtype=np.float32):
    return np.random.default_rng(0).random(shape).astype(dtype)


def dot(row, col, size=9):
    x = np.zeros((1, 1, size, size), np.float32)
    x[0, 0, row, col] = 1
    return x


def brightest(image):
    return tuple(int(k) for k in np.unravel_index(image[0, 0].argmax(), image.shape[2:]))


def test_zero_amounts_change_nothing_to_the_bit():
    for shape in ((3, 2, 5, 8), (2, 1, 28, 28), (1, 1, 1, 1)):
        x = noise(*shape)
        assert np.array_equal(warp(x, generator(), **NOTHING), x)


def test_shift_by_whole_pixels_is_roll_with_fill():
    x = noise(2, 3, 5, 6)
    y = shift(x, generator(), pixels=(2, 2), fill=-1)
    expected = np.roll(x, (2, 2), axis=(2, 3))
    expected[:, :, :2] = expected[:, :, :, :2] = -1
    assert np.array_equal(y, expected)
    assert np.array_equal(shift(x, generator(), (-9, -9), fill=3), np.full_like(x, 3))


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_rotation_by_right_angles_is_rot90(turns):
    x = noise(2, 2, 7, 7)
    y = rotate(x, generator(), degrees=(90 * turns, 90 * turns))
    np.testing.assert_allclose(y, np.rot90(x, turns, axes=(2, 3)), rtol=0, atol=1e-5)


def test_by_hand_each_change_moves_a_dot():
    # centre (4, 4); the dot lies two pixels above and one to the right of it
    x = dot(2, 5)
    assert brightest(scale(x, generator(), factor=(2, 2))) == (0, 6)
    assert brightest(stretch(dot(2, 6), generator(), factor=(4, 4))) == (3, 8)
    assert brightest(shear(x, generator(), degrees=(45, 45))) == (2, 7)
    assert brightest(shear(x, generator(), degrees=(-45, -45))) == (2, 3)
    assert brightest(rotate(x, generator(), degrees=(90, 90))) == (3, 2)
    assert brightest(rotate(x, generator(), degrees=(-90, -90))) == (5, 6)


def test_lens_leaves_the_centre_and_moves_the_corner():
    rows = np.broadcast_to(np.arange(9.0)[:, None], (1, 1, 9, 9))      # a picture of its own rows
    # a pixel d from the centre is read at d (1 + strength d^2 / corner^2), corner^2 = 32
    y = lens(rows, generator(), strength=(-0.25, -0.25))
    assert y[0, 0, 4].tolist() == [4] * 9
    assert y[0, 0, 0, 0] == 4 - 4 * (1 - 0.25)
    assert y[0, 0, 2, 4] == 4 - 2 * (1 - 0.25 * 4 / 32)
    barrel = lens(rows, generator(), strength=(0.2, 0.2), fill=-7)
    assert barrel[0, 0, 2, 4] == 4 - 2 * (1 + 0.2 * 4 / 32)
    assert barrel[0, 0, 0, 0] < 0        # the corner looks outside


def test_order_is_stretch_then_shear_then_rotation_then_shift():
    x = noise(1, 1, 15, 15, dtype=np.float64)
    amounts = {"scale": (1.2, 1.2), "shear": (10, 10), "degrees": (90, 90), "shift": (1, 1)}
    y = warp(x, generator(), **{**NOTHING, **amounts})
    step = warp(x, generator(), **{**NOTHING, "scale": (1.2, 1.2), "shear": (10, 10)})
    step = shift(rotate(step, generator(), (90, 90)), generator(), (1, 1))
    np.testing.assert_allclose(y[..., 1:, 1:], step[..., 1:, 1:], rtol=0, atol=1e-12)


def test_elastic_displacement_has_the_documented_size():
    field = displacement(generator(), (200, 32, 32), 34, 4, np.dtype(np.float64))
    assert field.shape == (2, 200, 32, 32)
    assert abs(field[:, :, 12:20, 12:20].std() - 0.163 * 34 / 4) < 0.08
    assert abs(field.mean()) < 0.05
    steps = np.diff(field, axis=3)
    assert np.abs(steps).max() < 1.5                                   # smooth: no pixel jumps


def test_elastic_displacement_agrees_with_loops():
    N, H, W, alpha, sigma = 2, 4, 5, 3.0, 1.5
    field = displacement(generator(), (N, H, W), alpha, sigma, np.dtype(np.float64))
    raw = generator().random((2 * N * H, W)).reshape(2, N, H, W) * 2 - 1
    expected = np.zeros_like(raw)
    for i in range(H):
        for j in range(W):
            for u in range(H):
                for v in range(W):
                    bell = np.exp(-((i - u) ** 2 + (j - v) ** 2) / (2 * sigma ** 2))
                    bell /= 2 * np.pi * sigma ** 2
                    expected[:, :, i, j] += alpha * raw[:, :, u, v] * bell
    np.testing.assert_allclose(field, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("function", [warp, *SINGLE], ids=lambda f: f.__name__)
def test_what_every_warp_keeps(function):
    x = noise(4, 3, 8, 6)
    before = x.copy()
    y = function(x, generator())
    assert y.shape == x.shape and y.dtype == x.dtype and not np.shares_memory(x, y)
    assert np.array_equal(x, before) and not np.array_equal(x, y)
    assert np.array_equal(y, function(x, generator()))                 # same seed, same result
    assert not np.array_equal(y, function(x, np.random.default_rng(2)))
    same = function(np.repeat(x[:1], 4, axis=0), generator())
    assert not np.array_equal(same[0], same[1])                        # drawn for each image anew

    frozen = x.copy()
    frozen.setflags(write=False)
    assert np.array_equal(function(frozen, generator()), y)
    backwards = x[..., ::-1].copy()[..., ::-1]
    assert np.array_equal(function(backwards, generator()), y)
    for dtype in (np.uint8, np.float16, np.float64):
        assert function((x * 200).astype(dtype), generator()).dtype == dtype
    assert function(x[:0], generator()).shape == (0, 3, 8, 6)
    assert function(x[:, :, :1, :1], generator()).shape == (4, 3, 1, 1)


def test_channels_move_together():
    x = np.repeat(noise(2, 1, 9, 9), 3, axis=1)
    y = warp(x, generator(), elastic_alpha=20, lens=0.2)
    assert np.array_equal(y[:, 0], y[:, 1]) and np.array_equal(y[:, 0], y[:, 2])


def test_amounts_stay_within_their_ends():
    x = np.repeat(dot(4, 4), 300, axis=0)
    rows = shift(x, generator(), pixels=2).sum(axis=(1, 3)) @ np.arange(9)
    assert 1.9 < rows.max() - 4 <= 2 and -2 <= rows.min() - 4 < -1.9
    rows = shift(x, generator(), pixels=(0, 2)).sum(axis=(1, 3)) @ np.arange(9)
    assert rows.min() >= 4 - 1e-6


def test_says_what_is_wrong():
    x = noise(1, 1, 4, 4)
    with pytest.raises(ValueError, match="shift=-1 should be at least 0; to draw from one side"):
        warp(x, generator(), shift=-1)
    with pytest.raises(ValueError, match="degrees=nan"):
        rotate(x, generator(), degrees=float("nan"))
    with pytest.raises(ValueError, match="degrees=inf"):
        rotate(x, generator(), degrees=float("inf"))
    with pytest.raises(ValueError, match=r"scale=\(2, 1\) draws from 2 to 1, which should rise"):
        scale(x, generator(), factor=(2, 1))
    with pytest.raises(ValueError, match="scale=1 draws from 0 to 2"):
        scale(x, generator(), factor=1)
    with pytest.raises(ValueError, match="stretch=1.5"):
        stretch(x, generator(), factor=1.5)
    with pytest.raises(ValueError, match="within -80 to 80"):
        shear(x, generator(), degrees=85)
    with pytest.raises(ValueError, match="lens=0.5 draws from -0.5 to 0.5"):
        lens(x, generator(), strength=0.5)
    with pytest.raises(ValueError, match="a number or a pair"):
        shift(x, generator(), pixels=(1, 2, 3))
    with pytest.raises(ValueError, match="sigma is 0, expected a positive"):
        elastic(x, generator(), sigma=0)
    for alpha in (-1, float("nan")):
        with pytest.raises(ValueError, match="alpha is .*expected a finite number of at least 0"):
            elastic(x, generator(), alpha=alpha)
    for fill in (-0.1, 256, 0.5, float("nan")):
        with pytest.raises(ValueError, match="does not fit uint8 images"):
            warp((x * 255).astype(np.uint8), generator(), fill=fill)
    with pytest.raises(ValueError, match="sigma is -4"):
        warp(x, generator(), elastic_alpha=1, elastic_sigma=-4)
    with pytest.raises(ValueError, match="expected four"):
        warp(x[0], generator())
    with pytest.raises(TypeError, match="int32, expected uint8 or a floating type"):
        warp(x.astype(np.int32), generator())
