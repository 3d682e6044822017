"""`python -m minicnn exercise NUMBER [ANSWER]`: a question of the book, and is the answer right?"""

import argparse
import textwrap

from minicnn.cli.arguments import word
from minicnn.explain.exercises import EXERCISES, exercise

WHAT = "ask an exercise of the book, or judge an answer: right, or what you probably did"
EXAMPLE = "exercise 1.2 2416"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    option = parser.add_argument
    option("number", nargs="?", type=word, metavar="NUMBER", help="chapter and exercise, as in "
           "1.2; without it, all of them are listed")
    option("answer", nargs="?", type=word, metavar="ANSWER", help="a number (2416, 0.0146), a word "
           "(no), or numbers with x between them (6x28x28)")
    option("--show", action="store_true", help="the answer, and how one gets there")


def run(args: argparse.Namespace) -> int:
    """1 if the answer is wrong."""
    if args.number is None:
        for one in EXERCISES.values():
            print(f"{one.number:5} {textwrap.shorten(one.question, 90, placeholder=' ...')}")
        return 0
    chosen = exercise(args.number)
    if args.answer is not None:
        right, words = chosen.judge(args.answer)
        print(words)
        if right or args.show:
            print(textwrap.fill(chosen.explained(), 80))
        return 0 if right else 1
    print(textwrap.fill(chosen.question, 80))
    if args.show:
        print(textwrap.fill(chosen.explained(), 80))
    return 0
