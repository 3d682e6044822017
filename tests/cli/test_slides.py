"""`python -m minicnn slides` checks the figures of the lectures."""

import json
import sys

import pytest

from minicnn.__main__ import main
from minicnn.cli import slides
from minicnn.slides import Claim, Topic, check_slides
from tests.cli.common import status


@pytest.mark.parametrize("arguments, words", [
    (["--deck", "standford"], "no deck is called 'standford'; there are virginia, "),
    (["--deck", "standford"], "did you mean stanford?"),
    (["--verdict", "diffrs"], "no verdict is called 'diffrs'; there are agrees, "),
    (["--verdict", "diffrs"], "did you mean differs?"),
    (["--format", "csv"], "invalid choice: 'csv'"),
])
def test_mistakes(arguments, words, refused):
    assert words in refused("slides", *arguments)


def test_one_deck(capsys):
    assert status("slides", "--deck", "iitk") == 0
    out, err = capsys.readouterr()
    assert "1,582,671,872" in out and "iitk: GoogLeNet (1st)" in out and "Details" in out
    assert "stanford: Review: Pooling" not in out and "\x1b" not in out
    assert err == ""


def test_formats(capsys):
    status("slides", "--markdown")
    page = capsys.readouterr().out
    assert page.startswith("# The slides' numbers")
    status("slides", "--format", "markdown")
    assert capsys.readouterr().out == page
    status("slides", "--format", "json", "--deck", "stanford")
    claims = json.loads(capsys.readouterr().out)
    assert all("stanford" in claim["places"] for claim in claims)


def test_it_ends_with_1_when_a_verdict_has_changed(capsys, monkeypatch):
    wrong = Topic("Sums", (Claim("iitk: One", "one and one", "3", lambda: 2, "agrees"),))
    monkeypatch.setattr(slides, "check_slides", lambda deck, **more: check_slides(deck, [wrong]))
    assert status("slides") == 1
    out, err = capsys.readouterr()
    assert "CHANGED: expected was 'agrees'" in out and "1 CHANGED" in out
    assert err == "minicnn slides: iitk: One: one and one: differs, expected was agrees\n"


@pytest.mark.parametrize("tty, no_colour, coloured", [
    (True, None, True), (True, "", True), (True, "1", False), (False, None, False)])
def test_verdicts_are_coloured_on_a_terminal(capsys, monkeypatch, tty, no_colour, coloured):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: tty)
    monkeypatch.delenv("NO_COLOR", raising=False)
    if no_colour is not None:
        monkeypatch.setenv("NO_COLOR", no_colour)
    status("slides", "pooling", "--verdict", "agrees")
    assert ("\x1b[32magrees\x1b[0m" in capsys.readouterr().out) == coloured
    status("slides", "pooling", "--format", "markdown")
    assert "\x1b" not in capsys.readouterr().out


def test_help_lists_decks_and_verdicts(capsys):
    with pytest.raises(SystemExit):
        main(["slides", "--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert "virginia, unicamp, memphis, stanford, iitk" in said and "rounds to it" in said
    assert "slides resnet --verdict differs" in said
