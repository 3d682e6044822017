"""`python -m minicnn compare RUN ...`: trained networks side by side, as a table and as bubbles."""

import argparse
import sys
from pathlib import Path

from minicnn.inspect.bubbles import Bubble, bubble_chart
from minicnn.inspect.profile_picture import check_place
from minicnn.training.compare import compare

OUT = Path("out/compare.png")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    option = parser.add_argument
    option("runs", nargs="+", metavar="RUN", help="folder that the train command made")
    option("--format", default="text", choices=("text", "markdown", "csv", "json"))
    option("--title", default="", help="above the picture")
    option("--out", type=Path, default=OUT, metavar="FILE", help="the picture of accuracy against "
           "operations, .png, .jpg, .pdf or .svg (%(default)s)")


def run(args: argparse.Namespace) -> int:
    check_place(args.out, "out" if args.out == OUT else None)
    table = compare(args.runs)
    print(getattr(table, args.format)())
    bubble_chart([Bubble(one.network, 100 - one.error, one.macs, one.parameters)
                  for one in table.outcomes], args.out, args.title)
    print(args.out, file=sys.stdout if args.format == "text" else sys.stderr)
    return 0
