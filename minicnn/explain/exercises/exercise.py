"""An exercise of the book: its question, its computed answer, and what one gets by a usual slip.

Nothing is stored as a number: the answer and the wrong answers are functions, most of them one
expression.  An answer is a whole number, a float, a word, or a tuple of these (a shape).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

TOLERANCE = 0.005                      # of a float: three digits will do


@dataclass(frozen=True)
class Slip:
    """A usual wrong answer.

    value : computes it
    words : what he did who gets it, as in "you averaged the channels: they are added"
    """

    value: Callable[[], Any]
    words: str


@dataclass(frozen=True)
class Exercise:
    """A question with an answer that can be typed.

    number   : "3.2", the second of chapter 3
    question : Markdown; it says in which form the answer is wanted, where that is not plain
    answer   : computes it: a whole number, a float, a word, or a tuple of these
    working  : Markdown, how one gets there; {answer} in it becomes the answer.  A function, if it
               has computed numbers of its own
    slips    : at most three, whose values all differ from the answer
    """

    number: str
    question: str
    answer: Callable[[], Any]
    working: str | Callable[[], str]
    slips: tuple[Slip, ...] = ()

    @property
    def chapter(self) -> int:
        return int(self.number.partition(".")[0])

    def explained(self) -> str:
        """The working, with the answer in it."""
        working = self.working if isinstance(self.working, str) else self.working()
        return working.replace("{answer}", written(self.answer()))

    def judge(self, typed: str) -> tuple[bool, str]:
        """Is it right, and what to say.  Raises ValueError for what cannot be an answer."""
        answer = self.answer()
        given = read(typed, answer)
        if same(given, answer):
            return True, f"right: {written(answer)}"
        for slip in self.slips:
            if same(given, slip.value()):
                return False, f"not {written(given)}: {slip.words}"
        if isinstance(answer, float) and rounds_to(typed, answer):
            return False, "right so far, but give more digits: three that count"
        return False, f"not {written(given)}"


def written(value: Any) -> str:
    """As a person writes it.

    >>> written(2416), written(0.0146204), written((6, 28, 28)), written("no"), written(-2.7)
    ('2,416', '0.01462', '6 x 28 x 28', 'no', '-2.7')
    """
    if isinstance(value, tuple):
        return " x ".join(map(written, value))
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1e4 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def read(typed: str, answer: Any) -> Any:
    """What was typed, as the kind of thing that the answer is.

    >>> read("61,706", 0), read("6x28x28", (0, 0, 0)), read("0.0146", 0.5), read(" No ", "yes")
    (61706, (6, 28, 28), 0.0146, 'no')
    """
    if isinstance(answer, str):
        return typed.strip().lower()
    if not isinstance(answer, tuple):
        return number(typed)
    if re.fullmatch(r"[^x;]*\d,\d{3}[^x;]*", typed):       # 6,100: one number, or two of them?
        raise ValueError(f"{typed!r}: write the {len(answer)} numbers with x between them, as in "
                         f"{'x'.join('123456'[:len(answer)])}")
    parts = [part for part in re.split(r"[x;, ]+", typed.strip("()[] ").lower()) if part]
    if len(parts) != len(answer):
        raise ValueError(f"{typed!r}: {len(answer)} numbers are asked for, with x between them, "
                         f"not {len(parts)}")
    return tuple(read(part, one) for part, one in zip(parts, answer, strict=True))


def number(typed: str) -> int | float:
    """"61,706" or "61706" or "-2.7" or "2.3e6"."""
    text = typed.strip()
    if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+", text):
        text = text.replace(",", "")
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{typed!r} is not a number; write it as in 61706 or 0.0146") from None
    if value != value or abs(value) == float("inf"):
        raise ValueError(f"{typed!r} is not a number that anybody could work out")
    return int(value) if value.is_integer() and abs(value) < 2 ** 53 else value


def same(given: Any, answer: Any) -> bool:
    """Words and whole numbers exactly, floats to three digits."""
    if isinstance(answer, tuple):
        return isinstance(given, tuple) and len(given) == len(answer) and all(
            map(same, given, answer))
    if isinstance(answer, float) and isinstance(given, (int, float)):
        return abs(given - answer) <= TOLERANCE * abs(answer)
    return bool(given == answer)


def rounds_to(typed: str, answer: float) -> bool:
    """Is it the answer, with fewer digits?"""
    decimals = len(typed.strip().partition(".")[2])
    return number(typed) == round(answer, decimals)
