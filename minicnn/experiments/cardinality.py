"""More groups for the same work: does cardinality help?

    unit with C paths of width d:    1x1, C d    3x3, C d, in C groups    1x1, 64
    cost, in MACs at a pixel         64 C d + 9 C d^2 + C d 64

The wider groups are, the fewer fit into the same cost: 1 x 16d, 2 x 10d, 4 x 6d and 16 x 2d cost
within 11 % of each other.  The paper finds that more, narrower groups are better.

Slides: stanford, "Aggregated Residual Transformations for Deep Neural Networks (ResNeXt)".  Source:
Xie et al. 2017, table 3.
"""

import numpy as np

from minicnn.data.canvas import drawing
from minicnn.experiments.arms import (
    Arm,
    Nets,
    costs,
    errors_of,
    learnt,
    lower,
    rows_of,
    said_of,
    usual,
)
from minicnn.experiments.experiment import Exact, Experiment, Result, Settings
from minicnn.experiments.figures import Figure, curves, labelled, panels
from minicnn.models.resnext import CifarResNeXt

PATHS = ((1, 16), (2, 10), (4, 6), (16, 2))                # C and d


def arm(cardinality: int, width: int) -> Arm:
    return Arm(lambda: CifarResNeXt(11, cardinality, width, base=16))


ARMS = {f"{C} x {d}d": arm(C, d) for C, d in PATHS}


def counted(cardinality: int, width: int) -> int:
    """MACs at a pixel of the second and third unit's shape: the formula above, for 64 channels."""
    D = cardinality * width
    return 64 * D + 9 * D * width + 64 * D


def run(settings: Settings) -> Result:
    nets = learnt(settings, "cardinality", ARMS, usual(settings, decay=5e-4))
    formula = [counted(*paths) for paths in PATHS]
    macs = [cost["MACs"] for cost in costs(ARMS).values()]
    first, last = list(ARMS)[0], list(ARMS)[-1]
    within = 100 * (max(macs) / min(macs) - 1)
    return Result(rows_of(settings, nets, ARMS), draw(nets, macs), (
        f"test error: {said_of(nets)}; the work of all is within {within:.0f} %."), [
        Exact("cost of a unit by the formula, at a pixel", formula, [4352, 4360, 4368, 4672]),
        lower(nets, f"{PATHS[-1][0]} groups have a lower error than one, for the same work", last,
              first)])


@drawing()
def draw(nets: Nets, macs: list[int]) -> Figure:
    drawn, (left, right) = panels("cardinality: more and narrower groups, for the same work", 2)
    groups, errors = [C for C, _ in PATHS], errors_of(nets)
    curves(left, groups, {"": [[each[name].error for name in ARMS] for each in nets]},
           "groups C", "test error in percent")
    curves(right, groups, {"": [[value / 1e6 for value in macs]]}, "groups C", "million MACs")
    right.set_ylim(bottom=0)
    for axes in (left, right):
        axes.set_xscale("log", base=2)
        axes.set_xticks(groups, list(ARMS))
        labelled(axes, "groups x width", axes.get_ylabel())
    return Figure(drawn, "Left: the test error against the number of groups, " + "; ".join(
        f"{name} {np.mean(values):.1f} %" for name, values in errors.items())
        + "; right: the work, nearly level.")


EXPERIMENT = Experiment(
    "cardinality", ("d39",), "More groups for the same work: does cardinality help?",
    'stanford "Aggregated Residual Transformations for Deep Neural Networks (ResNeXt)"',
    "Residual networks of 11 layers with 1 to 16 groups, on photographs of 16x16 pixels.", 90, 3000,
    run, "The costs agree; a gain in error is not expected at this size.")
