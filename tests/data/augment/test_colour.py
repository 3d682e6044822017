"""Colour: by hand, PCA lighting against a loop, what must stay, and the messages."""

import numpy as np
import pytest

from minicnn.data.augment import colour_jitter, pca_lighting, rgb_components


def generator():
    return np.random.default_rng(1)


def noise(*shape):
    return np.random.default_rng(0).random(shape).astype(np.float32)


class Factor:
    """Stands for a generator whose uniform numbers are all the same."""

    def __init__(self, value):
        self.value = value

    def uniform(self, low, high, shape):
        return np.full(shape, self.value)


def test_brightness_contrast_saturation_by_hand():
    x = np.array([0.2, 0.6], np.float64).reshape(1, 1, 1, 2)
    # with all three factors 1/2: brightness halves, then contrast halves the distance to the mean
    np.testing.assert_allclose(colour_jitter(x, Factor(0.5), saturation=0).ravel(),
                               [0.15, 0.25], rtol=0, atol=1e-12)
    # factors 2: 0.4 and 1.2, the latter clipped to 1; mean 0.7: 0.1 and 1.3, clipped
    np.testing.assert_allclose(colour_jitter(x, Factor(2), saturation=0).ravel(), [0.1, 1],
                               rtol=0, atol=1e-12)
    red = np.array([1.0, 0, 0]).reshape(1, 3, 1, 1)
    # factors 1/2 on pure red: 0.5; halfway to the mean grey 0.299 / 2; halfway to the own grey
    step = 0.5 * np.array([0.5, 0, 0]) + 0.5 * 0.1495
    luminance = step @ [0.299, 0.587, 0.114]
    np.testing.assert_allclose(colour_jitter(red, Factor(0.5)).ravel(),
                               0.5 * step + 0.5 * luminance, rtol=0, atol=1e-12)


def test_zero_amounts_change_nothing():
    for x in (noise(2, 3, 4, 4), (noise(2, 3, 4, 4) * 255).astype(np.uint8)):
        assert np.array_equal(colour_jitter(x, generator(), 0, 0, 0), x)


def test_grey_pixels_have_no_colour_to_saturate():
    x = np.repeat(noise(2, 1, 4, 4), 3, axis=1)
    y = colour_jitter(x, generator(), 0, 0, 1)
    np.testing.assert_allclose(y, x, rtol=0, atol=1e-6)


def test_jitter_stays_in_range():
    x = noise(64, 3, 5, 5)
    y = colour_jitter(x, generator(), 1, 1, 1)
    assert y.dtype == np.float32 and y.min() >= 0 and y.max() <= 1
    small = (x * 255).astype(np.uint8)
    z = colour_jitter(small, generator(), 1, 1, 1)
    assert z.dtype == np.uint8
    expected = colour_jitter(small.astype(np.float64) / 255, generator(), 1, 1, 1)
    np.testing.assert_allclose(z / 255.0, expected, rtol=0, atol=0.51 / 255)


def test_components_by_hand():
    # red and green rise together, blue on its own and less
    t, s = np.array([-1, 1, -1, 1.0]), np.array([-1, -1, 1, 1.0])
    x = 0.5 + np.stack([0.3 * t, 0.3 * t, 0.1 * s]).reshape(1, 3, 2, 2)
    values, vectors = rgb_components(x)
    np.testing.assert_allclose(values, [2 * 0.09 * 4 / 3, 0.01 * 4 / 3, 0], rtol=0, atol=1e-12)
    np.testing.assert_allclose(vectors[:, 0], [0.5 ** 0.5, 0.5 ** 0.5, 0], rtol=0, atol=1e-9)
    np.testing.assert_allclose(vectors[:, 1], [0, 0, 1], rtol=0, atol=1e-9)
    assert np.all(vectors[np.abs(vectors).argmax(axis=0), np.arange(3)] > 0)


