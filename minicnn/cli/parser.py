"""argparse with a helping hand: one line for each mistake, and the name that was meant."""

import argparse
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from minicnn.analysis.tables import terminal_columns
from minicnn.backend.messages import did_you_mean
from minicnn.cli.door import REFUSED, say
from minicnn.training.parallel.world import started_rank


class Help(argparse.HelpFormatter):
    """As wide as the terminal, within reason."""

    def __init__(self, prog: str, **settings: Any) -> None:
        super().__init__(prog, max_help_position=26, width=terminal_columns())


class Parser(argparse.ArgumentParser):
    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"formatter_class": Help, **settings})

    def parse_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> Any:
        args = sys.argv[1:] if args is None else args
        self.check_options(args)
        return super().parse_args(args, namespace)

    def check_options(self, args: Sequence[str]) -> None:
        """Misspelt options are what is wrong then, even if something is missing, too."""
        known, parser = list(self._option_string_actions), self
        for text in args:
            if text == "--":
                return
            name = text.partition("=")[0]
            if text.startswith("--") and not any(option.startswith(name) for option in known):
                hint = did_you_mean(name, known) or f"there are {', '.join(known)}"
                parser.error(f"there is no option {name}; {hint}")
            for action in parser._actions:                 # the command's own options come next
                if isinstance(action, argparse._SubParsersAction) and text in action.choices:
                    parser = action.choices[text]
                    known = list(parser._option_string_actions)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """As argparse's, with the nearest choice."""
        if action.choices is not None and value not in action.choices:
            choices = ", ".join(map(str, action.choices))
            hint = did_you_mean(value, action.choices)
            raise argparse.ArgumentError(action, f"invalid choice: {str(value)!r}; "
                                         f"{f'{hint} There' if hint else 'there'} are {choices}")

    def _print_message(self, message: str, file: Any = None) -> None:
        """--help and --version come once, however many processes mpiexec has started."""
        if started_rank() == 0:
            super()._print_message(message, file)

    def error(self, message: str) -> NoReturn:
        """One line; --help has the rest."""
        name = self.prog.removeprefix("python -m minicnn").strip()
        stop = "" if message.endswith("?") else ";"
        say(name, f"{message.removeprefix('argument ')}{stop} see {self.prog} --help")
        sys.exit(REFUSED)
