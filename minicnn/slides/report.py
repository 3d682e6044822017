"""The claims and their verdicts as text, as a page of the book, or as data."""

import json
import shutil
import textwrap
from dataclasses import asdict, dataclass

from minicnn.analysis.tables import markdown, without_empty
from minicnn.slides.claim import VERDICTS, Checked, Topic

TITLE = "The slides' numbers, computed again"
INTRO = """\
Every figure of the five decks that a program can compute, from the networks and layers of this
package, and those that it cannot, as citations. This page is what
`python -m minicnn slides --markdown` prints; a terminal takes `python -m minicnn slides` more
easily; `--deck stanford` shows one deck, `slides resnet` what is about ResNets, `--verdict differs`
where slide and computation disagree.

A place is the deck and the line of its text; the titles of the slides head each topic. One MAC is
one multiplication and one addition; the slides' "ops" and "FLOPs" are MACs. *Cut off* means that
the last digits were dropped, although rounding would raise the last; *different convention* that
the figure is right in other units or under another rule, which is named beside it; *external* that
it is cited, not computed."""

LEGEND = """\
In brackets stand the deck and the line of its text; the titles of the slides head each topic. 1 MAC
is one multiplication and one addition; the slides' "ops" and "FLOPs" are MACs. Cut off: the last
digits were dropped, though rounding would raise the last. External: cited, not computed."""

MARGIN = 22                        # columns of the verdict, in text
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

    def text(self) -> str:
        width = min(shutil.get_terminal_size((WIDEST, 24)).columns, WIDEST)
        out = []
        for topic, claims in self.topics:
            out += [topic.title.upper(), textwrap.fill(topic.slides, width), ""]
            for checked in claims:
                slide = f": {checked.slide}" if checked.slide else ""
                out.append(wrapped(f"{checked.verdict:{MARGIN}}{checked.claim}{slide} "
                                   f"({checked.places})", width))
                remarks = [f"computed: {checked.computed}" if checked.computed else "", checked.why,
                           f"CHANGED: expected was {checked.expected!r}" if checked.changed else ""]
                out += [wrapped(" " * MARGIN + remark, width) for remark in remarks if remark]
            out.append("")
        return "\n".join([*out, textwrap.fill(LEGEND, width), "",
                          textwrap.fill(self.totals(), width)])

    def markdown(self) -> str:
        out = [f"# {TITLE}", "", INTRO, "", f"{self.totals()}."]
        for topic, claims in self.topics:
            heads = ["places", "claim", "slide", "computed", "verdict", "why"]
            rows = [list(map(plain, (
                c.places, c.claim, c.slide, c.computed,
                f"{c.verdict}, CHANGED from {c.expected}" if c.changed else c.verdict, c.why)))
                for c in claims]
            out += ["", f"## {topic.title}", "", f"Slides: {plain(topic.slides)}.", "",
                    *markdown(*without_empty(heads, rows))]
        return "\n".join(out)

    def json(self) -> str:
        return json.dumps([{"topic": topic.title, **asdict(checked), "changed": checked.changed}
                           for topic, claims in self.topics for checked in claims], indent=1)


def wrapped(text: str, width: int) -> str:
    """Lines of at most `width` columns, all but the first moved in."""
    return textwrap.fill(text, max(width, 2 * MARGIN), subsequent_indent=" " * MARGIN)


def plain(text: str) -> str:
    """Signs that Markdown would take for its own."""
    for sign in "\\|*_<~^":
        text = text.replace(sign, "\\" + sign)
    return text
