"""Masks as runs: by hand, against pycocotools' own strings, and whatever else a string holds."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minicnn.data.readers.runs import decode_runs, encode_runs, read_string, write_string

STORED = json.loads((Path(__file__).parents[2] / "stored" / "coco_masks.json").read_text())


def rows(text):
    return np.array([[letter == "1" for letter in row] for row in text])


def test_by_hand():
    """Down the columns: two without, three with, one without."""
    mask = decode_runs([2, 3, 1], (3, 2))
    assert mask.astype(int).tolist() == [[0, 1], [0, 1], [1, 0]]
    assert encode_runs(mask) == [2, 3, 1]
    assert decode_runs([0, 6], (3, 2)).all() and encode_runs(np.ones((3, 2), bool)) == [0, 6]
    assert not decode_runs([6], (3, 2)).any() and encode_runs(np.zeros((3, 2), bool)) == [6]


def test_strings_by_hand():
    """Five bits a letter: 31 and a following piece, a sign, a difference to the run before last."""
    assert read_string("1") == [1] and read_string(b"o0") == [31] and read_string("P1") == [32]
    assert read_string("5431") == [5, 4, 3, 5]          # 4 + 1
    assert read_string("543N") == [5, 4, 3, 2]          # 4 - 2
    assert write_string([5, 4, 3, 2]) == "543N" and write_string([31, 32]) == "o0P1"


@pytest.mark.parametrize("stored", STORED["runs"], ids=range(len(STORED["runs"])))
def test_pycocotools_writes_the_same(stored):
    mask = rows(stored["rows"])
    assert np.array_equal(decode_runs(stored["counts"], tuple(STORED["size"])), mask)
    assert write_string(encode_runs(mask)) == stored["counts"]


@settings(max_examples=50)
@given(st.integers(1, 7), st.integers(1, 7), st.data())
def test_there_and_back(height, width, data):
    bits = data.draw(st.lists(st.booleans(), min_size=height * width, max_size=height * width))
    mask = np.array(bits).reshape(height, width)
    counts = encode_runs(mask)
    assert read_string(write_string(counts)) == counts
    assert np.array_equal(decode_runs(counts, mask.shape), mask)


@pytest.mark.parametrize("counts, message", [
    ([2, 3], "the runs cover 5 pixels, the picture has 3x2 = 6"), ([], "cover 0 pixels"),
    ([7], "cover 7 pixels"), ([2, -1, 5], "run 1 is -1, expected a whole number from 0 on"),
    ([2.0, 4], "run 0 is 2.0"), ([True, 5], "run 0 is True"), (["6"], "run 0 is '6'"),
    ("6~", "letter 1 of the runs is '~', which no run has"), ("6 ", "letter 1"),
    ("é", "letter 0 of the runs is 'é'"), ("P", "the runs end in the middle of a number"),
    ("o" * 14, "letter 13 of the runs"), ("", "cover 0 pixels"), ([None], "run 0 is None"),
    ([10 ** 400], "the runs cover")])
def test_runs_that_are_none(counts, message):
    with pytest.raises(ValueError, match=message):
        decode_runs(counts, (3, 2))


@settings(max_examples=100)
@given(st.text(alphabet=st.characters(min_codepoint=40, max_codepoint=120), max_size=20))
def test_any_string(text):
    try:
        mask = decode_runs(text, (3, 2))
    except ValueError as problem:
        assert "run" in str(problem)
    else:
        assert mask.shape == (3, 2)
