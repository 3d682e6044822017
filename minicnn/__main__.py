"""The command line: `python -m minicnn COMMAND`, or `minicnn COMMAND` once installed.

Exit status: 0 all is well, 1 a check failed, 2 the command was not understood.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from minicnn import __version__
from minicnn.arguments import check_picture, did_you_mean, seed, whole
from minicnn.backend import manual_seed
from minicnn.cli import compare, networks, test, train
from minicnn.data import find_digits
from minicnn.data.sheet import augmentation_sheet
from minicnn.doctor import report
from minicnn.gradcases.table import all_cases, run_cases
from minicnn.inspect.profile import profile
from minicnn.inspect.profile_picture import profile_picture
from minicnn.inspect.summary import summary
from minicnn.models import build
from minicnn.slides import DECKS, VERDICTS, check_slides
from minicnn.threads import set_threads

A_NAME = "a name that `python -m minicnn networks` lists"
CLOSED = 141                        # what a shell reports of a program that SIGPIPE ended
STOPPED = 130                       # or Ctrl-C


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m minicnn", description="Convolutional networks "
                                  "from scratch: tables, checks and pictures.")
    top.add_argument("--version", action="version", version=f"minicnn {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, what: str, example: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=what, description=what, epilog=f"example: {example}")

    networks.add_arguments(command(
        "networks", "list the networks by name, with their parameters and MACs",
        "python -m minicnn networks mobilenet"))

    table = command("summary", "print the lecture's table of a network, the slide's figures beside "
                    "the computed ones", "python -m minicnn summary lenet5 --variant paper")
    table.add_argument("network", help=A_NAME)
    table.add_argument("--variant", help="a variant of the network, for example paper")
    table.add_argument("--input", metavar="CxHxW", help="image size, if not the network's own")
    table.add_argument("--rows", action="store_true", help="one line for each row of the slide, "
                       "not for each layer")
    table.add_argument("--format", default="text", choices=("text", "markdown", "csv", "json"))

    claims = command("slides", "compute every number of the slides again, from the networks, and "
                     "judge it", "python -m minicnn slides --deck stanford")
    claims.add_argument("word", nargs="?", default="", help="only topics and claims with this in "
                        "them, as in resnet")
    claims.add_argument("--verdict", default="", choices=VERDICTS, metavar="VERDICT",
                        help=f"only one verdict: {', '.join(VERDICTS)}")
    claims.add_argument("--deck", help=f"only one deck: {', '.join(DECKS)}")
    claims.add_argument("--format", default="text", choices=("text", "markdown", "json"))
    claims.add_argument("--markdown", dest="format", action="store_const", const="markdown",
                        help="the same as --format markdown: docs/slides.md")

    timing = command("profile", "time a training step of a network layer by layer, and say where "
                     "the time goes and why", "python -m minicnn profile lenet5 --batch 64")
    timing.add_argument("network", help=A_NAME)
    timing.add_argument("--variant", help="a variant of the network, for example paper")
    timing.add_argument("--input", metavar="CxHxW", help="image size, if not the network's own")
    timing.add_argument("--batch", type=whole, default=32, help="images in a step (32)")
    timing.add_argument("--rounds", type=whole, help="steps that are watched (3 to 50, by time)")
    timing.add_argument("--forward", action="store_true", help="only forward, in test mode")
    timing.add_argument("--threads", type=whole, help="threads that share the work: 1 is "
                        "steady on a busy machine, 2 or more for large networks")
    timing.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    timing.add_argument("--sort", default="network", choices=("network", "time"))
    timing.add_argument("--top", type=whole, metavar="N", help="only the N longest layers")
    timing.add_argument("--format", default="text", choices=("text", "markdown", "csv", "json"))
    timing.add_argument("--out", type=Path, metavar="FILE", help="the picture, .png, .jpg, .pdf "
                        "or .svg (out/profile-NETWORK.png)")
    timing.add_argument("--seed", type=seed, default=0)

    check = command("gradcheck", "check every gradient of every operation and layer against the "
                    "slope of its output", "python -m minicnn gradcheck conv2d")
    check.add_argument("name", nargs="?", default="", help="only what has this in its name")
    check.add_argument("--device", default="cpu", choices=("cpu", "cuda"))

    sheet = command("augment", "draw a picture of every augmentation applied to one image",
                    "python -m minicnn augment --out out/augment.png")
    sheet.add_argument("--image", type=Path, help="a picture file; a digit if left out")
    sheet.add_argument("--data", metavar="DIR", help="folder with MNIST; else as in the examples")
    sheet.add_argument("--out", type=Path, default=Path("out/augment.png"), metavar="FILE")
    sheet.add_argument("--seed", type=seed, default=0)

    train.add_arguments(command(
        "train", "train a network on mnist, cifar10, drawn digits or a folder of pictures",
        "python -m minicnn train resnet20 --data cifar10"))
    test.add_arguments(command(
        "test", "test trained networks, alone and together, on one or many views of each picture",
        "python -m minicnn test out/resnet20-cifar10 --crops 10"))
    compare.add_arguments(command(
        "compare", "put trained networks side by side: a table, and accuracy against operations",
        "python -m minicnn compare out/resnet20-cifar10 out/vgg_small-cifar10"))

    command("doctor", "tell what is installed, what this machine can do, and how to mend what "
            "is wrong", "python -m minicnn doctor")
    return top


def run_summary(args: argparse.Namespace) -> int:
    in_shape = image_size(args.input) if args.input else None
    options = {"variant": args.variant} if args.variant else {}
    table = summary(build(args.network, **options), in_shape)
    table = table.by_row() if args.rows else table
    print(getattr(table, args.format)())
    return 0


def run_slides(args: argparse.Namespace) -> int:
    report = check_slides(args.deck, word=args.word, verdict=args.verdict)
    print(getattr(report, args.format)())
    for claim in report.changed:
        print(f"minicnn slides: {claim.places}: {claim.claim}: {claim.verdict}, expected was "
              f"{claim.expected}", file=sys.stderr)
    return 1 if report.changed else 0


def run_profile(args: argparse.Namespace) -> int:
    in_shape = image_size(args.input) if args.input else None
    options = {"variant": args.variant} if args.variant else {}
    manual_seed(args.seed)
    model = build(args.network, **options).to(args.device)
    path = args.out or Path(f"out/profile-{args.network}.png")
    check_picture(path, "out" if args.out is None else None)
    if args.threads:
        set_threads(args.threads)
    table = profile(model, in_shape, args.batch, args.rounds, args.forward, seed=args.seed,
                    progress=True)
    profile_picture(table, path)
    table = table.by_time() if args.sort == "time" else table
    table = table.top(args.top) if args.top else table
    print(getattr(table, args.format)())
    if table.warning() and args.format in ("csv", "json"):
        print(table.warning(), file=sys.stderr)
    print(path, file=sys.stdout if args.format == "text" else sys.stderr)
    return 0


def image_size(text: str) -> tuple[int, ...]:
    """"3x224x224" -> (3, 224, 224)."""
    parts = text.lower().split("x")
    if len(parts) != 3 or not all(part.isdecimal() and int(part) for part in parts):
        raise ValueError(f"--input is {text!r}, expected CxHxW: channels, height, width, as in "
                         "3x224x224")
    return tuple(int(part) for part in parts)


def run_gradcheck(args: argparse.Namespace) -> int:
    chosen = [case for case in all_cases() if args.name.lower() in case.name.lower()]
    if not chosen:
        names = sorted({case.name for case in all_cases()}, key=str.lower)
        hint = did_you_mean(args.name, names) or (
            f"there are {', '.join(names)}; a layer of your own needs a line in minicnn/gradcases")
        raise ValueError(f"no case has {args.name!r} in its name; {hint}")
    return 0 if run_cases(chosen, args.device) else 1


def run_augment(args: argparse.Namespace) -> int:
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


def run_doctor(args: argparse.Namespace) -> int:
    text, well = report()
    print(text)
    return 0 if well else 1


def main(arguments: Sequence[str] | None = None) -> int:
    args = parser().parse_args(arguments)
    run = {"summary": run_summary, "slides": run_slides, "profile": run_profile,
           "gradcheck": run_gradcheck, "augment": run_augment, "networks": networks.run,
           "train": train.run, "test": test.run, "compare": compare.run,
           "doctor": run_doctor}[args.command]
    try:
        status = run(args)
        sys.stdout.flush()
        return status
    except BrokenPipeError:            # `| head` has seen enough: no complaint, also not at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLOSED
    except KeyboardInterrupt:
        print(f"minicnn {args.command}: stopped", file=sys.stderr)
        return STOPPED
    except (ValueError, TypeError, OSError, RuntimeError) as problem:
        print(f"minicnn {args.command}: {problem}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
