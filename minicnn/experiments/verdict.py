"""The verdict on a claim of the lecture: decided by a rule, never by hand.

Of the differences d_1 ... d_n of n >= 3 paired seeds, with mean m and standard error

    s = sqrt(sum_i (d_i - m)^2 / (n - 1)) / sqrt(n)

the claim shows

    as in the lecture        if every d_i has the lecture's sign and |m| > 2 s
    not as in the lecture    if every d_i has the other sign and |m| > 2 s
    not at this size         otherwise

A difference of 0 has neither sign.  Fewer seeds give no verdict.  An exact claim is equal or not.
"""

from math import isfinite, sqrt
from typing import NamedTuple

import numpy as np

from minicnn.backend.messages import plural
from minicnn.experiments.experiment import Effect, Exact

AS, NOT_AS, NOT_HERE = "as in the lecture", "not as in the lecture", "not at this size"
EQUAL, UNEQUAL = "equal", "not equal"
NO_VERDICT = "no verdict"
NUMBERS = {1: "one seed", 2: "two seeds"}
ENOUGH = 3                             # seeds


class Verdict(NamedTuple):
    """word : one of the above, or "one seed: no verdict";  shown : the numbers behind it."""

    word: str
    shown: str


def verdict(effect: Effect | Exact) -> Verdict:
    """ValueError where a difference is no number: a run that failed says nothing."""
    if isinstance(effect, Exact):
        same = bool(np.all(np.asarray(effect.value == effect.expected)))
        return Verdict(EQUAL if same else UNEQUAL,
                       f"{effect.value}, expected {effect.expected}")
    d = [float(value) for value in effect.differences]
    check(effect, d)
    unit = f" {effect.unit}" if effect.unit else ""
    shown = ", ".join(f"{value:+.3g}" for value in d) + unit
    if len(d) < ENOUGH:
        return Verdict(f"{NUMBERS[len(d)]}: {NO_VERDICT}", shown)
    mean, error = mean_and_error(d)
    clear = abs(mean) > 2 * error
    if clear and all(effect.sign * value > 0 for value in d):
        word = AS
    elif clear and all(effect.sign * value < 0 for value in d):
        word = NOT_AS
    else:
        word = NOT_HERE
    return Verdict(word, f"{mean:+.3g} ± {error:.2g}{unit} over {plural(len(d), 'seed')}: "
                         f"{shown}")


def mean_and_error(d: list[float]) -> tuple[float, float]:
    """The mean of at least two numbers, and its standard error."""
    N = len(d)
    mean = sum(d) / N
    return mean, sqrt(sum((value - mean) ** 2 for value in d) / (N - 1)) / sqrt(N)


def check(effect: Effect, d: list[float]) -> None:
    if effect.sign not in (1, -1):
        raise ValueError(f"verdict on {effect.claim!r}: sign is {effect.sign!r}, expected 1 or -1")
    if not d:
        raise ValueError(f"verdict on {effect.claim!r}: no difference; it needs one a seed")
    if not all(map(isfinite, d)):
        raise ValueError(f"verdict on {effect.claim!r}: differences are {d}, expected finite "
                         "numbers; did a network diverge?  Compare what stays finite, the error")
