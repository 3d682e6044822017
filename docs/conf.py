"""Sphinx builds the book from these Markdown files: make docs."""

import re
from pathlib import Path
from typing import Any

from minicnn.slides import VERDICTS

LICENSE = (Path(__file__).parents[1] / "LICENSE").read_text(encoding="utf-8")
HOLDER = LICENSE.partition("Copyright (c) ")[2].partition("\n")[0]

project = "minicnn"
author = "The minicnn authors"
copyright = f"{HOLDER}, {LICENSE.partition(chr(10))[0]}"
extensions = ["myst_parser"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
html_theme = "alabaster"
html_theme_options = {"description": "Convolutional networks from scratch, written to be read",
                      "page_width": "1240px", "fixed_sidebar": True}
html_static_path = ["_static"]
html_css_files = ["book.css"]


def colour_verdicts(app: Any, doctree: Any, page: str) -> None:
    """Cells that say "rounds to it" get the class rounds-to-it, which book.css colours."""
    for cell in found(doctree, "entry"):
        if cell.astext() in VERDICTS:
            cell["classes"].append(cell.astext().replace(" ", "-"))


def align_numbers(app: Any, doctree: Any, page: str) -> None:
    """Columns of which more than half are numbers get the class number: book.css moves them right.
    """
    for table in found(doctree, "table"):
        rows = [row.children for row in found(table, "row")]
        for column in zip(*rows, strict=True):
            told = [cell.astext() for cell in column[1:] if cell.astext()]
            if 2 * sum(map(is_number, told)) > len(told):
                for cell in column:
                    cell["classes"].append("number")


def found(node: Any, tag: str) -> list[Any]:
    return list(node.findall(lambda inner: getattr(inner, "tagname", "") == tag))


def is_number(text: str) -> bool:
    """It begins with a digit and has at most one word: "7.64", "~70K", "225 million", "3x3, 2x2".
    """
    return bool(re.match(r"[<>~+-]?\s?\d", text)) and len(re.findall("[A-Za-z]{2,}", text)) < 2


def setup(app: Any) -> None:
    app.connect("doctree-resolved", colour_verdicts)
    app.connect("doctree-resolved", align_numbers)
