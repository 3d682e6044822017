"""The gradient check as a page: analytic against numeric, and the V of each operation.

One file, plain SVG, no script: it opens anywhere and prints.
"""

import html
from collections.abc import Iterable, Sequence
from math import log10
from typing import NamedTuple

from minicnn.gradcheck.cases.case import Case
from minicnn.gradcheck.checker import LIMIT, Report
from minicnn.gradcheck.curve import Curve, curve_of
from minicnn.gradcheck.gallery import SLIPS

POINTS = 4_000                         # of the scatter, drawn at most
WIDE, HIGH = 220, 130                  # pixels of a V
STYLE = """
:root { color-scheme: light dark; --ground: #fff; --text: #1a1a1a; --rim: #767676;
        --good: #1b6e3a; --bad: #b2182b; }
@media (prefers-color-scheme: dark) { :root { --ground: #16181c; --text: #e8e8e8; --rim: #8c8c8c;
  --good: #6fd08c; --bad: #ff8080; } }
body { margin: 1rem auto; max-width: 75rem; padding: 0 0.8rem; background: var(--ground);
       color: var(--text); font: 16px/1.45 system-ui, sans-serif; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.15rem; }
.all { display: flex; flex-wrap: wrap; gap: 0.8rem; }
figure { margin: 0; } figcaption { font-size: 0.8rem; max-width: 220px; }
svg { max-width: 100%; height: auto; } svg text { fill: var(--text); font-size: 10px; }
.rim { stroke: var(--rim); fill: none; } .even { stroke: var(--rim); stroke-dasharray: 3 3; }
.good { stroke: var(--good); fill: none; } .bad { stroke: var(--bad); fill: none; }
.dot { fill: var(--good); } .kink { fill: none; stroke: var(--text); } .wrong { fill: var(--bad); }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-size: 0.85rem; }
td, th { padding: 0.1rem 0.6rem; text-align: left; border-bottom: 1px solid var(--rim); }
"""
WHY = """The check moves one number q by a small h both ways and takes the slope of the loss,
(L(q+h) - L(q-h)) / 2h. With a large h the third derivative spoils it: that error falls as h²,
the left branch of the V. With a small h rounding spoils it: L has sixteen digits, and the
difference of two nearly equal numbers keeps few of them, so the error rises as 1/h, the right
branch. Near h = 1e-5 both are small. A straight line has no left branch. A backward that is wrong
has no V at all: its error stays, whatever h is."""


class Scale(NamedTuple):
    """Powers of ten onto pixels."""

    low: float
    high: float
    first: float
    last: float

    def __call__(self, size: float) -> float:
        share = (log10(max(size, 10 ** self.low)) - self.low) / (self.high - self.low)
        return round(self.first + min(share, 1.0) * (self.last - self.first), 1)


def page(reports: Sequence[tuple[Case, Report]]) -> str:
    """The whole file, for what run_cases() has kept."""
    wrong = [case for case, report in reports if not report]
    elements = sum(report.elements for _, report in reports)
    verdict = "every gradient is right" if not wrong else \
        "WRONG: " + ", ".join(f"{case.name} ({case.option})" for case in wrong)
    parts = [f"<h1>Gradient check</h1><p>{len(reports)} cases, {elements:,} elements, allowed "
             f"error {LIMIT:.0e}: <strong>{html.escape(verdict)}</strong></p>",
             "<h2>Analytic against numeric</h2><p>Each point is one element: across, what backward "
             "gives; up, the slope of the loss. Right ones lie on the diagonal; a triangle is a "
             "kink, where the slopes of the two sides differ and neither is the derivative; a "
             "large dot is wrong.</p>", scatter(reports),
             f"<h2>The V of each operation</h2><p>{WHY}</p>", gallery(curves_of(reports)),
             "<h2>A gallery of mistakes</h2><p>Six backward passes as they are often written.</p>",
             gallery(((slip.case.name, f"{slip.case.option}: {slip.how}", curve_of(slip.case))
                      for slip in SLIPS), "bad"),
             "<h2>All cases</h2>", table(reports)]
    return ('<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
            'content="width=device-width, initial-scale=1"><title>Gradient check</title>'
            f'<link rel="icon" href="data:,"><style>{STYLE}</style></head><body>\n'
            + "\n".join(parts) + "\n</body></html>\n")


