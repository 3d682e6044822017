"""Code and commands as the book shows them: docs/_ext/listings.py."""

import importlib
import sys
from pathlib import Path

import pytest

nodes = pytest.importorskip("docutils.nodes")
pytest.importorskip("sphinx")

DOCS = Path(__file__).parents[1] / "docs"
CSS = (DOCS / "_theme" / "static" / "book.css").read_text()


@pytest.fixture(scope="module")
def listings():
    sys.path.insert(0, str(DOCS / "_ext"))
    yield importlib.import_module("listings")
    sys.path.remove(str(DOCS / "_ext"))


def tidy(listings, text):
    """(text, language, classes) of each block that a block becomes."""
    tree = nodes.section("", nodes.literal_block(text, text, language="none"))
    listings.tidy_listings(None, tree, "")
    return [(block.astext(), block["language"], block["classes"])
            for block in tree.findall(nodes.literal_block)]


@pytest.mark.parametrize("text, kind", [
    ("python -m minicnn demo\npip install -e .", ["commands"]),
    ("MINICNN_FAST=0 python -m minicnn \\\n    step lenet5", ["commands"]),
    ("python -m minicnn demo\nserving", []), ("a table", [])])
def test_commands_go_on_in_the_next_line_and_what_they_print_does_not(listings, text, kind):
    assert tidy(listings, text) == [(text, "text" if kind else "none", kind)]
    assert ".commands pre { white-space: pre-wrap" in CSS


def test_a_session_is_shown_as_a_command_that_runs(listings):
    assert tidy(listings, "$ python -m minicnn step lenet5\n...\n4x6x14x14\n\n$ make demo\n") == [
        ("python -m minicnn step lenet5", "text", ["prompt", "commands"]),
        ("...\n4x6x14x14", "text", ["said"]), ("make demo", "text", ["prompt", "commands"])]


def test_python_has_its_colours_and_no_listing_ends_in_empty_lines(listings):
    assert tidy(listings, ">>> 1 + 1\n2\n\n") == [(">>> 1 + 1\n2", "pycon", [])]
    assert [listings.language(text, named) for text, named in (
        ("import numpy", "default"), ("1 with all", "default"), ("let x", "javascript"))] == [
        "python", "text", "javascript"]


def test_no_line_ends_within_an_option(listings):
    page = {"body": '<span class="pre">python</span> <span class="pre">--at</span>'
                    '<div class="commands highlight-text"><div class="highlight"><pre>a -b --at 1,2'
                    '</pre>'}
    listings.mark_options(None, "", "", page, None)
    assert '</span> <span class="pre option">--at</span>' in page["body"]
    assert page["body"].endswith('<pre>a <span class="option">-b</span> '
                                 '<span class="option">--at</span> 1,2</pre>')
    assert "span.option { white-space: nowrap" in CSS
