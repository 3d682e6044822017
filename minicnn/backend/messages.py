"""Words for errors and reprs: the kind of a thing, the names that are nearly what was typed, ..."""

import html
from collections.abc import Collection, Iterable, Sequence
from difflib import get_close_matches
from textwrap import fill
from typing import Any


def did_you_mean(name: Any, choices: Iterable[Any], cutoff: float = 0.6) -> str:
    """The question with the nearest choices, capitals or not; "" if none is near.

    cutoff : share of the letters that must be alike, as difflib counts it

    >>> did_you_mean("Mobilnet", ["mobilenet", "vgg16"]), did_you_mean("xyz", ["vgg16"])
    ('did you mean mobilenet?', '')
    """
    written = {str(choice).lower(): str(choice) for choice in choices}
    near = get_close_matches(str(name).lower(), written, n=3, cutoff=cutoff)
    return f"did you mean {' or '.join(written[found] for found in near)}?" if near else ""


def type_name(value: Any) -> str:
    """The name of value's type, with its library where Python and minicnn did not define it.

    >>> import numpy as np
    >>> type_name([1, 2]), type_name(np.ones(2))
    ('list', 'numpy.ndarray')
    """
    kind = type(value)
    library = kind.__module__.partition(".")[0]
    return kind.__name__ if library in ("builtins", "minicnn", "__main__") else (
        f"{library}.{kind.__name__}")


def plural(count: int, noun: str) -> str:
    """1 channel, 2 channels."""
    return f"{count} {noun}{'s' * (count != 1)}"


def in_lines(text: str) -> str:
    """A repr in lines of at most 100 columns."""
    return fill(text, 100, subsequent_indent="  ", break_on_hyphens=False)


def as_html(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]],
            words: Collection[str], notes: Sequence[str] = ()) -> str:
    """A table for a notebook, with a title above it and notes below.

    words : headings of the columns that start at the left
    """
    sides = ["left" if head in words else "right" for head in heads]

    def line(cells: Sequence[str], kind: str) -> str:
        return "".join(f'<{kind} style="text-align: {side}">{html.escape(cell)}</{kind}>'
                       for cell, side in zip(cells, sides, strict=True))

    body = "\n".join(f"<tr>{line(cells, 'td')}</tr>" for cells in rows)
    below = "".join(f"<p>{html.escape(note)}</p>" for note in notes)
    return (f"<p><b>{html.escape(title)}</b></p>\n<table>\n<tr>{line(heads, 'th')}</tr>\n"
            f"{body}\n</table>\n{below}")
