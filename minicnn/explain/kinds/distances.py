"""Distances: differences, squared, added up; the penalty on large weights; how much overlaps."""

import numpy as np

from minicnn.explain.explainer import Explainer, explains
from minicnn.explain.explanation import Line, Working, number, place
from minicnn.explain.record import Index
from minicnn.layers.rbf import RBFFn
from minicnn.losses.dice import DiceFn
from minicnn.losses.l2_penalty import L2PenaltyFn
from minicnn.losses.smooth_l1 import SmoothL1Fn
from minicnn.losses.squared_error import SquaredErrorFn


@explains(RBFFn)
class RadialBasis(Explainer):
    def value(self, at: Index) -> Working:
        n, d = at
        difference = self.x[n] - self.inputs[1][d]
        return self.sum_of(difference ** 2, lambda k: f"({self.named(0, (n, k))} - "
                           f"{self.named(1, (d, k))})^2", leads=lambda k: (0, (n, k)),
                           what=f"sum of {len(difference)} squared differences")

    def gradient(self, number_: int, at: Index) -> Working:
        x, w, dy = self.x, self.inputs[1], self.dy
        if number_ == 0:
            n, m = at
            difference = x[n, m] - w[:, m]
            return self.sum_of(2 * dy[n] * difference, lambda d: f"class {d}   2 x dy x difference",
                               np.full(len(w), 2.0), dy[n], difference,
                               what="sum over the classes")
        d, m = at
        difference = w[d, m] - x[:, m]
        return self.sum_of(2 * dy[:, d] * difference, lambda n: f"image {n}   2 x dy x difference",
                           np.full(len(x), 2.0), dy[:, d], difference, what="sum over the images")


@explains(SquaredErrorFn)
class SquaredError(Explainer):
    def divisor(self) -> int:
        return self.x.size if self.kept.reduction == "mean" else 1

    def value(self, at: Index) -> Working:
        a, b = self.inputs
        if self.kept.reduction == "none":
            y = float(a[at] - b[at]) ** 2
            return Working(y, [], f"({number(a[at])} - ({number(b[at])}))^2 = {number(y)}", y,
                           (0, at))
        places = [tuple(map(int, found)) for found in np.ndindex(a.shape)]
        inner = self.sum_of(((a - b) ** 2).reshape(-1), lambda k: f"({self.named(0, places[k])} - "
                            f"{self.named(1, places[k])})^2", leads=lambda k: (0, places[k]),
                            what=f"sum of {a.size} squares")
        y = inner.value / self.divisor()
        by = f" / {self.divisor()} = {number(y)}" if self.divisor() > 1 else ""
        return Working(y, inner.parts, f"{inner.result}{by}", inner.size / self.divisor(),
                       inner.leads)

    def gradient(self, number_: int, at: Index) -> Working:
        a, b = self.inputs
        own, other = (a, b) if number_ == 0 else (b, a)
        difference, dy = float(own[at] - other[at]), float(self.dy if self.dy.ndim == 0 else
                                                           self.dy[at])
        dx = 2 / self.divisor() * difference * dy
        by = f" / {self.divisor()}" if self.divisor() > 1 else ""
        return Working(dx, [], f"2 x difference{by} x dy = 2 x {number(difference)}{by} x "
                       f"{number(dy)} = {number(dx)}", abs(dx), (number_, at))


@explains(L2PenaltyFn)
class L2Penalty(Explainer):
    def value(self, at: Index) -> Working:
        sizes = [float((w ** 2).sum()) for w in self.inputs]
        inner = self.sum_of(sizes, lambda k: "sum of squares of "
                            f"{self.named(k, ()).partition('[')[0]}", what="squares")
        y = self.kept.strength / 2 * inner.value
        return Working(y, inner.parts, f"strength / 2 x squares = {number(self.kept.strength / 2)} "
                       f"x {number(inner.value)} = {number(y)}", abs(y))

    def gradient(self, number_: int, at: Index) -> Working:
        w, strength, dy = float(self.inputs[number_][at]), self.kept.strength, float(self.dy)
        dw = strength * dy * w
        return Working(dw, [], f"strength x dy x w{place(at)} = {number(strength)} x {number(dy)} "
                       f"x {number(w)} = {number(dw)}", abs(dw), (number_, at))


@explains(SmoothL1Fn)
class SmoothL1(Explainer):
    def value(self, at: Index) -> Working:
        d, beta = float(self.x[at] - self.inputs[1][at]), self.kept.beta
        if abs(d) < beta:
            y, how = d * d / (2 * beta), f"d^2 / (2 beta) = {number(d)}^2 / {number(2 * beta)}"
        else:
            y, how = abs(d) - beta / 2, f"|d| - beta / 2 = {number(abs(d))} - {number(beta / 2)}"
        return Working(y, [Line(f"d = {number(d)}, which is "
                                f"{'below' if abs(d) < beta else 'not below'} beta = "
                                f"{number(beta)}")], f"{how} = {number(y)}",
                       abs(d) + abs(y), (0, at))

    def gradient(self, number_: int, at: Index) -> Working:
        d, beta = float(self.x[at] - self.inputs[1][at]), self.kept.beta
        slope = d / beta if abs(d) < beta else float(np.sign(d))
        slope, dy = -slope if number_ else slope, float(self.dy[at])
        return Working(dy * slope, [Line(f"d = {number(d)}: the slope is {number(slope)}")],
                       f"dy x slope = {number(dy)} x {number(slope)} = {number(dy * slope)}",
                       abs(dy), (number_, at))


@explains(DiceFn)
class Dice(Explainer):
    def sums(self, c: int) -> tuple[float, float, float]:
        """sum p t, sum p and sum t of a class over all pixels of the batch."""
        p, t = self.x[:, c], np.asarray(self.kept.t)[:, c]
        return float((p * t).sum()), float(p.sum()), float(t.sum())

    def value(self, at: Index) -> Working:
        both, p, t = self.sums(at[0])
        a, b = 2 * both + self.kept.smooth, p + t + self.kept.smooth
        y = 1 - a / b
        return Working(y, [Line(f"class {at[0]}: sum p t = {number(both)}, sum p = {number(p)}, "
                                f"sum t = {number(t)}")],
                       f"1 - (2 sum p t + smooth) / (sum p + sum t + smooth) = 1 - {number(a)} / "
                       f"{number(b)} = {number(y)}", 1 + abs(a / b))

    def gradient(self, number_: int, at: Index) -> Working:
        both, p, t = self.sums(at[1])
        a, b = 2 * both + self.kept.smooth, p + t + self.kept.smooth
        own, dy = float(np.asarray(self.kept.t)[at]), float(self.dy[at[1]])
        dp = dy * (a - 2 * own * b) / b ** 2
        return Working(dp, [Line(f"a = {number(a)}, b = {number(b)}; t here is {number(own)}")],
                       f"dy (a - 2 t b) / b^2 = {number(dy)} x {number(a - 2 * own * b)} / "
                       f"{number(b ** 2)} = {number(dp)}", abs(dy) * (a + 2 * b) / b ** 2, (0, at))
