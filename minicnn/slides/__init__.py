"""The slides' numbers, computed again: `python -m minicnn slides`.

A claim holds what a slide says, how the figure is computed here, and which verdict to expect:
minicnn/slides/claim.py.  Nothing is computed from a stored answer.
"""

from collections.abc import Sequence
from difflib import get_close_matches

from minicnn.slides.alexnet import ALEXNET
from minicnn.slides.basics import LAYERS, LENET
from minicnn.slides.cited import CITED
from minicnn.slides.claim import Checked, Claim, Topic, check
from minicnn.slides.efficient import EFFICIENT
from minicnn.slides.googlenet import GOOGLENET, MODULE
from minicnn.slides.report import Report
from minicnn.slides.resnet import RESNET
from minicnn.slides.vgg import VGG
from minicnn.slides.zfnet import NIN, ZFNET

__all__ = ["DECKS", "TOPICS", "Checked", "Claim", "Report", "Topic", "check", "check_slides"]

DECKS = ("virginia", "unicamp", "memphis", "stanford", "iitk")
TOPICS = (LAYERS, LENET, ALEXNET, ZFNET, VGG, NIN, MODULE, GOOGLENET, RESNET, EFFICIENT, CITED)


def check_slides(deck: str | None = None, topics: Sequence[Topic] = TOPICS) -> Report:
    """Compute and judge every claim, or those of one deck.

    Raises ValueError for an unknown deck.
    """
    if deck is not None and deck not in DECKS:
        near = get_close_matches(deck.lower(), DECKS, n=1)
        raise ValueError(f"no deck is called {deck!r}; there are {', '.join(DECKS)}"
                         + (f"; did you mean {near[0]}?" if near else ""))
    found = [(topic, [check(claim) for claim in topic.claims
                      if deck is None or deck in claim.decks()]) for topic in topics]
    return Report([(topic, checked) for topic, checked in found if checked])
