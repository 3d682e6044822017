"""`python -m minicnn summary` prints a network's table."""

import csv
import io
import json

import pytest

from tests.cli.common import status


@pytest.mark.parametrize("arguments, words", [
    ([], "required: network"),
    (["lenet"], "no network is called 'lenet'; did you mean lenet5"),
    (["transformer"],
     "no network is called 'transformer'; `python -m minicnn networks` lists them"),
    (["lenet5", "--variant", "papers"], "no variant 'papers'; did you mean paper"),
    (["lenet5", "--format", "xml"], "invalid choice: 'xml'"),
    (["lenet5", "--input", "32x32"], "--input: '32x32' is not CxHxW: channels, height, width"),
    (["lenet5", "--input", "1x0x32"], "--input: '1x0x32' is not CxHxW"),
    (["lenet5", "--input", "1x-2x32"], "'1x-2x32'"),
    (["lenet5", "--input", "1x²x32"], "--input: '1x²x32' is not CxHxW"),
    (["lenet5", "--input", "1x28x28"], "C5 (Conv2d"),
    (["lenet5", "--input", "3x32x32"], "C1 (Conv2d"),
])
def test_mistakes(arguments, words, refused):
    assert words in refused("summary", *arguments)


def test_the_table(capsys):
    assert status("summary", "lenet5") == 0
    out = capsys.readouterr().out
    assert "61,706 parameters, 416,520 MACs" in out and "activation: RBF there, Linear here" in out


def test_formats(capsys):
    status("summary", "lenet5", "--variant", "paper", "--format", "csv")
    lines = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert sum(int(line["parameters"]) for line in lines) == 60_000
    status("summary", "lenet5", "--variant", "paper", "--format", "json")
    assert json.loads(capsys.readouterr().out)["parameters"] == 60_000
    status("summary", "lenet5", "--variant", "visualiser", "--format", "markdown")
    assert "| CONV1 | Conv2d | 6x28x28 |" in capsys.readouterr().out


def test_another_image_size(capsys):
    assert status("summary", "lenet5", "--input", "1X33x33") == 0
    assert "input 1x33x33" in capsys.readouterr().out


def test_by_row(capsys):
    assert status("summary", "lenet5", "--rows") == 0
    lines = capsys.readouterr().out.split("\n")[4:]
    assert [line.split()[0] for line in lines if line[:1].strip()][:7] == [
        "C1", "S2", "C3", "S4", "C5", "F6", "OUT"]
