"""Files that are no checkpoint, damaged ones, and some that mean harm: refused in a line."""

import copy
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from minicnn.training.checkpoint import CheckpointError, load, save
from tests.training.test_checkpoint import TREE, same


def refused(path, *words):
    with pytest.raises(CheckpointError) as caught:
        load(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)
    for word in words:
        assert word in str(caught.value)


def test_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no checkpoint at .*run\.npz; train first"):
        load(tmp_path / "run.npz")
    refused(tmp_path, "is no file, but a folder")
    (tmp_path / "run.npz").symlink_to("nowhere")
    refused(tmp_path / "run.npz", "a broken link")


@pytest.mark.parametrize("content", [b"", b"PK", b"<!DOCTYPE html><title>404</title>", b"\0" * 5000,
                                     pickle.dumps({"model": 1}), b"\x93NUMPY\x01\x00v\x00{'descr'"])
def test_other_files(content, tmp_path):
    (tmp_path / "run.npz").write_bytes(content)
    refused(tmp_path / "run.npz", "is not a minicnn checkpoint, or is damaged", "train again")


def test_cut_off_anywhere(tmp_path):
    """Hazard 31."""
    path = tmp_path / "run.npz"
    save(path, TREE)
    whole = path.read_bytes()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        refused(path)


def test_flipped_bits(tmp_path, rng):
    """Hazard 31: a flipped bit is noticed, or it was where it says nothing (a member's date)."""
    path = tmp_path / "run.npz"
    save(path, TREE)
    whole, noticed = path.read_bytes(), 0
    for place in range(0, len(whole), 2):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(damaged)
        try:
            assert same(TREE, load(path))
        except CheckpointError as problem:
            assert str(path) in str(problem)
            noticed += 1
    assert noticed > 0.6 * len(whole) / 2


class Bomb:
    """What a hostile file would like to have unpickled."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return Path.touch, (self.marker,)


def test_pickled_objects_are_not_opened(tmp_path):
    """Hazard 30."""
    path, marker = tmp_path / "run.npz", tmp_path / "executed"
    np.savez(path, tree=np.array([Bomb(marker)], dtype=object))
    refused(path, "allow_pickle=False")
    save(path, TREE)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("array9.npy", pickle.dumps(Bomb(marker)))
    refused(path, "array9 belongs to no entry")        # a member that the tree does not speak of
    path.write_bytes(pickle.dumps(Bomb(marker)))
    refused(path)
    assert not marker.exists()


def test_a_header_that_claims_terabytes(tmp_path):
    """Hazard 30: refused, whatever the machine's memory."""
    path = tmp_path / "run.npz"
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }"
    header += b" " * (118 - len(header) - 1) + b"\n"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tree.npy", b"\x93NUMPY\x01\x00" + bytes([118, 0]) + header + b"\0" * 80)
    refused(path)


def test_compressed_members(tmp_path):
    """Hazard 27: what is compressed could unpack to any size."""
    np.savez_compressed(tmp_path / "run.npz", tree=np.zeros(10 ** 6))
    refused(tmp_path / "run.npz", "compressed members")


def test_a_bomb_of_overlapping_members(tmp_path):
    """Hazard 27: a thousand names for one megabyte would be a gigabyte once it is read."""
    path = tmp_path / "run.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tree.npy", bytes(10 ** 6))
        for number in range(1000):
            member = copy.copy(archive.infolist()[0])
            member.filename = f"array{number}.npy"
            archive.filelist.append(member)
    refused(path, "its members are larger than the file")


def test_entries_and_members_that_occur_twice(tmp_path):
    path = tmp_path / "run.npz"
    write(path, '{"format": "minicnn checkpoint 1", "tree": {"dict": [["a", 1], ["a", 2]]}}')
    refused(path, "an entry occurs twice")
    save(path, TREE)
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr("array0.npy", archive.read("array1.npy"))
    refused(path)


def write(path, text):
    np.savez(path, tree=np.frombuffer(text.encode(errors="surrogateescape"), np.uint8))


@pytest.mark.parametrize("text", [
    "", "{", "[]", "null", '"text"', "{}", '{"format": "minicnn checkpoint 1"}',
    '{"format": "minicnn checkpoint 1", "tree": {"array": "array0"}}',
    '{"format": "minicnn checkpoint 1", "tree": {"dict": [1]}}',
    '{"format": "minicnn checkpoint 1", "tree": {"dict": [], "list": []}}',
    '{"format": "minicnn checkpoint 1", "tree": ' + "[" * 100_000, "\udcff\x00",
], ids=range(12))
def test_other_texts(text, tmp_path):
    write(tmp_path / "run.npz", text)
    refused(tmp_path / "run.npz", "is not a minicnn checkpoint, or is damaged")


def test_weights_without_a_tree(tmp_path):
    np.savez(tmp_path / "run.npz", weight=np.ones(3))
    refused(tmp_path / "run.npz", "tree")


def test_other_format(tmp_path):
    write(tmp_path / "run.npz", '{"format": "minicnn checkpoint 2", "tree": {"dict": []}}')
    refused(tmp_path / "run.npz", "'minicnn checkpoint 2'", "expected 'minicnn checkpoint 1'")
