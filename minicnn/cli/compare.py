"""`python -m minicnn compare RUN ...`: trained networks side by side, as a table and as bubbles."""

import argparse
import sys
from pathlib import Path

from minicnn.analysis.bubbles import Bubble, bubble_chart
from minicnn.cli.arguments import check_picture
from minicnn.training.compare import compare

WHAT = "put trained networks side by side: a table, and accuracy against operations"
EXAMPLE = "compare out/resnet20-cifar10 out/vgg_small-cifar10"
OUT = Path("out/compare.png")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    option = parser.add_argument
    option("runs", nargs="+", type=Path, metavar="RUN", help="folder that the train command made; "
           "unfinished ones are left out")
    option("--format", default="text", choices=("text", "markdown", "csv", "json"))
    option("--title", help="above the picture, if not the data and the epochs")
    option("--out", type=Path, default=OUT, metavar="FILE", help="the picture of accuracy against "
           "operations, .png, .jpg, .pdf or .svg (%(default)s)")


def run(args: argparse.Namespace) -> int:
    check_picture(args.out, "out" if args.out == OUT else None)
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
