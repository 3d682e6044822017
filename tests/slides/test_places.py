"""Where claims stand: deck and title of the slide; and every number of a deck is in a claim."""

import re

import pytest

from minicnn.slides import DECKS, TOPICS, check_slides
from minicnn.slides.claim import EXTERNAL, VERDICTS
from tests.slides.printed import PRINTED

CLAIMS = [claim for topic in TOPICS for claim in topic.claims]


@pytest.fixture(scope="module")
def whole():
    return check_slides()


PLACE = re.compile(r"(\w+): (.+?)(?: \((1st|2nd|3rd|\d+th)\))?")


def test_claims_are_well_formed():
    for claim in CLAIMS:
        assert claim.decks() <= set(DECKS) and claim.verdict in VERDICTS, claim
        assert all(PLACE.fullmatch(place) for place in claim.places.split("; ")), claim
        assert not re.search(r"[a-z]:\d", claim.places), claim      # no lines of a text
        assert claim.value is None or claim.verdict != EXTERNAL, claim
    named = [(topic.title, c.places, c.text) for topic in TOPICS for c in topic.claims]
    assert len(set(named)) == len(named)


def test_a_title_that_comes_twice_says_which():
    """Everywhere, or the reader would take it for the only one."""
    ordinals = {}
    for claim in CLAIMS:
        for place in claim.places.split("; "):
            deck, title, ordinal = PLACE.fullmatch(place).groups()
            ordinals.setdefault((deck, title), set()).add(ordinal is not None)
    assert [title for title, both in ordinals.items() if len(both) > 1] == []


NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


@pytest.mark.parametrize("deck", DECKS)
def test_every_number_of_a_deck_is_in_a_claim(whole, deck):
    said = {number.replace(",", "") for claim in whole.all() if f"{deck}: " in claim.places
            for number in NUMBER.findall(
                f"{claim.slide} {claim.claim} {claim.places}".replace(", ", " "))}
    assert [number for number in PRINTED[deck].split() if number not in said] == []
