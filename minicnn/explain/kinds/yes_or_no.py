"""Yes or no: the cost of one score by itself, plain or turned down where the answer is easy."""

from math import exp, log1p

import numpy as np

from minicnn.explain.explainer import Explainer, explains, wherever
from minicnn.explain.explanation import Line, Working, number
from minicnn.explain.kinds.curves import sigmoid
from minicnn.explain.record import Index
from minicnn.losses.binary_cross_entropy import BinaryCrossEntropyFn
from minicnn.losses.focal import FocalFn


def softplus(z: float) -> float:
    """log(1 + e^z), without overflow."""
    return max(z, 0.0) + log1p(exp(-abs(z)))


class YesOrNo(Explainer):
    def setting(self, q: object, at: Index) -> float:
        """The number of a setting, an array that broadcasts, that belongs to z[at]; None is 1."""
        array = np.asarray(1.0 if q is None else q)
        return float(array[wherever(array.shape, self.x.shape, at)])


@explains(BinaryCrossEntropyFn)
class BinaryCrossEntropy(YesOrNo):
    def value(self, at: Index) -> Working:
        z, t, weight, q = float(self.x[at]), *(self.setting(setting, at) for setting in (
            self.kept.t, self.kept.weight, self.kept.q))
        if weight == 0:
            return Working(0.0, [], "its weight is 0: it counts for nothing, 0")
        cost = softplus(-z)
        y = weight * ((1 - t) * z + (1 + (q - 1) * t) * cost)
        plain = weight == q == 1
        weights = "" if plain else f"; weight {number(weight)}, of a yes {number(q)}"
        return Working(y, [Line(f"score {number(z)}, target {number(t)}; p = 1 / (1 + e^-z) = "
                                f"{number(sigmoid(z))}{weights}"),
                           Line(f"log(1 + e^-z) = {number(cost)}")],
                       f"(1 - t) z + {number(1 + (q - 1) * t)} log(1 + e^-z) = "
                       f"{number((1 - t) * z)} + {number((1 + (q - 1) * t) * cost)}"
                       f"{f', times {number(weight)},' if weight != 1 else ''} = {number(y)}",
                       abs(weight) * (abs(z) + cost * (1 + abs(q))), (0, at))

    def gradient(self, number_: int, at: Index) -> Working:
        z, t, weight, q = float(self.x[at]), *(self.setting(setting, at) for setting in (
            self.kept.t, self.kept.weight, self.kept.q))
        if weight == 0:
            return Working(0.0, [], "its weight is 0: no gradient, 0")
        p, dy = sigmoid(z), float(self.dy[at])
        slope = weight * ((1 - t) * p - q * t * (1 - p))
        how = f"p - t = {number(p)} - {number(t)}" if weight == q == 1 else \
            f"weight ((1 - t) p - q t (1 - p)) = {number(slope)}"
        return Working(dy * slope, [Line(f"the slope is {how}")],
                       f"dy x slope = {number(dy)} x {number(slope)} = {number(dy * slope)}",
                       abs(dy * weight) * (1 + abs(q)), (0, at))


@explains(FocalFn)
class Focal(YesOrNo):
    def parts(self, at: Index) -> tuple[float, float, float, list]:
        """a, 1 - p_t, -log p_t, and the line that says them."""
        sign, a = self.setting(self.kept.sign, at), self.setting(self.kept.a, at)
        s = sign * float(self.x[at])
        miss, cost = sigmoid(-s), softplus(-s)
        said = f"score {number(self.x[at])}, target {int(sign > 0)}: 1 - p_t = {number(miss)}, " \
               f"-log p_t = {number(cost)}, a = {number(a)}"
        return a, miss, cost, [Line(said)]

    def value(self, at: Index) -> Working:
        a, miss, cost, said = self.parts(at)
        eased = miss ** self.kept.gamma
        y = a * eased * cost
        return Working(y, said, f"a (1 - p_t)^{self.kept.gamma:g} (-log p_t) = {number(a)} x "
                       f"{number(eased)} x {number(cost)} = {number(y)}", abs(y), (0, at))

    def gradient(self, number_: int, at: Index) -> Working:
        (a, miss, cost, said), gamma = self.parts(at), self.kept.gamma
        ds = -a * miss ** gamma * (gamma * (1 - miss) * cost + miss)
        slope, dy = ds * self.setting(self.kept.sign, at), float(self.dy[at])
        return Working(dy * slope, [*said, Line(
            f"slope: a (1 - p_t)^{gamma:g} ({gamma:g} p_t log p_t + p_t - 1), with the sign of the "
            f"target, = {number(slope)}")],
            f"dy x slope = {number(dy)} x {number(slope)} = {number(dy * slope)}",
            abs(dy * slope), (0, at))
