"""Drawn scenes in the cache: read again as they were, drawn anew when they are not whole."""

import numpy as np
import pytest

from minicnn.data import digits, drawn_scenes, shapes
from minicnn.data.drawn_scenes import read_scenes, write_scenes
from minicnn.data.files import DamagedFile


@pytest.fixture
def few(monkeypatch, tmp_path):
    """The cache in tmp_path, a few scenes, and a list of what is logged."""
    monkeypatch.setenv("MINICNN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(drawn_scenes, "DRAWN", {"train": (5, 0), "test": (3, 1)})
    lines = []
    monkeypatch.setattr(drawn_scenes, "find_digits", lambda log: (digits(100, 0), digits(100, 1)))
    return lines


@pytest.mark.parametrize("name, drawn", [
    ("shapes", lambda: (shapes(5, 0), shapes(3, 1))),
    ("shapes-hard", lambda: (shapes(5, 0, hard=True, digits=True),
                             shapes(3, 1, hard=True, digits=True)))])
def test_drawn_once_then_read(few, name, drawn):
    first = drawn_scenes.drawn_scenes(name, few.append)
    assert first == drawn() and len(few) == 2 and few[0] == f"drawing 5 scenes: {name}, train"
    again = drawn_scenes.drawn_scenes(name, few.append)
    assert again == first and len(few) == 2
    assert [part.source for part in again] == [part.source for part in first]
    assert first[0].images.dtype == np.uint8 and again[0].targets[0]["masks"].dtype == bool


def test_canvases_keep_training_and_test_digits_apart(few, tmp_path):
    train, test = drawn_scenes.drawn_scenes("digits-canvas", few.append)
    assert train.images.shape == (5, 3, 64, 64) and len(test) == 3
    assert "100 digits drawn by code" in train.source
    assert len(list((tmp_path / "cache").glob("digits-canvas-*.npz"))) == 2
    assert drawn_scenes.drawn_scenes("digits-canvas", few.append)[0] == train and len(few) == 2


def test_a_damaged_file_is_drawn_anew(few, tmp_path):
    train, _ = drawn_scenes.drawn_scenes("shapes", few.append)
    path = next((tmp_path / "cache").glob("shapes-*-5-0.npz"))
    whole = path.read_bytes()
    for damaged in (whole[:len(whole) // 2], b"", b"PK" * 99, b"\x93NUMPY",
                    whole[:2000] + b"x" + whole[2001:]):
        path.write_bytes(damaged)
        few.clear()
        assert drawn_scenes.drawn_scenes("shapes", few.append)[0] == train
        assert few == ["drawing 5 scenes: shapes, train"]
        assert len(path.read_bytes()) == len(whole)


def test_without_a_cache_it_is_drawn_each_time(few, tmp_path):
    (tmp_path / "cache").write_text("no folder")
    drawn_scenes.drawn_scenes("shapes", few.append)
    drawn_scenes.drawn_scenes("shapes", few.append)
    assert len(few) == 4


def test_a_file_that_was_changed(tmp_path):
    path = tmp_path / "a.npz"
    write_scenes(path, shapes(2, 0))
    with np.load(path) as stored:
        arrays = dict(stored)
    for name, changed in (("images", 255 - arrays["images"]), ("counts", arrays["counts"] + 1),
                          ("labels", arrays["labels"] * 0), ("boxes", arrays["boxes"][:-1]),
                          ("words", arrays["words"][:-1]), ("masks", arrays["masks"][:, :1]),
                          ("labels", None)):
        kept = {key: value for key, value in (arrays | {name: changed}).items()
                if value is not None}
        np.savez(path, **kept)
        with pytest.raises(DamagedFile, match="a.npz: "):
            read_scenes(path)


def test_the_version_is_that_of_the_code():
    assert len(drawn_scenes.version()) == 8 and drawn_scenes.version() == drawn_scenes.version()
