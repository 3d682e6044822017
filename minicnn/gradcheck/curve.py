"""The error of a numeric slope against its step h: a V, if the backward is right.

    numeric(h) = (L(q + h) - L(q - h)) / 2h

    left branch, large h     the third derivative's share, which falls as h^2: two decades a decade
    right branch, small h    rounding: L has 16 digits, the difference loses them, eps |L| / h
    in between, near 1e-5    the lowest point, 1e-10 or so

The line of a wrong backward is flat: its error does not go away, whatever h is.  That is what one
looks for, and why one h alone convinces nobody.
"""

from functools import partial
from typing import Any, NamedTuple

import numpy as np

from minicnn.autograd.tensor import Tensor
from minicnn.gradcheck.cases.case import Case
from minicnn.gradcheck.checker import as_it_was, scattered_parameters
from minicnn.layers.module import Module

STEPS = [10.0 ** (-k / 2) for k in range(2, 25)]           # 1e-1 to 1e-12


class Curve(NamedTuple):
    """place : which element, "input 0[1, 2]"; slope: what backward gives for it
    points : (h, error), the error as a share of the slope; 0 where the two agree to the last bit
    """

    place: str
    slope: float
    points: list[tuple[float, float]]

    @property
    def lowest(self) -> float:
        return min((error for _, error in self.points), default=float("nan"))


def curve_of(case: Case, seed: int = 0) -> Curve | None:
    """Of the element of the first input that has the largest gradient; None if all are 0."""
    rng, function = np.random.default_rng(seed), case.make()
    leaves = [Tensor(np.array(x), requires_grad=True) for x in case.inputs]
    with as_it_was(function):
        if isinstance(function, Module):
            function.to(dtype=np.float64)
            scattered_parameters(function, rng)
        return measured(partial(function, *leaves), leaves[0], rng)


def measured(run: Any, leaf: Tensor, rng: np.random.Generator) -> Curve | None:
    y = run()
    dy = rng.standard_normal(y.shape)
    if not y.requires_grad:
        return None
    y.backward(dy)
    if leaf.grad is None or not np.abs(leaf.grad).any():
        return None
    at = np.unravel_index(int(np.abs(leaf.grad).argmax()), leaf.shape)
    slope, start = float(leaf.grad[at]), leaf.data.copy()

    def loss(step: float) -> float:
        moved = start.copy()
        moved[at] += step
        leaf.data = moved
        return float((run().data * dy).sum())

    with np.errstate(all="ignore"):                        # a step of 0.1 may leave the domain
        points = [(h, abs((loss(h) - loss(-h)) / (2 * h) - slope) / abs(slope)) for h in STEPS]
    leaf.data = start
    return Curve(f"input 0[{', '.join(str(int(i)) for i in at)}]", slope,
                 [(h, error) for h, error in points if np.isfinite(error)])
