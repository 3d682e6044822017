"""Figures as slides print them: "35K", "3.2M", "1.8e9", "27x", "1,728", and what they allow.

    "35K"             the nearest thousand: 34,944 rounds to it
    "150K", "60M"     zeros at the end of an abbreviated figure count as digits only where fewer
                      than two would be left: 150,528 rounds to the first, 62.4 million not to the
                      second
    "~600K"           with a wavy line none of these zeros counts: 589,824 rounds to it
    "1,728", "5e-4"   written out: 1,728 and 0.0005 alone
    "55x55x96"        no figure but a text: the same text alone
"""

import math
import re
from typing import Any, NamedTuple

AGREES, ROUNDS, CUT, DIFFERS = "agrees", "rounds to it", "cut off", "differs"
ORDER = (AGREES, ROUNDS, CUT, DIFFERS)                     # from good to bad

UNITS = {"k": 10**3, "m": 10**6, "g": 10**9, "million": 10**6, "billion": 10**9,
         "kb": 10**3, "mb": 10**6, "gb": 10**9, "megabytes": 10**6}
PRINTED = re.compile(r"(~?) ?(\d[\d,]*)(\.\d+)?(?:e(-?\d+))? ?([a-z]*)[^\d^]*", re.IGNORECASE)


class Figure(NamedTuple):
    value: float
    last: float                # what the last digit is worth
    place: float               # what the last digit that counts is worth
    digits: int                # that are printed


class Fact(NamedTuple):
    """The answer to a claim in words: does it hold, and the figures that say so."""

    holds: bool
    shown: str


def read_figure(printed: str) -> Figure | None:
    """"3.2M" -> 3,200,000, to the nearest 100,000; None where the text is no single figure.

    >>> read_figure("3.2M values")
    Figure(value=3200000.0, last=100000.0, place=100000.0, digits=2)
    """
    found = PRINTED.fullmatch(printed.strip())
    if found is None:
        return None
    wavy, whole, fraction, exponent, word = found.groups()
    whole, fraction = whole.replace(",", ""), (fraction or "")[1:]
    unit = UNITS.get(word.lower(), 1) * 10 ** int(exponent or 0)
    place = last = unit / 10 ** len(fraction)
    if unit > 1 and not fraction:
        zeros = len(whole) - len(whole.rstrip("0"))
        place *= 10 ** (zeros if wavy else min(zeros, max(len(whole) - 2, 0)))
    value = unit * int(whole + fraction) / 10 ** len(fraction)
    return Figure(value, last, place, len(whole + fraction))


def agreement(printed: str | tuple[str, ...], value: Any) -> str:
    """How a computed value goes with what a slide prints: AGREES, ROUNDS, CUT or DIFFERS.

    CUT: the figures behind the printed ones were dropped, although rounding would raise the last.
    Of several figures the worst answer counts.

    >>> agreement("1.8e9", 1_814_073_344), agreement("358M", 271_351_808)
    ('rounds to it', 'differs')
    >>> agreement("3.8e9", 3_857_973_248)
    'cut off'
    """
    if isinstance(value, Fact):
        return AGREES if value.holds else DIFFERS
    if isinstance(printed, tuple):
        return max((agreement(*both) for both in zip(printed, value, strict=True)), key=ORDER.index)
    figure = read_figure(printed)
    if figure is None or isinstance(value, str):
        return AGREES if printed == str(value) else DIFFERS
    if math.isclose(value, figure.value, rel_tol=1e-9):
        return AGREES
    if abs(value - figure.value) <= figure.place / 2 * (1 + 1e-9):
        return ROUNDS
    if figure.digits > 1 and math.floor(value / figure.last) == round(figure.value / figure.last):
        return CUT
    return DIFFERS
