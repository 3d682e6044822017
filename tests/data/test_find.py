"""Data sets by name, by folder, and the built-in digits."""

import numpy as np
import pytest
from PIL import Image

from minicnn.data.cifar import FILES, FOLDER
from minicnn.data.find import find_data

RECORDS = np.arange(4 * 3073, dtype=np.int64).astype(np.uint8).reshape(4, 3073)
RECORDS[:, 0] = 0, 3, 9, 1


@pytest.fixture
def places(tmp_path, monkeypatch):
    """Two empty folders: that of $MINICNN_DATA, and the cache."""
    for name in ("data", "cache"):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(f"MINICNN_{name.upper()}", str(tmp_path / name))
    monkeypatch.setenv("MINICNN_OFFLINE", "1")
    return tmp_path / "data", tmp_path / "cache"


def write_cifar(place):
    (place / FOLDER).mkdir()
    for name in (FILES["train"][0], *FILES["test"]):
        (place / FOLDER / name).write_bytes(RECORDS.tobytes())


@pytest.mark.parametrize("number", [0, 1])
def test_cifar10(places, number):
    write_cifar(places[number])
    train, test = find_data("cifar10")
    assert train.images.shape == test.images.shape == (4, 3, 32, 32)
    assert train.labels.tolist() == [0, 3, 9, 1] and str(places[number]) in test.source


def test_cifar10_by_its_folder(places):
    write_cifar(places[0])
    train, test = find_data(str(places[0] / FOLDER))
    assert len(train) == len(test) == 4 and test.source.startswith("CIFAR-10, 4 test images")


def test_cifar10_is_nowhere(places, monkeypatch):
    with pytest.raises(FileNotFoundError, match=f"CIFAR-10 is neither in .*{FOLDER}"):
        find_data("cifar10")
    monkeypatch.delenv("MINICNN_DATA")
    with pytest.raises(FileNotFoundError, match="not set"):
        find_data("cifar10")


def test_digits_are_padded(monkeypatch, drawn_digits):
    monkeypatch.setenv("MINICNN_CACHE", str(drawn_digits))
    train, test = find_data("digits")
    assert train.images.shape == (10_000, 1, 32, 32) and test.images.shape == (2_000, 1, 32, 32)
    assert not train.images[:, :, :2].any() and not train.images[..., -2:].any()
    assert "drawn by minicnn" in train.source and len(train.classes) == 10


def test_a_folder(tmp_path):
    for name in "ab":
        (tmp_path / name).mkdir()
        for number in range(3):
            Image.new("RGB", (5, 5)).save(tmp_path / name / f"{number}.png")
        (tmp_path / name / "bad.png").write_text("bad")
    train, test = find_data(str(tmp_path), size=7, skip_unreadable=True)
    assert train.images.shape == (4, 3, 7, 7) and test.images.shape == (2, 3, 7, 7)


@pytest.mark.parametrize("name, near", [
    ("minst", "did you mean mnist. There"), ("CIFAR10", "did you mean cifar10. There"),
    ("cifar", "did you mean cifar10. There"), ("pictures", "there")])
def test_unknown_names(places, name, near):
    with pytest.raises(FileNotFoundError, match=f"no data set and no folder is called {name!r}; "
                                                f"{near} are mnist, digits, cifar10, or"):
        find_data(name)
