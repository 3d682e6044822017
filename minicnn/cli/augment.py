"""`python -m minicnn augment`: a picture of every augmentation, applied to one image."""

import argparse
from pathlib import Path

import numpy as np

from minicnn.cli.arguments import seed
from minicnn.data import find_digits
from minicnn.data.sheet import augmentation_sheet

WHAT = "draw a picture of every augmentation applied to one image"
EXAMPLE = "augment --out out/augment.png"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    option = parser.add_argument
    option("--image", type=Path, help="a picture file; a digit if left out")
    option("--data", metavar="DIR", help="folder with MNIST; else as in the examples")
    option("--out", type=Path, default=Path("out/augment.png"), metavar="FILE")
    option("--seed", type=seed, default=0)


def run(args: argparse.Namespace) -> int:
    if args.image:
        from PIL import Image
        with Image.open(args.image) as opened:
            image = np.asarray(opened.convert("RGB")).transpose(2, 0, 1)
    else:
        image = find_digits(args.data)[1].images[0]
    args.out.parent.mkdir(parents=True, exist_ok=True)
    augmentation_sheet(image, args.out, args.seed)
    print(args.out)
    return 0
