"""`python -m minicnn slides [WORD]`: every number of the slides, computed again and judged."""

import argparse
import os
import sys

from minicnn.cli.arguments import word
from minicnn.slides import DECKS, VERDICTS, check_slides

WHAT = ("compute every number of the slides again, from the networks, and judge it: does it agree, "
        "round to the slide's, hold under a different convention, differ? (Where a slide is in the "
        "source is another command: slide)")
EXAMPLE = "slides resnet --verdict differs"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    option = parser.add_argument
    option("word", nargs="?", default="", help="only topics, claims and titles of slides with this "
           "in them, as in resnet or \"training resnet\"")
    option("--verdict", default="", metavar="VERDICT", help="only one verdict: "
           f"{', '.join(VERDICTS)}; those of two words in quotes, or their beginning")
    option("--deck", type=word, metavar="DECK", help=f"only one deck: {', '.join(DECKS)}")
    option("--format", default="text", choices=("text", "markdown", "json"), metavar="FORMAT",
           help="text; markdown, the page docs/slides.md; or json")
    option("--markdown", dest="format", action="store_const", const="markdown",
           help="the same as --format markdown")


def run(args: argparse.Namespace) -> int:
    """1 if a verdict is no longer what it was."""
    report = check_slides(args.deck, word=args.word, verdict=args.verdict)
    print(report.text(colour=in_colour()) if args.format == "text"
          else getattr(report, args.format)())
    for claim in report.changed:
        print(f"minicnn slides: {claim.places}: {claim.claim}: {claim.verdict}, expected was "
              f"{claim.expected}", file=sys.stderr)
    return 1 if report.changed else 0


def in_colour() -> bool:
    """On a terminal, unless NO_COLOR is set (no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")
