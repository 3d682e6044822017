"""What a command of the book prints.  `python docs/_ext/outputs.py` renews docs/stored/outputs.

Some commands take minutes: what they printed is stored, in a file that begins with the command, and
a test runs them again and compares (tests/test_book.py).
"""

import io
import os
import re
import shlex
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

from minicnn.__main__ import main
from minicnn.backend.seeds import manual_seed

ROOT = Path(__file__).resolve().parents[2]
STORED = ROOT / "docs" / "stored" / "outputs"
NEVER = {"MINICNN_DATA": "", "COLUMNS": "80", "NO_COLOR": "1"}


def output_of(command: str) -> tuple[int, str]:
    """(status, all that it prints) of `python -m minicnn COMMAND`, in this process.

    The same on every machine: seed 0, no data folder, 80 columns, an empty working folder.
    """
    said = io.StringIO()
    with undisturbed(), redirect_stdout(said), redirect_stderr(said):
        manual_seed(0)
        try:
            status = main(shlex.split(command))
        except SystemExit as end:                          # argparse: --help, or a wrong option
            status = end.code if isinstance(end.code, int) else 2
    return status, said.getvalue()


@contextmanager
def undisturbed() -> Iterator[None]:
    """An empty working folder, and afterwards all as before."""
    folder, before = os.getcwd(), dict(os.environ)
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as empty:
        os.environ.update(NEVER)
        os.chdir(empty)
        try:
            yield
        finally:
            os.chdir(folder)
            os.environ.clear()
            os.environ.update(before)


def stored_file(command: str) -> Path:
    """draw resnet18 --rows  ->  docs/stored/outputs/draw-resnet18-rows.txt"""
    return STORED / f"{re.sub('[^A-Za-z0-9.]+', '-', command).strip('-')}.txt"


def stored_commands(pages: Path = ROOT / "docs") -> list[str]:
    """Of every ```{run} with :stored: in the book."""
    found = [" ".join(command.split()) for page in sorted(pages.rglob("*.md"))
             for command, options in re.findall(r"^```\{run\} (.*)\n((?::.*\n)*)",
                                                page.read_text(encoding="utf-8"), re.MULTILINE)
             if ":stored:" in options]
    return sorted(set(found))


def renew(commands: list[str]) -> None:
    STORED.mkdir(parents=True, exist_ok=True)
    for command in commands:
        status, said = output_of(command)
        if status:
            sys.exit(f"{command}: status {status}\n{said}")
        stored_file(command).write_text(f"$ python -m minicnn {command}\n{said}", encoding="utf-8")
        print(stored_file(command).relative_to(ROOT))


if __name__ == "__main__":
    renew(sys.argv[1:] or stored_commands())
