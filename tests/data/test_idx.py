"""Hazards 31 and 32: an IDX file that lies, in any way, is refused with a reason."""

import gzip
import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minicnn.data.files import DamagedFile
from minicnn.data.idx import check_counts, parse_idx, read_idx, write_idx

PIXELS = bytes(range(12))
IMAGES = struct.pack(">4I", 2051, 2, 2, 3) + PIXELS
LABELS = struct.pack(">2I", 2049, 3) + bytes([7, 0, 9])


def stored(folder, content, name="file-idx-ubyte"):
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_read_by_hand(tmp_path, pack):
    images = read_idx(stored(tmp_path, pack(IMAGES)), "images")
    assert images.tolist() == [[[[0, 1, 2], [3, 4, 5]]], [[[6, 7, 8], [9, 10, 11]]]]
    assert images.dtype == np.uint8 and images.flags.writeable
    labels = read_idx(str(stored(tmp_path, pack(LABELS))), "labels")
    assert labels.tolist() == [7, 0, 9] and labels.dtype == np.int64


def test_written_and_read_back(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (5, 1, 4, 3), dtype=np.uint8)
    write_idx(tmp_path / "new" / "i.gz", images[::-1])
    write_idx(tmp_path / "new" / "l.gz", np.arange(5))
    for bad, error, message in (
            (images.repeat(3, axis=1), ValueError, "have 3 channels; IDX keeps grey ones"),
            (images / 255, TypeError, "float64, expected uint8"),
            (np.arange(11), ValueError, "from 0 to 10, expected 0 to 9 for 10 classes")):
        with pytest.raises(error, match=message):
            write_idx(tmp_path / "new" / "bad.gz", bad)
    assert not (tmp_path / "new" / "bad.gz").exists()
    np.testing.assert_array_equal(read_idx(tmp_path / "new" / "i.gz", "images"), images[::-1])
    np.testing.assert_array_equal(read_idx(tmp_path / "new" / "l.gz", "labels"), np.arange(5))
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["i.gz", "l.gz"]


HOSTILE = {
    "truncated raw": (IMAGES[:-1], "27 bytes, but its header .2 x 2 x 3. says 28"),
    "trailing raw": (IMAGES + b"\0", "29 bytes, but its header .2 x 2 x 3. says 28"),
    "header alone": (IMAGES[:10], "10 bytes, an IDX file of images starts with 16"),
    "nothing": (b"", "0 bytes, an IDX file of images"),
    "no images": (struct.pack(">4I", 2051, 0, 28, 28), "0 x 28 x 28, no size may be 0"),
    "labels as images": (LABELS + bytes(99), "a file of labels .magic number 2049., expected the"),
    "web page": (b"<!DOCTYPE html><html>sign in</html>", "it starts with b'<!DOCTYPE html>"),
    "floats": (struct.pack(">4I", 0x0D03, 2, 2, 3) + PIXELS, "magic number 3331"),
    "a billion images": (struct.pack(">4I", 2051, 10 ** 9, 28, 28), "claims 1000000000 x 28 x 28"),
    "gz truncated": (gzip.compress(IMAGES)[:-9], "cut off after"),
    "gz without its checksum": (gzip.compress(IMAGES)[:-8], "cut off after"),
    "gz trailing zeros": (gzip.compress(IMAGES) + bytes(7), "7 bytes follow the end"),
    "gz members joined": (gzip.compress(IMAGES) * 2, "bytes follow the end of the gzip"),
    "gz in two members": (gzip.compress(IMAGES[:20]) + gzip.compress(IMAGES[20:]), "follow the"),
    "gz of a longer file": (gzip.compress(IMAGES + b"\0"), "unpacks to more than the 28 bytes"),
    "gz of a shorter file": (gzip.compress(IMAGES[:-1]), "27 bytes, but its header"),
    "gz of a page": (gzip.compress(b"<html>sign in, please</html>"), "this is no IDX file"),
    "gz of little": (gzip.compress(b"abc"), "3 bytes, an IDX file of images starts with 16"),
    "gz magic and junk": (b"\x1f\x8b" + bytes(30), "no readable gzip file"),
    "gz a billion images": (gzip.compress(struct.pack(">4I", 2051, 10 ** 9, 28, 28)), "claims 10"),
    "gz in a gz": (gzip.compress(gzip.compress(IMAGES)), "magic number"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_images_refused(tmp_path, case):
    content, message = HOSTILE[case]
    path = stored(tmp_path, content)
    with pytest.raises(DamagedFile, match=message) as caught:
        read_idx(path, "images")
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("content, message", [
    (IMAGES, "a file of images .magic number 2051., expected the labels file with .* 2049"),
    (LABELS[:-1] + b"\x0a", "label 10 at position 2, expected 0 to 9"),
    (LABELS[:-1], "10 bytes, but its header .3. says 11"),
])
def test_labels_refused(tmp_path, content, message):
    with pytest.raises(DamagedFile, match=message):
        read_idx(stored(tmp_path, content), "labels")


def test_checksum_catches_a_changed_pixel(tmp_path):
    packed = bytearray(gzip.compress(IMAGES, compresslevel=0))
    packed[packed.index(PIXELS) + 5] ^= 1
    with pytest.raises(DamagedFile, match="incorrect data check"):
        read_idx(stored(tmp_path, packed), "images")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60) | st.builds(
    lambda cut, at, bit: bytes(b ^ (bit if i == at else 0) for i, b in
                               enumerate(gzip.compress(IMAGES, mtime=0)[:cut])),
    st.integers(0, 60), st.integers(0, 60), st.integers(0, 255)))
def test_never_wrong_never_another_error(tmp_path_factory, content):
    path = stored(tmp_path_factory.getbasetemp(), content, "fuzzed")
    try:
        images = read_idx(path, "images")
    except DamagedFile:
        return
    assert images.tobytes() == PIXELS       # a flip in a field of the gzip header that is unused


def test_bomb_is_not_unpacked(tmp_path):
    """100 MB of zeros behind a header that promises 28 bytes, in a file of 100 kB."""
    path = stored(tmp_path, gzip.compress(IMAGES[:16] + bytes(100_000_000), compresslevel=1))
    tracemalloc.start()
    with pytest.raises(DamagedFile, match="more than the 28 bytes"):
        read_idx(path, "images")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4_000_000


def test_huge_file_is_not_read(tmp_path):
    path = stored(tmp_path, b"")
    with open(path, "wb") as file:
        file.truncate(2 ** 31)              # sparse: takes no space
    with pytest.raises(DamagedFile, match="2,147,483,648 bytes, expected at most 1,073,741,824"):
        read_idx(path, "images")


def test_absent_file_and_folder(tmp_path):
    for path in (tmp_path / "absent", tmp_path):
        with pytest.raises(FileNotFoundError, match="no such file"):
            read_idx(path, "images")


def test_unequal_counts():
    with pytest.raises(DamagedFile, match="both files: 3 images but 2 labels"):
        check_counts(np.zeros((3, 1, 2, 2)), np.zeros(2), "both files")
    check_counts(np.zeros((3, 1, 2, 2)), np.zeros(3), "both files")


def test_unknown_kind():
    with pytest.raises(ValueError, match="kind 'pictures', expected one of .'images', 'labels'."):
        parse_idx(IMAGES, "pictures", "x")
