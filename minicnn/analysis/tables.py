"""Tables for a terminal, for Markdown and for spreadsheets."""

import csv
import io
import os
import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import asdict
from itertools import zip_longest
from textwrap import fill, wrap
from typing import Any

from minicnn.backend.messages import as_html

WIDEST, NARROWEST = 100, 40            # columns of what is printed
LEAST, ROOM = 8, 20                    # of a column of words: if need be, and to be read well
COMMAS = re.compile(r"(?<=[,;] )")
PARTS = re.compile(r"(?<=\s)|(?<=[._])(?=[A-Za-z])|(?<=[a-z])(?=[A-Z])")

Cells = Sequence[str]


def terminal_columns() -> int:
    """How wide a text may be: COLUMNS if it is a number, or the terminal, or 80; never odder."""
    asked = os.environ.get("COLUMNS", "")
    try:
        columns = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 0
        columns = columns or os.get_terminal_size().columns
    except (OSError, ValueError):                          # no terminal, or no stream at all
        columns = 80
    return min(max(columns, NARROWEST), WIDEST)


class Shown(ABC):
    """What print(), the prompt and a notebook show as a table.

    words : headings of the columns that start at the left
    """

    title: str
    words: Collection[str] = ()

    @abstractmethod
    def text(self) -> str:
        """The table as a terminal shows it."""

    @abstractmethod
    def cells(self) -> tuple[list[str], list[list[str]]]:
        """The headings, and the cells row by row."""

    @abstractmethod
    def notes(self) -> list[str]:
        """What stands below the table."""

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return as_html(self.title, *self.cells(), self.words, self.notes())


def lines_of(text: str, further: str = "") -> str:
    """A paragraph in lines of 100 columns.  further: before the second line and those after it"""
    return fill(text, WIDEST, subsequent_indent=further, break_on_hyphens=False)


def aligned(heads: Cells, rows: Sequence[Cells], words: Collection[str], below: str = ""
            ) -> list[str]:
    """The lines of a table whose columns stand under each other; an empty row becomes a rule.

    heads : a heading of two lines has a line break in it
    words : headings of the columns that start at the left; numbers end at the right
    below : a column of words whose cells stand below their rows, if 100 columns have no room for it

    What is too wide even then has words in several lines.

    >>> aligned(["name", "size"], [["a", "10"], ["b", "9"]], {"name"})
    ['name  size', '----  ----', 'a       10', 'b        9']
    """
    notes = ["" for _ in rows]
    if below in heads and too_wide(heads, rows, room_for=below):
        place = list(heads).index(below)
        notes = [f"{below}: {row[place]}" if row and row[place] else "" for row in rows]
        heads, *rows = [[*cells[:place], *cells[place + 1:]] for cells in (heads, *rows)]
    sizes = widths(heads, rows)
    for least in (longest_parts(heads, rows), [LEAST] * len(heads)):
        excess = sum(sizes) + 2 * len(sizes) - 2 - WIDEST
        for spare, i in sorted(((sizes[i] - least[i], i) for i, head in enumerate(heads)
                                if head in words), reverse=True):
            sizes[i] -= max(min(excess, spare), 0)
            excess -= max(spare, 0)
    tall = max(head.count("\n") for head in heads)
    above = ["\n" * (tall - head.count("\n")) + head for head in heads]
    rule = ["-" * size for size in sizes]
    lines = []
    for cells, note in zip((above, rule, *(row or rule for row in rows)), ("", "", *notes),
                           strict=True):
        parts = [[line for text in cell.split("\n") for line in folded(text, size)]
                 for cell, size in zip(cells, sizes, strict=True)]
        lines += ["  ".join(part.ljust(size) if head in words else part.rjust(size)
                            for part, size, head in zip(line, sizes, heads, strict=True)).rstrip()
                  for line in zip_longest(*parts, fillvalue="")]
        indent = " " * (sizes[0] + 2)
        lines += wrap(note, WIDEST, initial_indent=indent, subsequent_indent=indent)
    return lines


def too_wide(heads: Cells, rows: Sequence[Cells], room_for: str = "") -> bool:
    """room_for : a column that may be as narrow as ROOM"""
    sizes = [min(size, ROOM) if head == room_for else size
             for head, size in zip(heads, widths(heads, rows), strict=True)]
    return sum(sizes) + 2 * len(sizes) - 2 > WIDEST


def without(heads: Cells, rows: Sequence[Cells], names: Collection[str]
            ) -> tuple[list[str], list[list[str]]]:
    """Headings and rows without the columns of these names."""
    heads, *rows = [[cell for cell, head in zip(cells, heads, strict=True) if head not in names]
                    for cells in (heads, *rows)]
    return list(heads), [list(cells) for cells in rows]


def without_room(heads: Cells, rows: Sequence[Cells], spare: Cells) -> list[str]:
    """Those of the spare columns, the first of them first, for which 100 columns have no room."""
    spare = [name for name in spare if name in heads]
    for count in range(len(spare)):
        names, cells = without(heads, rows, spare[:count])
        if not too_wide([name.replace(" ", "\n") for name in names], cells):
            return spare[:count]
    return spare


def widths(heads: Cells, rows: Sequence[Cells]) -> list[int]:
    """Of the columns, if no cell has to be folded."""
    return [max(len(line) for cell in column for line in cell.split("\n"))
            for column in zip(heads, *filter(None, rows), strict=True)]


def longest_parts(heads: Cells, rows: Sequence[Cells]) -> list[int]:
    """Of the columns, if every cell is folded wherever it can be."""
    return [max(len(part.strip()) for cell in column for part in PARTS.split(cell))
            for column in zip(heads, *filter(None, rows), strict=True)]


def folded(cell: str, size: int) -> list[str]:
    """The cell in lines of at most that size: behind commas, if that does; else behind words, too,
    and names part behind points and before capitals.

    >>> folded("stage1.0.body.conv1", 14), folded("2.7K parameters", 10), folded("BatchNorm", 8)
    (['stage1.0.body.', 'conv1'], ['2.7K', 'parameters'], ['Batch', 'Norm'])
    """
    clauses, lines = COMMAS.split(cell), [""]
    short = max(len(clause.rstrip()) for clause in clauses) <= size
    for part in clauses if short else PARTS.split(cell):
        if lines[-1] and len(lines[-1] + part.rstrip()) > size:
            lines.append("")
        lines[-1] += part
        while len(lines[-1].rstrip()) > size:              # a single word that is too long
            lines[-1:] = [lines[-1][:size], lines[-1][size:]]
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
