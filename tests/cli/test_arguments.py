"""What the command line understands, and what it refuses."""

from argparse import ArgumentTypeError

import pytest

from minicnn.cli.arguments import above_zero, seed, whole


@pytest.mark.parametrize("kind, text, value", [
    (whole, "1", 1), (whole, "0012", 12), (seed, "0", 0), (seed, "9" * 21, 10 ** 21 - 1),
    (above_zero, "0.05", 0.05), (above_zero, "1e-3", 0.001), (above_zero, "2", 2.0),
])
def test_understood(kind, text, value):
    assert kind(text) == value and type(kind(text)) is type(value)


@pytest.mark.parametrize("kind, words, texts", [
    (whole, "is not a whole number from 1 on", ["0", "-1", "1.5", "ten", "", " ", "²", "٣", "1e3"]),
    (seed, "is not a whole number from 0 on", ["-1", "0.5", "x", "", "²"]),
    (above_zero, "is not a number above 0", ["0", "-0.1", "nan", "inf", "-inf", "", "x", "1e999"]),
])
def test_refused(kind, words, texts):
    for text in texts:
        with pytest.raises(ArgumentTypeError, match=f"{text!r} {words}"):
            kind(text)
