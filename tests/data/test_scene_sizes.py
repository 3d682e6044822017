"""Pictures, boxes, masks and maps of another size."""

import numpy as np
import pytest

from minicnn.data.scene_sizes import as_size, resize_nearest, resize_picture, resize_scene


def test_all_that_is_known_moves_with_the_picture():
    image = np.zeros((3, 4, 8), np.uint8)
    image[:, :2, 4:] = 200
    masks = np.zeros((1, 4, 8), bool)
    masks[0, :2, 4:] = True
    target = {"boxes": np.array([[4, 0, 8, 2]], np.float32), "labels": np.array([1]),
              "masks": masks, "class_map": masks[0] * np.uint8(7), "caption": "a"}
    y, made = resize_scene(image, target, (8, 4))
    assert y.shape == (3, 8, 4) and made["boxes"].tolist() == [[2, 0, 4, 4]]
    assert made["masks"].shape == (1, 8, 4) and made["masks"][0, :4, 2:].all()
    assert made["masks"].sum() == 8 and set(np.unique(made["class_map"])) == {0, 7}
    assert y[0, 0].tolist()[0] == 0 and y[0, 0].tolist()[-1] == 200
    assert made["labels"] is target["labels"] and made["caption"] == "a"
    assert target["boxes"].tolist() == [[4, 0, 8, 2]]
    assert resize_scene(image, target, (4, 8)) == (image, target)


def test_the_nearest_pixel_lies_under_the_centre():
    values = np.arange(4).reshape(1, 4)
    assert resize_nearest(values, (1, 8)).tolist() == [[0, 0, 1, 1, 2, 2, 3, 3]]
    assert resize_nearest(values, (1, 2)).tolist() == [[1, 3]]
    assert resize_nearest(values, (1, 3)).tolist() == [[0, 2, 3]]
    assert resize_nearest(values[None], (2, 1)).tolist() == [[[2], [2]]]


def test_a_smaller_picture_has_the_mean_of_what_it_covers():
    image = np.zeros((1, 8, 8), np.uint8)
    image[:, :, ::2] = 200
    # bilinear over two pixels to each side, so the rim differs a little
    assert np.abs(resize_picture(image, (4, 4)).astype(int)[0, :, 1:-1] - 100).max() <= 1
    one = np.full((1, 5, 7), 9, np.uint8)[:, ::-1]
    assert (resize_picture(one, (3, 3)) == 9).all()


def test_boxes_stay_inside():
    boxes = np.array([[0, 0, 640, 480]], np.float32)
    _, made = resize_scene(np.zeros((1, 480, 640), np.uint8),
                           {"boxes": boxes, "labels": np.array([1])}, (97, 301))
    assert made["boxes"].tolist() == [[0, 0, 301, 97]]


@pytest.mark.parametrize("size, pair", [(None, None), (5, (5, 5)), ((3, 4), (3, 4)),
                                        ([3, np.int64(4)], (3, 4))])
def test_sizes(size, pair):
    assert as_size(size, "f") == pair


@pytest.mark.parametrize("size, message", [
    (0, "size is 0, expected at least 1 pixel"), ((3, -1), r"size is \(3, -1\), expected at least"),
    (2.5, "size is 2.5, expected a whole number"), ("8", "size is '8'"),
    ((1, 2, 3), ".* expected a whole number of pixels, two"),
    ((True, 2), "size is")])
def test_no_sizes(size, message):
    with pytest.raises((TypeError, ValueError), match="f: " + message):
        as_size(size, "f")
