"""`python -m minicnn profile` times a network."""

import csv
import io
import json
import os
import re
from pathlib import Path

import pytest

from minicnn.analysis.profile_table import Profile
from minicnn.cli import profile
from tests.cli.common import status

PROFILE = ("profile", "lenet5", "--batch", "2", "--rounds", "1")


@pytest.mark.parametrize("arguments, words", [
    ([], "required: network"),
    (["lenet"], "no network is called 'lenet'; did you mean lenet5"),
    (["lenet5", "--variant", "papers"], "no variant 'papers'; did you mean paper"),
    (["lenet5", "--batch", "0"], "--batch: '0' is not a whole number from 1 on"),
    (["lenet5", "--rounds", "0"], "--rounds: '0' is not a whole number from 1 on"),
    (["lenet5", "--threads", "two"], "--threads: 'two' is not a whole number"),
    (["lenet5", "--top", "-1"], "'-1' is not a whole number from 1 on"),
    (["lenet5", "--sort", "size"], "invalid choice: 'size'"),
    (["lenet5", "--input", "32x32"], "--input: '32x32' is not CxHxW: channels, height, width"),
    (["lenet5", "--input", "1x28x28"], "C5 (Conv2d"),
])
def test_mistakes(arguments, words, refused):
    assert words in refused("profile", *arguments)


def test_the_table_and_the_picture(capsys, somewhere):
    assert status(*PROFILE) == 0
    out = capsys.readouterr().out
    assert "batch 2: a training step" in out and re.search(r"^C3 +Conv2d +16x10x10 ", out, re.M)
    picture = Path("out") / "profile-lenet5.png"
    assert out.endswith(f"\n{picture}\n") and picture.read_bytes().startswith(b"\x89PNG")


def test_formats(capsys, somewhere):
    """What another program is to read holds nothing else."""
    os.mkdir("a")
    for form, read in (("json", json.loads),
                       ("csv", lambda text: list(csv.DictReader(io.StringIO(text))))):
        status(*PROFILE, "--variant", "paper", "--format", form, "--out", "a/b.png")
        out, err = capsys.readouterr()
        assert read(out) and err.endswith(f"{Path('a/b.png')}\n")     # a warning may come first
    assert os.listdir(somewhere) == ["a"]


def test_on_a_busy_machine(capsys, somewhere, monkeypatch):
    monkeypatch.setattr(Profile, "warning", lambda table: "WARNING: busy")
    status(*PROFILE)
    out, err = capsys.readouterr()
    assert out.startswith("WARNING: busy\n\nLeNet5") and err == ""
    status(*PROFILE, "--format", "json")
    out, err = capsys.readouterr()
    assert json.loads(out) and err.startswith("WARNING: busy\n")


@pytest.mark.parametrize("out, words", [
    ("x.foo", "--out is 'x.foo', expected the name of a picture, one that ends in .png, .jpg"),
    ("x", "--out is 'x', expected the name of a picture"),
    (os.path.join("new", "x.png"), "but there is no folder 'new'; create it"),
    (os.path.join("file", "x.png"), "but there is no folder 'file'; create it"),
    ("folder.png", "'folder.png', which cannot be written (it is a folder); name another"),
])
def test_it_looks_before_it_measures_where_the_picture_goes(out, words, capsys, somewhere,
                                                                 monkeypatch):
    monkeypatch.setattr(profile, "profile", None)
    Path("file").touch()
    Path("folder.png").mkdir()
    assert status(*PROFILE, "--out", out) == 2
    assert words in capsys.readouterr().err
    assert sorted(os.listdir()) == ["file", "folder.png"]


@pytest.mark.parametrize("arguments", [(), ("--out", "x.png")])
def test_in_a_folder_that_cannot_be_written(arguments, capsys, somewhere, monkeypatch):
    def refuse(*_):                                        # chmod does not stop root
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(profile, "profile", None)
    monkeypatch.setattr("minicnn.data.files.open", refuse, raising=False)
    assert status(*PROFILE, *arguments) == 2
    assert "which cannot be written (Permission denied)" in capsys.readouterr().err
    assert os.listdir() == []


def test_where_out_is_a_file(capsys, somewhere, monkeypatch):
    monkeypatch.setattr(profile, "profile", None)
    Path("out").touch()
    assert status(*PROFILE) == 2 and "out is no folder)" in capsys.readouterr().err


def test_of_the_longest_layers(capsys, somewhere):
    status(*PROFILE, "--forward", "--sort", "time", "--top", "3", "--format", "csv")
    lines = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    times = [float(line["forward"]) for line in lines[:3]]
    assert times == sorted(times, reverse=True)
    assert lines[3]["layer"] == "11 others" and lines[-1]["layer"] == "one forward pass"


def test_hands_its_settings_on(capsys, somewhere, monkeypatch):
    seen = []
    monkeypatch.setattr(profile, "set_threads", seen.append)
    status(*PROFILE, "--threads", "3", "--input", "1x33x33", "--seed", "5")
    assert seen == [3] and "input 1x33x33" in capsys.readouterr().out
