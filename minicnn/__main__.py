"""The command line: `python -m minicnn COMMAND`, or `minicnn COMMAND` once installed.

Exit status: 0 all is well, 1 a check failed, 2 the command was not understood.
"""

import argparse
import os
import sys
from collections.abc import Sequence

from minicnn import __version__
from minicnn.cli import (
    augment,
    compare,
    doctor,
    gradcheck,
    networks,
    profile,
    slides,
    summary,
    test,
    train,
)

COMMANDS = {command.__name__.rpartition(".")[2]: command for command in (
    networks, summary, slides, profile, gradcheck, augment, train, test, compare, doctor)}
CLOSED = 141                        # what a shell reports of a program that SIGPIPE ended
STOPPED = 130                       # or Ctrl-C


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m minicnn", description="Convolutional networks "
                                  "from scratch: tables, checks and pictures.")
    top.add_argument("--version", action="version", version=f"minicnn {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        command.add_arguments(commands.add_parser(
            name, help=command.WHAT, description=command.WHAT,
            epilog=f"example: python -m minicnn {command.EXAMPLE}"))
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    args = parser().parse_args(arguments)
    try:
        status = COMMANDS[args.command].run(args)
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
