"""Dense CRF: agreement with sums written out, a border that it finds, what it refuses."""

import numpy as np
import pytest

from minicnn.data.dense_crf import dense_crf
from tests.reference import regions as loops

SETTINGS = {"appearance": 1.5, "space": 2.0, "colour": 20.0, "smoothness": 0.5, "near": 1.0}


def shares(scores):
    e = np.exp(scores)
    return e / e.sum(axis=0)


@pytest.mark.parametrize("steps", [0, 1, 3])
def test_agrees_with_every_sum_written_out(steps, rng):
    """Where Potts' penalty is paid in full: what ours leaves out is the same for every label."""
    z, image = rng.standard_normal((3, 3, 4)), rng.uniform(0, 60, (2, 3, 4))
    found, expected = dense_crf(z, image, steps, **SETTINGS), loops.dense_crf(
        shares(z), image, steps, **SETTINGS)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert found.dtype == np.float32 and found.shape == z.shape


def test_two_pixels_by_hand():
    """K = 1 e^(-1/2): each hears the other's Q once."""
    z = np.log([[[0.6, 0.9]], [[0.4, 0.1]]])
    found = dense_crf(z, np.zeros((1, 1, 2)), 1, 1.0, 1.0, 1.0, smoothness=0, near=1.0)
    k = np.exp(-0.5)
    first = 0.6 * np.exp(0.9 * k) / (0.6 * np.exp(0.9 * k) + 0.4 * np.exp(0.1 * k))
    assert found[0, 0, 0] == pytest.approx(first, 1e-5)


def test_the_border_is_drawn_where_the_picture_has_it(rng):
    """A blurred and noisy answer, three pixels off."""
    truth = np.tile(np.arange(32) >= 14, (24, 1))
    image = np.where(truth, 180.0, 40.0) + rng.normal(0, 8, (3, 24, 32))
    score = (np.arange(32) - 17) / 2.0 + rng.normal(0, 1, (24, 32))
    assert ((score > 0) == truth).mean() < 0.9
    assert ((dense_crf([0 * score, score], image)[1] > 0.5) == truth).mean() > 0.99


def test_certainty_stays():
    """What the network has ruled out stays so; its scores may be huge."""
    z = np.zeros((2, 4, 4))
    z[0, :2], z[1, 2:] = -np.inf, -1e30
    assert np.array_equal(dense_crf(z, np.zeros((3, 4, 4), np.uint8))[0], np.repeat(
        [[0.0] * 4, [1.0] * 4], 2, axis=0))


@pytest.mark.parametrize("shape, image, message", [
    ((2, 4, 4), (3, 4, 5), r"of the same size, got \(2, 4, 4\) and \(3, 4, 5\)"),
    ((4, 4), (3, 4, 4), r"expected scores \(C, H, W\)"),
    ((1, 2, 4, 4), (3, 4, 4), r"one picture at a time: scores\[n\], images\[n\]"),
    ((1, 100, 100), (3, 100, 100), r"100 x 100 pixels would need a kernel of 0.4 GB; .* at mo")])
def test_says_what_is_wrong(shape, image, message):
    with pytest.raises(ValueError, match=f"dense_crf: .*{message}"):
        dense_crf(np.ones(shape), np.ones(image))


def test_says_what_is_wrong_with_numbers():
    image, z = np.zeros((3, 2, 2)), np.zeros((2, 2, 2))
    for wrong in (np.nan, np.inf, -np.inf):
        with pytest.raises(ValueError, match="dense_crf: a pixel's scores hold NaN, infinity or"):
            dense_crf(z + wrong, image)
    with pytest.raises(ValueError, match="dense_crf: the image holds NaN or infinity"):
        dense_crf(z, image + np.nan)
    for name in ("space", "colour", "near"):
        with pytest.raises(ValueError, match=f"dense_crf: {name} must be a number above 0, got 0"):
            dense_crf(z, image, **{name: 0})
    with pytest.raises(TypeError, match="dense_crf: image are"):
        dense_crf(z, [["a"]])
