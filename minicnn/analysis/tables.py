"""Tables for a terminal, for Markdown and for spreadsheets."""

import csv
import io
from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any

Cells = Sequence[str]


def aligned(heads: Cells, rows: Sequence[Cells], words: Collection[str]) -> list[str]:
    """The lines of a table whose columns stand under each other; an empty row becomes a rule.

    heads : a heading of two lines has a line break in it
    words : headings of the columns that start at the left; numbers end at the right

    >>> aligned(["name", "size"], [["a", "10"], ["b", "9"]], {"name"})
    ['name  size', '----  ----', 'a       10', 'b        9']
    """
    tall = max(head.count("\n") for head in heads)
    parts = [("\n" * (tall - head.count("\n")) + head).split("\n") for head in heads]
    above = [list(line) for line in zip(*parts, strict=True)]
    full = [row for row in rows if row]
    widths = [max(map(len, column)) for column in zip(*above, *full, strict=True)]
    rule = ["-" * width for width in widths]
    lines = ["  ".join(cell.ljust(width) if head in words else cell.rjust(width)
                       for cell, width, head in zip(cells, widths, heads, strict=True))
             for cells in [*above, rule, *(row or rule for row in rows)]]
    return [line.rstrip() for line in lines]


def markdown(heads: Cells, rows: Sequence[Cells], words: Collection[str] = ()) -> list[str]:
    """The lines of a Markdown table; with `words`, columns of numbers end at the right.

    >>> markdown(["name", "size"], [["a", "10"]], {"name"})
    ['| name | size |', '| --- | ---: |', '| a | 10 |']
    """
    rule = ["---:" if words and head not in words else "---" for head in heads]
    return [f"| {' | '.join(cells)} |" for cells in (heads, rule, *rows)]


def without_empty(heads: Cells, rows: Sequence[Cells]) -> tuple[list[str], list[list[str]]]:
    """Headings and rows without the columns that say nothing in any row.

    >>> without_empty(["name", "note", "size"], [["a", "", "10"], ["b", "", ""]])
    (['name', 'size'], [['a', '10'], ['b', '']])
    """
    used = [number for number in range(len(heads)) if any(cells[number] for cells in rows)]
    return [heads[i] for i in used], [[cells[i] for i in used] for cells in rows]


def as_csv(records: Sequence[Any]) -> str:
    """Dataclasses of one kind as comma-separated values, with a line of their fields' names."""
    out = io.StringIO()
    writer = csv.DictWriter(out, asdict(records[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(map(asdict, records))
    return out.getvalue().rstrip("\n")
