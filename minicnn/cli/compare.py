"""`python -m minicnn compare RUN ...`: trained networks side by side, as a table and as bubbles."""

import argparse
import sys
from pathlib import Path

from minicnn.analysis.bubbles import Bubble, bubble_chart
from minicnn.cli.arguments import add_format, check_picture, place
from minicnn.training.compare import compare

WHAT = "put trained networks side by side: a table, and accuracy against operations"
EXAMPLE = "compare out/resnet20-cifar10 out/vgg_small-cifar10"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    option = parser.add_argument
    option("runs", nargs="+", type=place, metavar="RUN", help="folder that the train command made; "
           "unfinished ones are left out")
    add_format(parser)
    option("--title", help="above the picture, if not the data and the epochs")
    option("--out", type=place, default=Path("out/compare.png"), metavar="FILE", help="the picture "
           "of accuracy against operations, .png, .jpg, .pdf or .svg (%(default)s)")


def run(args: argparse.Namespace) -> int:
    check_picture(args.out)
    finished = [run for run in args.runs if (run / "result.json").exists()]
    for run in args.runs:
        if finished and run not in finished:
            print(f"{run} is left out: no run of the train command, or not over",
                  file=sys.stderr)
    table = compare(finished or args.runs)
    print(getattr(table, args.format)())
    bubble_chart([Bubble(one.network, 100 - one.error, one.macs, one.parameters)
                  for one in table.outcomes], args.out,
                 table.title() if args.title is None else args.title)
    print(args.out, file=sys.stdout if args.format == "text" else sys.stderr)
    return 0
