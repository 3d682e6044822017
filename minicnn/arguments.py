"""What a user has typed: numbers, the place of a picture, names that are nearly right.

`add_argument("--epochs", type=whole)` refuses 0 and "ten".
"""

import os
from argparse import ArgumentTypeError
from collections.abc import Iterable
from difflib import get_close_matches
from math import inf
from pathlib import Path
from typing import Any

PICTURES = (".png", ".jpg", ".pdf", ".svg")


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


def did_you_mean(name: Any, choices: Iterable[Any], cutoff: float = 0.6) -> str:
    """The question with the nearest choices, capitals or not; "" if none is near.

    cutoff : share of the letters that must be alike, as difflib counts it

    >>> did_you_mean("Mobilnet", ["mobilenet", "vgg16"]), did_you_mean("xyz", ["vgg16"])
    ('did you mean mobilenet?', '')
    """
    written = {str(choice).lower(): str(choice) for choice in choices}
    near = get_close_matches(str(name).lower(), written, n=3, cutoff=cutoff)
    return f"did you mean {' or '.join(written[found] for found in near)}?" if near else ""
