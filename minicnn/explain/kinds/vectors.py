"""Vectors: their length; squash, which keeps it below 1; L2 norm, which makes it 1."""

import numpy as np

from minicnn.explain.explainer import Explainer, explains
from minicnn.explain.explanation import Line, Working, number
from minicnn.explain.record import Index
from minicnn.layers.capsule import LengthFn, SquashFn
from minicnn.layers.l2norm import L2NormFn


@explains(SquashFn)
class Squash(Explainer):
    def value(self, at: Index) -> Working:
        s, own = self.x[at[:-1]], float(self.x[at])
        n = float(np.sqrt((s * s).sum()))
        g = n / (1 + n * n)
        return Working(own * g, [Line(f"the vector of {len(s)} numbers has length |s| = "
                                      f"{number(n)}; |s| / (1 + |s|^2) = {number(g)}")],
                       f"s |s| / (1 + |s|^2) = {number(own)} x {number(g)} = {number(own * g)}",
                       abs(own * g), (0, at))

    def gradient(self, number_: int, at: Index) -> Working:
        s, dy, own = self.x[at[:-1]], self.dy[at[:-1]], float(self.x[at])
        n = float(np.sqrt((s * s).sum()))
        if n == 0:
            return Working(0.0, [], "the capsule is 0, and there its gradient is 0")
        g, slope = n / (1 + n * n), (1 - n * n) / (1 + n * n) ** 2 / n
        inner, direct = float((s * dy).sum()), g * float(self.dy[at])
        through = own * inner * slope
        return Working(direct + through, [
            Line(f"|s| = {number(n)}; g = |s| / (1 + |s|^2) = {number(g)}; s . dy = "
                 f"{number(inner)}; g' / |s| = {number(slope)}")],
            f"g dy + s (s . dy) g' / |s| = {number(direct)} + {number(through)} = "
            f"{number(direct + through)}",
            abs(direct) + abs(own * slope) * float(np.abs(s * dy).sum()), (0, at))


@explains(LengthFn)
class Length(Explainer):
    def value(self, at: Index) -> Working:
        v = self.x[at]
        squares = self.sum_of(v * v, lambda k: f"{self.named(0, (*at, k))}^2",
                              leads=lambda k: (0, (*at, k)), what="sum of squares")
        y = float(np.sqrt(squares.value))
        return Working(y, squares.parts, f"root of {number(squares.value)} = {number(y)}", y,
                       squares.leads)

    def gradient(self, number_: int, at: Index) -> Working:
        v, n = float(self.x[at]), float(np.sqrt((self.x[at[:-1]] ** 2).sum()))
        if n == 0:
            return Working(0.0, [], "the capsule is 0, and there its gradient is 0")
        dy = float(self.dy[at[:-1]])
        dx = dy * v / n
        return Working(dx, [], f"dy v / |v| = {number(dy)} x {number(v)} / {number(n)} = "
                       f"{number(dx)}", abs(dx), (0, at))


@explains(L2NormFn)
class UnitLength(Explainer):
    """The channels of a pixel are the vector."""

    def length(self, n: int, i: int, j: int) -> tuple[float, bool]:
        """What is divided by, and whether it is the length: else it is eps."""
        length = float(np.sqrt((self.x[n, :, i, j] ** 2).sum()))
        return max(length, self.kept.eps), length >= self.kept.eps

    def value(self, at: Index) -> Working:
        n, c, i, j = at
        (s, _), x, w = self.length(n, i, j), float(self.x[at]), float(self.inputs[1][c])
        y = w * x / s
        return Working(y, [Line(f"the {self.x.shape[1]} channels of this pixel have length "
                                f"{number(s)}")],
                       f"w x / length = {number(w)} x {number(x)} / {number(s)} = {number(y)}",
                       abs(y), (0, at))

    def gradient(self, number_: int, at: Index) -> Working:
        if number_ == 1:
            c = at[0]
            places = list(np.ndindex(self.x[:, c].shape))
            dy = np.array([self.dy[n, c, i, j] for n, i, j in places])
            x_hat = np.array([self.x[n, c, i, j] / self.length(n, i, j)[0] for n, i, j in places])
            return self.sum_of(dy * x_hat, lambda k: f"at {list(places[k])}   dy x x_hat", dy,
                               x_hat, what="sum over the places")
        n, c, i, j = at
        (s, moves), x, w = self.length(n, i, j), self.x[n, :, i, j], self.inputs[1]
        g = w * self.dy[n, :, i, j]
        along = float((g * x).sum()) / s if moves else 0.0
        bent = float(x[c]) / s * along
        dx = (float(g[c]) - bent) / s
        return Working(dx, [Line(f"g = w dy = {number(g[c])}; along the vector itself y does not "
                                 f"change, so that part goes: {number(bent)}")],
                       f"({number(g[c])} - ({number(bent)})) / {number(s)} = {number(dx)}",
                       (abs(float(g[c])) + float(np.abs(g).sum())) / s, (0, at))