def test_components_rebuild_the_covariance():
    x = noise(3, 3, 8, 8)
    x[:, 1] = 0.7 * x[:, 0] + 0.3 * x[:, 1]
    values, vectors = rgb_components(x)
    assert np.all(np.diff(values) <= 0)
    pixels = x.transpose(0, 2, 3, 1).reshape(-1, 3).astype(np.float64)
    centred = pixels - pixels.mean(axis=0)
    np.testing.assert_allclose(vectors @ np.diag(values) @ vectors.T,
                               centred.T @ centred / (len(pixels) - 1), rtol=0, atol=1e-12)


def test_lighting_agrees_with_a_loop():
    x = noise(4, 3, 2, 3).astype(np.float64)
    values, vectors = np.array([0.2, 0.05, 0.01]), np.linalg.qr(noise(3, 3))[0].astype(np.float64)
    y = pca_lighting(x, generator(), values, vectors, sigma=0.1)
    a = generator().normal(0, 0.1, (4, 3))
    expected = x.copy()
    for n in range(4):
        for channel in range(3):
            for k in range(3):
                expected[n, channel] += a[n, k] * values[k] * vectors[channel, k]
    np.testing.assert_allclose(y, expected, rtol=0, atol=1e-15)
    assert np.array_equal(pca_lighting(x, generator(), values, vectors, sigma=0), x)


CALLS = [colour_jitter,
         lambda x, rng: pca_lighting(x, rng, np.array([0.2, 0.1, 0.05]), np.eye(3))]


@pytest.mark.parametrize("function", CALLS, ids=["jitter", "lighting"])
def test_what_colour_keeps(function):
    x = noise(5, 3, 4, 6)
    before = x.copy()
    y = function(x, generator())
    assert y.shape == x.shape and y.dtype == x.dtype and np.array_equal(x, before)
    assert np.array_equal(y, function(x, generator()))
    assert not np.array_equal(y, function(x, np.random.default_rng(2)))
    frozen = np.asfortranarray(x)
    frozen.setflags(write=False)
    np.testing.assert_allclose(function(frozen, generator()), y, rtol=0, atol=1e-6)
    for dtype in (np.float16, np.float64):
        assert function(x.astype(dtype), generator()).dtype == dtype
    assert function(x[:0], generator()).shape == (0, 3, 4, 6)


def test_says_what_is_wrong():
    x = noise(2, 3, 4, 4)
    for name in ("brightness", "contrast", "saturation"):
        with pytest.raises(ValueError, match=f"{name}=1.5 should lie in 0..1"):
            colour_jitter(x, generator(), **{name: 1.5})
    with pytest.raises(ValueError, match="saturation needs RGB, images has C=1"):
        colour_jitter(x[:, :1], generator())
    with pytest.raises(ValueError, match="expected 0..1; jitter before normalising"):
        colour_jitter(x - 0.5, generator())
    with pytest.raises(ValueError, match="expected 0..1"):
        colour_jitter(x * np.nan, generator())
    with pytest.raises(TypeError, match="int64"):
        colour_jitter(x.astype(np.int64), generator())
    values, vectors = rgb_components(x)
    with pytest.raises(ValueError, match="C=1 .*expected RGB"):
        pca_lighting(x[:, :1], generator(), values, vectors)
    with pytest.raises(TypeError, match="uint8, expected floats in 0..1"):
        pca_lighting(x.astype(np.uint8), generator(), values, vectors)
    with pytest.raises(ValueError, match=r"should be \(3,\) and \(3, 3\)"):
        pca_lighting(x, generator(), values[:2], vectors)
    with pytest.raises(ValueError, match="sigma=-1"):
        pca_lighting(x, generator(), values, vectors, sigma=-1)
    with pytest.raises(ValueError, match="C=1"):
        rgb_components(x[:, :1])
    with pytest.raises(ValueError, match="no images"):
        rgb_components(x[:0])
