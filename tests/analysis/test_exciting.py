"""The patches that excite a channel most, by hand and against plain loops."""

import numpy as np
import pytest

from minicnn.analysis.exciting import Best, cut, highest, most_exciting, patch, strongest
from minicnn.analysis.receptive_field import Field, field_of
from minicnn.autograd.tensor import Tensor
from minicnn.layers import Conv2d, Flatten, Linear, MaxPool2d
from minicnn.layers.containers import Sequential


def float32(images):
    return np.asarray(images, np.float32)


def corner():
    """One channel that looks for an upper left corner: 1 at its first cell."""
    model = Sequential(Conv2d(1, 2, 2, bias=False))
    model[0].weight.data[...] = 0
    model[0].weight.data[0, 0, 0, 0] = 1
    model[0].weight.data[1, 0, 1, 1] = -1
    return model


def test_by_hand():
    """Image 2 has a 9 at (1, 1), image 0 a 5 at (0, 1), image 1 nothing."""
    images = np.zeros((3, 1, 3, 3), np.uint8)
    images[2, 0, 1, 1], images[0, 0, 0, 1], images[0, 0, 2, 2] = 9, 5, 7
    *_, best = most_exciting(corner(), "0", images, float32, most=2, batch=2)
    assert best.seen == 3 and best.values[0].tolist() == [9, 5]
    assert best.images[0].tolist() == [2, 0] and best.places[0].tolist() == [[1, 1], [0, 1]]
    field = field_of(corner(), "0", (1, 3, 3))
    assert patch(images[2], field, best.places[0, 0]).tolist() == [[[9, 0], [0, 0]]]
    assert patch(images[0], field, best.places[0, 1]).tolist() == [[[5, 0], [0, 0]]]
    assert best.values[1].tolist() == [0, 0]                           # of equal ones the first
    assert best.images[1].tolist() == [0, 1] and best.places[1].tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize("batch", [1, 3, 50])
def test_against_loops(batch, rng):
    model = Sequential(Conv2d(2, 3, 3, padding=1), MaxPool2d(2)).eval()
    images = rng.standard_normal((7, 2, 6, 6)).astype(np.float32)
    y = model(Tensor(images)).numpy()
    *_, best = most_exciting(model, "1", images, float32, most=4, batch=batch)
    for channel in range(3):
        peaks = sorted((-y[n, channel].max(), n) for n in range(7))[:4]
        np.testing.assert_allclose(best.values[channel], [-peak for peak, _ in peaks], rtol=1e-5)
        assert best.images[channel].tolist() == [n for _, n in peaks]
        for (_, n), at in zip(peaks, best.places[channel], strict=True):
            assert tuple(at) == np.unravel_index(y[n, channel].argmax(), (3, 3))


def test_after_each_batch_there_is_an_answer(rng):
    images = rng.random((5, 1, 3, 3))
    assert [best.seen for best in most_exciting(corner(), "0", images, float32, batch=2)] == [2, 4,
                                                                                              5]


def test_a_vector_has_channels_without_places():
    best = highest(np.array([[1.0, 5.0], [3.0, np.nan]]), 10)
    assert best.values.tolist() == [[1, 3], [5, -np.inf]]
    assert best.images.tolist() == [[10, 11], [10, 11]] and not best.places.any()


def test_beside_the_image_there_is_nothing():
    image = np.arange(4.0).reshape(1, 2, 2)
    found = cut(image, (-1, 1, 1, 3))
    np.testing.assert_array_equal(found, [[[np.nan, np.nan], [1, np.nan]]])
    assert np.isnan(cut(image, (-3, 0, -1, 2))).all() and cut(image, (0, 0, 2, 2)).shape == (1, 2,
                                                                                             2)
    np.testing.assert_array_equal(patch(image, Field((1, 1), (1, 1), (0, 0)), (1, 0)), [[[2]]])
    higher = patch(image, Field((4, 1), (1, 1), (-2, -1)), (0, 0))             # all of its height
    np.testing.assert_array_equal(higher, [[[np.nan], [np.nan]]])
    np.testing.assert_array_equal(patch(image, Field((4, 1), (1, 1), (-2, -1)), (0, 1)),
                                  [[[0], [2]]])


def test_the_strongest():
    maps = np.zeros((3, 2, 2))
    maps[2, 1, 1], maps[0, 0, 0] = 5, 1
    assert strongest(maps, 2) == [2, 0] and strongest(np.array([1.0, 1.0, 3.0]), 9) == [2, 0, 1]


def test_what_is_refused():
    with pytest.raises(ValueError, match="no image"):
        next(most_exciting(corner(), "0", np.zeros((0, 1, 3, 3)), float32))
    model = Sequential(Flatten(), Linear(9, 2))
    assert isinstance(next(most_exciting(model, "1", np.ones((1, 1, 3, 3)), float32)), Best)
