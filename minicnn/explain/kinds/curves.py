"""Curves: one number in, one number out, by a formula; dx is dy times the slope."""

from abc import abstractmethod
from math import erf, exp, pi, sqrt, tanh

import numpy as np

from minicnn.autograd.activations import ReLUFn, SigmoidFn, TanhFn
from minicnn.autograd.arithmetic import AbsFn, NegFn, PowerFn
from minicnn.autograd.elementary import ClipFn, ExpFn, LogFn, SqrtFn
from minicnn.explain.explainer import Explainer, explains
from minicnn.explain.explanation import Line, Working, number
from minicnn.explain.record import Index
from minicnn.layers.activations import LeakyReLUFn, PReLUFn
from minicnn.layers.hardtanh import HardtanhFn
from minicnn.layers.smooth_activations import CUBE, ROOT, GELUFn, SiLUFn, TanhGELUFn

Step = tuple[float, str]               # a value, and how it comes about


class Curve(Explainer):
    """A subclass gives the curve and its slope at x, each with its arithmetic in words."""

    @abstractmethod
    def curve(self, x: float) -> Step:
        """y and its arithmetic."""

    @abstractmethod
    def slope(self, x: float) -> Step:
        """dy/dx and its arithmetic."""

    def value(self, at: Index) -> Working:
        x = float(self.x[at])
        y, how = self.curve(x)
        return Working(y, [Line(f"x = {self.named(0, at)} = {number(x)}")], f"{how} = {number(y)}",
                       abs(x) + abs(y), (0, at))

    def gradient(self, number_: int, at: Index) -> Working:
        x, dy = float(self.x[at]), float(self.dy[at])
        slope, how = self.slope(x)
        # What is stopped is stopped, however large: infinity * 0 would be NaN.
        dx = dy * slope if slope else 0.0
        where = Line(f"x = {self.named(0, at)} = {number(x)}: the slope there is {how}")
        return Working(dx, [where], f"dy x slope = {number(dy)} x {number(slope)} = {number(dx)}",
                       abs(dy) * max(abs(slope), 1.0), (0, at))


@explains(ReLUFn)
class ReLU(Curve):
    def curve(self, x: float) -> Step:
        return (x if x > 0 or x != x else 0.0), f"max({number(x)}, 0)"

    def slope(self, x: float) -> Step:
        return (0.0, "0: it is closed") if x <= 0 else (1.0, "1: x is above 0, it is open")


@explains(LeakyReLUFn)
class LeakyReLU(Curve):
    def curve(self, x: float) -> Step:
        a = self.kept.a
        return (x, number(x)) if x > 0 else (a * x, f"{number(a)} x {number(x)}")

    def slope(self, x: float) -> Step:
        return (1.0, "1: x is above 0") if x > 0 else (self.kept.a, f"{number(self.kept.a)}")


@explains(SigmoidFn)
class Sigmoid(Curve):
    def curve(self, x: float) -> Step:
        return sigmoid(x), f"1 / (1 + e^{number(-x)})"

    def slope(self, x: float) -> Step:
        y = sigmoid(x)
        return y * (1 - y), f"y (1 - y) = {number(y)} x {number(1 - y)} = {number(y * (1 - y))}"


def sigmoid(x: float) -> float:
    small = exp(-abs(x))
    return (small if x < 0 else 1.0) / (1 + small)


@explains(TanhFn)
class Tanh(Curve):
    def curve(self, x: float) -> Step:
        A, S = self.kept.A, self.kept.S
        y = A * tanh(S * x)
        return y, f"tanh({number(x)})" if A == S == 1 else \
            f"{number(A)} tanh({number(S)} x {number(x)})"

    def slope(self, x: float) -> Step:
        A, S = self.kept.A, self.kept.S
        y = A * tanh(S * x)
        slope = S * (A - y ** 2 / A)
        if A == S == 1:
            return slope, f"1 - y^2 = 1 - {number(y)}^2 = {number(slope)}"
        return slope, f"S (A - y^2 / A) = {number(S)} ({number(A)} - {number(y)}^2 / " \
                      f"{number(A)}) = {number(slope)}"


@explains(HardtanhFn, ClipFn)
class Limits(Curve):
    """Straight between two limits; on them the clip lets dy through, and hard tanh does not."""

    def curve(self, x: float) -> Step:
        low, high = self.kept.low, self.kept.high
        return (x if x != x else min(max(x, low), high),
                f"{number(x)}, no less than {number(low)} and no more than {number(high)},")

    def slope(self, x: float) -> Step:
        low, high = self.kept.low, self.kept.high
        inside = low < x < high or x != x
        if self.call.function is ClipFn:
            inside = low <= x <= high
        return (1.0, "1: x is between the limits") if inside else (0.0, "0: x is beyond a limit")


@explains(GELUFn)
class GELU(Curve):
    def curve(self, x: float) -> Step:
        phi = 0.5 * (1 + erf(x / sqrt(2)))
        return x * phi, f"x Phi(x) = {number(x)} x {number(phi)}"

    def slope(self, x: float) -> Step:
        phi, density = 0.5 * (1 + erf(x / sqrt(2))), exp(-0.5 * x * x) / sqrt(2 * pi)
        slope = phi + x * density
        return slope, f"Phi + x density = {number(phi)} + {number(x)} x {number(density)} = " \
                      f"{number(slope)}"


