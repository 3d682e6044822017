"""Where MNIST is looked for, and what is taken in its place."""

import gzip
import hashlib
import importlib
import os
import struct

import numpy as np
import pytest

from minicnn.data.dataset import Dataset
from minicnn.data.download import CacheError, DownloadError, PublishedFile
from minicnn.data.files import DamagedFile
from minicnn.data.mnist import SPLITS, Split, drawer_version, find_digits, mnist
from tests.data.mirror import Mirror
from tests.data.real import REAL, needs_mnist

# By name, because minicnn.data.mnist is the function once minicnn.data is imported.
module = importlib.import_module("minicnn.data.mnist")

COUNT = {"train": 6, "test": 3}


def idx(split, kind):
    N = COUNT[split]
    if kind == "labels":
        return struct.pack(">2I", 2049, N) + bytes(range(N))
    return struct.pack(">4I", 2051, N, 28, 28) + bytes(i % 251 for i in range(N * 784))


def published(split, kind):
    content = idx(split, kind)
    name = getattr(SPLITS[split], kind).name
    return PublishedFile(name, len(content), hashlib.sha256(content).hexdigest())


SMALL = {split: Split(published(split, "images"), published(split, "labels"), SPLITS[split].word)
         for split in SPLITS}
FILES = {published(split, kind).name: idx(split, kind)
         for split in SPLITS for kind in ("images", "labels")}


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A world with a small MNIST, a cache of its own, no folder named and no network."""
    monkeypatch.setattr(module, "SPLITS", SMALL)
    monkeypatch.setattr(module, "MIRRORS", [])
    monkeypatch.setattr(module, "DRAWN", {"train": (5, 0), "test": (4, 1)})
    monkeypatch.setattr(module, "digits", counting_digits)
    counting_digits.calls.clear()
    monkeypatch.setenv("MINICNN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for name in ("MINICNN_DATA", "MINICNN_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def counting_digits(count, seed):
    counting_digits.calls.append((count, seed))
    images = np.full((count, 1, 28, 28), seed, np.uint8)
    return Dataset(images, np.arange(count) % 10, tuple("0123456789"), "drawn")


counting_digits.calls = []


def fill(folder, rename=lambda name: name, pack=gzip.compress, only=""):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in FILES.items():
        if only in name:
            (folder / rename(name)).write_bytes(pack(content))
    return folder


def never(*_):
    raise AssertionError("nothing should be logged")


@pytest.mark.parametrize("inside", ["", "mnist"])
@pytest.mark.parametrize("rename, pack", [
    (lambda name: name, gzip.compress),
    (lambda name: name.removesuffix(".gz"), bytes),
    (lambda name: name.removesuffix(".gz").replace("-idx", ".idx"), bytes),
    (lambda name: name.replace("-idx", ".idx"), gzip.compress),
    (lambda name: name, bytes),
])
def test_named_folder(place, inside, rename, pack):
    folder = place / "Daten äöü 数字"
    fill(folder / inside, rename, pack)
    train, test = find_digits(folder, log=never)
    assert train.images.shape == (6, 1, 28, 28) and test.images.shape == (3, 1, 28, 28)
    assert train.images.dtype == np.uint8 and train.labels.tolist() == [0, 1, 2, 3, 4, 5]
    assert train.images[0, 0, 1, 2] == 30 and train.classes == tuple("0123456789")
    assert train.source == test.source == (
        f"MNIST: 6 for training, 3 for testing; from {folder}")
    assert mnist("test", str(folder)).source == f"MNIST, 3 test digits, from {folder}"
    assert mnist("train", folder).source == f"MNIST, 6 training digits, from {folder}"
    assert not (place / "cache").exists()


def test_other_data_is_not_called_mnist(place):
    folder = fill(place / "data")
    (folder / "t10k-images-idx3-ubyte.gz").write_bytes(
        gzip.compress(idx("test", "images")[:-1] + b"\xff"))
    assert mnist("test", folder).source.startswith("digits in MNIST's format, 3 test digits")
    assert mnist("train", folder).source.startswith("MNIST, 6")
    assert find_digits(folder, log=never)[0].source.startswith("digits in MNIST's format: 6 for")


def test_environment_folder_comes_before_the_cache(place, monkeypatch):
    fill(place / "cache")
    monkeypatch.setenv("MINICNN_DATA", str(fill(place / "env")))
    assert find_digits(log=never)[0].source.endswith(f"from {place / 'env'}")
    argument = fill(place / "argument")
    assert find_digits(argument, log=never)[0].source.endswith(f"from {argument}")


def test_environment_folder_without_mnist_is_passed_over(place, monkeypatch):
    fill(place / "cache")
    (place / "env").mkdir()
    monkeypatch.setenv("MINICNN_DATA", str(place / "env"))
    lines = []
    assert find_digits(log=lines.append)[0].source.endswith(f"from {place / 'cache'}")
    assert lines == [f"MINICNN_DATA: {place / 'env'} has no MNIST; looking further"]


@pytest.mark.parametrize("named", ["argument", "environment"])
def test_named_folder_is_never_replaced_silently(place, monkeypatch, named):
    fill(place / "cache")

    def look(folder):
        if named == "environment":
            monkeypatch.setenv("MINICNN_DATA", str(folder))
        return find_digits(folder if named == "argument" else None, log=never)

    with pytest.raises(FileNotFoundError, match="absent: no such folder; correct it or leave it"):
        look(place / "absent")
    half = fill(place / "half", only="train")
    with pytest.raises(FileNotFoundError, match="no t10k-images-idx3-ubyte.gz there or in its"):
        look(half)
    broken = fill(place / "broken")
    (broken / "t10k-labels-idx1-ubyte.gz").write_bytes(b"<html>")
    with pytest.raises(DamagedFile, match="broken.t10k-labels-idx1-ubyte.gz: 6 bytes"):
        look(broken)


def test_argument_without_any_file(place):
    fill(place / "cache")
    (place / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="put MNIST's four files there"):
        mnist("train", place / "empty")


def test_files_of_different_sets(place):
    """Hazard 32."""
    folder = fill(place / "data")
    (folder / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx("test", "labels")))
    with pytest.raises(DamagedFile, match="6 images but 3 labels"):
        mnist("train", folder)
    other_size = struct.pack(">4I", 2051, 6, 8, 8) + bytes(6 * 64)
    (folder / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(other_size))
    fill(folder, only="train-labels")
    with pytest.raises(DamagedFile, match="images of 8x8, expected 28x28"):
        mnist("train", folder)


def test_download_then_cache_then_healing(place, monkeypatch):
    """Hazards 35 and 37, from the outside."""
    with Mirror({name: gzip.compress(content) for name, content in FILES.items()}) as server:
        monkeypatch.setattr(module, "MIRRORS", [server.url("forbidden"), server.url("good")])
        for _ in range(2):
            train, _ = find_digits(log=never)
            assert train.source == f"MNIST: 6 for training, 3 for testing; from {place / 'cache'}"
        assert len([path for path in server.log if "good" in path]) == 4
        (place / "cache" / "t10k-images-idx3-ubyte.gz").write_bytes(b"half")
        find_digits(log=never)
        assert server.log[-1] == "/good/t10k-images-idx3-ubyte.gz"
    assert sorted(os.listdir(place / "cache")) == sorted(FILES)
    monkeypatch.setenv("MINICNN_OFFLINE", "1")
    assert mnist("test").source == f"MNIST, 3 test digits, from {place / 'cache'}"


def test_built_in_digits_when_nothing_answers(place, monkeypatch):
    """Hazard 37: drawn once, then taken from the cache, and the source says what they are."""
    monkeypatch.setenv("MINICNN_OFFLINE", "1")
    lines = []
    for _ in range(2):
        train, test = find_digits(log=lines.append)
        assert train.source == test.source == (
            "built-in digits (drawn by minicnn, not MNIST): 5 for training, 4 for testing; "
            "for MNIST, connect to the network once or give --data DIR")
        assert len(train.labels) == 5 and (test.images == 1).all()
        assert test.labels.tolist() == [0, 1, 2, 3]
    assert counting_digits.calls == [(5, 0), (4, 1)]
    assert lines[0] == ("MNIST is not here and could not be downloaded: taking built-in digits "
                        "instead")
    assert lines[1:3] == ["drawing 5 built-in digits", "drawing 4 built-in digits"]
    assert len(lines) == 4
    with pytest.raises(DownloadError, match="MINICNN_OFFLINE"):
        mnist("train")


@pytest.mark.parametrize("damage", [
    lambda path: path.write_bytes(b"junk"), lambda path: path.write_bytes(path.read_bytes()[:-1]),
    lambda path: path.unlink(),
    lambda path: path.write_bytes(gzip.compress(struct.pack(">2I", 2049, 1) + b"\0"))])
def test_damaged_built_in_digits_are_drawn_again(place, damage):
    find_digits(log=str)
    [path] = (place / "cache").glob(f"digits-{drawer_version()}-5-0/labels*")
    damage(path)
    assert len(find_digits(log=str)[0].labels) == 5
    assert counting_digits.calls == [(5, 0), (4, 1), (5, 0)]


def test_cache_that_cannot_be_written(place, monkeypatch):
    """Hazards 35 and 41: the first run still works, and the line tells the cure."""
    (place / "file").write_text("in the way")
    monkeypatch.setenv("MINICNN_CACHE", str(place / "file"))
    monkeypatch.setattr(module, "MIRRORS", ["http://127.0.0.1:9/"])
    lines = []
    train, _ = find_digits(log=lines.append)
    assert len(train.labels) == 5 and "set MINICNN_CACHE to a folder" in lines[0]
    with pytest.raises(CacheError, match="cannot write the cache folder"):
        mnist("train")


def test_unknown_split(place):
    with pytest.raises(ValueError, match="split 'valid', expected 'train' or 'test'"):
        mnist("valid")


def test_published_sizes():
    for split, count in (("train", 60_000), ("test", 10_000)):
        assert SPLITS[split].images.size == 16 + count * 784
        assert SPLITS[split].labels.size == 8 + count


@needs_mnist
def test_real_data():
    train, test = find_digits(REAL, log=never)
    assert train.images.shape == (60_000, 1, 28, 28) and test.images.shape == (10_000, 1, 28, 28)
    assert train.labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert np.bincount(test.labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974,
                                                 1009]
    assert train.source == f"MNIST: 60,000 for training, 10,000 for testing; from {REAL}"
