"""What the command line understands, and what it refuses."""

from argparse import ArgumentParser, ArgumentTypeError

import pytest

from minicnn.backend import precision
from minicnn.cli.arguments import above_zero, add_device, choose_precision, seed, share, whole
from tests.cli.common import status


@pytest.mark.parametrize("kind, text, value", [
    (whole, "1", 1), (whole, "0012", 12), (seed, "0", 0), (seed, "9" * 21, 10 ** 21 - 1),
    (share, "0", 0.0), (share, "0.5", 0.5), (share, "1", 1.0),
    (above_zero, "0.05", 0.05), (above_zero, "1e-3", 0.001), (above_zero, "2", 2.0),
])
def test_understood(kind, text, value):
    assert kind(text) == value and type(kind(text)) is type(value)


@pytest.mark.parametrize("kind, words, texts", [
    (whole, "is not a whole number from 1 on", ["0", "-1", "1.5", "ten", "", " ", "²", "٣", "1e3"]),
    (seed, "is not a whole number from 0 on", ["-1", "0.5", "x", "", "²"]),
    (share, "is not a number from 0 to 1", ["-0.1", "1.5", "nan", "inf", "", "x"]),
    (above_zero, "is not a number above 0", ["0", "-0.1", "nan", "inf", "-inf", "", "x", "1e999"]),
])
def test_refused(kind, words, texts):
    for text in texts:
        with pytest.raises(ArgumentTypeError, match=f"{text!r} {words}"):
            kind(text)


def test_tf32_is_for_a_gpu(monkeypatch, capsys):
    monkeypatch.setattr(precision._Precision, "tf32", False)
    parser = ArgumentParser()
    add_device(parser)
    choose_precision(parser.parse_args([]))
    choose_precision(parser.parse_args(["--device", "cuda"]))
    assert not precision.tf32_allowed()
    choose_precision(parser.parse_args(["--device", "cuda", "--tf32"]))
    assert precision.tf32_allowed()
    for command in (["train", "lenet5", "--data", "mnist"], ["test", "out/none"],
                    ["profile", "lenet5"]):
        assert status(*command, "--tf32") == 2
        assert "--tf32 is for a GPU; give it with --device cuda" in capsys.readouterr().err
