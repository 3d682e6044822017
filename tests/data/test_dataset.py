"""Images and labels as one data set: a sequence as Python and PyTorch users know it."""

import copy
import pickle

import numpy as np
import pytest

from minicnn.data.dataset import Dataset
from minicnn.data.pictures import Pictures
from tests.data.painted import paint

IMAGES = np.arange(12, dtype=np.uint8).reshape(3, 1, 2, 2)
DATA = Dataset(IMAGES, np.array([2, 0, 1]), ("a", "b", "c"), "made up")


@pytest.fixture(params=["array", "files"])
def data(request, tmp_path):
    """Three pictures, from memory and from files that are read when they are asked for."""
    if request.param == "array":
        return DATA
    for number in range(3):
        paint(tmp_path / f"{number}.png", (number, 0, 0))
    paths = [tmp_path / f"{number}.png" for number in range(3)]
    return DATA.replace(images=Pictures(paths, 2))


def test_a_number_gives_an_image_and_its_label(data):
    assert len(data) == 3 and bool(data)
    for number in (0, 2, -1, np.int64(1), np.array(1)):
        image, label = data[number]
        assert np.array_equal(image, data.images[:][number]) and image.ndim == 3
        assert label == data.labels[number] and type(label) is int


@pytest.mark.parametrize("chosen, expected", [
    (slice(1), [0]), (slice(None, None, -1), [2, 1, 0]), ([2, 0], [2, 0]), (np.array([1]), [1]),
    ([True, False, True], [0, 2]), (range(2), [0, 1]), ([], []), (slice(0, 0), [])])
def test_several_numbers_give_a_dataset(data, chosen, expected):
    part = data[chosen]
    assert isinstance(part, Dataset) and len(part) == len(expected)
    assert part.labels.tolist() == data.labels[expected].tolist() and part.classes == data.classes
    assert np.array_equal(part.images[:], data.images[:][expected])
    assert type(part.images) is type(data.images)                      # files stay unread
    assert part.source == f"{len(expected)} of made up"


@pytest.mark.parametrize("chosen", [1.5, "images", (0, 1), [[0]], np.zeros(3), None, True, ...])
def test_no_index(data, chosen):
    with pytest.raises(TypeError, match="expected a whole number, a slice or an array of numbers"):
        data[chosen]


@pytest.mark.parametrize("chosen", [3, -4, [0, 3], [True]])
def test_index_out_of_range(data, chosen):
    with pytest.raises(IndexError, match="Dataset of 3 images: "):
        data[chosen]


def test_loops_through_images_and_labels(data):
    for _ in range(2):                                                 # it starts anew
        assert [label for image, label in data] == [2, 0, 1]
    assert np.array_equal([image for image, _ in data], data.images)
    assert [label for _, label in reversed(data)] == [1, 0, 2]
    assert [(a, b) for _, a in data for _, b in data][:4] == [(2, 2), (2, 0), (2, 1), (0, 2)]


@pytest.mark.parametrize("again", [
    copy.copy, copy.deepcopy, lambda d: pickle.loads(pickle.dumps(d)),
    lambda d: d.replace(source="elsewhere")])
def test_copies_are_equal(data, again):
    other = again(data)
    assert other == data and other is not data and other.fingerprint == data.fingerprint


@pytest.mark.parametrize("change", [
    {"images": IMAGES + 1}, {"images": IMAGES[:, :, :, :1]}, {"labels": [2, 0, 0]},
    {"classes": ("a", "b", "d")}, {"classes": ("a", "b", "c", "d")}])
def test_other_content_is_not_equal(change):
    other = DATA.replace(**change)
    assert other != DATA and other.fingerprint != DATA.fingerprint and DATA != "made up"


def test_order_and_number_count():
    assert DATA[[1, 0, 2]] != DATA and DATA[:2] != DATA and DATA[:] == DATA


def test_what_is_not_answered_names_the_cure():
    with pytest.raises(TypeError, match="its arrays can change; take .fingerprint as key"):
        hash(DATA)
    with pytest.raises(TypeError, match="3 in train.labels"):
        assert (IMAGES[0], 2) not in DATA
    with pytest.raises(TypeError, match="the arrays are .images and .labels"):
        np.asarray(DATA)


def test_is_readable():
    assert repr(DATA) == "Dataset(3 images 1x2x2 of 3 classes: a, b, c; made up)"
    many = Dataset(IMAGES, [0, 1, 2], [str(number) for number in range(12)])
    assert repr(many).endswith("of 12 classes: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ...)")
    assert str(DATA[:0]).startswith("Dataset(0 images") and not DATA[:0]


def test_subset():
    part = DATA.subset(2)
    assert part.images.shape == (2, 1, 2, 2) and part.labels.tolist() == [2, 0]
    assert part.source == "the first 2 of made up" and np.shares_memory(part.images, DATA.images)


@pytest.mark.parametrize("count", [0, 4, -1])
def test_subset_out_of_range(count):
    with pytest.raises(ValueError, match=f"subset: {count} images asked for, .* has 1 to 3"):
        DATA.subset(count)


def test_classes():
    with pytest.raises(TypeError, match="classes is the word 'cat', expected one name for each"):
        Dataset(IMAGES, [0, 0, 0], "cat")
    with pytest.raises(ValueError, match="run from 0 to 2, expected 0 to 1 for 2 classes"):
        Dataset(IMAGES, [0, 1, 2], ["cat", "dog"])
    assert Dataset(IMAGES, [0, 1, 2], np.array(["x", "y", "z"])).classes == ("x", "y", "z")
    assert Dataset(IMAGES, [0, 1, 2], range(3)).classes == ("0", "1", "2")
