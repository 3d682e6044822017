"""The slides' numbers, computed again: `python -m minicnn slides`.

A claim holds what a slide says, how the figure is computed here, and which verdict to expect:
minicnn/slides/claim.py.  Nothing is computed from a stored answer.
"""

from collections.abc import Sequence

from minicnn.backend.messages import did_you_mean
from minicnn.slides.alexnet import ALEXNET
from minicnn.slides.cited import CITED
from minicnn.slides.claim import VERDICTS, Checked, Claim, Topic, check
from minicnn.slides.efficient import EFFICIENT
from minicnn.slides.googlenet import GOOGLENET
from minicnn.slides.inception import MODULE
from minicnn.slides.layers import LAYERS
from minicnn.slides.lenet import LENET
from minicnn.slides.paths import PATHS
from minicnn.slides.report import Report
from minicnn.slides.resnet import RESNET
from minicnn.slides.results import RESULTS
from minicnn.slides.training import TRAINING
from minicnn.slides.vgg import VGG
from minicnn.slides.zfnet import NIN, ZFNET

__all__ = ["DECKS", "TOPICS", "VERDICTS", "Checked", "Claim", "Report", "Topic", "check",
           "check_slides"]

DECKS = ("virginia", "unicamp", "memphis", "stanford", "iitk")
TOPICS = (LAYERS, LENET, ALEXNET, ZFNET, VGG, NIN, MODULE, GOOGLENET, RESNET, PATHS, EFFICIENT,
          TRAINING, RESULTS, CITED)


def check_slides(deck: str | None = None, topics: Sequence[Topic] = TOPICS, word: str = "",
                 verdict: str = "") -> Report:
    """Compute and judge every claim, or those of one deck, with a word, with one verdict.

    word    : in the title of the topic or of the slide, or in the claim, in capitals or not
    verdict : its beginning will do
    Raises ValueError for an unknown deck or verdict, and if no claim is left.
    """
    if deck is not None:
        deck = chosen("deck", deck, DECKS)
    if verdict:
        verdict = chosen("verdict", verdict, VERDICTS)
    selected = [(topic, [claim for claim in topic.claims if deck is None or deck in claim.decks()
                         if speaks_of(word, topic, claim)]) for topic in topics]
    found = [(topic, [checked for checked in map(check, claims)
                      if verdict in ("", checked.verdict)]) for topic, claims in selected]
    if not any(checked for _, checked in found):
        raise ValueError(f"no claim of {deck or 'the decks'} speaks of {word!r}"
                         + (f" with the verdict {verdict!r}" if verdict else "")
                         + f"; the topics are {', '.join(topic.title for topic in topics)}")
    return Report([(topic, checked) for topic, checked in found if checked])


def speaks_of(word: str, topic: Topic, claim: Claim) -> bool:
    """Whether the claim, its figures or its place has the word; resnet50 stands for ResNet-50."""
    figures = claim.slide if isinstance(claim.slide, str) else ""
    said = f"{topic.title} {claim.text} {claim.places} {figures}".lower()
    return word.lower() in said or joined(word) in joined(said)


def joined(words: str) -> str:
    return words.lower().replace("-", "").replace(" ", "")


def chosen(kind: str, name: str, names: Sequence[str]) -> str:
    """The name that was meant: in capitals or not, or the only one that begins so."""
    meant = [known for known in names if known.startswith(name.lower())]
    if name.lower() in meant or len(meant) == 1:
        return name.lower() if name.lower() in meant else meant[0]
    hint = did_you_mean(name, names)
    raise ValueError(f"no {kind} is called {name!r}; there are {', '.join(names)}"
                     + (f"; {hint}" if hint else ""))
