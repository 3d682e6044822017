"""Hazards 33 and 34: records of the right length and label; archives read without extracting."""

import gzip
import io
import tarfile

import numpy as np
import pytest

from minicnn.data import cifar
from minicnn.data.cifar import CLASSES, parse_records, read_cifar10
from minicnn.data.files import DamagedFile
from tests.data.real import REAL, needs_cifar

FOLDER = "cifar-10-batches-bin"


def records(*labels):
    """Per record red is 10 + label, green 20, blue a ramp."""
    ramp = bytes(i % 256 for i in range(1024))
    return b"".join(bytes([label]) + bytes([10 + label]) * 1024 + bytes([20]) * 1024 + ramp
                    for label in labels)


def member(name, content=b"", kind=tarfile.REGTYPE, link="", size=None):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    info.size = len(content) if size is None else size
    return info, content


def archive(path, *members, mode="w:gz"):
    with tarfile.open(path, mode) as tar:
        for info, content in members:
            tar.addfile(info, io.BytesIO(content))
    return path


def test_records_by_hand():
    images, labels = parse_records(records(3, 9), "x")
    assert labels.tolist() == [3, 9] and labels.dtype == np.int64
    assert images.shape == (2, 3, 32, 32) and images.dtype == np.uint8
    assert images[1, :, 0, 1].tolist() == [19, 20, 1]           # red, green, blue of pixel (0, 1)
    assert images[0, 2, 1, 0] == 32                             # row by row


def test_folder_itself_or_around_it(tmp_path):
    inner = tmp_path / FOLDER
    inner.mkdir()
    (inner / "data_batch_2.bin").write_bytes(records(2))
    (inner / "data_batch_1.bin").write_bytes(records(1, 0))
    (inner / "test_batch.bin").write_bytes(records(5))
    for folder in (tmp_path, inner, str(inner)):
        train = read_cifar10(folder, "train")
        assert train.labels.tolist() == [1, 0, 2] and train.classes == CLASSES
        assert train.source == (f"CIFAR-10, 3 training images, from {folder} "
                                "(only data_batch_1.bin, data_batch_2.bin of 5 files)")
    test = read_cifar10(tmp_path, "test")
    assert test.labels.tolist() == [5] and test.source.endswith(f"1 test images, from {tmp_path}")


@pytest.mark.parametrize("mode", ["w:gz", "w"])
def test_archive_as_published(tmp_path, mode):
    path = archive(tmp_path / "c", member(FOLDER, kind=tarfile.DIRTYPE),
                   *[member(f"{FOLDER}/data_batch_{i}.bin", records(i)) for i in (3, 1, 2, 5, 4)],
                   member(f"./{FOLDER}/test_batch.bin", records(8, 8)), mode=mode)
    assert read_cifar10(path, "train").labels.tolist() == [1, 2, 3, 4, 5]
    assert "only" not in read_cifar10(path, "train").source
    assert read_cifar10(path, "test").labels.tolist() == [8, 8]
    assert list(tmp_path.iterdir()) == [path]                   # nothing was extracted


@pytest.mark.parametrize("content, message", [
    (records(1)[:-1], "3,072 bytes, expected a multiple of 3,073"),
    (records(1) + b"\0", "3,074 bytes, expected a multiple of 3,073"),
    (b"", "0 bytes, expected a multiple"),
    (records(1, 2, 10), "label 10 in record 2, expected 0 to 9; .*CIFAR-100"),
    (b"\x80\x04\x95cbuiltins\neval\n" * 20, "expected a multiple of 3,073"),
])
def test_damaged_records(tmp_path, content, message):
    """Hazard 33: also a pickle under the name of a binary file is only ever read as bytes."""
    (tmp_path / "test_batch.bin").write_bytes(content)
    with pytest.raises(DamagedFile, match=f"test_batch.bin: .*{message}"):
        read_cifar10(tmp_path, "test")


