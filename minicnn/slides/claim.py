"""A claim of a slide: what it says, how the figure is computed here, and the verdict expected.

    agrees                  the same figure, or the claim in words holds
    rounds to it            the computed figure, rounded to the printed digits
    different convention    it is right in other units, or counted by another rule, which is named
    cut off                 the last digits were dropped, although rounding would raise the last
    differs                 none of these
    external                no figure of a network: a result, a date, a choice; cited, not computed.
                            If the source says something else, it differs
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from minicnn.analysis.figures import AGREES, CUT, DIFFERS, ROUNDS, Fact, agreement

__all__ = ["AGREES", "CUT", "DIFFERS", "EXTERNAL", "OTHER", "ROUNDS", "VERDICTS", "Checked",
           "Claim", "Fact", "Topic", "check", "cited"]

OTHER, EXTERNAL = "different convention", "external"
VERDICTS = (AGREES, ROUNDS, OTHER, CUT, DIFFERS, EXTERNAL)

Compute = Callable[[], Any]
Figures = str | tuple[str, ...]


@dataclass(frozen=True)
class Claim:
    """One figure, or a few that belong together.

    places  : "iitk: LeNet-5; memphis: ResNet (2nd)": deck and title of the slide; where a deck has
              a title several times, which of them
    slide   : the figures as printed, or a function that reads them where they stand beside a row
              of the network (minicnn.slides.measure.printed); "" for a claim in words, whose value
              is a Fact
    value   : computes them; None for what is cited
    verdict : the one expected
    why     : the reason, where the verdict needs one; a function if it has computed figures itself
    reading : another convention under which the slide may be right, and the figures under it
    says    : for what is cited, the source's own figures
    """

    places: str
    text: str
    slide: Figures | Callable[[], Figures]
    value: Compute | None
    verdict: str
    why: str | Callable[[], str] = ""
    reading: tuple[str, Compute] | None = None
    says: Any = None

    def decks(self) -> set[str]:
        return {place.split(":")[0] for place in self.places.split("; ")}


class Topic(NamedTuple):
    """Claims that belong together."""

    title: str
    claims: tuple[Claim, ...]


@dataclass
class Checked:
    """A claim after its figures were computed."""

    places: str
    claim: str
    slide: str
    computed: str
    verdict: str
    why: str
    expected: str = field(repr=False)

    @property
    def changed(self) -> bool:
        return self.verdict != self.expected


def cited(places: str, text: str, slide: Figures, source: str, says: Any = None,
          verdict: str = EXTERNAL) -> Claim:
    """A claim that software cannot compute; `says`: the figures of the source."""
    return Claim(places, text, slide, None, verdict, source, says=says)


def check(claim: Claim) -> Checked:
    """Compute the figures and judge them."""
    why = claim.why if isinstance(claim.why, str) else claim.why()
    figures = claim.slide() if callable(claim.slide) else claim.slide
    printed = figures if isinstance(figures, str) else ", ".join(figures)
    if claim.value is None:
        wrong = claim.says is not None and agreement(figures, claim.says) == DIFFERS
        return Checked(claim.places, claim.text, printed,
                       f"the source has {shown(claim.says)}" if wrong else "",
                       DIFFERS if wrong else EXTERNAL, why, claim.verdict)
    value = claim.value()
    verdict, computed = agreement(figures, value), shown(value)
    if claim.reading is not None:
        name, compute = claim.reading
        other = compute()
        computed += f"; {name}: {shown(other)}"
        verdict = judge(verdict, agreement(figures, other))
    return Checked(claim.places, claim.text, printed, computed, verdict, why, claim.verdict)


def judge(plain: str, other: str) -> str:
    """An exact figure of another convention beats a rounded one, and any rounded one a cut one."""
    if plain == AGREES or (plain == ROUNDS and other != AGREES):
        return plain
    if other in (AGREES, ROUNDS) or (other == CUT and plain == DIFFERS):
        return OTHER
    return plain


def shown(value: Any) -> str:
    """A computed figure as it is printed.

    >>> shown(271_351_808), shown(8.711), shown((55, "3x3")), shown(159_500.0), shown(232.6e6)
    ('271,351,808', '8.711', '55, 3x3', '159.5K', '232.6M')
    """
    if isinstance(value, Fact):
        return value.shown
    if isinstance(value, tuple):
        return ", ".join(map(shown, value))
    if isinstance(value, float):
        if value >= 1e7:
            return f"{value / 1e6:,.1f}M"
        return f"{value / 1e3:,.1f}K" if value >= 1e4 else f"{value:,.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)
