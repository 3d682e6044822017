"""Two inputs, element by element: sums, products, the larger of two; what is smaller is repeated.

The gradient of what broadcasting has repeated is the sum over its copies.
"""

from abc import abstractmethod

import numpy as np

from minicnn.autograd.arithmetic import AddFn, DivFn, MulFn, PowerOfFn, SubFn
from minicnn.autograd.elementary import MaximumFn, WhereFn
from minicnn.backend.arrays import Array
from minicnn.explain.explainer import Explainer, copies, explains, wherever
from minicnn.explain.explanation import Line, Part, Term, Terms, Working, number
from minicnn.explain.record import Index
from minicnn.layers.residual import ResidualFn


class Pair(Explainer):
    """A subclass gives y for two numbers, and its slope with respect to each."""

    @abstractmethod
    def both(self, a: float, b: float, at: Index) -> tuple[float, str]:
        """y and its arithmetic."""

    @abstractmethod
    def slope(self, number: int, a: Array, b: Array, places: list[Index]) -> Array:
        """dy/da (number 0) or dy/db (1) for arrays of numbers, which stand at `places` of y."""

    def pair(self, at: Index) -> tuple[tuple[float, Index], tuple[float, Index]]:
        """The two numbers behind y[at], and where each stands."""
        (a, first), (b, second) = (
            (float(q[where]), where) for q in self.inputs
            for where in [wherever(q.shape, self.y.shape, at)])
        return (a, first), (b, second)

    def value(self, at: Index) -> Working:
        (a, first), (b, second) = self.pair(at)
        y, how = self.both(a, b, at)
        parts: list[Part] = [Terms([Term(self.named(0, first), [], a),
                                    Term(self.named(1, second), [], b)])]
        # Down the network, where there is a choice: what was computed leads on, a weight does not.
        computed = [source is not None for source in self.call.sources]
        first_leads = abs(a) >= abs(b) if computed[0] == computed[1] else computed[0]
        lead = (0, first) if first_leads else (1, second)
        return Working(y, [*parts, *self.shares(a, b)], f"{how} = {number(y)}",
                       abs(a) + abs(b) + abs(y), lead)

    def shares(self, a: float, b: float) -> list[Part]:
        return []

    def gradient(self, number_: int, at: Index) -> Working:
        places = copies(self.inputs[number_].shape, self.y.shape, at)
        pairs = [self.pair(place) for place in places]
        a, b = (np.array([pair[k][0] for pair in pairs]) for k in (0, 1))
        slope = np.broadcast_to(self.slope(number_, a, b, places), a.shape)
        dy = np.array([self.dy[place] for place in places])
        if len(places) == 1:
            dx = float(dy[0] * slope[0])
            return Working(dx, self.says(number_), f"dy x slope = {number(dy[0])} x "
                           f"{number(slope[0])} = {number(dx)}", abs(dx), (number_, at))
        before = Line(f"it stands beside {len(places)} values of the other: their gradients add up")
        return self.sum_of(dy * slope, lambda k: f"at {list(places[k])}   dy x slope", dy, slope,
                           before=[before], what="sum over its copies")

    def says(self, number: int) -> list[Part]:
        return []


@explains(AddFn, ResidualFn)
class Addition(Pair):
    def both(self, a: float, b: float, at: Index) -> tuple[float, str]:
        return a + b, f"{number(a)} {'-' if b < 0 else '+'} {number(abs(b))}"

    def shares(self, a: float, b: float) -> list[Part]:
        total = abs(a) + abs(b)
        if self.call.function is not ResidualFn or not total:
            return []
        return [Line(f"of the two magnitudes the first is {100 * abs(a) / total:.0f} %, "
                     f"the second {100 * abs(b) / total:.0f} %")]

    def slope(self, number: int, a: Array, b: Array, places: list[Index]) -> Array:
        return np.ones(())

    def says(self, number: int) -> list[Part]:
        return [Line("a sum hands dy on unchanged, to both of its inputs")]


@explains(SubFn)
class Subtraction(Pair):
    def both(self, a: float, b: float, at: Index) -> tuple[float, str]:
        return a - b, f"{number(a)} - ({number(b)})" if b < 0 else f"{number(a)} - {number(b)}"

    def slope(self, number: int, a: Array, b: Array, places: list[Index]) -> Array:
        return np.array(-1.0 if number else 1.0)


@explains(MulFn)
class Multiplication(Pair):
    def both(self, a: float, b: float, at: Index) -> tuple[float, str]:
        return a * b, f"{number(a)} x {number(b)}"

    def slope(self, number: int, a: Array, b: Array, places: list[Index]) -> Array:
        return a if number else b

    def says(self, number: int) -> list[Part]:
        return [Line("the slope of a product is the other factor")]


@explains(DivFn)
class Division(Pair):
    def both(self, a: float, b: float, at: Index) -> tuple[float, str]:
        return float(np.divide(a, b)), f"{number(a)} / {number(b)}"

    def slope(self, number: int, a: Array, b: Array, places: list[Index]) -> Array:
        return -a / b ** 2 if number else 1 / b

    def says(self, number: int) -> list[Part]:
        return [Line("the slope is -a / b^2" if number else "the slope is 1 / b")]


@explains(PowerOfFn)
class PowerOf(Pair):
    def both(self, a: float, b: float, at: Index) -> tuple[float, str]:
        return float(np.float64(a) ** b), f"{number(a)}^{number(b)}"

    def slope(self, number: int, a: Array, b: Array, places: list[Index]) -> Array:
        if number:
            still = (a == 0) & (b >= 0)                    # the limit of 0^b log 0 is 0
            return np.where(still, 0.0, a ** b * np.log(np.where(still, 1.0, a)))
        return np.where(b == 0, 0.0, b * a ** (b - (b != 0)))

    def says(self, number: int) -> list[Part]:
        return [Line("the slope is a^b log a" if number else "the slope is b a^(b - 1)")]


@explains(MaximumFn)
class Larger(Pair):
    def both(self, a: float, b: float, at: Index) -> tuple[float, str]:
        return float(np.maximum(a, b)), f"the larger of {number(a)} and {number(b)}"

    def slope(self, number: int, a: Array, b: Array, places: list[Index]) -> Array:
        own, other = (b, a) if number else (a, b)
        return np.where(own == other, 0.5, (own > other) * 1.0)

    def says(self, number: int) -> list[Part]:
        return [Line("the larger gets all of dy, the smaller nothing; equal ones get half each")]


@explains(WhereFn)
class Choice(Pair):
    def chosen(self, at: Index) -> bool:
        condition = np.asarray(self.kept.condition)
        return bool(condition[wherever(condition.shape, self.y.shape, at)])

    def both(self, a: float, b: float, at: Index) -> tuple[float, str]:
        first = self.chosen(at)
        return (a if first else b), f"the condition is {first}: {number(a if first else b)}"

    def slope(self, number: int, a: Array, b: Array, places: list[Index]) -> Array:
        return np.array([float(self.chosen(place) != bool(number)) for place in places])

    def says(self, number: int) -> list[Part]:
        return [Line("what was chosen gets dy, the other nothing")]


