"""The claims and their verdicts as text, as a page of the book, or as data."""

import json
import shutil
import textwrap
from dataclasses import asdict, dataclass

from minicnn.analysis.tables import markdown, without_empty
from minicnn.backend.messages import as_html
from minicnn.slides.claim import (
    AGREES,
    CUT,
    DIFFERS,
    EXTERNAL,
    OTHER,
    ROUNDS,
    VERDICTS,
    Checked,
    Topic,
)

TITLE = "The slides' numbers, computed again"
INTRO = """\
Every figure of the five decks that a program can compute, from the networks and layers of this
package, and those that it cannot, as citations. This page is what
`python -m minicnn slides --markdown` prints; a terminal takes `python -m minicnn slides` more
easily; `--deck stanford` shows one deck, `slides resnet` what is about ResNets, `--verdict differs`
where slide and computation, or slide and source, disagree.

A place is the deck and the title of the slide, or the first words where it has none; of titles that
a deck has several times, (2nd) is the second. One MAC is one multiplication and one addition; the
slides' "ops" and "FLOPs" are MACs. *Cut off* means that the last digits were dropped, although
rounding would raise the last; *different convention* that the figure is right in other units or
under another rule, which is named beside it; *external* that it is cited, not computed, and that
the source does not say otherwise.

Memory is counted by two rules. The slides add up the image and what each line of VGG's list puts
out: a ReLU overwrites the output before it. `python -m minicnn summary` adds up what every layer
puts out, ReLUs and dropouts too, and no image."""

LEGEND = """\
In brackets stand the deck and the title of the slide; of titles that a deck has several times,
(2nd) is the second. 1 MAC is one multiplication and one addition; the slides' "ops" and "FLOPs" are
MACs. Cut off: the last digits were dropped, though rounding would raise the last. External: cited,
not computed, and the source does not say otherwise. Memory is counted by two rules: the slides add
up the image and what each line of VGG's list puts out, where a ReLU overwrites what is before it;
`python -m minicnn summary` adds up what every layer puts out, and no image."""

COLOURS = {AGREES: 32, ROUNDS: 32, OTHER: 33, CUT: 33, DIFFERS: 31, EXTERNAL: 36}    # of terminals
MARGIN = 22                        # columns of the verdict, in text
HEADS = ["places", "claim", "slide", "computed", "verdict", "why"]
WIDEST = 100                       # columns of the text, unless the terminal has fewer


@dataclass
class Report:
    """.text(), .markdown(), .json(), and `.changed`: claims whose verdict is not the one expected.
    """

    topics: list[tuple[Topic, list[Checked]]]

    def all(self) -> list[Checked]:
        return [checked for _, claims in self.topics for checked in claims]

    @property
    def changed(self) -> list[Checked]:
        return [checked for checked in self.all() if checked.changed]

    def totals(self) -> str:
        counts = {verdict: sum(checked.verdict == verdict for checked in self.all())
                  for verdict in VERDICTS}
        text = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
        changed = f"; {len(self.changed)} CHANGED" if self.changed else ""
        return f"{len(self.all())} claims: {text}{changed}"

    def text(self, colour: bool = False) -> str:
        """`colour`: verdicts as a terminal colours them."""
        width = min(shutil.get_terminal_size((WIDEST, 24)).columns, WIDEST)
        out = []
        for topic, claims in self.topics:
            out += [topic.title.upper(), ""]
            for checked in claims:
                slide = f": {checked.slide}" if checked.slide else ""
                line = wrapped(f"{checked.verdict:{MARGIN}}{checked.claim}{slide}", width)
                out.append(coloured(checked.verdict, line) if colour else line)
                remarks = [f"computed: {checked.computed}" if checked.computed else "", checked.why,
                           f"CHANGED: expected was {checked.expected!r}" if checked.changed else "",
                           f"({checked.places})"]
                out += [wrapped(" " * MARGIN + remark, width) for remark in remarks if remark]
            out.append("")
        return "\n".join([*out, textwrap.fill(LEGEND, width), "",
                          textwrap.fill(self.totals(), width)])

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return "\n".join([*(as_html(topic.title, *without_empty(HEADS, rows(claims)), HEADS)
                            for topic, claims in self.topics), f"<p>{self.totals()}</p>"])

    def markdown(self) -> str:
        out = [f"# {TITLE}", "", INTRO, "", f"{self.totals()}."]
        for topic, claims in self.topics:
            cells = [list(map(plain, row)) for row in rows(claims)]
            out += ["", f"## {topic.title}", "", *markdown(*without_empty(HEADS, cells))]
        return "\n".join(out)

    def json(self) -> str:
        return json.dumps([{"topic": topic.title, **asdict(checked), "changed": checked.changed}
                           for topic, claims in self.topics for checked in claims], indent=1)


def rows(claims: list[Checked]) -> list[list[str]]:
    """What stands below HEADS."""
    return [[c.places, c.claim, c.slide, c.computed,
             f"{c.verdict}, CHANGED from {c.expected}" if c.changed else c.verdict, c.why]
            for c in claims]


def wrapped(text: str, width: int) -> str:
    """Lines of at most `width` columns, all but the first moved in."""
    return textwrap.fill(text, max(width, 2 * MARGIN), subsequent_indent=" " * MARGIN)


def coloured(verdict: str, line: str) -> str:
    """The verdict that a line begins with, in its colour.

    >>> coloured("differs", "differs  so")
    '\\x1b[31mdiffers\\x1b[0m  so'
    """
    return f"\x1b[{COLOURS[verdict]}m{verdict}\x1b[0m{line.removeprefix(verdict)}"


def plain(text: str) -> str:
    """Signs that Markdown would take for its own."""
    for sign in "\\|*_<~^":
        text = text.replace(sign, "\\" + sign)
    return text
