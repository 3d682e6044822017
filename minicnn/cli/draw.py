"""`python -m minicnn draw NETWORK`: a network as the slides draw it, from the network itself."""

import argparse
from pathlib import Path

from minicnn.analysis.drawing import check_drawing_file, draw, save
from minicnn.cli.arguments import add_network, check_folder_of, chosen_network, image_size, place

WHAT = "draw a network as the slides do: its blocks, shortcuts and modules, from the network itself"
EXAMPLE = "draw resnet18 --out resnet18.svg"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_network(parser)
    option = parser.add_argument
    option("--input", "--size", type=image_size, metavar="CxHxW", help="image size, if not the "
           "network's own")
    option("--out", type=place, metavar="FILE", help="the drawing, .svg, .png, .pdf or .jpg "
           "(out/NETWORK.svg)")


def run(args: argparse.Namespace) -> int:
    model = chosen_network(args)
    path = args.out or Path(f"out/{args.network}.svg")
    check_folder_of(path, "--out")
    check_drawing_file(path, "--out")
    name = f"{args.network}, {args.variant}" if args.variant else args.network
    print(save(draw(model, args.input, name), path))
    return 0
