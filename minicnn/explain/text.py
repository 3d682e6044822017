"""An explanation as a terminal shows it, as Markdown, and as JSON."""

import json

from minicnn.analysis.tables import WIDEST, terminal_columns
from minicnn.explain.explanation import (
    Explanation,
    Grids,
    Line,
    Part,
    Rows,
    Terms,
    number,
    numbers,
)

GAP = "   "


def as_text(explanation: Explanation, columns: int | None = None) -> str:
    """Title, working, verdict, source of an explanation; then what is deeper.

    columns : what is wider is set one below the other; as wide as the terminal, if left out
    """
    columns = columns or terminal_columns()
    return "\n\n".join(block(one, columns) for one in chain(explanation))


class Markdown(str):
    """Text that a notebook sets."""

    def _repr_markdown_(self) -> str:
        return str(self)


def as_markdown(explanation: Explanation) -> Markdown:
    """Headings, and the arithmetic as it stands in a terminal."""
    blocks = []
    for one in chain(explanation):
        said = "\n".join(working_lines(one, WIDEST))
        below = "  \n".join(filter(None, [one.source, one.slide, *one.notes]))
        blocks.append(f"### {title_of(one)}\n\n```text\n{said}\n```\n\n{below}".rstrip())
    return Markdown("\n\n".join(blocks))


def as_json(explanation: Explanation) -> str:
    return json.dumps(explanation.as_dict(), indent=1, ensure_ascii=False)


def chain(explanation: Explanation) -> list[Explanation]:
    return [explanation, *(below for one in explanation.deeper for below in chain(one))]


def title_of(one: Explanation) -> str:
    return f"{one.title} = {number(one.layer)}"


def block(one: Explanation, columns: int) -> str:
    lines = [title_of(one), *working_lines(one, columns)]
    lines += ["   ".join(filter(None, [one.source, one.slide]))] if one.source else []
    lines += [f"ordinary runs take a faster way to it: {one.faster}"] if one.faster else []
    return "\n".join([*one.notes, *lines, *([one.command] if one.command else [])])


def working_lines(one: Explanation, columns: int = WIDEST) -> list[str]:
    """The parts, and the result with its verdict."""
    lines = [text for part in one.working.parts for text in lines_of(part, columns)]
    verdict = "equals the layer" if one.right else \
        f"MISMATCH: the layer has {one.layer!r}, the arithmetic gives {one.value!r}"
    return [*lines, f"{one.working.result}     {verdict}"]


def lines_of(part: Part, columns: int) -> list[str]:
    if isinstance(part, Line):
        return [part.text]
    if isinstance(part, Grids):
        return grids(part, columns)
    if isinstance(part, Rows):
        return rows(part, columns)
    return terms(part)


def grids(part: Grids, columns: int) -> list[str]:
    """Side by side, each under its name; those that find no room, below the others."""
    blocks: list[list[str]] = []
    for name, table in zip(part.names, part.grids, strict=True):
        said = iter(numbers([q for row in table for q in row if q is not None]))
        cells = [["." if q is None else next(said) for q in row] for row in table]
        width = max([len(cell) for row in cells for cell in row], default=1)
        lines = [" ".join(cell.rjust(width) for cell in row) for row in cells]
        width = max([len(name), *map(len, lines)])
        found = [name.center(width), *(line.rjust(width) for line in lines)]
        if blocks and len(blocks[-1][0]) + len(GAP) + width <= columns:
            blocks[-1] = [GAP.join(pair) for pair in zip(blocks[-1], found, strict=True)]
        else:
            blocks.append(found)
    return [line.rstrip() for lines in blocks for line in lines]


def rows(part: Rows, columns: int) -> list[str]:
    """A line for each name, the columns one under the other; more than find room, below them."""
    cells = [numbers(row) for row in part.rows]
    for many in range(len(cells[0]), 0, -1):
        blocks = [aligned([[name, *row[first:first + many]]
                           for name, row in zip(part.names, cells, strict=True)])
                  for first in range(0, len(cells[0]), many)]
        if many == 1 or max(len(line) for lines in blocks for line in lines) <= columns:
            break
    return [line for lines in blocks for line in lines]


def aligned(lines: list[list[str]], left: int = 1, gap: str = "  ") -> list[str]:
    """Cells one under the other; those of the first `left` columns start at the left."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [gap.join(cell.ljust(width) if k < left else cell.rjust(width) for k, (cell, width)
                     in enumerate(zip(line, widths, strict=True))).rstrip() for line in lines]


def terms(part: Terms) -> list[str]:
    """what   factor x factor = value, one under the other; and the rest."""
    if not part.terms:
        return []
    names = aligned([term.what.split(GAP) for term in part.terms], left=9, gap=GAP)
    factors = [numbers(column) for column in zip(*[term.factors for term in part.terms],
                                                 strict=True)]
    values = numbers([term.value for term in part.terms] + ([part.rest] if part.others else []))
    products = [" x ".join(q) for q in zip(*aligned_columns(factors), strict=True)] or \
        [""] * len(names)
    middle = [f"{product} = " if product else "" for product in products]
    if part.others:
        names.append(f"and {part.others} more")
        middle.append(" " * len(middle[0]))
    wide, last = max(map(len, names)), max(map(len, values))
    return [f"  {name.ljust(wide)}   {product}{q.rjust(last)}"
            for name, product, q in zip(names, middle, values, strict=True)]


def aligned_columns(columns: list[list[str]]) -> list[list[str]]:
    return [[cell.rjust(max(map(len, column))) for cell in column] for column in columns]