def curves_of(reports: Sequence[tuple[Case, Report]]) -> Iterable[tuple[str, str, Curve | None]]:
    """Of the first option of each operation."""
    seen = set()
    for case, _ in reports:
        if case.name not in seen:
            seen.add(case.name)
            yield case.name, case.option, curve_of(case)


def scatter(reports: Sequence[tuple[Case, Report]]) -> str:
    """Magnitudes, both axes in powers of ten; what is wrong is drawn last, and always."""
    pairs = [pair for _, report in reports for pair in report.pairs]
    odd = [pair for pair in pairs if pair[2] != "right"]
    plain = [pair for pair in pairs if pair[2] == "right" and pair[0] and pair[1]]
    plain = plain[::max(1, len(plain) // POINTS)]
    size, across, up = 420, Scale(-8, 4, 40, 410), Scale(-8, 4, 390, 20)
    marks = [f'<circle class="dot" r="1.5" cx="{across(abs(a))}" cy="{up(abs(b))}"/>'
             for a, b, _ in plain]
    for a, b, verdict in odd:
        x, y = across(abs(a)), up(abs(b))
        marks.append(f'<path class="kink" d="M{x - 4} {y + 4}h8l-4 -8z"/>' if verdict == "kink" else
                     f'<circle class="wrong" r="4" cx="{x}" cy="{y}"/>')
    ticks = [f'<text x="{across(10.0 ** p) - 10}" y="405">1e{p}</text>'
             f'<text x="2" y="{up(10.0 ** p) + 4}">1e{p}</text>' for p in range(-8, 5, 4)]
    return (f'<svg viewBox="0 0 {size} {size}" width="{size}" role="img" aria-label="analytic '
            f'against numeric, {len(plain)} points, {len(odd)} of them odd">'
            '<rect class="rim" x="40" y="20" width="370" height="370"/>'
            '<path class="even" d="M40 390L410 20"/>' + "".join([*ticks, *marks])
            + '<text x="180" y="418">|analytic|</text><text x="44" y="16">|numeric|</text></svg>')


def gallery(curves: Iterable[tuple[str, str, Curve | None]], kind: str = "good") -> str:
    figures = []
    for name, words, curve in curves:
        drawn = v_of(curve, kind) if curve and curve.points else "<p>its gradient is 0 here</p>"
        figures.append(f"<figure>{drawn}<figcaption><strong>{html.escape(name)}</strong> "
                       f"{html.escape(words)}</figcaption></figure>")
    return f'<div class="all">{"".join(figures)}</div>'


def v_of(curve: Curve, kind: str) -> str:
    """The error against h, both in powers of ten; large steps on the left."""
    across, up = Scale(-12, -1, WIDE - 8, 32), Scale(-16, 2, HIGH - 18, 8)
    line = " ".join(f"{across(h)},{up(error)}" for h, error in curve.points)
    ticks = "".join(f'<text x="{across(10.0 ** p) - shift}" y="{HIGH - 5}">1e{p}</text>'
                    for p, shift in ((-1, 10), (-5, 10), (-12, 24)))
    ticks += "".join(f'<text x="0" y="{up(10.0 ** p) + 4}">1e{p}</text>' for p in (0, -8, -16))
    limit = up(LIMIT)
    return (f'<svg viewBox="0 0 {WIDE} {HIGH}" width="{WIDE}" role="img" aria-label="error against '
            f'h, lowest {curve.lowest:.0e}"><rect class="rim" x="32" y="8" width="{WIDE - 40}" '
            f'height="{HIGH - 26}"/><path class="even" d="M32 {limit}H{WIDE - 8}"/>'
            f'<polyline class="{kind}" points="{line}"/>{ticks}</svg>')


def table(reports: Sequence[tuple[Case, Report]]) -> str:
    rows = "".join(f"<tr><td>{html.escape(case.name)}</td><td>{html.escape(case.option)}</td>"
                   f"<td>{report.elements}</td><td>{report.error:.1e}</td>"
                   f"<td>{html.escape(report.verdict if report else str(report))}</td></tr>"
                   for case, report in reports)
    return ("<div class='scroll'><table><thead><tr><th>operation</th><th>option</th><th>elements"
            f"</th><th>largest error</th><th>verdict</th></tr></thead><tbody>{rows}</tbody></table>"
            "</div>")
