"""From lists to what networks read."""

import numpy as np
import pytest

from minicnn.data.scene_batches import class_maps, normalised, stacked

MEAN, STD = [0.5, 0.0, 1.0], [0.5, 1.0, 2.0]


def test_normalised_by_hand_and_of_both_kinds():
    images = np.array([0, 255, 51], np.uint8).reshape(1, 3, 1, 1)
    y = normalised(images, MEAN, STD)
    assert y.dtype == np.float32 and np.allclose(y.ravel(), [-1, 1, -0.4])
    listed = normalised([images[0], np.zeros((3, 2, 5), np.uint8)], MEAN, STD)
    assert np.array_equal(listed[0], y[0]) and listed[1].shape == (3, 2, 5)
    assert normalised([], MEAN, STD) == []


def test_normalised_once_only():
    with pytest.raises(TypeError, match="images are float32, expected uint8"):
        normalised(normalised([np.zeros((3, 2, 2), np.uint8)], MEAN, STD), MEAN, STD)
    with pytest.raises(ValueError, match="have 1 channels, but mean has 3"):
        normalised([np.zeros((1, 2, 2), np.uint8)], MEAN, STD)


def test_stacked():
    image = np.zeros((3, 2, 5), np.uint8)
    assert stacked([image, image]).shape == (2, 3, 2, 5)
    with pytest.raises(ValueError, match="stacked: images of 3x2x4, 3x2x5, expected all alike, to "
                                         "be one array: read scenes with size="):
        stacked([image, image[:, :, 1:]])
    with pytest.raises(ValueError, match="images of none"):
        stacked([])


def test_class_maps():
    first, second = np.zeros((2, 2), np.uint8), np.full((2, 2), 255, np.uint8)
    maps = class_maps([{"class_map": first}, {"class_map": second}])
    assert maps.dtype == np.int64 and maps[:, 0, 0].tolist() == [0, 255]
    with pytest.raises(ValueError, match="target 1 has boxes, but no class_map"):
        class_maps([{"class_map": first}, {"boxes": []}])
