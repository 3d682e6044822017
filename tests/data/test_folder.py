"""A folder of class folders as a data set."""

import os

import numpy as np
import pytest
from PIL import Image

from minicnn.data import folder as folder_file
from minicnn.data.files import DamagedFile
from minicnn.data.folder import read_folder
from minicnn.data.loader import Loader
from minicnn.data.pictures import Pictures
from tests.data.painted import huge_png, paint

COLOURS = {"blue": (0, 0, 200), "red": (200, 0, 0)}


@pytest.fixture
def pictures(tmp_path):
    for name, colour in COLOURS.items():
        for number in range(10):
            paint(tmp_path / name / f"{number}.{'png' if number % 2 else 'bmp'}", colour,
                  (8 + number, 20 - number))
    return tmp_path


def quiet(_):
    pass


def test_classes_labels_and_split(pictures):
    train, test = read_folder(pictures, 8)
    assert train.classes == test.classes == ("blue", "red")
    assert train.images.shape == (16, 3, 8, 8) and test.images.shape == (4, 3, 8, 8)
    assert train.images.dtype == np.uint8 and train.labels.dtype == np.int64
    for data, each in ((train, 8), (test, 2)):
        assert np.bincount(data.labels).tolist() == [each, each]
        for image, label in zip(data.images, data.labels, strict=True):
            assert image[:, 0, 0].tolist() == list(COLOURS[data.classes[label]])
    assert train.source == f"16 training pictures of {pictures}, 8x8"
    assert 0 < train.labels[:8].sum() < 8                          # not class by class


def test_the_split_is_that_of_the_seed(pictures):
    for number in range(10):
        paint(pictures / "red" / f"{number}.png", (100 + number, 0, 0))

    def tested(seed):
        return sorted(read_folder(pictures, 4, seed)[1].images[:, 0, 0, 0].tolist())

    assert tested(0) == tested(0)
    assert len({tuple(tested(seed)) for seed in range(5)}) > 1


def test_no_picture_is_both_trained_and_tested(tmp_path):
    for number in range(20):
        paint(tmp_path / "ab"[number % 2] / f"{number}.png", (number, 0, 0))
    train, test = read_folder(tmp_path, 4)
    seen = [data.images[:, 0, 0, 0].tolist() for data in (train, test)]
    assert sorted(seen[0] + seen[1]) == list(range(20))


@pytest.mark.parametrize("held", ["val", "test"])
def test_split_already(pictures, held):
    for part in ("train", held):
        (pictures / part).mkdir()
    for name in COLOURS:
        (pictures / name).rename(pictures / "train" / name)
        paint(pictures / held / name / "one.png", COLOURS[name])
    train, test = read_folder(pictures, 8)
    assert len(train.labels) == 20 and len(test.labels) == 2


# --- hostile and damaged files --------------------------------------------------------------------

def text(path):
    path.write_text("not a picture")


def empty(path):
    path.write_bytes(b"")


def cut_off(path):
    noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[:2000])


def program(path):
    path.write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")


def link_out(path):
    outside = path.parents[2] / "outside.png"
    paint(outside, (1, 2, 3))
    path.symlink_to(outside)


def dangling(path):
    path.symlink_to(path.parent / "nowhere.png")


def circle(path):
    path.symlink_to(path.name)


def inner_folder(path):
    path.mkdir()


def fractions(path):
    Image.fromarray(np.linspace(0, 1, 16, dtype=np.float32).reshape(4, 4)).save(path, "tiff")


def pipe(path):
    os.mkfifo(path)


NO_PICTURE = "no JPEG, PNG, WEBP, BMP, GIF, TIFF or PPM picture; if of another kind, save it as PNG"
HOSTILE = [(huge_png, "exceeds limit|more than 50,000,000"), (text, NO_PICTURE),
           (empty, "no picture"), (cut_off, "truncated"), (program, NO_PICTURE),
           (link_out, "a link that leads out of the folder"), (dangling, "broken link"),
           (circle, "leads back to itself|broken link"), (fractions, "pixels are fractions"),
           (inner_folder, "no file, but a folder"), (pipe, "no file, but a folder, a broken link")]


@pytest.fixture
def inside(tmp_path):
    """A folder of pictures with room outside it."""
    for name, colour in COLOURS.items():
        for number in range(2):
            paint(tmp_path / "pictures" / name / f"{number}.png", colour)
    return tmp_path / "pictures"


