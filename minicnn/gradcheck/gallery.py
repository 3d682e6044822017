"""A gallery of mistakes: six backward passes as they are often written, and what gives each away.

None of them is used anywhere; the page of `python -m minicnn gradcheck --html` draws their curves
beside those of the right ones.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from minicnn.autograd.arithmetic import AddFn, MulFn
from minicnn.autograd.engine import Function
from minicnn.backend.windows import Window
from minicnn.gradcheck.cases.case import Case, apart, normal
from minicnn.layers.conv import Conv2dFn
from minicnn.layers.linear import LinearFn


class Slip(NamedTuple):
    """A mistake, as a case: what was forgotten, and how it shows."""

    case: Case
    how: str


class FactorForgotten(Function):
    """x^2, whose slope is 2 x."""

    def forward(self, x):
        self.x = x
        return x ** 2

    def backward(self, dy):
        return dy * self.x


class OneFactor(MulFn):
    """Of a product: each factor gets its own value, not the other's."""

    def backward(self, dy):
        return dy * self.a, dy * self.b


class Unturned(Conv2dFn):
    """dx with the filter as it is, not turned round."""

    def backward(self, dy):
        right, w = super().backward(dy), self.w
        self.w = w[..., ::-1]
        wrong = super().backward(dy)
        return wrong[0], right[1]


class VarianceForgotten(Function):
    """Batch norm of vectors, as if the standard deviation did not depend on x."""

    def forward(self, x):                                  # (N, C)
        self.s = np.sqrt(x.var(axis=0) + 1e-5)
        return (x - x.mean(axis=0)) / self.s

    def backward(self, dy):
        return (dy - dy.mean(axis=0)) / self.s


class MaskForgotten(Function):
    """ReLU that hands every gradient on."""

    def forward(self, x):
        return np.maximum(x, 0)

    def backward(self, dy):
        return dy


class TooSmall(LinearFn):
    """A hundredth of a percent off: no picture of a loss curve would show it."""

    def backward(self, dy):
        dx, *rest = super().backward(dy)
        return dx * 0.9999, *rest


def case(name: str, option: str, make: Callable[..., Any], *inputs: np.ndarray) -> Case:
    return Case(name, option, lambda: make, inputs)


SLIPS = [
    Slip(case("square", "the factor 2 forgotten", lambda x: FactorForgotten()(x), normal(3)),
         "half of what is due: the error is 1, whatever h is"),
    Slip(case("product", "each factor gets itself", lambda a, b: AddFn()(OneFactor()(a, b), a),
              normal(3), normal(3, seed=2)), "wrong where a and b differ"),
    Slip(case("convolution", "the filter not turned round", lambda x, w: Unturned(
        Window.of(3, padding=1))(x, w), normal(1, 1, 4, 4), normal(1, 1, 3, 3)),
        "right for filters that are symmetric, and only for them"),
    Slip(case("batch norm", "the variance forgotten", lambda x: VarianceForgotten()(x),
              normal(5, 2)), "with dy = 1 everywhere it would pass: dx is then 0 either way"),
    Slip(case("ReLU", "the mask forgotten", lambda x: MaskForgotten()(x) * x, -abs(apart(4))),
         "closed units get what they should not"),
    Slip(case("fully connected", "0.01 % too small", lambda x, w: TooSmall()(x, w), normal(2, 3),
              normal(4, 3, seed=2)), "far too little to be seen in training, and yet the V has a "
         "flat floor at 1e-4"),
]
