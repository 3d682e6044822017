"""The command line: `python -m minicnn COMMAND`, or `minicnn COMMAND` once installed.

Exit status: 0 all is well, 1 a check failed, 2 it could not be done; minicnn/cli/door.py has more.
"""

import sys
from collections.abc import Sequence

from minicnn import __version__
from minicnn.cli import (
    augment,
    compare,
    demo,
    doctor,
    draw,
    dream,
    exercise,
    experiment,
    explain,
    gradcheck,
    look,
    networks,
    predict,
    profile,
    slide,
    slides,
    step,
    style,
    summary,
    test,
    train,
    weights,
)
from minicnn.cli.door import through
from minicnn.cli.parser import Parser

COMMANDS = {command.__name__.rpartition(".")[2]: command for command in (
    networks, summary, draw, explain, exercise, look, step, demo, slide, slides, profile,
    gradcheck, augment, experiment, train, test, compare, predict, style, dream, weights, doctor)}


def parser() -> Parser:
    top = Parser(prog="python -m minicnn", description="Convolutional networks from scratch: "
                 "tables, checks and pictures.")
    top.add_argument("--version", action="version", version=f"minicnn {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        command.add_arguments(commands.add_parser(
            name, help=command.WHAT, description=command.WHAT,
            epilog=f"example: python -m minicnn {command.EXAMPLE}"))
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """arguments : of the command line of this process, if left out"""
    given = sys.argv[1:] if arguments is None else list(arguments)
    name = given[0] if given and given[0] in COMMANDS else ""

    def work() -> int:
        args = parser().parse_args(given)
        return COMMANDS[args.command].run(args)

    return through(name, work, for_good=arguments is None)


if __name__ == "__main__":
    sys.exit(main())
