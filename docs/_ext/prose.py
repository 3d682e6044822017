"""Docstrings as Markdown: paragraphs flow, formulas and tables keep their lines.

    indented lines                     formulas; what is none, a table, as it stands, in a box
    stride : int      how far          a list of arguments
    other lines with wide gaps         as they stand
    name=value, minicnn.init.he        code
    a line of dashes under one         a small heading
    >>>                                Python
    1. 2. 3.                           a list
"""

import re
from inspect import cleandoc
from textwrap import dedent

from formulas import as_tex

SIGNS = re.compile(r"([\\*_<>\[\]$|{}#~])")
CODE = re.compile(r"""(`[^`\n]+`|\b(?:minicnn|tests|examples|benchmarks)/[\w/]+\.py(?::\d+)?"""
                  r"""|\b\w+=(?:"[^"\n]*"|[\w.+-]*\w)|\bminicnn(?:\.\w+)+|(?<![\w-])--\w[\w-]*)""")
HAT = re.compile(r"\b([A-Za-z])\\_hat\b")
NAMES = r"[*\w]+(?:, [*\w]+)*"
ARGUMENT = re.compile(rf"({NAMES})\s+: (.*)")
LABEL = re.compile(r"[A-Za-z][\w -]*(?: \(\w+\)|, \w+)?")


def as_markdown(docstring: str | None, margin: int | None = None) -> str:
    """The docstring of a module, class or function.

    margin : how far its lines are indented; None takes the least of them, which is wrong where
             all below the first are a formula
    """
    lines = (docstring or "").strip("\n").split("\n")
    text = cleandoc(docstring or "") if margin is None else "\n".join(
        line.removeprefix(" " * margin) for line in lines)
    blocks = re.split(r"\n\s*\n", text)
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
    first = next((at for at, line in enumerate(lines) if ARGUMENT.match(line)), len(lines))
    if not any(map(is_row, lines[:first])):
        return "\n\n".join(filter(None, (escaped("\n".join(lines[:first])),
                                         arguments(lines[first:]))))
    return fenced(text, "text")


def formulas(lines: list[str]) -> str:
    """Each line a formula, a name before it and words beside it; "" if most are none."""
    rows: list[str] = []
    found: list[bool] = []
    for line in lines:
        typed = re.sub(r"\s+(\+?=|<-|\+)\s+", r" \1 ", re.sub(r"\}\s+", "} ", line.strip()))
        typed = re.sub(r"\s+(sum|max)_", r" \1_", typed)
        typed = re.sub(r"\s+((?:sum|max)(?:_\w+)?)\s+(?!of|over)", r" \1 ", typed)
        pieces = re.split(r"\s{2,}", typed)
        tex = [as_tex(pieces[0]), *(as_tex(piece.rstrip(",")) for piece in pieces[1:])]
        named = len(pieces) > 1 and LABEL.fullmatch(pieces[0])
        if tex[0] is None and not named:
            return ""
        found.append(any(tex[:2]))
        rows.append(" &emsp; ".join(f"${one}$" if one else escaped(piece)
                                    for one, piece in zip(tex, pieces, strict=True)))
    return "\\\n".join(rows) if found[0] and 2 * sum(found) >= len(lines) else ""


def arguments(lines: list[str]) -> str:
    """A list: the names, the type where one is told, the words.

    Words stand behind a wide gap, or below others that do; a line without a name goes on.
    """
    rows = [part for line in lines
            for part in re.split(rf"(?<=\S);?\s{{2,}}(?={NAMES}\s+: )", line)]
    typed = {gap.end() for row in rows if ARGUMENT.match(row)
             and (gap := re.search(r"(?<=[^\s.;:])\s{2,}(?=\S)", row[row.index(" : ") + 3:]))}
    items: list[tuple[str, str, str]] = []
    for row in rows:
        if found := ARGUMENT.match(row):
            names = ", ".join(f"`{name}`" for name in found[1].split(", "))
            told, *words = re.split(r"(?<![.;:])\s{2,}", found[2], maxsplit=1)
            items.append((names, told, *(words or [""])) if words or typed else (names, "", told))
        else:
            names, told, words = items[-1]
            items[-1] = (names, told, f"{words} {row.strip()}".strip())
    return "\n".join(f"- {names}" + (f" *{kind(told)}*" if told else "")
                     + (f": {escaped(words)}" if words else "") for names, told, words in items)


def kind(told: str) -> str:
    """A type, with values as code."""
    return escaped(re.sub(r'("[^"]*")', r"`\1`", told))


def numbered(lines: list[str]) -> str:
    """A list; what goes on below it, without a number, is a paragraph of its own."""
    out: list[str] = []
    inside = True
    for line in lines:
        number, text = re.findall(r"^(\d+\. )?(.*)", line)[0]
        if inside != bool(number or line.startswith("  ")):
            inside = not inside
            out.append("")
        out.append(number + escaped(text))
    return "\n".join(out)


def is_row(line: str) -> bool:
    """Columns that must stay below one another."""
    return bool(re.search(r"\S {3,}\S", line) or line.startswith("    "))


def fenced(text: str, language: str) -> str:
    text = dedent(text).rstrip().lstrip("\n")
    if language == "text":
        text = "\n".join(map(bare, text.split("\n")))
    return f"```{language}\n{text}\n```"


def bare(line: str) -> str:
    """Without backticks, which a box would show; columns stay where they are."""
    cells = re.split(r"(\s{2,})", line)
    return "".join(cell.replace("`", "") + " " * cell.count("`") for cell in cells).rstrip()


def escaped(text: str) -> str:
    """Signs that Markdown would take for its own; code stays, and gets backticks; x_hat a hat.

    -> becomes an arrow, which no line ends in.
    """
    pieces = CODE.split(text)
    return "".join(f"`{piece.strip('`')}`" if at % 2 else
                   HAT.sub(r"$\\hat{\1}$", SIGNS.sub(r"\\\1", piece.replace("->", "→")))
                   for at, piece in enumerate(pieces))
