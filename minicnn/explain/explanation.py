"""What an explanation is: data.  text.py, markdown and JSON are renderings of it.

    value                          what the arithmetic gives
    parts                          how: Line, Grids, Rows and Terms, in the order of reading
    layer                          what the layer has computed; `right` holds the two together
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from minicnn.explain.record import Index

ALLOWED = 1e-9                         # between the two, as a share of the size of what is added


@dataclass(frozen=True)
class Line:
    """A sentence, or a step with its numbers in it."""

    text: str


@dataclass(frozen=True)
class Grids:
    """Small tables of numbers side by side: patch, filter, products.  None: outside the image."""

    names: list[str]
    grids: list[list[list[float | None]]]


@dataclass(frozen=True)
class Rows:
    """One line of numbers for each name: the scores of ten classes, and below them e^score."""

    names: list[str]
    rows: list[list[int | float]]


@dataclass(frozen=True)
class Term:
    """One of the terms of a sum: its name, the factors, and their product `value`."""

    what: str
    factors: list[float]
    value: float


@dataclass(frozen=True)
class Terms:
    """The largest terms of a sum; `others` of them are not shown, and add up to `rest`."""

    terms: list[Term]
    others: int = 0
    rest: float = 0.0


Part = Line | Grids | Rows | Terms


@dataclass(frozen=True)
class Working:
    """How one value comes about.

    result : the last line, which says the value
    size   : the sum of the terms' magnitudes: rounding changes the value by a share of that
    leads  : (number of the input, place in it) of what counts most; None where nothing is behind it
    """

    value: float
    parts: list[Part]
    result: str
    size: float = 0.0
    leads: tuple[int, Index] | None = None


@dataclass(frozen=True)
class Explanation:
    """A Working, its name, and what the layer says."""

    title: str
    working: Working
    layer: float
    source: str = ""                   # "minicnn/layers/conv.py:45-54 (Conv2dFn.forward)"
    slide: str = ""
    faster: str = ""                   # the file of what ordinary runs take instead
    notes: list[str] = field(default_factory=list)
    deeper: list["Explanation"] = field(default_factory=list)
    command: str = ""                  # explains the largest term, one layer down

    @property
    def value(self) -> float:
        return self.working.value

    @property
    def right(self) -> bool:
        """Do the arithmetic and the layer agree?"""
        a, b = self.value, self.layer
        if np.isfinite(a) and np.isfinite(b):
            return bool(abs(a - b) <= ALLOWED * max(self.working.size, abs(a), abs(b)) + 1e-300)
        return a == b or bool(np.isnan(a) and np.isnan(b))

    @property
    def all_right(self) -> bool:
        return self.right and all(below.all_right for below in self.deeper)

    def with_deeper(self, deeper: list["Explanation"]) -> "Explanation":
        return replace(self, deeper=deeper)

    def as_dict(self) -> dict[str, Any]:
        """For JSON: each part says its kind."""
        working = asdict(self.working)
        working["parts"] = [{"kind": type(part).__name__.lower(), **asdict(part)}
                            for part in self.working.parts]
        below = [one.as_dict() for one in self.deeper]
        own = {name: getattr(self, name) for name in ("source", "slide", "faster", "notes",
                                                      "command")}
        return {"title": self.title, "value": self.value, "layer": self.layer,
                "equal": self.right, **working, **own, "deeper": below}


def number(x: Any) -> str:
    """0.32 and 3.00 as they are, -0.5332 with four decimals, 3.2e-09 where those would be zeros."""
    if isinstance(x, (int, np.integer)):
        return str(x)
    x = float(x)
    if x == 0:
        return "0"
    if not np.isfinite(x):
        return "NaN" if np.isnan(x) else "infinity" if x > 0 else "-infinity"
    if abs(x) < 0.0005:
        return f"{x:.1e}"
    if abs(x) >= 1e7:
        return f"{x:.4e}"
    if x == int(x) and abs(x) >= 10:
        return str(int(x))
    return f"{x:.2f}" if is_hundredths(x) else f"{x:.4f}"


def is_hundredths(x: float) -> bool:
    return x == 0 or abs(round(x, 2) - x) < 1e-12 * abs(x)


def numbers(values: Sequence[Any]) -> list[str]:
    """Numbers that stand together, with as many decimals each; a 0 stays "0"."""
    decimals = 0
    for q in values:
        if isinstance(q, float) and np.isfinite(q) and q != int(q):
            decimals = max(decimals, 2 if is_hundredths(q) else 4)
    return [f"{q:.{decimals}f}" if isinstance(q, float) and 0.0005 <= abs(q) < 1e7 else number(q)
            for q in values]


def signed(x: Any) -> str:
    """" + 0.5", " - 0.5": to stand behind another number."""
    text = number(x)
    return f" - {text[1:]}" if text.startswith("-") else f" + {text}"


def place(at: Sequence[int]) -> str:
    """"[3,13,16]"."""
    return f"[{','.join(str(int(i)) for i in at)}]" if len(at) else ""


def grid(array: Any, outside: Any = None) -> list[list[float | None]]:
    """A 2-D array as lists; None where `outside` is True."""
    hidden = np.zeros(np.shape(array), bool) if outside is None else outside
    return [[None if out else float(q) for q, out in zip(row, outs, strict=True)]
            for row, outs in zip(np.asarray(array), hidden, strict=True)]


def largest(values: Any, most: int, describe: Callable[[int], str],
            *factors: Any) -> tuple[Terms, int | None]:
    """The `most` largest terms of a sum, by magnitude, and the number of the very largest.

    values : (n,), the terms; factors: the arrays (n,) whose product they are; describe(k): the k-th

    Terms that are 0 are left out.
    """
    values = np.asarray(values, np.float64).reshape(-1)
    factors = tuple(np.broadcast_to(np.asarray(q, np.float64).reshape(-1), values.shape)
                    for q in factors)
    order = np.argsort(-np.abs(values), kind="stable")
    order = order[values[order] != 0]                      # NaN stays
    shown, hidden = order[:most], order[most:]
    terms = [Term(describe(int(k)), [float(q[k]) for q in factors], float(values[k]))
             for k in shown]
    return (Terms(terms, len(hidden), float(values[hidden].sum())),
            int(shown[0]) if len(shown) else None)
