"""What a user has typed: numbers, names, a network, an image size, the place of a picture.

`add_argument("--epochs", type=whole)` refuses 0, "ten" and what no machine can do.  What is refused
here is said before any work is done.
"""

import inspect
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable
from math import inf
from pathlib import Path
from typing import Any

from minicnn.backend.messages import plural
from minicnn.backend.precision import allow_tf32
from minicnn.backend.threads import MOST_THREADS
from minicnn.data.canvas import check_drawing
from minicnn.data.canvas import check_picture as check_canvas
from minicnn.data.files import check_writable
from minicnn.layers.module import Module
from minicnn.models import NETWORKS, build
from minicnn.weights.fill import load
from minicnn.weights.read import read

MOST = 1_000_000           # epochs, pictures of a batch, ...: more is a slip of the finger
LONGEST_SIDE = 16_384      # pixels
SEED_DIGITS = 38           # below 2^128, as the operating system hands seeds out
OWN_FOLDER = Path("out")


def add_network(parser: ArgumentParser) -> None:
    """NETWORK and --variant."""
    parser.add_argument("network", type=word, help="a name that `python -m minicnn networks` lists")
    parser.add_argument("--variant", type=word, help="a variant of the network, for example paper")


def add_format(parser: ArgumentParser, *forms: str) -> None:
    """--format"""
    parser.add_argument("--format", default="text", help="how it is printed (text)",
                        choices=forms or ("text", "markdown", "csv", "json"))


def add_device(parser: ArgumentParser) -> None:
    """--device and --tf32"""
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"),
                        help="where to compute (cpu)")
    parser.add_argument("--tf32", action="store_true",
                        help="on a GPU: float32 products of 10 bits, which are faster")


def choose_precision(args: Namespace) -> None:
    if args.tf32 and args.device == "cpu":
        raise ValueError("--tf32 is for a GPU; give it with --device cuda")
    if args.tf32:
        allow_tf32(True)


def limited(data: Any, limit: int | None, say: Callable[[str], None] = print) -> Any:
    """The first pictures of a data set, as --limit says; all, with a note, if it has no more."""
    if limit and limit > len(data):
        say(f"note: --limit is {limit:,}, there are {plural(len(data), 'picture')}: all are taken")
        return data
    return data.subset(limit) if limit else data


def chosen_network(args: Namespace) -> Module:
    return build(args.network, **({"variant": args.variant} if args.variant else {}))


def network_for(path: str, name: str, variant: str | None, part: str | None = None) -> Module:
    """The network of that name, filled from a file: with auxiliary classifiers if that has them."""
    options: dict[str, Any] = {"variant": variant} if variant else {}
    model = build(name, **options)
    if "aux" in inspect.signature(NETWORKS[name]).parameters:
        aux = any(entry.lower().startswith("aux") for entry in read(path, part).entries)
        model = build(name, aux=aux, **options)
    return load(model, path, part=part)


def number(text: str, least: int, most: int) -> int:
    """A whole number in that range; its digits are counted first, for Python refuses thousands."""
    if not text.isascii() or not text.isdigit() or len(text.lstrip("0")) <= SEED_DIGITS \
            and int(text) < least:
        raise ArgumentTypeError(f"{text!r} is not a whole number from {least} on")
    if len(text.lstrip("0")) > SEED_DIGITS or int(text) > most:
        raise ArgumentTypeError(f"{text!r} is too large, at most {most:,}")
    return int(text)


def whole(text: str) -> int:
    """A whole number, at least 1."""
    return number(text, 1, MOST)


def workers(text: str) -> int:
    """Threads."""
    return number(text, 1, MOST_THREADS)


def helpers(text: str) -> int:
    """Processes beside this one; 0: none."""
    return number(text, 0, MOST_THREADS)


def pixels(text: str) -> int:
    """A side of an image."""
    return number(text, 1, LONGEST_SIDE)


def seed(text: str) -> int:
    """A whole number, at least 0."""
    return number(text, 0, 10 ** SEED_DIGITS - 1)


def above_zero(text: str) -> float:
    """A finite number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value < inf:
        raise ArgumentTypeError(f"{text!r} is not a number above 0")
    if value > MOST:
        raise ArgumentTypeError(f"{text!r} is too large, at most {MOST:,}")
    return value


def share(text: str) -> float:
    """A number from 0 to 1."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise ArgumentTypeError(f"{text!r} is not a number from 0 to 1")
    return value


def image_size(text: str) -> tuple[int, int, int]:
    """"3x224x224" -> (3, 224, 224)."""
    try:
        C, H, W = map(pixels, text.lower().split("x"))
    except (ValueError, ArgumentTypeError):
        raise ArgumentTypeError(f"{text!r} is not CxHxW: channels, height, width, as in 3x224x224, "
                                f"each at most {LONGEST_SIDE:,}") from None
    return C, H, W


def word(text: str) -> str:
    """Some word; an empty one comes from a variable of the shell that is not set."""
    if not text.strip():
        raise ArgumentTypeError(f"{text!r} is empty; name something, or leave the option out")
    return text


def place(text: str) -> Path:
    """A file or a folder."""
    return Path(word(text))


def check_picture(path: Path, option: str = "--out") -> None:
    """Before the work begins: an error if what that option names cannot become a picture."""
    check_folder_of(path, option)
    check_canvas(path, option)


def check_folder_of(path: Path, option: str) -> None:
    """An error if its folder is not there; out/ is made then, others are not created unasked."""
    folder = path.parent
    if folder != OWN_FOLDER and not folder.is_dir():
        raise NotADirectoryError(f"{option} is {str(path)!r}, but there is no folder "
                                 f"{str(folder)!r}; create it, or name another one")


def check_file(path: Path, option: str) -> None:
    """Before the work begins: an error if what that option names cannot be written."""
    if not path.parent.is_dir():
        raise NotADirectoryError(f"{option} is {str(path)!r}, but there is no folder "
                                 f"{str(path.parent)!r}; create it, or name another one")
    check_writable(path, f"{option} is {str(path)!r}")


def check_folder(folder: Path) -> None:
    """Before the work begins: an error if --out cannot take the files and pictures of a run."""
    check_drawing()
    check_writable(folder / "last.npz", f"--out is {str(folder)!r}")
