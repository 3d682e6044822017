"""`python -m minicnn gradcheck` finds wrong backward passes."""

import re

import numpy as np
import pytest

from minicnn.backend.versions import plain
from minicnn.cli import gradcheck
from minicnn.gradcheck.cases.case import Case, normal
from minicnn.layers.activations import ReLU, Tanh, TanhFn
from tests.cli.common import status


@pytest.mark.parametrize("arguments, words", [
    (["nonsense"], "no case has 'nonsense' in its name; there are "),
    (["--device", "tpu"], "invalid choice: 'tpu'"),
])
def test_mistakes(arguments, words, refused):
    assert words in refused("gradcheck", *arguments)


def test_every_case_with_a_word(capsys):
    assert status("gradcheck", "CONV2D") == 0
    head, *lines = capsys.readouterr().out.split("\n")
    assert head.split() == ["operation", "option", "elements", "largest", "error", "verdict"]
    cases = lines[:lines.index("")]
    assert len(cases) > 3 and all("conv2d" in line.lower() and line.endswith("right")
                                  for line in cases)
    assert lines[-2] == "every gradient is right"
    assert f"{len(cases)} cases" in lines[-3]


def test_a_wrong_backward_is_found(capsys, monkeypatch):
    """Exit status 1, and it says where and what.  The definition's, so no faster version runs."""
    right = TanhFn.backward
    monkeypatch.setattr(TanhFn, "backward", lambda self, dy: 1.001 * right(self, dy))
    with plain():
        assert status("gradcheck", "tanh") == 1
    out = capsys.readouterr().out
    assert re.search(r"WRONG at input 0\[.*backward gives .*, the slope is ", out)
    assert re.search(r"^WRONG: .*Tanh \(", out, re.M) and "every gradient is right" not in out


def test_a_kink_is_called_a_kink(capsys, monkeypatch):
    monkeypatch.setattr(gradcheck, "all_cases", lambda: [
        Case("ReLU", "at zero", ReLU, (np.zeros((2, 2)),)), Case("Tanh", "", Tanh, (normal(2),))])
    assert status("gradcheck") == 1
    assert "kink at input 0[" in capsys.readouterr().out


def test_a_page(somewhere, capsys):
    assert status("gradcheck", "tanh", "--html", "a.html") == 0
    assert capsys.readouterr().out.endswith("every gradient is right\na.html\n")
    said = (somewhere / "a.html").read_text(encoding="utf-8")
    assert "<strong>Tanh</strong>" in said and "A gallery of mistakes" in said


def test_where_a_page_cannot_be_written(refused):
    assert "--html is 'no/a.html', but there is no folder 'no'" in refused(
        "gradcheck", "tanh", "--html", "no/a.html")
