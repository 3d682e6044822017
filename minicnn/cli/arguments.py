"""What a user has typed: numbers, a network, an image size, the place of a picture.

`add_argument("--epochs", type=whole)` refuses 0 and "ten".
"""

import os
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from math import inf
from pathlib import Path

from minicnn.layers.module import Module
from minicnn.models import build

PICTURES = (".png", ".jpg", ".pdf", ".svg")


def add_network(parser: ArgumentParser) -> None:
    """NETWORK and --variant."""
    parser.add_argument("network", help="a name that `python -m minicnn networks` lists")
    parser.add_argument("--variant", help="a variant of the network, for example paper")


def chosen_network(args: Namespace) -> Module:
    return build(args.network, **({"variant": args.variant} if args.variant else {}))


def image_size(text: str) -> tuple[int, ...]:
    """"3x224x224" -> (3, 224, 224)."""
    parts = text.lower().split("x")
    if len(parts) != 3 or not all(part.isdecimal() and int(part) for part in parts):
        raise ValueError(f"--input is {text!r}, expected CxHxW: channels, height, width, as in "
                         "3x224x224")
    return tuple(int(part) for part in parts)


def whole(text: str) -> int:
    """A whole number, at least 1."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is not a whole number from 1 on")
    return int(text)


def seed(text: str) -> int:
    """A whole number, at least 0."""
    if not text.isascii() or not text.isdigit():
        raise ArgumentTypeError(f"{text!r} is not a whole number from 0 on")
    return int(text)


def above_zero(text: str) -> float:
    """A finite number above 0."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 < number < inf:
        raise ArgumentTypeError(f"{text!r} is not a number above 0")
    return number


def check_picture(path: str | Path, created: str | None = None) -> None:
    """Before the work begins: ValueError or OSError if --out cannot become a picture.

    created : the folder that need not be there yet; others are not created unasked
    """
    path = Path(path)
    folder = path.parent
    if path.suffix.lower() not in PICTURES:
        raise ValueError(f"--out is {str(path)!r}, expected the name of a picture, one that ends "
                         f"in {', '.join(PICTURES)}")
    if created and not folder.exists() and str(folder) == created:
        folder = folder.parent
    if not folder.is_dir():
        raise NotADirectoryError(f"--out is {str(path)!r}, but there is no folder {str(folder)!r}; "
                                 "create it, or name another one")
    if path.is_dir() or not os.access(path if path.exists() else folder, os.W_OK):
        raise PermissionError(f"--out is {str(path)!r}, which cannot be written; name another file")
