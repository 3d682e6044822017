"""Every command of docs/questions.md prints what stands there; `...` is for lines left out."""

import re
from pathlib import Path

import pytest

from tests.cli.common import status

PAGE = (Path(__file__).parents[1] / "docs" / "questions.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```text\n\$ python -m minicnn (.*?)\n(.*?)\n?```", PAGE, re.DOTALL)


def missing(expected, said):
    """The first of the expected runs of lines that `said` lacks, in order; None if all are there.

    The last run may end before `said` does; the first begins where it does, unless "..." is first.
    """
    lines, at = said.rstrip("\n").split("\n"), 0
    for number, run in enumerate(re.split(r"^\.\.\.\n?", expected + "\n", flags=re.MULTILINE)):
        run_lines = run.rstrip("\n").split("\n") if run.strip() else []
        last = len(lines) - len(run_lines)
        starts = range(at, last + 1) if number else [0]
        found = [k for k in starts if lines[k:k + len(run_lines)] == run_lines]
        if not found:
            return run
        at = found[0] + len(run_lines)
    return None


@pytest.mark.parametrize("command, expected", BLOCKS, ids=[command for command, _ in BLOCKS])
def test_a_command_of_the_page(command, expected, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    assert status(*command.split()) == 0
    assert expected.strip() and missing(expected, capsys.readouterr().out) is None


def test_the_page_has_commands_and_headings():
    assert len(BLOCKS) >= 15 and len(re.findall("^## ", PAGE, re.MULTILINE)) >= 20


def test_a_changed_number_is_found():
    said = "a\nb 1\nc\nd\n"
    assert missing("a\nb 1", said) is None and missing("...\nc", said) is None
    assert missing("a\n...\nd", said) is None and missing("...\nb 1\n...\nd", said) is None
    assert missing("a\nb 2", said) and missing("...\nd\n...\nc", said) and missing("b 1", said)
