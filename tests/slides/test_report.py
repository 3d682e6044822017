"""The claims as text, as a page, and as data."""

import json
import re

import pytest

from minicnn.slides import VERDICTS, Claim, Report, Topic, check, check_slides
from minicnn.slides.report import COLOURS


@pytest.fixture(scope="module")
def whole():
    return check_slides()


SUMS = Topic("Sums", (
    Claim("iitk: One; memphis: Two (2nd)", "one | one", "3", lambda: 2, "differs",
          "counted on fingers"),
    Claim("iitk: Three", "one and two", "4", lambda: 3, "agrees")))


def sums():
    return Report([(SUMS, [check(claim) for claim in SUMS.claims])])


def test_text():
    text = sums().text()
    assert text.split("\n")[:3] == ["SUMS", "", "differs               one | one: 3"]
    assert "\n                      (iitk: One; memphis: Two (2nd))\n" in text
    assert "\n                      CHANGED: expected was 'agrees'\n" in text
    assert text.endswith("\n2 claims: 2 differs; 1 CHANGED")


def test_colours_change_no_line():
    plain, coloured = sums().text(), sums().text(colour=True)
    assert "\x1b" not in plain and "\n\x1b[31mdiffers\x1b[0m               one | one" in coloured
    assert re.sub(r"\x1b\[\d*m", "", coloured) == plain


def test_every_verdict_has_a_colour():
    assert set(COLOURS) == set(VERDICTS)


@pytest.mark.parametrize("columns, longest", [("60", 60), ("80", 80), ("100", 100), ("140", 100)])
def test_lines_fit_a_terminal(whole, monkeypatch, columns, longest):
    monkeypatch.setenv("COLUMNS", columns)
    assert longest - 10 < max(map(len, whole.text().split("\n"))) <= longest


def test_markdown(whole):
    page = sums().markdown()
    assert "| iitk: One; memphis: Two (2nd) | one \\| one | 3 | 2 | differs | counted on " in page
    assert "| iitk: Three | one and two | 4 | 3 | differs, CHANGED from agrees |  |" in page
    for line in whole.markdown().split("\n"):
        if line.startswith("| "):
            assert len(re.findall(r"(?<!\\)\|", line)) in (6, 7)


def test_json(whole):
    claims = json.loads(whole.json())
    assert len(claims) == len(whole.all())
    assert claims[0]["topic"] == "Layers" and set(claims[0]) == {
        "topic", "places", "claim", "slide", "computed", "verdict", "why", "expected", "changed"}
    assert [claim["changed"] for claim in json.loads(sums().json())] == [False, True]
