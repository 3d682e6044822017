"""Docstrings as Markdown: paragraphs flow, formulas and tables keep their lines.

    indented lines                     a formula or a table: as they stand, in a box
    lines with " : " or wide gaps      arguments: likewise
    a line of dashes under one         a small heading
    >>>                                Python
    1. 2. 3.                           a list
"""

import re
from inspect import cleandoc
from textwrap import dedent

from formulas import as_tex

SIGNS = re.compile(r"([\\*_<>\[\]$|{}#~])")


def as_markdown(docstring: str | None) -> str:
    """The docstring of a module, class or function."""
    blocks = re.split(r"\n\s*\n", cleandoc(docstring or ""))
    return "\n\n".join(filter(None, map(block, blocks)))


def block(text: str) -> str:
    """One piece between empty lines."""
    if not text.strip():
        return ""
    lines = text.split("\n")
    if lines[0].lstrip().startswith(">>>"):
        return fenced(text, "python")
    if len(lines) > 1 and re.fullmatch(r"-{3,}", lines[1].strip()):
        rest = "\n".join(lines[2:])
        return f"**{escaped(lines[0].strip())}**" + (f"\n\n{block(rest)}" if rest.strip() else "")
    if re.match(r"\d+\. ", lines[0]):
        return numbered(lines)
    if all(line.startswith("    ") for line in lines) and (drawn := formulas(lines)):
        return drawn
    if all(line.startswith("    ") for line in lines) or any(map(is_row, lines)):
        return fenced(text, "text")
    return escaped(text)


def formulas(lines: list[str]) -> str:
    """Each line a formula, with what is said beside it; "" if one of them is none."""
    rows = []
    for line in lines:
        typed = re.sub(r"\s+(\+?=)\s+", r" \1 ", re.sub(r"\}\s+", "} ", line.strip()))
        typed = re.sub(r"\s+(sum|max)_", r" \1_", typed)
        formula, *beside = re.split(r"\s{2,}", typed)
        tex = as_tex(formula)
        if tex is None:
            return ""
        pieces = [f"${tex}$"]
        for piece in beside:
            also = as_tex(piece.rstrip(","))
            pieces.append(f"${also}$" if also else escaped(piece))
        rows.append(" &emsp; ".join(pieces))
    return "\\\n".join(rows)


def numbered(lines: list[str]) -> str:
    """A list; what goes on below it, without a number, is a paragraph of its own."""
    out: list[str] = []
    for line in lines:
        if out and not re.match(r"\d+\. |  ", line):
            out.append("")
        number, text = re.findall(r"^(\d+\. )?(.*)", line)[0]
        out.append(number + escaped(text))
    return "\n".join(out)


def is_row(line: str) -> bool:
    """An argument, or columns that must stay below one another."""
    return bool(re.match(r"\s*[\w*, ]+ : ", line) or re.search(r"\S {3,}\S", line)
                or line.startswith("    "))


def fenced(text: str, language: str) -> str:
    return f"```{language}\n{dedent(text).strip()}\n```"


def escaped(text: str) -> str:
    """Signs that Markdown would take for its own; what stands in backticks stays."""
    pieces = re.split(r"(`[^`\n]+`)", text)
    return "".join(piece if piece.startswith("`") else SIGNS.sub(r"\\\1", piece)
                   for piece in pieces)
