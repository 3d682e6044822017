"""`python -m minicnn explain NETWORK --layer LAYER`: one number of a network as arithmetic."""

import argparse
from collections.abc import Callable
from dataclasses import replace

from minicnn.cli.arguments import add_format, check_file, number, place, whole, word
from minicnn.cli.subjects import add_subject, chosen_subject
from minicnn.explain.answer import explain
from minicnn.explain.explainer import MOST
from minicnn.explain.explanation import Explanation
from minicnn.explain.question import question_of
from minicnn.explain.subject import Subject, in_training
from minicnn.explain.text import as_json, as_markdown, as_text
from minicnn.explain.web import page

WHAT = "show how one number of a network, or one gradient, comes about, step by step"
EXAMPLE = "explain lenet5 --digit 7 --layer CONV2 --at 9,4,5"
RENDER: dict[str, Callable[[Explanation], str]] = {
    "text": as_text, "markdown": as_markdown, "json": as_json}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_subject(parser)
    option = parser.add_argument
    option("--layer", type=word, help="a layer by its path, such as CONV2 or "
           "layer1.0.conv1; relu#2 is its second run; or loss")
    option("--at", type=spot, metavar="C,I,J", help="the place: map, row, column (the largest)")
    option("--backward", action="store_true", help="a gradient of the loss instead of a value")
    option("--of", type=word, metavar="WHAT", help="of which gradient: weight, bias or input "
           "(weight, where there is one)")
    option("--pixel", type=spot, metavar="I,J", help="of a segmenter: row and column of its map, "
           "whose class the loss is about (the middle)")
    option("--label", type=class_number, metavar="K", help="the class that the loss takes for "
           "right (the one that the network answers second; of a detector 1)")
    option("--terms", type=terms, default=MOST, metavar="N", help=f"the largest terms of a sum, or "
           f"all ({MOST})")
    option("--deeper", type=whole, default=0, metavar="N", help="follow the largest term so many "
           "layers down (0)")
    option("--train-mode", action="store_true", help="training mode, for dropout and batch norm")
    option("--batch", type=batch_size, metavar="N", help="pictures in a batch, with --train-mode "
           "(8)")
    option("--html", type=place, metavar="FILE", help="write a page instead, on which every number "
           "of every layer is explained where one points")
    add_format(parser, "text", "markdown", "json")


def spot(text: str) -> tuple[int, ...]:
    """"3,4,5" -> (3, 4, 5)."""
    try:
        return tuple(number(part.strip(), 0, 10 ** 9) for part in text.split(","))
    except argparse.ArgumentTypeError:
        raise argparse.ArgumentTypeError(f"{text!r} is no place: whole numbers from 0 on, with "
                                         "commas, as in 3,4,5") from None


def batch_size(text: str) -> int:
    """More would be no batch that anybody reads."""
    return number(text, 2, 512)


def class_number(text: str) -> int:
    return number(text, 0, 10 ** 6)


def terms(text: str) -> int | None:
    return None if text == "all" else number(text, 1, 10 ** 6)


def run(args: argparse.Namespace) -> int:
    """1 if the arithmetic and the layer differ."""
    if not args.backward and args.of:
        raise ValueError("--of goes with --backward: without it a value is explained, no gradient")
    if args.label is not None and not args.backward and not args.html and args.layer and \
            args.layer.lower() != "loss":
        raise ValueError("--label goes with --backward, or with --layer loss: a value does not "
                         "depend on it")
    if args.batch and not args.train_mode:
        raise ValueError("--batch goes with --train-mode: in test mode pictures do not see each "
                         "other")
    if args.pixel and not args.backward and not args.html and args.layer and \
            args.layer.lower() != "loss":
        raise ValueError("--pixel goes with --backward, or with --layer loss: it says which loss")
    if args.html:
        return write_page(args)
    if not args.layer:
        raise ValueError("--layer is missing: which layer's number? or --html FILE for all of them")
    subject = asked_about(args)
    if args.train_mode:
        subject = in_training(subject, args.batch or 8)
    found = explain(subject, args.layer, args.at, args.backward, args.of, args.label, args.terms,
                    args.deeper)
    print(RENDER[args.format](found))
    return 0 if found.all_right else 1


def asked_about(args: argparse.Namespace) -> Subject:
    """The network, the picture, and of a map the pixel."""
    if args.pixel and len(args.pixel) != 2:
        raise ValueError("--pixel is row and column of the map, as in 32,20")
    subject = replace(chosen_subject(args), pixel=args.pixel)
    question_of(subject.model, args.pixel)                 # says at once whether it fits
    return subject


def write_page(args: argparse.Namespace) -> int:
    """--html: one page for the whole network."""
    check_file(args.html, "--html")
    if args.train_mode or args.backward:
        raise ValueError("--html shows values and gradients, in test mode: leave out --backward "
                         "and --train-mode")
    text = page(asked_about(args), args.label, args.layer, args.at)
    args.html.write_text(text, encoding="utf-8")
    print(args.html)
    return 0
