"""Tables as text, Markdown and CSV."""

import csv
from dataclasses import dataclass

from minicnn.analysis.tables import aligned, as_csv, markdown


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
