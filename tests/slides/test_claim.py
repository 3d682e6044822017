"""What a slide claims, and the verdict on it."""

import pytest

from minicnn.analysis.figures import Fact
from minicnn.slides.claim import VERDICTS, Claim, check, cited, judge, shown


def verdict(slide, value, reading=None):
    other = None if reading is None else ("otherwise", lambda: reading)
    return check(Claim("iitk:1", "claim", slide, lambda: value, "agrees", reading=other)).verdict


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
    checked = check(Claim("memphis:319, stanford:885", "values", "24M", lambda: 15_237_608,
                          "agrees", lambda: f"they are {3 * 5}M", ("doubled", lambda: 30_475_216)))
    assert (checked.places, checked.claim, checked.slide) == ("memphis:319, stanford:885",
                                                              "values", "24M")
    assert checked.computed == "15,237,608; doubled: 30,475,216"
    assert (checked.verdict, checked.expected, checked.changed) == ("differs", "agrees", True)
    assert checked.why == "they are 15M"


def test_a_slide_that_is_read_elsewhere():
    checked = check(Claim("iitk:1", "two", lambda: ("1", "2K"), lambda: (1, 2_000), "agrees"))
    assert (checked.slide, checked.computed, checked.verdict) == ("1, 2K", "1, 2,000", "agrees")


def test_decks():
    claim = cited("memphis:319, memphis:320, stanford:885", "claim", "24M", "somebody")
    assert claim.decks() == {"memphis", "stanford"}


def test_citations_are_not_computed():
    checked = check(cited("iitk:282", "top-5 error", "6.67%", "the challenge"))
    assert (checked.computed, checked.verdict, checked.changed) == ("", "external", False)
    assert checked.why == "the challenge"


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
