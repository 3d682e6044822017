"""Letters that change with the content, and with nothing else."""

import numpy as np
import pytest

from minicnn.data.dataset import Dataset
from minicnn.data.fingerprint import fingerprint
from minicnn.data.folder import read_folder
from minicnn.data.pictures import Pictures
from tests.data.painted import paint

A = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)


def test_is_short_and_the_same_everywhere():
    """A number stored by the first version: a change would make every saved run a stranger."""
    assert fingerprint("cat", A) == "a6d83e3f23934667"
    assert fingerprint() != fingerprint("") and len(fingerprint()) == 16


@pytest.mark.parametrize("same", [
    A.copy(order="F"), A.tolist(), A[::-1][::-1], A.astype(">u1"),
    np.frombuffer(A.tobytes(), np.uint8).reshape(A.shape)])
def test_content_counts_not_the_memory(same):
    assert fingerprint(np.asarray(same, np.uint8)) == fingerprint(A)
    assert fingerprint(A.astype(">i4")) == fingerprint(A.astype("<i4"))


@pytest.mark.parametrize("other", [
    [A.reshape(3, 2, 4)], [A.astype(np.int8)], [A + (A == 23)], [A[0], A[1]], [A, ""], ["", A],
    [A.ravel()], [A.T], [str(A)], [A[:0]], []])
def test_everything_else_differs(other):
    assert fingerprint(*other) != fingerprint(A)


def test_words_do_not_run_into_each_other():
    assert len({fingerprint("ab", "c"), fingerprint("a", "bc"), fingerprint("abc"),
                fingerprint("a", "b", "c"), fingerprint("abc", "")}) == 5


@pytest.mark.parametrize("bad", [None, object(), [object()], np.array(["cat"]), {"a": 1}])
def test_what_has_no_lasting_bytes(bad):
    with pytest.raises(TypeError, match="expected strings and arrays of numbers"):
        fingerprint(bad)


@pytest.fixture
def folder(tmp_path):
    for number in range(6):
        paint(tmp_path / "pictures" / "ab"[number % 2] / f"{number}.bmp", (number, 9, 9))
    return tmp_path / "pictures"


@pytest.fixture(params=[2 ** 29, 1], ids=["in memory", "file by file"])
def read(request, monkeypatch, folder):
    monkeypatch.setattr("minicnn.data.folder.IN_MEMORY", request.param)

    def read(place=folder):
        train, test = read_folder(place, 4)
        assert isinstance(train.images, Pictures) == (request.param == 1)
        return train.fingerprint, test.fingerprint
    return read


def test_a_folder_moved_is_the_same(read, folder, tmp_path):
    before = read()
    assert read(folder.rename(tmp_path / "elsewhere")) == before


def change_a_picture(folder):
    paint(folder / "a" / "0.bmp", (200, 0, 0))                         # as many bytes as before


def rename_a_class(folder):
    (folder / "b").rename(folder / "c")


def add_a_picture(folder):
    paint(folder / "a" / "7.bmp", (0, 0, 0))


def put_it_into_the_other_class(folder):
    (folder / "a" / "0.bmp").rename(folder / "b" / "0.bmp")


@pytest.mark.parametrize("change", [change_a_picture, rename_a_class, add_a_picture,
                                    put_it_into_the_other_class])
def test_a_folder_changed_is_another(read, folder, change):
    before = read()
    change(folder)
    assert read() != before


def test_the_source_does_not_count_and_part_of_the_files_differs(folder):
    paths = sorted(folder.rglob("*.bmp"))
    labels = [0, 0, 0, 1, 1, 1]
    data = Dataset(Pictures(paths, 4), labels, ["a", "b"], "here")
    assert data.fingerprint == data.replace(source="there").fingerprint
    assert data[:5].fingerprint != data.fingerprint != data.replace(
        images=Pictures(paths, 5)).fingerprint
