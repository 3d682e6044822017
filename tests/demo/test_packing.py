"""Between arrays and JSON: there and back, and what a request may not contain."""

import json

import numpy as np
import pytest

from minicnn.demo.packing import asked, listed, packed, real, strongest, unpacked, whole


@pytest.mark.parametrize("array", [np.arange(6.0).reshape(2, 3), np.arange(6, dtype=np.uint8),
                                   np.zeros((0, 3)), np.array([np.nan, np.inf], np.float32),
                                   np.arange(6.0).reshape(2, 3).T])
def test_there_and_back(array):
    found = unpacked(json.loads(json.dumps(packed(array))))
    assert found.shape == array.shape
    np.testing.assert_array_equal(found, array)


def test_strongest():
    assert strongest([-3, 2]) == 3 and strongest([]) == 0 and strongest([np.nan, 1]) == 1


@pytest.mark.parametrize("body", [b"", b"[]", b"3", b"{", b"\xff", b"[" * 5000, b"null"])
def test_what_is_no_object(body):
    with pytest.raises(ValueError, match="no JSON object"):
        asked(body)


@pytest.mark.parametrize("value", [True, 1.5, "1", None, -1, 11, [], 10**30])
def test_whole_numbers(value):
    with pytest.raises(ValueError, match="n is a whole number from 0 to 10"):
        whole({"n": value}, "n", 0, 10)
    assert whole({"n": 3}, "n", 0, 10) == 3 and whole({}, "n", 0, 10, 4) == 4


@pytest.mark.parametrize("value", [True, "1", None, -1, 11, float("nan")])
def test_numbers(value):
    with pytest.raises(ValueError, match="n is a number from 0 to 10"):
        real({"n": value}, "n", 0, 10)
    assert real({"n": 3}, "n", 0, 10) == 3.0


def test_lists():
    assert listed({"n": [1]}, "n", 1) == [1]
    for value in (None, "ab", [1, 2]):
        with pytest.raises(ValueError, match="at most 1"):
            listed({"n": value}, "n", 1)
