"""Local response normalisation: the neighbours, their squares, and what they take away."""

import numpy as np

from minicnn.explain.explainer import Explainer, explains
from minicnn.explain.explanation import Line, Part, Rows, Working, number
from minicnn.explain.record import Index
from minicnn.layers.lrn import LocalResponseFn


@explains(LocalResponseFn)
class LocalResponse(Explainer):
    def around(self, at: Index, mirrored: bool = False) -> list[Index]:
        """The places in the window of y[at]; mirrored: those whose windows x[at] lies in."""
        before, after = self.kept.size // 2, (self.kept.size - 1) // 2
        if mirrored:
            before, after = after, before
        sides = [range(max(i - before, 0), min(i + after + 1, size)) if side in self.kept.axes
                 else range(i, i + 1)
                 for side, (i, size) in enumerate(zip(at, self.x.shape, strict=True))]
        return [tuple(int(side[k]) for side, k in zip(sides, offset, strict=True))
                for offset in np.ndindex(tuple(map(len, sides)))]

    def s(self, at: Index) -> float:
        return self.kept.k + self.kept.a * sum(float(self.x[q]) ** 2 for q in self.around(at))

    def value(self, at: Index) -> Working:
        seen, (a, beta, k) = self.around(at), (self.kept.a, self.kept.beta, self.kept.k)
        values = [float(self.x[q]) for q in seen]
        x, squares, s = float(self.x[at]), sum(q ** 2 for q in values), self.s(at)
        y = x * s ** -beta
        across = tuple(self.kept.axes) == (1,)
        shown: list[Part] = []
        if across:
            shown = [Rows(["channel", "x"], [[q[1] for q in seen], values])]
        return Working(y, [*shown, Line(f"the squares of {len(seen)} "
                                        f"{'channels' if across else 'pixels'} add up to "
                                        f"{number(squares)}"),
                           Line(f"s = {number(k)} + {a:g} x {number(squares)} = {number(s)};  "
                                f"s^-{beta:g} = {number(s ** -beta)}")],
                       f"y = {number(x)} x {number(s ** -beta)} = {number(y)}", abs(y), (0, at))

    def gradient(self, number_: int, at: Index) -> Working:
        a, beta, x = self.kept.a, self.kept.beta, float(self.x[at])
        direct = float(self.dy[at]) * self.s(at) ** -beta
        others = self.around(at, mirrored=True)
        seen = np.array([float(self.dy[q]) * float(self.x[q]) * self.s(q) ** (-beta - 1)
                         for q in others])
        through = 2 * a * beta * x * float(seen.sum())
        parts: list[Part] = [Line(f"directly: dy s^-{beta:g} = {number(self.dy[at])} x "
                                  f"{number(self.s(at) ** -beta)} = {number(direct)}"),
                             Line(f"through the s of the {len(others)} outputs whose window it "
                                  f"lies in: 2 a beta x (sum of dy x s^-{beta + 1:g}) = "
                                  f"{number(2 * a * beta * x)} x {number(seen.sum())} = "
                                  f"{number(through)}")]
        dx = direct - through
        return Working(dx, parts, f"{number(direct)} - ({number(through)}) = {number(dx)}",
                       abs(direct) + abs(2 * a * beta * x) * float(np.abs(seen).sum()), (0, at))
