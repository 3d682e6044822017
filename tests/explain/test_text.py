"""Text, Markdown and JSON are renderings of one piece of data."""

import json

import numpy as np
import pytest

from minicnn.explain.explanation import (
    Explanation,
    Grids,
    Line,
    Rows,
    Term,
    Terms,
    Working,
    largest,
    number,
    numbers,
)
from minicnn.explain.text import as_json, as_markdown, as_text, grids, rows

PARTS = [Line("a sentence"),
         Grids(["patch", "sum"], [[[0.25, None], [1.0, -0.5]], [[0.25], [0.5]]]),
         Rows(["channel", "sum"], [[0, 10], [0.125, -3.0]]),
         Terms([Term("A[1]", [2.0, 0.25], 0.5), Term("B[10]", [-1.0, 0.125], -0.125)], 3, 0.01)]
WORKING = Working(0.385, PARTS, "sum 0.385", 0.7)
TEXT = """\
x[3] = 0.3850
a sentence
   patch      sum
 0.25     .   0.25
 1.00 -0.50   0.50
channel       0       10
sum      0.1250  -3.0000
  A[1]          2 x 0.2500 =  0.5000
  B[10]        -1 x 0.1250 = -0.1250
  and 3 more                  0.0100
sum 0.385     equals the layer
minicnn/a.py:1-2 (A.forward)   unicamp "A\""""


def one(layer=0.385, **more):
    return Explanation("x[3]", WORKING, layer, "minicnn/a.py:1-2 (A.forward)", 'unicamp "A"',
                       **more)


def test_text():
    assert as_text(one()) == TEXT


def test_a_mismatch_says_both():
    wrong = one(0.3851)
    assert not wrong.right and not wrong.all_right
    assert "MISMATCH: the layer has 0.3851, the arithmetic gives 0.385" in as_text(wrong)
    assert not one(deeper=[wrong]).all_right and one(deeper=[wrong]).right


@pytest.mark.parametrize("value, layer, right", [
    (1.0, 1.0 + 1e-12, True), (1.0, 1.0 + 1e-6, False), (np.nan, np.nan, True),
    (np.inf, np.inf, True), (np.inf, 1.0, False), (1.0, np.nan, False), (0.0, 0.0, True)])
def test_right(value, layer, right):
    assert Explanation("x", Working(value, [], ""), layer).right is right


def test_markdown():
    said = as_markdown(one(notes=["a note"]))
    assert said.startswith("### x[3] = ") and said.count("```") == 2 and "a note" in said


def test_json_has_every_number_in_full():
    said = json.loads(as_json(one(deeper=[one(0.5)])))
    assert said["value"] == 0.385 and said["equal"] is True and said["deeper"][0]["equal"] is False
    assert said["parts"][1] == {"kind": "grids", "names": ["patch", "sum"],
                                "grids": [[[0.25, None], [1.0, -0.5]], [[0.25], [0.5]]]}
    assert said["parts"][3]["terms"][1] == {"what": "B[10]", "factors": [-1.0, 0.125],
                                            "value": -0.125}


@pytest.mark.parametrize("x, text", [
    (0.0, "0"), (0.32, "0.32"), (-3.0, "-3.00"), (0.125, "0.1250"), (1e-9, "1.0e-09"),
    (-0.0004, "-4.0e-04"), (5913.157, "5913.1570"), (12.0, "12"), (3, "3"), (1e8, "1.0000e+08"),
    (np.nan, "NaN"), (-np.inf, "-infinity"), (np.float64(0.5), "0.50")])
def test_numbers(x, text):
    assert number(x) == text


def test_numbers_that_stand_together_have_as_many_decimals():
    assert numbers([0.25, 0.125, 0.0]) == ["0.2500", "0.1250", "0"]
    assert numbers([0.25, 3.0]) == ["0.25", "3.00"] and numbers([2.0, 4.0]) == ["2", "4"]
    assert numbers([1e-9, 3.0]) == ["1.0e-09", "3.0000"] and numbers([np.nan, 2.0]) == ["NaN", "2"]
    assert numbers([1e-9, 0.5]) == ["1.0e-09", "0.5000"] and numbers([1, 2]) == ["1", "2"]


def test_the_largest_terms():
    terms, first = largest([0.1, -5.0, 0.0, 2.0, 1.0], 2, "term {}".format)
    assert [term.what for term in terms.terms] == ["term 1", "term 3"] and first == 1
    assert terms.others == 2 and abs(terms.rest - 1.1) < 1e-12       # a 0 is no term
    assert largest([], 3, str) == (Terms([]), None)


def test_what_is_too_wide_goes_below():
    part = Grids(["a", "b"], [[[0.125] * 4], [[0.25] * 4]])
    assert len(grids(part, 100)) == 2 and len(grids(part, 40)) == 4
    assert max(map(len, grids(part, 40))) <= 40
    table = Rows(["class", "p"], [list(range(10)), [0.125] * 10])
    assert len(rows(table, 100)) == 2
    narrow = rows(table, 40)
    assert len(narrow) == 6 and max(map(len, narrow)) <= 40 and narrow[0].split()[:2] == ["class",
                                                                                          "0"]
    assert len(rows(table, 1)) == 20                       # never less than one column


def test_a_faster_way_is_named():
    assert "ordinary runs take a faster way to it: a.py" in as_text(one(faster="a.py"))
