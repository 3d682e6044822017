"""`python -m minicnn augment`: a picture of every augmentation, applied to one image."""

import argparse
from pathlib import Path

from minicnn.cli.arguments import check_picture, place, seed, word
from minicnn.data import find_digits
from minicnn.data.pictures import read_picture
from minicnn.data.sheet import augmentation_sheet

WHAT = "draw a picture of every augmentation applied to one image"
EXAMPLE = "augment --out out/augment.png"
SIDE = 224          # pixels; on the sheet a picture has 112


def add_arguments(parser: argparse.ArgumentParser) -> None:
    option = parser.add_argument
    option("--image", type=place, metavar="FILE", help="a picture file, of which the middle "
           "square is taken; a digit if left out")
    option("--data", type=word, metavar="DIR", help="folder with MNIST; else as in the examples")
    option("--out", type=place, default=Path("out/augment.png"), metavar="FILE",
           help="the picture, .png, .jpg, .pdf or .svg (%(default)s)")
    option("--seed", type=seed, default=0, help="of the changes (0)")


def run(args: argparse.Namespace) -> int:
    check_picture(args.out)
    if args.image is None:
        image = find_digits(args.data)[1].images[0]                    # (1, 28, 28)
    elif args.image.is_file():
        image = read_picture(args.image, SIDE)                         # (3, SIDE, SIDE)
    else:
        raise FileNotFoundError(f"--image is {str(args.image)!r}, which is no file")
    augmentation_sheet(image, args.out, args.seed)
    print(args.out)
    return 0
