"""From pictures to batches: normalised, shifted, cut."""

import numpy as np
import pytest

from minicnn.training.transforms import Transforms, channels, fitted, resize
from tests.training.tiny import IN_SHAPE, RECIPE, colours

RNG = np.random.default_rng


def prepared(in_shape=IN_SHAPE, **change):
    return Transforms.measured(in_shape, colours().images, RECIPE._replace(**change))


def test_by_hand():
    """Pixel 51 is 0.2, and (0.2 - 0.1) / 0.5 = 0.2."""
    transforms = Transforms((1, 1, 2), np.float32([0.1]), np.float32([0.5]))
    x = transforms.test(np.array([[[[51, 255]]]], np.uint8))
    assert x.dtype == np.float32
    assert np.allclose(x, [[[[0.2, 1.8]]]])


def test_training_pictures_get_mean_0_and_variance_1():
    x = prepared(augment=()).train(colours().images, RNG(0))
    assert np.allclose(x.mean(axis=(0, 2, 3)), 0, atol=1e-5)
    assert np.allclose(x.std(axis=(0, 2, 3)), 1, atol=1e-5)


def test_pixels_from_0_to_1():
    images = np.array([[[[0, 51], [102, 255]]]], np.uint8)
    transforms = Transforms.measured((1, 2, 2), images, RECIPE._replace(augment=()), False)
    for x in (transforms.test(images), transforms.train(images, RNG(0))):
        assert np.allclose(x, [[[[0, 0.2], [0.4, 1]]]]) and x.dtype == np.float32
    assert transforms.mean.shape == transforms.std.shape == (1,)


@pytest.mark.parametrize("stored", [5, 7, 9])
def test_shifts_of_at_most_pad(stored):
    """A bright pixel in the middle moves by -2..2, whether the border is stored or added here."""
    images = np.zeros((300, 1, stored, stored), np.uint8)
    images[:, :, stored // 2, stored // 2] = 255
    x = Transforms.measured((1, 5, 5), images, RECIPE._replace(augment=("crop",), pad=2),
                             False).train(images, RNG(0))
    shown = np.argwhere(x[:, 0])[:, 1:] - 2
    assert len(shown) == 300
    assert {tuple(at) for at in shown} == {(i, j) for i in range(-2, 3) for j in range(-2, 3)}


def test_a_channel_that_never_changes():
    images = np.full((4, 3, 6, 6), 7, np.uint8)
    assert np.allclose(Transforms.measured(IN_SHAPE, images, RECIPE).test(images), 0, atol=1e-4)


@pytest.mark.parametrize("step", ["crop", "resized crop", "flip", "jitter", "lighting"])
def test_every_step_distorts_and_is_repeatable(step):
    transforms, images = prepared(augment=(step,)), colours().images
    before = images.copy()
    x = transforms.train(images, RNG(1))
    assert x.shape == (30, 3, 6, 6) and x.dtype == np.float32
    assert np.array_equal(x, transforms.train(images, RNG(1)))
    assert not np.array_equal(x, transforms.train(images, RNG(2)))
    assert not np.allclose(x, transforms.test(images)) and np.array_equal(images, before)


def test_larger_pictures_are_cut():
    images = RNG(0).integers(0, 256, (5, 3, 10, 12), dtype=np.uint8)
    transforms = prepared(augment=("crop",), pad=0)
    middle = images[:, :, 2:8, 3:9]
    assert np.array_equal(transforms.test(images), transforms.test(middle))
    assert transforms.train(images, RNG(0)).shape == (5, 3, 6, 6)


def test_smaller_pictures_are_resized():
    images = RNG(0).integers(0, 256, (5, 3, 4, 3), dtype=np.uint8)
    transforms = prepared(augment=("crop", "flip"))
    assert transforms.test(images).shape == transforms.train(images, RNG(0)).shape == (5, 3, 6, 6)


def test_grey_and_colour():
    grey = RNG(0).integers(0, 256, (2, 1, 6, 6), dtype=np.uint8)
    assert np.array_equal(channels(grey, 3), np.concatenate([grey] * 3, axis=1))
    assert np.array_equal(channels(channels(grey, 3), 1), grey)
    red = np.zeros((1, 3, 1, 1), np.uint8)
    red[0, 0] = 100
    assert channels(red, 1).tolist() == [[[[30]]]]                 # 0.299 of it
    assert prepared((1, 6, 6), augment=("lighting", "jitter", "flip")).train(
        colours().images, RNG(0)).shape == (30, 1, 6, 6)
    with pytest.raises(ValueError, match="pictures with 4 channels for a network that reads 3"):
        channels(np.zeros((1, 4, 2, 2), np.uint8), 3)


def test_resize_by_hand():
    x = np.array([[[[0, 100]]]], np.float32)
    assert resize(x, (1, 4)).tolist() == [[[[0, 25, 75, 100]]]]
    assert np.array_equal(resize(x, (1, 2)), x)
    assert resize(x, (1, 1)).tolist() == [[[[50]]]]
    assert fitted(x, (2, 2)).tolist() == [[[[0, 100], [0, 100]]]]


def test_ten_crops_of_a_larger_picture():
    images = RNG(0).integers(0, 256, (2, 3, 8, 8), dtype=np.uint8)
    transforms = prepared()
    views = transforms.ten_crops(images)                              # (10, 2, 3, 6, 6)
    assert views.shape == (10, 2, 3, 6, 6)
    assert np.array_equal(views[0], transforms.test(images[:, :, :6, :6]))
    assert np.array_equal(views[4], transforms.test(images))
    assert np.array_equal(views[9], transforms.test(images)[..., ::-1])


def test_ten_crops_of_a_picture_of_the_same_size_have_the_border_of_training():
    images = colours(2).images
    transforms = prepared()
    views = transforms.ten_crops(images)
    border = transforms.test(np.zeros((1, 3, 6, 6), np.uint8))[0, :, 0, 0]
    assert np.allclose(views[0][:, :, 0, 0], border)
    assert np.array_equal(views[0][:, :, 1:, 1:], transforms.test(images)[:, :, :5, :5])


def test_resized():
    images = colours(2).images
    transforms = prepared()
    assert np.array_equal(transforms.resized(images, 6), transforms.test(images))
    assert transforms.resized(images, 9).shape == (2, 3, 9, 9)


def test_unknown_steps():
    with pytest.raises(ValueError, match="recipe tiny: no augmentation spin; there are crop"):
        prepared(augment=("spin", "flip"))
