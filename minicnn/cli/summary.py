"""`python -m minicnn summary NAME`: the lecture's table of a network."""

import argparse

from minicnn.analysis.summary import summary
from minicnn.cli.arguments import add_format, add_network, chosen_network, image_size

WHAT = "print the lecture's table of a network, the slide's figures beside the computed ones"
EXAMPLE = "summary lenet5 --variant paper"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_network(parser)
    option = parser.add_argument
    option("--input", type=image_size, metavar="CxHxW", help="image size, if not the network's own")
    option("--rows", action="store_true", help="one line for each row of the slide, not for each "
           "layer")
    add_format(parser)


def run(args: argparse.Namespace) -> int:
    table = summary(chosen_network(args), args.input)
    table = table.by_row() if args.rows else table
    print(getattr(table, args.format)())
    return 0
