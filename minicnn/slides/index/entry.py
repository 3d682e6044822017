"""What the index consists of: entries, which say where a topic is, and slides, which name entries.

    Entry    a topic: its source file and names, its test, its chapter, and what to run
    Slide    a title of a deck, in the deck's order, and the entries behind it

Experiments say themselves which slides they belong to (minicnn/experiments); whoever shows the
index adds them.
"""

import re
from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).parents[2]


@dataclass(frozen=True)
class Entry:
    """One row of the index.

    key     : a short name, by which slides name it
    chapter : of the book
    topic   : a few words
    file    : in minicnn/, "layers/conv.py"; a folder ends with /
    names   : what in it to look at, with spaces between; they are defined there
    test    : in tests/
    run     : what shows it: the rest of `python -m minicnn ...`, or a whole command of another
              kind ("python examples/...", "make lenet"); "" if nothing does
    page    : of the book, which says more
    paper   : where no slide names it
    experiments : that are about it, with spaces between, where many slides bear one title
    """

    key: str
    chapter: int
    topic: str
    file: str
    names: str
    test: str
    run: str
    page: str = ""
    paper: str = ""
    experiments: str = ""

    @property
    def module(self) -> str:
        """"minicnn.layers.conv"."""
        return "minicnn." + self.file.removesuffix(".py").rstrip("/").replace("/", ".")

    @property
    def command(self) -> str:
        """What to type; "" if nothing shows it."""
        return command(self.run)


@dataclass(frozen=True)
class Slide:
    """One title of a deck.

    title   : as printed, without what stands in brackets; "AlexNet, Details" where the slide
              itself says only "Details"
    entries : keys, with spaces between; "" where there is nothing to compute
    run     : what shows this slide, if not what shows its first entry
    times   : so many slides, one after the other, have this title
    """

    title: str
    entries: str = ""
    run: str = ""
    times: int = 1

    @property
    def keys(self) -> list[str]:
        return self.entries.split()


POINTWISE = "explain nin_small --layer conv1_cccp1 --at 0,3,3"          # one weight a channel


def command(run: str) -> str:
    """`run` as one types it."""
    return run if not run or run.startswith(("python ", "make ")) else f"python -m minicnn {run}"


def bare(title: str) -> str:
    """A title without signs, capitals and "Q:" or "Example:", to compare it with.

    >>> bare('## **GoogLeNet** [Szegedy et al., 2014]'), bare("Q: Why? (3x3)")
    ('googlenet', 'why3x3')
    """
    title = re.sub(r"\[[^]]*\]|<[^>]*>|^\W*(Q|Example):", "", title)
    return re.sub(r"[^a-z0-9]", "", title.lower())
