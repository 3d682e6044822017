"""Sphinx builds the book from these Markdown files: make docs."""

project = "minicnn"
author = "The minicnn authors"
extensions = ["myst_parser"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
html_theme = "alabaster"
html_theme_options = {"description": "Convolutional networks from scratch, written to be read",
                      "page_width": "1240px", "fixed_sidebar": True}
html_static_path = ["_static"]
html_css_files = ["book.css"]
