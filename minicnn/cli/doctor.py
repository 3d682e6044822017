"""`python -m minicnn doctor`: what is installed, what this machine can do, and what to mend."""

import argparse

from minicnn.analysis.doctor import report

WHAT = "tell what is installed, what this machine can do, and how to mend what is wrong"
EXAMPLE = "doctor"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has no options."""


def run(args: argparse.Namespace) -> int:
    """1 if something can be mended."""
    text, well = report()
    print(text)
    return 0 if well else 1
