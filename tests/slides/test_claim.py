"""What a slide claims, and the verdict on it."""

import pytest

from minicnn.analysis.figures import Fact
from minicnn.slides.claim import VERDICTS, Claim, check, cited, judge, shown


def verdict(slide, value, reading=None):
    other = None if reading is None else ("otherwise", lambda: reading)
    return check(Claim("iitk: One", "claim", slide, lambda: value, "agrees", reading=other)).verdict


@pytest.mark.parametrize("slide, value, reading, expected", [
    ("55", 55, None, "agrees"),
    ("35K", 34_944, None, "rounds to it"),
    ("3.8e9", 3_857_973_248, None, "cut off"),
    ("358M", 271_351_808, None, "differs"),
    ("230 Megabytes", 243_860_896, 232_563_000.0, "different convention"),
    ("112K", 114_944, 112_000.0, "different convention"),
    ("1000K", 1_025_000, 1_000_000.0, "different convention"),      # exact beats rounded
    ("159K", 163_696, 159_500.0, "different convention"),           # cut beats wrong
    ("73M", 73_608_192, 90e6, "cut off"),
    ("2.7K", 9_472, 9_187.5, "differs"),
    ("55", 55, 54, "agrees"),
    (("27", "13"), (27, 13), None, "agrees"),
    (("27", "13"), (27, 14), None, "differs"),
    ("", Fact(True, "yes"), None, "agrees"),
    ("", Fact(False, "no"), Fact(True, "so it does"), "different convention"),
])
def test_verdicts(slide, value, reading, expected):
    assert verdict(slide, value, reading) == expected


def test_by_hand():
    checked = check(Claim("memphis: VGG (2nd); stanford: VGG", "values", "24M", lambda: 15_237_608,
                          "agrees", lambda: f"they are {3 * 5}M", ("doubled", lambda: 30_475_216)))
    assert (checked.places, checked.claim, checked.slide) == ("memphis: VGG (2nd); stanford: VGG",
                                                              "values", "24M")
    assert checked.computed == "15,237,608; doubled: 30,475,216"
    assert (checked.verdict, checked.expected, checked.changed) == ("differs", "agrees", True)
    assert checked.why == "they are 15M"


def test_a_slide_that_is_read_elsewhere():
    checked = check(Claim("iitk: One", "two", lambda: ("1", "2K"), lambda: (1, 2_000), "agrees"))
    assert (checked.slide, checked.computed, checked.verdict) == ("1, 2K", "1, 2,000", "agrees")


def test_decks():
    claim = cited("memphis: VGG (1st); memphis: VGG (2nd); stanford: A: B", "claim", "24M", "")
    assert claim.decks() == {"memphis", "stanford"}


def test_citations_are_not_computed():
    checked = check(cited("iitk: Performances", "top-5 error", "6.67%", "the challenge"))
    assert (checked.computed, checked.verdict, checked.changed) == ("", "external", False)
    assert checked.why == "the challenge"


@pytest.mark.parametrize("slide, says, verdict, computed", [
    ("7.3%", 7.32, "external", ""), ("5e-4", 0.0005, "external", ""),
    ("17%", 15.3, "differs", "the source has 15.3"),
    ("1e-5", 1e-4, "differs", "the source has 0.0001"),
    (("2nd", "7%"), ("2nd", 8), "differs", "the source has 2nd, 8"),
    ("", Fact(False, "somebody else"), "differs", "the source has somebody else"),
])
def test_what_a_source_says_is_compared(slide, says, verdict, computed):
    """An error of the slide is found by its verdict, also where nothing can be computed."""
    checked = check(cited("iitk: Performances", "error", slide, "the challenge", says=says))
    assert (checked.verdict, checked.computed) == (verdict, computed)
    assert checked.changed == (verdict == "differs")         # expected was "external"


@pytest.mark.parametrize("plain", VERDICTS[:2])
def test_what_agrees_needs_no_other_reading(plain):
    assert judge(plain, "differs") == plain


@pytest.mark.parametrize("value, text", [
    (1_728, "1,728"), (8.0, "8"), (8.7113, "8.711"), (9_187.5, "9,188"), (112_000.0, "112.0K"),
    (1_018_000.0, "1,018.0K"), (232_563_877.4, "232.6M"), ("55x55", "55x55"), ((1, "a"), "1, a"),
    (Fact(True, "0 are left"), "0 are left"),
])
def test_shown(value, text):
    assert shown(value) == text
