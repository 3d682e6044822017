import numpy as np
import pytest

from minicnn.data import Dataset
from minicnn.experiments import pictures
from minicnn.experiments.pictures import (
    chance,
    check_data,
    digits,
    majority,
    photos,
    pooled,
    some,
    some_classes,
    some_of_each,
)


@pytest.fixture
def data():
    """Twelve pictures of classes a, b, c: 6, 4 and 2 of them; each is filled with its number."""
    labels = np.repeat([0, 1, 2], [6, 4, 2])
    images = np.arange(12, dtype=np.uint8)[:, None, None, None] * np.ones((1, 1, 4, 4), np.uint8)
    return Dataset(images, labels, ("a", "b", "c"))


def numbers(data):
    return data.images[:, 0, 0, 0].tolist()


def test_guessing(data):
    assert chance(data) == pytest.approx(200 / 3) and majority(data) == 50


def test_some(data):
    assert numbers(some(data, 5, 0)) == numbers(some(data, 5, 0)) != numbers(some(data, 5, 1))
    assert sorted(numbers(some(data, 100, 0))) == list(range(12))


def test_some_of_each(data):
    chosen = some_of_each(data, 2, 0)
    assert chosen.labels.tolist() == [0, 1, 2, 0, 1, 2]
    assert numbers(some_of_each(data, 1, 0)) == numbers(chosen)[:3]    # more begin with the fewer
    assert some_of_each(data, 100, 0).labels.tolist() == [0, 1, 2, 0, 1, 2]


def test_some_classes(data):
    chosen = some_classes(data, [2, 0])
    assert chosen.classes == ("c", "a")
    assert numbers(chosen) == [0, 1, 2, 3, 4, 5, 10, 11]
    assert chosen.labels.tolist() == [1, 1, 1, 1, 1, 1, 0, 0]


def test_pooled():
    image = np.array([[0, 2, 10, 10], [4, 6, 10, 11], [0, 0, 255, 255], [0, 1, 255, 255]], np.uint8)
    data = Dataset(image[None, None], [0], ("a",))
    assert pooled(data).images.tolist() == [[[[3, 10], [0, 255]]]]     # 10.25 and 0.25 are rounded


def test_they_are_drawn_where_nothing_is_found(tiny):
    settings = tiny()
    train, test = photos(settings)
    assert train.images.shape == (300, 3, 32, 32) and len(test) == 100
    assert len(train.classes) == 10 == len(set(train.labels.tolist()))
    assert "drawn by minicnn" in settings.noted["photos"]
    assert "of 10 classes chance 90.0 % wrong" in settings.noted["guessing photos"]
    train, _ = digits(settings)
    assert train.images.shape[1:] == (1, 28, 28) and "drawn by minicnn" in settings.noted["digits"]
    assert digits(settings, 32)[0].images.shape[1:] == (1, 32, 32)


def test_drawn_shapes_are_the_same_every_time(tiny):
    one, two = pictures.drawn_shapes("test"), pictures.drawn_shapes("test")
    assert one == two and one != pictures.drawn_shapes("train")


def test_named_ones_are_taken(tiny, tmp_path):
    settings = tiny(data="digits")
    assert len(digits(settings)[0]) == 300
    record = np.arange(3 * 1024 + 1, dtype=np.int64) % 10
    folder = tmp_path / "cifar-10-batches-bin"
    folder.mkdir()
    for name in ("data_batch_1.bin", "test_batch.bin"):
        (folder / name).write_bytes(bytes(record.astype(np.uint8).tolist()) * 3)
    for place in (tmp_path, folder):
        train, _ = photos(tiny(data=str(place)))
        assert train.source.startswith("CIFAR-10, 3 training images")


@pytest.mark.parametrize("find, name, words", [
    (digits, "cifar10", "reads digits; mnist, digits"),
    (digits, "shapes", "reads digits"),
    (photos, "mnist", "reads photographs; cifar10, shapes")])
def test_what_does_not_go_together(find, name, words, tiny):
    with pytest.raises(ValueError, match=words):
        find(tiny(data=name))


def test_other_than_ten_classes(tiny, tmp_path):
    from PIL import Image
    for name in ("cat", "dog"):
        (tmp_path / "own" / name).mkdir(parents=True)
        for n in range(10):
            Image.new("RGB", (40, 40), (25 * n, 0, 0)).save(tmp_path / "own" / name / f"{n}.png")
    with pytest.raises(ValueError, match="has 2 classes, the experiments are made for ten"):
        photos(tiny(data=str(tmp_path / "own")))


def test_check_data(tmp_path):
    check_data("mnist")
    check_data(str(tmp_path))
    with pytest.raises(FileNotFoundError, match="did you mean cifar10"):
        check_data("cifar-10")
