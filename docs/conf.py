"""Sphinx builds the book from these Markdown files: make docs."""

import sys
from pathlib import Path
from typing import Any

from minicnn.demo.alone import page_alone

sys.path.insert(0, str(Path(__file__).parent / "_ext"))
LICENSE = (Path(__file__).parents[1] / "LICENSE").read_text(encoding="utf-8")
HOLDER = LICENSE.partition("Copyright (c) ")[2].partition("\n")[0]

project = "minicnn"
author = "The minicnn authors"
copyright = f"{HOLDER}, {LICENSE.partition(chr(10))[0]}"
extensions = ["myst_parser", "mathml", "book", "index_pages", "sources", "made", "listings",
              "widths"]
myst_enable_extensions = ["dollarmath"]
html_math_renderer = "mathml"
myst_heading_anchors = 3
exclude_patterns = ["_build", "_ext", "_theme", "stored"]
html_theme = "_theme"
html_theme_path = ["."]
html_title = "minicnn"
html_copy_source = False
html_use_index = False                                     # the search finds the package's names


def write_page(app: Any, problem: Any) -> None:
    """draw_a_digit.html, to which play.md leads: with the weights of the package."""
    if problem is None and app.builder.format == "html":
        Path(app.outdir, "draw_a_digit.html").write_text(page_alone(), encoding="utf-8")


def setup(app: Any) -> None:
    app.connect("build-finished", write_page)
