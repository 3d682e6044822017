"""Every option of every command, with values that nobody should give: one line, and no traceback.

A line of a table here is a command with its least arguments; options are found in the parser, so
that a new one is tested without another word.
"""

import argparse
import os
from pathlib import Path

import pytest

from minicnn.__main__ import COMMANDS, parser
from tests.cli.common import status

LEAST = {"networks": [], "summary": ["lenet5"],
         "explain": ["lenet5", "--layer", "CONV1"], "step": ["lenet5"],
         "draw": ["lenet5"], "look": ["lenet5"], "demo": [], "slides": ["resnet"], "profile":
         ["lenet5"],
         "gradcheck": ["relu"], "augment": [], "train": ["lenet5", "--data", "digits"],
         "test": ["nowhere"], "compare": ["nowhere"], "predict": ["nowhere.png", "."],
         "style": ["nowhere.png", "--painting", "nowhere.png"], "dream": ["nowhere.png"],
         "weights inspect": ["nowhere"], "weights convert": ["nowhere", "out.npz"],
         "weights fetch": ["nowhere"], "doctor": [], "experiment": ["augment"],
         "slide": ["inception"], "exercise": []}
NUMBERS = ["0", "-1", "1e9", "nan", "inf", "", "x", "1.5", "²", "1000000001", "9" * 5000]
WORDS = ["", " ", "nan", "-1", "$\\frac$", "{0}%s", "x" * 5000, "a\nb", "\udcff 数字"]
FREE = {("compare", "--title"), ("train", "--out"), ("look", "--out"), ("step", "--file"),
        ("experiment", "--out"), ("demo", "--html"),
        ("explain", "--html"), ("gradcheck", "--html"),    # nearly any folder or file will do
        ("weights inspect", "--part"), ("weights convert", "--part"),      # only the file knows
        *((command, f"--{name}") for command in ("style", "dream")         # the photo comes first
          for name in ("painting", "weights", "model", "row"))}
SENSIBLE = {("--digit", "0"), ("--least", "0"), ("--seed", "0"), ("--seed", "1000000001"),
            ("--label", "0"), ("--channel", "0"), ("--lr", "1.5"), ("--strength", "1.5"),
            ("--seconds", "1.5"), ("--readers", "0"),
            ("--channel", "1000000001"), ("--verdict", "")}
PARSER = parser()


def commands():
    """Each by its name; a command of several words has parsers inside."""
    found = {}
    for name, own in PARSER._subparsers._group_actions[0].choices.items():
        inside = own._subparsers._group_actions[0].choices if own._subparsers else {"": own}
        found |= {f"{name} {word}".strip(): one for word, one in inside.items()}
    assert set(found) == set(LEAST)
    assert {name.split()[0] for name in found} == set(COMMANDS)
    return found


def cases():
    for command, own in commands().items():
        for action in own._actions:
            name = action.option_strings[-1] if action.option_strings else ""
            if not name or action.nargs == 0 or (command, name) in FREE:
                continue
            number = action.type is not None and action.type.__name__ not in ("word", "place")
            for value in NUMBERS if number or action.choices else WORDS:
                if (name, value) not in SENSIBLE:
                    yield command, name, value


def ids(value):
    return ascii(value)[:20]


def started_by(command, work, monkeypatch):
    """The work must not begin: the data "digits" would be drawn, a network be timed."""
    done = getattr(command, work)

    def begin(*arguments, **more):
        if arguments[:1] not in (("digits",), (None,)) and work.startswith("find"):
            return done(*arguments, **more)
        raise AssertionError(f"{work} has begun")

    monkeypatch.setattr(command, work, begin)


@pytest.fixture(autouse=True)
def one_parser(monkeypatch):
    """Made once, for it takes as long as all the rest."""
    monkeypatch.setattr("minicnn.__main__.parser", lambda: PARSER)


@pytest.fixture
def refused_line(capsys, tmp_path, monkeypatch):
    """The one line of a command that must end with 2 and leave nothing behind."""
    monkeypatch.chdir(tmp_path)
    for command, work in (("train", "find_data"), ("augment", "find_digits"),
                          ("profile", "profile"), ("compare", "bubble_chart")):
        started_by(COMMANDS[command], work, monkeypatch)

    def line(*arguments):
        ended = status(*arguments)
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        assert ended == 2, (ended, out, err)
        assert err.endswith("\n") and err.count("\n") == 1 and len(err) < 1500, err
        assert out == "" and os.listdir(tmp_path) == []
        return err
    return line