@explains(TanhGELUFn)
class TanhGELU(Curve):
    def curve(self, x: float) -> Step:
        t = tanh(ROOT * (x + CUBE * x ** 3))
        return x * (1 + t) / 2, f"t = {number(t)}; x (1 + t) / 2 = {number(x)} x " \
                                f"{number((1 + t) / 2)}"

    def slope(self, x: float) -> Step:
        t = tanh(ROOT * (x + CUBE * x ** 3))
        inner = ROOT * (1 + 3 * CUBE * x ** 2) * (1 - t * t)
        slope = (1 + t) / 2 + x / 2 * inner
        return slope, f"(1 + t) / 2 + x / 2 t' = {number((1 + t) / 2)} + {number(x / 2)} x " \
                      f"{number(inner)} = {number(slope)}"


@explains(SiLUFn)
class SiLU(Curve):
    def curve(self, x: float) -> Step:
        s = sigmoid(x)
        return x * s, f"x s(x) = {number(x)} x {number(s)}"

    def slope(self, x: float) -> Step:
        s = sigmoid(x)
        slope = s + x * s * (1 - s)
        return slope, f"s + x s (1 - s) = {number(s)} + {number(x)} x {number(s * (1 - s))} = " \
                      f"{number(slope)}"


@explains(ExpFn)
class Exponential(Curve):
    def curve(self, x: float) -> Step:
        return float(np.exp(x)), f"e^{number(x)}"

    def slope(self, x: float) -> Step:
        return float(np.exp(x)), f"e^{number(x)} = {number(np.exp(x))}"


@explains(LogFn)
class Logarithm(Curve):
    def curve(self, x: float) -> Step:
        return float(np.log(x)), f"log {number(x)}"

    def slope(self, x: float) -> Step:
        slope = float(np.divide(1.0, x))
        return slope, f"1 / x = {number(slope)}"


@explains(SqrtFn)
class Root(Curve):
    def curve(self, x: float) -> Step:
        return float(np.sqrt(x)), f"square root of {number(x)}"

    def slope(self, x: float) -> Step:
        slope = float(np.divide(0.5, np.sqrt(x)))
        return slope, f"1 / (2 y) = {number(slope)}"


@explains(AbsFn)
class Magnitude(Curve):
    def curve(self, x: float) -> Step:
        return abs(x), f"|{number(x)}|"

    def slope(self, x: float) -> Step:
        return float(np.sign(x)), f"{number(np.sign(x))}, the sign of x"


@explains(NegFn)
class Negative(Curve):
    def curve(self, x: float) -> Step:
        return -x, f"-({number(x)})"

    def slope(self, x: float) -> Step:
        return -1.0, "-1"


@explains(PowerFn)
class Power(Curve):
    def curve(self, x: float) -> Step:
        return float(np.float64(x) ** self.kept.exponent), f"{number(x)}^{self.kept.exponent:g}"

    def slope(self, x: float) -> Step:
        p = self.kept.exponent
        slope = float(p * np.float64(x) ** (p - 1)) if p else 0.0
        return slope, f"{p:g} x^{p - 1:g} = {number(slope)}"


@explains(PReLUFn)
class PReLU(Explainer):
    def a(self, at: Index) -> tuple[float, Index]:
        """The slope that belongs to a place of x, and its own place."""
        a = self.inputs[1]
        channel = at[1] if a.size > 1 and len(at) > 1 else at[0] if a.size > 1 else 0
        return float(a.reshape(-1)[channel]), (channel,)

    def value(self, at: Index) -> Working:
        x, (a, _) = float(self.x[at]), self.a(at)
        y, how = (x, number(x)) if x > 0 else (a * x, f"a x = {number(a)} x {number(x)}")
        return Working(y, [Line(f"x = {self.named(0, at)} = {number(x)}")], f"{how} = {number(y)}",
                       abs(y), (0, at))

    def gradient(self, number_: int, at: Index) -> Working:
        if number_ == 0:
            x, dy, (a, _) = float(self.x[at]), float(self.dy[at]), self.a(at)
            slope = 1.0 if x > 0 else a
            return Working(dy * slope, [Line(f"x = {number(x)}: the slope is {number(slope)}")],
                           f"dy x slope = {number(dy)} x {number(slope)} = {number(dy * slope)}",
                           abs(dy * slope), (0, at))
        own = [place for place in np.ndindex(self.x.shape)
               if self.a(place)[1] == at and self.x[place] <= 0]
        xs, dys = (np.array([q[place] for place in own]) for q in (self.x, self.dy))
        before = Line(f"a is the slope where x is not above 0: at {len(own)} places")
        return self.sum_of(dys * xs, lambda k: f"dy x {self.named(0, own[k])}", dys, xs,
                           before=[before], leads=lambda k: (0, own[k]),
                           what="sum over these places")
