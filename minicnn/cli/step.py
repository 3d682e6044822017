"""`python -m minicnn step NETWORK`: one training step, to walk through layer by layer."""

import argparse
import sys

import numpy as np

from minicnn.analysis.layer_names import no_such_layer
from minicnn.cli.arguments import above_zero, check_file, number, place, word
from minicnn.cli.explain import spot
from minicnn.cli.subjects import add_subject, chosen_subject
from minicnn.explain.answer import gradient, located, value
from minicnn.explain.explainer import MOST
from minicnn.explain.step import Walk, walk_through
from minicnn.explain.step_text import all_stops, breakpoints, stop_text
from minicnn.explain.subject import Subject, in_training
from minicnn.explain.text import as_text

WHAT = "walk through one training step: each layer's numbers, memory and source, then backward"
EXAMPLE = "step lenet5 --batch 4"
KEYS = "n next, b back, f next with weights, g its backward, e 3,4,5 explain, a number, q quit"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_subject(parser)
    option = parser.add_argument
    option("--batch", type=batch_size, default=4, metavar="N", help="pictures in the batch, drawn "
           "digits (4)")
    option("--lr", type=above_zero, default=0.01, help="learning rate of the step, plain SGD "
           "(0.01)")
    option("--only", type=word, metavar="LAYER", help="nothing but this layer's stops")
    option("--python", action="store_true", help="how to walk through it in Python's debugger: the "
           "lines to stop at")
    option("--file", type=place, metavar="FILE", help="write everything into a file, and ask for "
           "no keys")


def batch_size(text: str) -> int:
    return number(text, 2, 512)


def run(args: argparse.Namespace) -> int:
    if args.file:
        check_file(args.file, "--file")
    if args.image:
        raise ValueError("--image goes with explain: a step needs labels, which drawn digits have")
    subject = in_training(chosen_subject(args), args.batch)
    labels = np.array([args.digit, *(k % 10 for k in range(args.batch - 1))])
    classes = len(subject.scores())
    walk = walk_through(subject, labels % classes, args.lr)
    if args.python:
        print(breakpoints(walk, f"step {subject.asked.replace(' --train-mode', '')}"))
        return 0
    only = chosen_layer(walk, args.only) if args.only else ""
    if args.file:
        args.file.write_text(f"```text\n{all_stops(walk, only)}\n```\n", encoding="utf-8")
        print(args.file)
    elif only or not (sys.stdin.isatty() and sys.stdout.isatty()):
        print(all_stops(walk, only))
    else:
        show(walk, subject)
    return 0


def chosen_layer(walk: Walk, name: str) -> str:
    paths = list(dict.fromkeys(stop.path for stop in walk.stops if stop.path))
    for path in paths:
        if path.lower() == name.lower():
            return path
    raise ValueError(f"--only: no layer {name!r} has computed anything; "
                     f"{no_such_layer(name, paths)}")


def show(walk: Walk, subject: Subject) -> None:
    """One stop after the other, by keys."""
    at, count = 0, len(walk.stops)
    print(f"{walk.words}\n{KEYS}\n\n{stop_text(walk.stops[0], 1, count)}")
    while True:
        try:
            key, _, rest = input("\n> ").strip().partition(" ")
        except EOFError:
            return
        if key == "q":
            return
        if key == "e":
            print(explained(walk, at, rest, subject))
            continue
        aim = goal(walk, at, key)
        if isinstance(aim, str):
            print(aim)
            continue
        at = aim
        print(f"\n{stop_text(walk.stops[at], at + 1, count)}")


def goal(walk: Walk, at: int, key: str) -> int | str:
    """Where a key leads: the number of a stop, or why there is none."""
    stops, last = walk.stops, len(walk.stops) - 1
    if key in ("", "n"):
        return at + 1 if at < last else "this is the last stop"
    if key == "b":
        return at - 1 if at else "this is the first stop"
    if key == "f":
        return next((k for k in range(at + 1, last + 1) if stops[k].weights),
                    "no layer with weights comes behind this stop")
    if key == "g":
        return next((k for k in range(last + 1) if stops[k].way == "backward"
                     and stops[k].path == stops[at].path), "this stop has no backward")
    if key.isascii() and key.isdigit() and len(key) < 6:
        return int(key) - 1 if 1 <= int(key) <= last + 1 else f"there are stops 1 to {last + 1}"
    return KEYS


def explained(walk: Walk, at: int, text: str, subject: Subject) -> str:
    """The explanation of a value of this stop's layer, or of a gradient at its input."""
    stop = walk.stops[at]
    visit = walk.recorder.visits.get(stop.path) if stop.way in ("forward", "backward") else None
    if visit is None or visit.call is None:
        return "there is nothing to explain at this stop; go to a layer"
    try:
        asked = spot(text) if text.strip() else None
        if stop.way == "backward":
            return as_text(gradient(walk.recorder, visit, asked, None, MOST))
        found = located(stop.path, visit.call.y, asked)
        return as_text(value(visit.call, found, MOST, 0, subject, []))
    except (ValueError, argparse.ArgumentTypeError) as problem:
        return str(problem)
