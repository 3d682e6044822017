"""`python -m minicnn slide WORDS`: where is this slide in the source, and what shows it?"""

import argparse

from minicnn.cli.arguments import word
from minicnn.experiments import EXPERIMENTS
from minicnn.slides import DECKS
from minicnn.slides.index.words import answer

WHAT = ("where a slide is: its source lines, test, chapter, experiment and command. (The numbers "
        "of the slides, computed again, are another command: slides, with an s)")
EXAMPLE = "slide inception"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("words", nargs="+", type=word, metavar="WORD", help="of the title of a "
                        "slide, of a topic, of a layer or network")
    parser.add_argument("--deck", type=word, metavar="DECK",
                        help=f"only the slides of one deck: {', '.join(DECKS)}")


def run(args: argparse.Namespace) -> int:
    experiments = {name: one.slides for name, one in EXPERIMENTS.items()}
    print("\n".join(answer(" ".join(args.words), experiments, args.deck)))
    return 0
