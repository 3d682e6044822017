"""The book at every width: docs/_ext/widths.py, and what book.css makes of it."""

import importlib.util
import re
from pathlib import Path

import pytest

from minicnn.slides import VERDICTS

nodes = pytest.importorskip("docutils.nodes")

DOCS = Path(__file__).parents[1] / "docs"
CSS = (DOCS / "_theme" / "static" / "book.css").read_text()


@pytest.fixture(scope="module")
def widths():
    spec = importlib.util.spec_from_file_location("widths", DOCS / "_ext" / "widths.py")
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


def test_verdicts_have_classes_and_these_have_colours(widths):
    tree, entries = page(["verdict"], *([verdict] for verdict in VERDICTS), ["differs from it"])
    widths.colour_verdicts(None, tree, "")
    classes = [entry["classes"] for entry, in entries]
    assert classes == [[], *([verdict.replace(" ", "-")] for verdict in VERDICTS), []]
    assert all(f"td.{name}" in CSS for name, in classes[1:-1])


def test_columns_of_numbers_end_at_the_right(widths):
    tree, entries = page(["name", "ms", "claim", "slide", "outputs"],
                         ["a", "7.64", "5x5 layer, 20 maps", "~7K", "55x55x96, 27x27x96, 13x13x96"],
                         ["b", "63.28 (62.76)", "3x3 from 256 to 256 maps", "225 million", "1"],
                         ["c", "-", "other", "half", "2"], ["d", "1 h", "", "", "2, 3"])
    widths.align_numbers(None, tree, "")
    assert [["number" in entry["classes"] for entry in row] for row in entries] == [
        [False, True, False, True, False]] * 5
    assert "td.number" in CSS


def test_a_long_name_as_heading_is_not_broken_in_a_word(widths):
    context = {"body": "<h1>losses.binary_cross_entropy<a>_x</a></h1><p>a_b</p><h2>__init__</h2>"}
    widths.fold_headings(None, "", "", context, None)
    assert context["body"] == ("<h1>losses.binary_<wbr>cross_<wbr>entropy<a>_x</a></h1><p>a_b</p>"
                               "<h2>__init__</h2>")


def test_a_table_of_many_words_becomes_cards_where_the_page_is_narrow(widths):
    tree, entries = page(["slide", "type", ""],
                         ["LeNet-5", "python -m minicnn summary lenet5", "1"],
                         ["", "python -m minicnn.models.lenet.a_long_name", "2"])
    widths.fit_tables(None, tree, "")
    box, = tree.findall(nodes.container)
    assert box["classes"] == ["wide", "cards"] and isinstance(box[0], nodes.table)
    assert [[p.astext() for p in cell] for cell in entries[1]] == [
        ["LeNet-5"], ["type", "python -m minicnn summary lenet5"], ["1"]]
    assert [cell["classes"] for row in entries[1:] for cell in row] == [
        ["title"], [], [], ["empty"], [], []]
    assert entries[1][1][0]["classes"] == ["column"]
    assert all(name in CSS for name in (".cards thead { display: none", "p.column { display: none",
                                        "td.empty { display: none"))


def test_tables_that_fit_and_tables_of_figures_stay_what_they_are(widths):
    for rows, kind in ([["what", "is"], ["a", "b"]], []), (
            [["network", "parameters", "a step, ms", "memory, bytes"],
             ["lenet5", "61,706", "1.2345", "1,234,567,890"],
             ["resnet_18_small", "11,689,512 (all)", "93.4567", "9,876,543,210"]], ["figures"]), (
            [["row", "layer", *"abcdef", "slide"],
             ["C1", "Conv2d", *["1,234"] * 6, "the slide says 1,233, which leaves out a bias"]],
            ["figures"]):
        tree, entries = page(*rows)
        widths.align_numbers(None, tree, "")
        widths.fit_tables(None, tree, "")
        box, = tree.findall(nodes.container)
        assert box["classes"] == ["wide", *kind]
        assert all(len(cell) == 1 for row in entries for cell in row)


def test_pictures_with_small_letters_scroll_where_a_page_is_narrow(widths):
    class App:
        srcdir = DOCS

    pictures = [nodes.image(uri=f"pictures/{name}.png")
                for name in ("look_conv2", "predict", "anchors")]
    widths.mark_pictures(App, nodes.section("", *pictures), "")
    assert [one["classes"] for one in pictures] == [["broad", "broadest"], ["broad"], []]
    assert "img.broad {" in CSS and "img.broadest {" in CSS


def test_what_scrolls_has_a_shadow_where_it_goes_on():
    """But for pictures, which would lie on it."""
    rules = re.findall(r"([^{}]+)\{([^{}]*)\}", re.sub(r"/\*.*?\*/", "", CSS, flags=re.DOTALL))
    of = {what: {one.strip() for names, rule in rules if what in rule
                 for one in re.split(r",(?![^(]*\))", names)}
          for what in ("overflow-x: auto", "var(--shade)")}
    scrolls = {one for one in of["overflow-x: auto"] if "img" not in one}
    assert ".formula" in scrolls and scrolls <= of["var(--shade)"]
