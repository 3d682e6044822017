"""`python -m minicnn gradcheck [NAME]`: every gradient against the slope of its output."""

import argparse

from minicnn.backend.messages import did_you_mean
from minicnn.cli.arguments import check_file, place
from minicnn.gradcheck.cases.table import all_cases, run_cases
from minicnn.gradcheck.page import page

WHAT = "check every gradient of every operation and layer against the slope of its output"
EXAMPLE = "gradcheck conv2d"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", default="", help="only what has this in its name")
    parser.add_argument("--html", type=place, metavar="FILE", help="write a page, too: analytic "
                        "against numeric, the error against the step, and a gallery of mistakes")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"),
                        help="where to compute (cpu)")


def run(args: argparse.Namespace) -> int:
    """1 if a gradient is wrong."""
    cases = all_cases()
    chosen = [case for case in cases if args.name.lower() in case.name.lower()]
    if not chosen:
        names = sorted({case.name for case in cases}, key=str.lower)
        hint = did_you_mean(args.name, names) or (
            f"there are {', '.join(names)}; a layer of your own needs a line in "
            "minicnn/gradcheck/cases")
        raise ValueError(f"no case has {args.name!r} in its name; {hint}")
    if args.html:
        check_file(args.html, "--html")
    kept: list = []
    right = run_cases(chosen, args.device, kept)
    if args.html:
        args.html.write_text(page(kept), encoding="utf-8")
        print(args.html)
    return 0 if right else 1
