"""Tables as text, Markdown and CSV."""

import csv
from dataclasses import dataclass

import pytest

from minicnn.analysis.tables import (
    Shown,
    aligned,
    as_csv,
    folded,
    markdown,
    terminal_columns,
    without,
    without_room,
)


def test_words_stand_left_and_numbers_right():
    assert aligned(["layer", "MACs"], [["conv1", "1,000"], ["fc", "20"]], {"layer"}) == [
        "layer   MACs", "-----  -----", "conv1  1,000", "fc        20"]


def test_headings_of_two_lines_and_a_rule():
    assert aligned(["layer", "ms\nforward"], [["a", "1.5"], [], ["sum", "1.5"]], {"layer"}) == [
        "            ms", "layer  forward", "-----  -------", "a          1.5", "-----  -------",
        "sum        1.5"]


def test_no_spaces_at_the_end():
    assert aligned(["a", "why"], [["1", ""], ["2", "because"]], {"a", "why"})[2] == "1"


def test_markdown():
    heads, rows = ["layer", "MACs"], [["conv1", "1,000"]]
    assert markdown(heads, rows) == ["| layer | MACs |", "| --- | --- |", "| conv1 | 1,000 |"]
    assert markdown(heads, rows, {"layer"})[1] == "| --- | ---: |"


def test_csv_keeps_commas_and_line_breaks():
    @dataclass
    class Line:
        name: str
        size: int

    text = as_csv([Line("a, b", 1), Line('"c"\nd', 2)])
    assert list(csv.DictReader(text.splitlines(keepends=True))) == [
        {"name": "a, b", "size": "1"}, {"name": '"c"\nd', "size": "2"}]


WIDE = [["conv1", "Conv2d", "64x112x112 and more of what the slide says " * 3, "1,000"],
        ["stage1.0.body.conv2", "LocalResponseNorm", "", "20"]]
HEADS = ["row", "layer", "slide", "MACs"]


def test_no_more_than_a_hundred_columns():
    """What does not fit stands in several lines; nothing is lost, numbers stay whole."""
    lines = aligned(HEADS, WIDE, {"row", "layer", "slide"})
    assert max(map(len, lines)) <= 100
    text = " ".join(" ".join(lines).split())
    assert text.count("64x112x112") == 3 and "1,000" in text and text.count("more") == 3


def test_a_column_below_the_rows():
    heads, wide = [*HEADS, "more"], [[*cells, "9" * 40] for cells in WIDE]
    lines = aligned(heads, wide, {"row", "layer", "slide"}, below="slide")
    assert lines[0].split() == ["row", "layer", "MACs", "more"] and max(map(len, lines)) <= 100
    assert lines[3].startswith(" " * 21 + "slide: 64x112x112 and") and len(lines) == 6
    assert "slide" in aligned(HEADS, WIDE, {"row", "layer", "slide"}, below="slide")[0]
    short = [["a", "b", "c", "1"]]
    assert aligned(HEADS, short, {"row", "layer", "slide"}, below="slide") == aligned(
        HEADS, short, {"row", "layer", "slide"})


def test_names_of_any_length():
    lines = aligned(["layer", "size"], [["x" * 300, "1"], ["a" * 50 + " " + "b" * 80, "2"]],
                    {"layer"})
    assert max(map(len, lines)) <= 100 and "".join(lines).count("x") == 300


def test_numbers_are_never_broken():
    wide = aligned(["n", "m"], [["1" * 80, "2" * 80]], {"n"})
    assert "2" * 80 in wide[2]


@pytest.mark.parametrize("cell, size, lines", [
    ("", 5, [""]), ("a b c", 3, ["a b", "c"]), ("abcdef", 4, ["abcd", "ef"]),
    ("6x28x28, 5x5, stride 1, tanh", 20, ["6x28x28, 5x5,", "stride 1, tanh"]),
    ("conv1_batchnorm2d", 12, ["conv1_", "batchnorm2d"]), ("3.2M values", 8, ["3.2M", "values"])])
def test_folded(cell, size, lines):
    assert folded(cell, size) == lines


def test_columns_without_room_are_left_out():
    heads, row = ["layer", "MACs", "out"], [["a" * 50, "1" * 30, "2" * 30]]
    assert without_room(heads, row, ("out", "MACs")) == ["out"]
    assert without(heads, row, ["out"]) == (["layer", "MACs"], [row[0][:2]])
    assert without_room(heads, [["a" * 99, "1", "2"]], ("out", "none")) == ["out"]
    assert without_room(heads, [["a", "1", "2"]], ("out",)) == []


@pytest.mark.parametrize("said, columns", [
    ("80", 80), ("0", 80), ("", 80), ("-5", 80), ("abc", 80), ("1e3", 80), ("1", 40), ("300", 100),
    ("9" * 5000, 80)])
def test_columns_of_the_terminal(said, columns, monkeypatch):
    monkeypatch.setenv("COLUMNS", said)
    monkeypatch.setattr("os.get_terminal_size", lambda: (_ for _ in ()).throw(OSError()))
    assert terminal_columns() == columns


class Table(Shown):
    title, words = "A <title>", {"name"}

    def text(self):
        return "the table"

    def cells(self):
        return ["name", "size"], [["a & b", "1"]]

    def notes(self):
        return ["1 < 2"]


def test_shown_at_the_prompt_and_in_a_notebook():
    assert repr(Table()) == str(Table()) == f"{Table()}" == "the table"
    shown = Table()._repr_html_()
    assert "<b>A &lt;title&gt;</b>" in shown and "1 &lt; 2" in shown
    assert '<td style="text-align: left">a &amp; b</td>' in shown
    assert '<td style="text-align: right">1</td>' in shown
