"""`python -m minicnn slides [WORD]`: every number of the slides, computed again and judged."""

import argparse
import sys

from minicnn.slides import DECKS, VERDICTS, check_slides

WHAT = "compute every number of the slides again, from the networks, and judge it"
EXAMPLE = "slides --deck stanford"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    option = parser.add_argument
    option("word", nargs="?", default="", help="only topics and claims with this in them, as in "
           "resnet")
    option("--verdict", default="", choices=VERDICTS, metavar="VERDICT",
           help=f"only one verdict: {', '.join(VERDICTS)}")
    option("--deck", help=f"only one deck: {', '.join(DECKS)}")
    option("--format", default="text", choices=("text", "markdown", "json"))
    option("--markdown", dest="format", action="store_const", const="markdown",
           help="the same as --format markdown: docs/slides.md")


def run(args: argparse.Namespace) -> int:
    """1 if a verdict is no longer what it was."""
    report = check_slides(args.deck, word=args.word, verdict=args.verdict)
    print(getattr(report, args.format)())
    for claim in report.changed:
        print(f"minicnn slides: {claim.places}: {claim.claim}: {claim.verdict}, expected was "
              f"{claim.expected}", file=sys.stderr)
    return 1 if report.changed else 0