@pytest.mark.parametrize("command, option, value", list(cases()), ids=ids)
def test_options(command, option, value, refused_line):
    line = refused_line(*command.split(), *LEAST[command], option, value)
    assert line.startswith((f"minicnn {command}: ", f"minicnn {command.split()[0]}: "))
    shown = [text[:40] for text in (" ".join(value.split()), repr(value)[1:-1],
                                    repr(repr(value)[1:-1])[1:-1])]
    assert option in line or value and any(text in line for text in shown), line


@pytest.mark.parametrize("value", WORDS, ids=ids)
@pytest.mark.parametrize("command", ["summary", "profile", "train", "test", "compare", "predict"])
def test_what_stands_alone(command, value, refused_line):
    more = ["--data", "digits"] if command == "train" else []
    assert refused_line(command, value, *more).startswith(f"minicnn {command}: ")


@pytest.mark.parametrize("command", LEAST)
def test_misspelt_options(command, refused_line):
    """Every option with a letter too few in its middle; what else is missing does not matter."""
    for action in commands()[command]._actions:
        for name in action.option_strings:
            if name.startswith("--"):
                misspelt = name[:4] + name[5:]
                if any(other.startswith(misspelt) for other in commands()[command]
                       ._option_string_actions):
                    continue                               # an abbreviation of another
                line = refused_line(*command.split(), misspelt)
                assert f"there is no option {misspelt}; did you mean" in line and name in line


@pytest.mark.parametrize("typed, meant", [
    ("sumary", "summary"), ("trian", "train"), ("Doctor", "doctor"), ("profil", "profile"),
    ("network", "networks")])
def test_misspelt_commands(typed, meant, refused_line):
    assert f"invalid choice: {typed!r}; did you mean {meant}" in refused_line(typed, "lenet5")


@pytest.mark.parametrize("arguments", [
    ("summary", "lenett5"), ("profile", "lenett5"), ("train", "lenett5", "--data", "digits"),
    ("networks", "lenett5")])
def test_misspelt_networks(arguments, refused_line):
    assert "no network is called 'lenett5'; did you mean lenet5" in refused_line(*arguments)


def test_misspelt_choices(refused_line):
    """Every option with choices, with a letter too many."""
    tried = 0
    for command, own in commands().items():
        for action in own._actions:
            if action.choices and action.option_strings:
                choice = max(action.choices, key=len)
                line = refused_line(*command.split(), *LEAST[command],
                                    action.option_strings[-1], f"{choice}s")
                assert f"invalid choice: '{choice}s'; did you mean {choice}" in line or len(
                    choice) < 3
                tried += 1
    assert tried > 10


PICTURES = [("profile", ["lenet5", "--rounds", "1", "--batch", "2"], "profile"),
            ("augment", [], "find_digits"), ("compare", ["."], "compare"),
            ("predict", ["a.png", "."], "Recogniser")]


@pytest.mark.parametrize("out", ["", "a", "a.txt", "new/a.png", "file/a.png", "folder.png",
                                 "x" * 300 + ".png", "/proc/a.png"], ids=ids)
@pytest.mark.parametrize("command, arguments, work", PICTURES, ids=[one[0] for one in PICTURES])
def test_where_a_picture_goes_is_looked_at_before_the_work(command, arguments, work, out, capsys,
                                                           tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(COMMANDS[command], work, None)
    Path("file").touch()
    Path("folder.png").mkdir()
    assert status(command, *arguments, "--out", out) == 2
    _, err = capsys.readouterr()
    assert "--out" in err and err.count("\n") == 1 and "Traceback" not in err
    assert sorted(os.listdir()) == ["file", "folder.png"]


@pytest.mark.parametrize("out", ["", " ", "file", "file/a", "x" * 300, "/proc/a"], ids=ids)
def test_where_a_run_goes_is_looked_at_before_the_work(out, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(COMMANDS["train"], "find_data", None)
    Path("file").touch()
    assert status("train", "lenet5", "--data", "digits", "--out", out) == 2
    said, err = capsys.readouterr()
    assert said == "" and "--out" in err and err.count("\n") == 1
    assert os.listdir() == ["file"]


@pytest.mark.parametrize("command", LEAST)
@pytest.mark.parametrize("columns", ["", "0", "-1", "1", "20", "80", "abc", "1e3", "99999999"])
def test_help_whatever_the_terminal(command, columns, capsys, monkeypatch):
    """It helps: each option has words, and no line is too long to be read."""
    monkeypatch.setenv("COLUMNS", columns)
    assert status(*command.split(), "--help") == 0
    out, err = capsys.readouterr()
    assert err == "" and max(map(len, out.split("\n"))) <= 100
    assert "example: python -m minicnn" in " ".join(out.split())


@pytest.mark.parametrize("command", LEAST)
def test_every_option_is_explained(command):
    for action in commands()[command]._actions:
        assert action.help and action.help != argparse.SUPPRESS, (command, action.dest)
