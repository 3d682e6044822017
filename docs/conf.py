"""Sphinx builds the book from these Markdown files: make docs."""

import re
import sys
from pathlib import Path
from typing import Any

from minicnn.demo.alone import page_alone
from minicnn.slides import VERDICTS

sys.path.insert(0, str(Path(__file__).parent / "_ext"))
LICENSE = (Path(__file__).parents[1] / "LICENSE").read_text(encoding="utf-8")
HOLDER = LICENSE.partition("Copyright (c) ")[2].partition("\n")[0]

project = "minicnn"
author = "The minicnn authors"
copyright = f"{HOLDER}, {LICENSE.partition(chr(10))[0]}"
extensions = ["myst_parser", "mathml", "book", "index_pages", "sources", "made"]
myst_enable_extensions = ["dollarmath"]
html_math_renderer = "mathml"
myst_heading_anchors = 3
exclude_patterns = ["_build", "_ext", "_theme", "stored"]
html_theme = "_theme"
html_theme_path = ["."]
html_title = "minicnn"
html_copy_source = False


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


def box_tables(app: Any, doctree: Any, page: str) -> None:
    """A table wider than a phone scrolls in a box of its own: the page does not."""
    from docutils.nodes import container
    for table in found(doctree, "table"):
        box = container(classes=["wide"])
        table.replace_self(box)
        box += table


def write_page(app: Any, problem: Any) -> None:
    """draw_a_digit.html, to which play.md leads: with the weights of the package."""
    if problem is None and app.builder.format == "html":
        Path(app.outdir, "draw_a_digit.html").write_text(page_alone(), encoding="utf-8")


def found(node: Any, tag: str) -> list[Any]:
    return list(node.findall(lambda inner: getattr(inner, "tagname", "") == tag))


def is_number(text: str) -> bool:
    """It begins with a digit and has at most one word: "7.64", "~70K", "225 million", "3x3, 2x2".
    """
    return bool(re.match(r"[<>~+-]?\s?\d", text)) and len(re.findall("[A-Za-z]{2,}", text)) < 2


def setup(app: Any) -> None:
    app.connect("doctree-resolved", colour_verdicts)
    app.connect("doctree-resolved", align_numbers)
    app.connect("doctree-resolved", box_tables)
    app.connect("build-finished", write_page)
