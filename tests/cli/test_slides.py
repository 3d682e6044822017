"""`python -m minicnn slides` checks the figures of the lectures."""

import json

import pytest

from minicnn.cli import slides
from minicnn.slides import Claim, Topic, check_slides
from tests.cli.common import status


@pytest.mark.parametrize("arguments, words", [
    (["--deck", "standford"], "no deck is called 'standford'; there are virginia, "),
    (["--format", "csv"], "invalid choice: 'csv'"),
])
def test_mistakes(arguments, words, refused):
    assert words in refused("slides", *arguments)


def test_one_deck(capsys):
    assert status("slides", "--deck", "iitk") == 0
    out, err = capsys.readouterr()
    assert "1,582,671,872" in out and "iitk:218" in out and "stanford:885" not in out
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
    wrong = Topic("Sums", "", (Claim("iitk:1", "one and one", "3", lambda: 2, "agrees"),))
    monkeypatch.setattr(slides, "check_slides", lambda deck, **more: check_slides(deck, [wrong]))
    assert status("slides") == 1
    out, err = capsys.readouterr()
    assert "CHANGED: expected was 'agrees'" in out and "1 CHANGED" in out
    assert err == "minicnn slides: iitk:1: one and one: differs, expected was agrees\n"
