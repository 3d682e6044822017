"""Pixels to numbers: ranges, means, variances, borders."""


import numpy as np
import pytest

from minicnn.data.mnist import mnist
from minicnn.data.normalise import channel_statistics, normalise, pad, standardise
from tests.data.real import REAL, needs_mnist


def test_normalise_by_hand():
    x = normalise(np.array([0, 51, 255], np.uint8))
    assert x.dtype == np.float32
    # -0.1 + 1.275 * 51/255 = 0.155
    np.testing.assert_allclose(x, [-0.1, 0.155, 1.175], rtol=0, atol=1e-7)


def test_normalise_range_chosen():
    np.testing.assert_allclose(normalise(np.array([0, 255], np.uint8), -1, 1), [-1, 1], atol=1e-7)


def test_standardise_by_hand():
    images = np.zeros((1, 2, 1, 2), np.uint8)
    images[0, 0], images[0, 1] = [0, 255], [51, 102]
    x = standardise(images, [0.5, 0.2], [0.25, 0.1])
    assert x.dtype == np.float32
    np.testing.assert_allclose(x[0, :, 0], [[-2, 2], [0, 2]], atol=1e-6)


def test_statistics_by_hand():
    images = np.zeros((2, 2, 1, 1), np.uint8)
    images[:, 0, 0, 0], images[:, 1, 0, 0] = [0, 255], [51, 51]
    mean, std = channel_statistics(images)
    np.testing.assert_allclose(mean, [0.5, 0.2])
    np.testing.assert_allclose(std, [0.5, 0.0], atol=1e-15)


def test_statistics_agree_with_numpy_and_undo():
    images = np.random.default_rng(0).integers(0, 256, (1501, 3, 4, 5), dtype=np.uint8)
    mean, std = channel_statistics(images)
    np.testing.assert_allclose(mean, (images / 255).mean((0, 2, 3)), rtol=1e-12)
    np.testing.assert_allclose(std, (images / 255).std((0, 2, 3)), rtol=1e-12)
    x = standardise(images, mean, std).astype(np.float64)
    np.testing.assert_allclose(x.mean((0, 2, 3)), 0, atol=1e-6)
    np.testing.assert_allclose(x.std((0, 2, 3)), 1, atol=1e-6)


def test_pad_by_hand():
    images = np.full((1, 1, 1, 2), 7, np.uint8)
    assert pad(images, 1).tolist() == [[[[0, 0, 0, 0], [0, 7, 7, 0], [0, 0, 0, 0]]]]
    assert pad(images, 1, 9)[0, 0, 0].tolist() == [9, 9, 9, 9]
    assert pad(images, 2).dtype == np.uint8 and pad(images, 0).shape == images.shape


@pytest.mark.parametrize("change", [
    lambda images: images[..., ::-1], lambda images: images.transpose(0, 1, 3, 2),
    lambda images: np.frombuffer(images.tobytes(), np.uint8).reshape(images.shape)])
def test_odd_memory_and_inputs_kept(change):
    """Hazards 15 and 16: strides, read-only memory; the caller's array stays as it was."""
    images = change(np.random.default_rng(0).integers(0, 256, (3, 2, 4, 4), dtype=np.uint8))
    plain = images.copy()
    for function in (normalise, lambda x: standardise(x, [0.1, 0.2], [0.3, 0.4]),
                     lambda x: pad(x, 1), channel_statistics):
        np.testing.assert_array_equal(function(images), function(plain))
    np.testing.assert_array_equal(images, plain)


def test_empty_batch():
    empty = np.zeros((0, 1, 4, 4), np.uint8)
    assert normalise(empty).shape == standardise(empty, [0], [1]).shape == (0, 1, 4, 4)
    with pytest.raises(ValueError, match="hold no pixel"):
        channel_statistics(empty)


@pytest.mark.parametrize("function", [
    normalise, lambda x: standardise(x, [0], [1]), channel_statistics])
def test_floats_are_refused(function):
    with pytest.raises(TypeError, match="float32, expected uint8, 0 to 255 as stored; unless norm"):
        function(np.zeros((1, 1, 2, 2), np.float32))


def test_errors():
    images = np.zeros((1, 3, 2, 2), np.uint8)
    with pytest.raises(ValueError, match="have 3 channels, but mean has 1 values and std 3"):
        standardise(images, [0.1], [1, 1, 1])
    with pytest.raises(ValueError, match="std is .*, expected values above 0"):
        standardise(images, [0, 0, 0], [1, 0, 1])
    with pytest.raises(ValueError, match=r"standardise: images have shape \(3, 2, 2\)"):
        standardise(images[0], [0], [1])
    with pytest.raises(ValueError, match=r"pad: images have shape \(3, 2, 2\)"):
        pad(images[0], 1)
    with pytest.raises(ValueError, match="pixels is -1, expected 0 or more"):
        pad(images, -1)


@needs_mnist
def test_docstring_figures_on_mnist():
    images = mnist("train", REAL).images
    mean, std = channel_statistics(images)
    np.testing.assert_allclose([mean[0], std[0]], [0.1307, 0.3081], atol=5e-5)
    x = normalise(pad(images, 2))
    np.testing.assert_allclose([x.mean(), x.var()], [0.03, 0.12], atol=5e-3)
