"""`python -m minicnn gradcheck [NAME]`: every gradient against the slope of its output."""

import argparse

from minicnn.backend.messages import did_you_mean
from minicnn.gradcheck.cases.table import all_cases, run_cases

WHAT = "check every gradient of every operation and layer against the slope of its output"
EXAMPLE = "gradcheck conv2d"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", default="", help="only what has this in its name")
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
    return 0 if run_cases(chosen, args.device) else 1
