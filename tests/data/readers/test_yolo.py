"""YOLO's text files: shares of the picture become pixels, and every oddity names its line."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minicnn.data.files import DamagedFile
from minicnn.data.readers.yolo import names_of, read_yolo
from tests.data.readers.folders import yolo

GOOD = "1 0.5 0.5 0.2 0.5\n"                    # of 30 x 20: 12 to 18, 5 to 15


def read(folder, **options):
    return read_yolo(folder / "images", folder / "labels", **options)


def test_boxes_and_labels(tmp_path):
    scenes = read(yolo(tmp_path, {"a": GOOD + "\n0 0.25 0.25 0.5 0.5\n", "b": "", "c": None}))
    assert scenes.classes == ("background", "cat", "dog")
    first, *others = scenes.targets
    assert first["boxes"].round(4).tolist() == [[12, 5, 18, 15], [0, 0, 15, 10]]
    assert first["labels"].tolist() == [2, 1]
    assert [target["boxes"].shape for target in others] == [(0, 4), (0, 4)]


def test_beside_the_pictures_and_with_names_that_are_given(tmp_path):
    yolo(tmp_path, {"a": GOOD}, names=None, images=".", labels=".")
    scenes = read_yolo(tmp_path, classes=["x", "y"], size=(40, 60))
    assert scenes.classes == ("background", "x", "y")
    assert scenes.targets[0]["boxes"].round(3).tolist() == [[24, 10, 36, 30]]
    with pytest.raises(FileNotFoundError, match="no file says what the classes are called; "
                                                "expected one of data.yaml, dataset.yaml, cla"):
        read_yolo(tmp_path)


def test_rounding_at_the_edge_is_cut(tmp_path):
    scenes = read(yolo(tmp_path, {"a": "0 0.5 0.5 1.0000001 1\n"}))
    assert scenes.targets[0]["boxes"].tolist() == [[0, 0, 30, 20]]


@pytest.mark.parametrize("line, message", [
    ("0 0.5 0.5 0.2", "line 1: '0 0.5 0.5 0.2' has 4 numbers, expected 5: class, x, y, width"),
    ("0 0.1 0.1 0.2 0.1 0.2 0.2", "has 7 numbers, .*; a polygon, as tools for segmentation write"),
    ("2 0.5 0.5 0.2 0.2", "line 1: class 2, expected 0 to 1"),
    ("-1 0.5 0.5 0.2 0.2", "class '-1', expected a whole number from 0 on"),
    ("0.0 0.5 0.5 0.2 0.2", "class '0.0', expected a whole number"),
    ("cat 0.5 0.5 0.2 0.2", "class 'cat', expected a whole number"),
    ("0 0.5 0.5 0.2 wide", "'0 0.5 0.5 0.2 wide', expected five numbers"),
    ("0 0.5 nan 0.2 0.2", "holds what is no number"),
    ("0 12 5 18 15", "expected x, y, width, height from 0 to 1; are they pixels"),
    ("0 0.5 0.5 -0.2 0.2", "from 0 to 1; are they the corners"),
    ("0 0.5 0.5 0 0.2", r"box 0 \(15, 8, 15, 12\) has no size"),
    ("0 0.1 0.5 0.9 0.2", "box 0 .* reaches out of the picture")])
def test_every_oddity_has_a_word(tmp_path, line, message):
    yolo(tmp_path, {"a": line + "\n", "b": GOOD})
    with pytest.raises(DamagedFile, match=r"s: 1 thing cannot be used:\n  .*a.txt.*" + message):
        read(tmp_path)
    lines = []
    scenes = read(tmp_path, skip_unreadable=True, log=lines.append)
    assert [len(target["labels"]) for target in scenes.targets] == [0, 1]
    assert re.search(message, lines[0])


def test_folders_that_do_not_belong_together(tmp_path):
    yolo(tmp_path, {"a": GOOD})
    (tmp_path / "labels" / "a.txt").rename(tmp_path / "labels" / "b.txt")
    with pytest.raises(FileNotFoundError, match="labels: no text file has the name of a picture"):
        read(tmp_path)
    with pytest.raises(FileNotFoundError, match="none: no such folder; expected one with pictures"):
        read_yolo(tmp_path / "none")


@pytest.mark.parametrize("text", [
    "path: .\nnames: [cat, 'dog']\nnc: 2\n", "names:\n  - cat\n  - \"dog\"\nnc: 2\n",
    "nc: 2\nnames:\n  0: cat\n  1: dog\ntrain: images\n",
    "# names: [x]\nnames: [\n  cat,\n  dog]\n"])
def test_names_in_a_yaml_file(tmp_path, text):
    (tmp_path / "data.yaml").write_text(text)
    assert names_of(tmp_path / "data.yaml") == ["cat", "dog"]


@pytest.mark.parametrize("text, message", [
    ("names: {0: cat}\n", r"data.yaml: no names: \[...\] of the classes in it"),
    ("", "no names"), ("names:\n  1: cat\n", "data.yaml: names has 1: where 0: is expected")])
def test_names_in_another_form(tmp_path, text, message):
    yolo(tmp_path, {"a": GOOD}, names=None)
    (tmp_path / "data.yaml").write_text(text)
    with pytest.raises(DamagedFile, match=message):
        read(tmp_path)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    return yolo(tmp_path_factory.mktemp("hostile"), {"a": GOOD})


WORDS = st.sampled_from(["0", "1", "0.5", "1.0", "-0.0", "1e999", "nan", "²", "1_0", "\x00", "0x1"])


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=40) | st.lists(st.lists(WORDS, min_size=4, max_size=6).map(" ".join),
                                         max_size=3).map(lambda lines: "\n".join(lines).encode()))
def test_whatever_the_file_holds_the_error_is_clear(hostile, content):
    (hostile / "labels" / "a.txt").write_bytes(content)
    try:
        read(hostile)
    except ValueError as problem:
        assert "a.txt" in str(problem)