@pytest.mark.parametrize("make, message", HOSTILE, ids=[make.__name__ for make, _ in HOSTILE])
def test_bad_files_are_named_and_left_out_only_when_asked(inside, make, message):
    make(inside / "red" / "bad.png")
    with pytest.raises(DamagedFile, match=message) as caught:
        read_folder(inside, 8)
    said = str(caught.value)
    assert "1 of 5 files are no readable pictures" in said
    assert str(inside / "red" / "bad.png") in said
    assert "--skip-unreadable" in said
    lines = []
    train, test = read_folder(inside, 8, skip_unreadable=True, log=lines.append)
    assert len(train.labels) + len(test.labels) == 4
    assert "bad.png" in lines[0] and "left out" in lines[0]


def test_many_bad_files_are_counted(inside):
    for number in range(15):
        text(inside / "red" / f"bad{number:02}.png")
    with pytest.raises(DamagedFile) as caught:
        read_folder(inside, 8)
    said = str(caught.value)
    assert "15 of 19 files" in said and "bad09.png" in said and "bad10" not in said
    assert "and 5 more" in said


def test_a_class_of_bad_files_only(inside):
    for path in (inside / "red").iterdir():
        text(path)
    with pytest.raises(ValueError, match="no picture in class red"):
        read_folder(inside, 8, skip_unreadable=True, log=quiet)


def test_hidden_files_are_passed_over(inside):
    text(inside / "red" / ".DS_Store")
    (inside / ".git").mkdir()
    text(inside / "README")
    assert len(read_folder(inside, 8)[0].labels) == 2


@pytest.mark.parametrize("change, message", [
    (lambda f: (f / "green").mkdir(), "no picture in class green; fill it or remove it"),
    (lambda f: [p.unlink() for p in (f / "red").glob("1*")], "class red has 1 picture, too few"),
    (lambda f: (f / "red").rename(f / ".red"), "1 class folder, blue, expected at least 2: pict"),
    (lambda f: [(f / "red").rename(f / "train"), (f / "blue").rename(f / ".blue")],
     "expected at least 2: beside train belongs a folder val or test"),
    (lambda f: [(f / c).rename(f / f".{c}") for c in ("red", "blue")],
     "no class folders, expected at least 2: pictures belong into one folder"),
    (lambda f: [((f / part).mkdir(), (f / c).rename(f / part / c))
                for part, c in (("Train", "red"), ("Valid", "blue"))],
     "in Train, Valid are folders and no pictures; expected DIR/CLASS/picture, or DIR/tr"),
    (lambda f: [(f / p / c).mkdir(parents=True) for p in ("train", "val") for c in ("a", p)],
     "train and val have different classes; only one of them has train, val"),
    (lambda f: [(f / p / c).mkdir(parents=True) for p in ("train", "test") for c in ("a", p)],
     "train and test have different classes"),
])
def test_errors(inside, change, message):
    change(inside)
    with pytest.raises(ValueError, match=message):
        read_folder(inside, 8)


def test_errors_of_arguments(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere: no such folder"):
        read_folder(tmp_path / "nowhere", 8)
    with pytest.raises(ValueError, match="size is 0"):
        read_folder(tmp_path, 0)


# --- a folder too large for memory ----------------------------------------------------------------

def test_a_large_folder_is_read_batch_by_batch(pictures, monkeypatch):
    whole = read_folder(pictures, 8)
    monkeypatch.setattr(folder_file, "IN_MEMORY", 100)
    lazy = read_folder(pictures, 8)
    for a, b in zip(whole, lazy, strict=True):
        assert isinstance(b.images, Pictures) and b.images.shape == a.images.shape
        assert len(b.images) == len(a.images) and b.images.dtype == a.images.dtype
        assert np.array_equal(a.labels, b.labels) and np.array_equal(a.images, b.images[:])
        assert np.array_equal(a.images[[3, 1]], b.images[np.array([3, 1])])
    batches = [[x for x, _ in Loader(data.images, data.labels, 5)] for data in (whole[0], lazy[0])]
    assert all(np.array_equal(a, b) for a, b in zip(*batches, strict=True))


def test_damage_in_a_large_folder(inside, monkeypatch):
    """Behind its head, damage is found when the picture is read, or before if asked."""
    cut_off(inside / "red" / "bad.png")
    monkeypatch.setattr(folder_file, "IN_MEMORY", 100)
    train, test = read_folder(inside, 8)
    with pytest.raises(DamagedFile, match="bad.png"):
        np.concatenate([train.images[:], test.images[:]])
    train, test = read_folder(inside, 8, skip_unreadable=True, log=quiet)
    assert len(np.concatenate([train.images[:], test.images[:]])) == 4
    text(inside / "red" / "worse.png")
    with pytest.raises(DamagedFile, match="1 of 6 files.*\n.*worse.png"):
        read_folder(inside, 8)