def test_oversized_file(tmp_path):
    with open(tmp_path / "test_batch.bin", "wb") as file:
        file.truncate(2 ** 33)                                  # sparse: takes no space
    with pytest.raises(DamagedFile, match="expected at most 30,730,000"):
        read_cifar10(tmp_path, "test")


def test_hostile_names_lead_nowhere(tmp_path):
    """Hazard 34: members outside the folder are neither read nor written."""
    evil = [member(name, records(7)) for name in
            ("../../evil", f"{tmp_path}/absolute", "../test_batch.bin", "/test_batch.bin",
             f"other/{FOLDER}/test_batch.bin", f"{FOLDER}/../test_batch.bin")]
    path = archive(tmp_path / "inner.tar.gz", *evil)
    with pytest.raises(FileNotFoundError, match="has none of test_batch.bin"):
        read_cifar10(path, "test")
    path = archive(path, *evil, member(f"{FOLDER}/test_batch.bin", records(4)))
    assert read_cifar10(path, "test").labels.tolist() == [4]
    assert list(tmp_path.iterdir()) == [path] and not (tmp_path.parents[1] / "evil").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE,
                                  tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_links_and_devices(tmp_path, kind):
    """Hazard 34."""
    path = archive(tmp_path / "c.tar.gz",
                   member(f"{FOLDER}/test_batch.bin", kind=kind, link="/etc/passwd"))
    with pytest.raises(DamagedFile, match="test_batch.bin is no regular file but a link or device"):
        read_cifar10(path, "test")


def test_huge_and_double_members(tmp_path, monkeypatch):
    """Hazard 34: sizes are judged before anything is read."""
    header = member("test_batch.bin", size=2 ** 40)[0].tobuf()
    path = tmp_path / "c.tar"
    path.write_bytes(header + bytes(1024))
    with pytest.raises(DamagedFile, match="claims 1,099,511,627,776 bytes, expected at most 30"):
        read_cifar10(path, "test")
    twice = [member("test_batch.bin", records(1))] * 2
    with pytest.raises(DamagedFile, match="contains test_batch.bin twice"):
        read_cifar10(archive(path, *twice), "test")
    monkeypatch.setattr(cifar, "LARGEST_TAR", 100_000)
    bomb = archive(path, member("other", bytes(10_000_000)), mode="w:gz")
    with pytest.raises(DamagedFile, match="unpacks to more than 100,000 bytes"):
        read_cifar10(bomb, "test")


@pytest.mark.parametrize("damage", [
    lambda packed: packed[:len(packed) // 2], lambda packed: packed[:-4],
    lambda packed: packed[:-8] + bytes(8), lambda packed: packed + b"junk",
    lambda packed: b"<html>sign in</html>", lambda packed: b"",
    lambda packed: gzip.compress(b"<html>sign in</html>")])
def test_damaged_archive(tmp_path, damage):
    path = archive(tmp_path / "c.tar.gz", member(f"{FOLDER}/test_batch.bin", records(*range(10))))
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DamagedFile, match="no readable .tar or .tar.gz"):
        read_cifar10(path, "test")


def test_errors(tmp_path):
    with pytest.raises(ValueError, match="split 'valid', expected 'train' or 'test'"):
        read_cifar10(tmp_path, "valid")
    with pytest.raises(FileNotFoundError, match="has none of data_batch_1.bin, data_batch_2.bin"):
        read_cifar10(tmp_path, "train")
    with pytest.raises(FileNotFoundError, match="no such file or folder"):
        read_cifar10(tmp_path / "absent", "train")


@needs_cifar
def test_real_data():
    test = read_cifar10(REAL, "test")
    assert test.images.shape[1:] == (3, 32, 32)
    assert (np.bincount(test.labels) == len(test.labels) // 10).all()
    # Neighbouring pixels of a photograph are alike; with planes or rows mixed up they are not.
    assert np.abs(np.diff(test.images.astype(int), axis=3)).mean() < 15
