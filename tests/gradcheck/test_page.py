"""The page of the gradient check: the V, the scatter, the gallery of mistakes."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest

from minicnn.gradcheck.cases.case import Case, normal
from minicnn.gradcheck.cases.table import run_cases
from minicnn.gradcheck.checker import gradcheck
from minicnn.gradcheck.curve import STEPS, curve_of
from minicnn.gradcheck.gallery import SLIPS
from minicnn.gradcheck.page import Scale, page
from minicnn.layers.activations import ReLU, Sigmoid
from minicnn.layers.linear import Linear
from tests.gradcheck.drawn import Doubled

SMOOTH = Case("Sigmoid", "", Sigmoid, (normal(2, 3),))
STRAIGHT = Case("Linear", "with bias", lambda: Linear(3, 2), (normal(2, 3),))
KINK = Case("ReLU", "at zero", ReLU, (np.zeros((2, 2)),))
BAD = Case("Doubled", "<b>", lambda: lambda a, b: Doubled()(a, b), (normal(3), normal(3, seed=2)))


def errors(curve):
    return dict(curve.points)


def test_the_v_of_a_smooth_function():
    curve = curve_of(SMOOTH)
    found = errors(curve)
    assert curve.place.startswith("input 0[") and curve.lowest < 1e-9
    # Falls as h^2 on the left: a step ten times smaller, an error a hundred times smaller
    assert 50 < found[1e-1] / found[1e-2] < 150 and 50 < found[1e-2] / found[1e-3] < 150
    assert found[1e-12] > 100 * curve.lowest               # and rounding on the right


def test_a_straight_line_has_no_left_branch():
    assert errors(curve_of(STRAIGHT))[1e-1] < 1e-12


def test_no_gradient_no_curve():
    assert curve_of(Case("ReLU", "closed", ReLU, (-np.ones(3),))) is None
    assert curve_of(Case("constant", "", lambda: lambda x: x.detach() + 1.0, (normal(2),))) is None
    assert len(STEPS) == 23


@pytest.mark.parametrize("slip", SLIPS, ids=[slip.case.name for slip in SLIPS])
def test_every_mistake_is_found_and_has_no_v(slip):
    assert gradcheck(slip.case.make(), *slip.case.inputs).verdict == "WRONG"
    curve = curve_of(slip.case)
    assert curve.lowest > 1e-6


def kept(*cases):
    reports = []
    run_cases(cases, kept=reports)
    return reports


def test_pairs_are_kept(capsys):
    (_, report), = kept(SMOOTH)
    assert len(report.pairs) >= report.elements == 6
    assert all(abs(a - b) < 1e-6 and verdict == "right" for a, b, verdict in report.pairs)


class Balance(HTMLParser):
    """Every element that is opened is closed."""

    open: list = []

    def handle_starttag(self, tag, attributes):
        if tag not in ("meta", "link"):
            self.open = [*self.open, tag]

    def handle_startendtag(self, tag, attributes):
        """<rect .../> needs no end."""

    def handle_endtag(self, tag):
        assert self.open[-1] == tag, (tag, self.open)
        self.open = self.open[:-1]


def test_the_page(capsys):
    text = page(kept(SMOOTH, STRAIGHT, KINK, BAD))
    reader = Balance()
    reader.feed(text)
    assert reader.open == [] and len(text) < 2_000_000
    assert not re.search(r"https?:|<script|\bsrc=", text)
    assert "WRONG: ReLU (at zero), Doubled (&lt;b&gt;)" in text and "<b>" not in text
    assert text.count('class="kink"') >= 4 and text.count('class="wrong"') >= 3
    assert text.count("<polyline") == 3 + len(SLIPS)       # the kink's own gradient is 0
    assert "its gradient is 0 here" in text
    assert "every gradient is right" in page(kept(SMOOTH))


def test_the_scale():
    across = Scale(-8, 4, 40, 410)
    assert (across(1e-8), across(1e4), across(0.0), across(1e9)) == (40, 410, 40, 410)
    assert across(1e-2) == 225
