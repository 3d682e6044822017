"""From minicnn/slides/index: the table of the index page, and the lists for lecturers.

    ```{index-table}                 a row for each entry
    ```{slides-of} virginia          a row for each slide of a deck: what to type, how long it takes
"""

from typing import Any

from book import Markdown
from docutils import nodes
from durations import seconds
from experiments import duration
from outputs import ROOT
from prose import escaped
from sphinx.application import Sphinx

from minicnn.experiments import EXPERIMENTS
from minicnn.slides.index import ENTRIES, INDEX, slides_of
from minicnn.slides.index.words import (
    FEW,
    experiments_at,
    experiments_of,
    shown_by,
    slides_in_words,
)

SLIDES = {name: one.slides for name, one in EXPERIMENTS.items()}


class IndexTable(Markdown):
    """topic, slides, source and below it the test, experiment, chapter."""

    def run(self) -> list[nodes.Node]:
        return self.markdown("\n".join([
            "| topic | slides | source and test | experiment | chapter |",
            "|---|---|---|---|---|", *map(self.row, ENTRIES.values())]))

    def row(self, entry: Any) -> str:
        slides = listed(entry.key)
        names = ", ".join(f"`{name}`" for name in entry.names.split())
        page = f", [the page]({entry.page}.md)" if entry.page else ""
        source = f"`minicnn/{entry.file}`" + (f" ({names})" if names else "") + page
        experiments = ", ".join(f"`{name}`" for name in experiments_of(entry.key, SLIDES))
        return (f"| {entry.topic} | {slides or entry.paper} | {source}<br>`tests/{entry.test}` | "
                f"{experiments} | {chapter(entry.chapter)} |")


class SlidesOf(Markdown):
    """title, what to type, how long it takes on one core."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        deck = self.arguments[0]
        if deck not in INDEX:
            raise self.error(f"slides-of: {deck!r} is no deck; there are {', '.join(INDEX)}")
        rows, seen = [], set()
        for slide in INDEX[deck]:
            shown = shown_by(slide)
            told = [(f"`{shown}`", seconds(shown))] if shown else []
            told += [(f"`python -m minicnn experiment {name}`",
                      duration(EXPERIMENTS[name].quick_seconds))
                     for name in experiments_at(deck, slide, SLIDES)
                     if name not in seen and shown != f"python -m minicnn experiment {name}"]
            seen.update(experiments_at(deck, slide, SLIDES))
            title = escaped(slide.title) + (f" ({slide.times} slides)" if slide.times > 1 else "")
            rows += [f"| {title if not k else ''} | {run} | {time} |"
                     for k, (run, time) in enumerate(told or [("nothing to compute", "")])]
        box = nodes.container(classes=["lecturers"])
        box += self.markdown("\n".join(["| slide | type | takes |", "|---|---|---|", *rows]))
        return [box]


def listed(key: str) -> str:
    """The titles of the slides, deck by deck; where they are many, folded behind their number."""
    of_decks = slides_of(key)
    titles = escaped(slides_in_words(key)).replace("; ", ";<br>")
    count = sum(map(len, of_decks.values()))
    if count <= FEW:
        return titles
    return (f"<details><summary>{count} slides: {', '.join(of_decks)}</summary>{titles}</details>")


def chapter(number: int) -> str:
    """A link to it."""
    page = next((ROOT / "docs" / "book").glob(f"{number:02}_*.md"), None)
    return f"[{number}](book/{page.name})" if page else str(number)


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("index-table", IndexTable)
    app.add_directive("slides-of", SlidesOf)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
