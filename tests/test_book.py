"""docs/conf.py: what the book says of its license, the colours of verdicts, columns of numbers."""

import importlib.util
from pathlib import Path

import pytest

from minicnn.slides import VERDICTS

nodes = pytest.importorskip("docutils.nodes")

DOCS = Path(__file__).parents[1] / "docs"
CSS = (DOCS / "_static" / "book.css").read_text()


@pytest.fixture(scope="module")
def conf():
    spec = importlib.util.spec_from_file_location("conf", DOCS / "conf.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def page(*rows):
    """A document with one table; the first row is its head."""
    entries = [[nodes.entry("", nodes.paragraph("", "", nodes.Text(text))) for text in row]
               for row in rows]
    head, *body = [nodes.row("", *row) for row in entries]
    group = nodes.tgroup("", nodes.thead("", head), nodes.tbody("", *body))
    return nodes.section("", nodes.table("", group)), entries


def test_the_footer_says_what_the_license_says(conf):
    license = (DOCS.parent / "LICENSE").read_text()
    years_and_holder, name = conf.copyright.rsplit(", ", 1)
    assert f"Copyright (c) {years_and_holder}\n" in license and license.startswith(f"{name}\n")


def test_verdicts_have_classes_and_these_have_colours(conf):
    tree, entries = page(["verdict"], *([verdict] for verdict in VERDICTS), ["differs from it"])
    conf.colour_verdicts(None, tree, "")
    classes = [entry["classes"] for entry, in entries]
    assert classes == [[], *([verdict.replace(" ", "-")] for verdict in VERDICTS), []]
    assert all(f"td.{name}" in CSS for name, in classes[1:-1])


def test_columns_of_numbers_end_at_the_right(conf):
    tree, entries = page(["name", "ms", "claim", "slide"],
                         ["a", "7.64", "5x5 layer, 20 maps", "~7K"],
                         ["b", "63.28 (62.76)", "3x3 from 256 to 256 maps", "225 million"],
                         ["c", "-", "other", "half"], ["d", "1 h", "", ""])
    conf.align_numbers(None, tree, "")
    assert [["number" in entry["classes"] for entry in row] for row in entries] == [
        [False, True, False, True]] * 5
    assert "td.number" in CSS
