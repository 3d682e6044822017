"""How long are the paths through a residual network?

At each of N units a path goes through the unit or around it: 2^N paths, of which C(N, k) go through
k units.  They are counted here from the network itself, unit by unit:

    paths behind a unit = paths before it, and the same ones, one unit longer

ResNet-110 has N = 54: a path goes through 27 units on average, 98 % of them through 19 to 35.  That
is what paths there are; which of them carry the gradient is asked by path_gradients.py.

Slides: iitk, "Properties: Path lengths", "Exponential Multiplicity", "Deleting a Layer".  Source:
Veit, Wilber and Belongie 2016, section 5.1.
"""

from math import comb, sqrt

from minicnn.analysis.panels import OWN
from minicnn.analysis.pictures import GREY, INK
from minicnn.data.canvas import drawing
from minicnn.experiments.experiment import Exact, Experiment, Result, Settings
from minicnn.experiments.figures import Figure, labelled, panels
from minicnn.layers.module import Module
from minicnn.models import build
from minicnn.models.network import Residual

MOST = 19, 35                          # units, through which 98 % of ResNet-110's paths go


def lengths(model: Module, deleted: Module | None = None) -> list[int]:
    """How many paths go through 0, 1, 2, ... units; the deleted unit leaves the way around."""
    counts = [1]
    for part in model.modules():
        if isinstance(part, Residual) and part is not deleted:
            around, through = [*counts, 0], [0, *counts]
            counts = [a + b for a, b in zip(around, through, strict=True)]
    return counts


def mean_and_deviation(counts: list[int]) -> tuple[float, float]:
    """Of the number of units on a path."""
    total = sum(counts)
    mean = sum(k * count for k, count in enumerate(counts)) / total
    return mean, sqrt(sum((k - mean) ** 2 * count for k, count in enumerate(counts)) / total)


def run(settings: Settings) -> Result:
    model = build("resnet110")
    counts = lengths(model)
    N, total = len(counts) - 1, sum(counts)
    mean, deviation = mean_and_deviation(counts)
    share = sum(counts[MOST[0]:MOST[1] + 1]) / total
    unit = next(part for part in model.modules() if isinstance(part, Residual))
    left = lengths(model, unit)
    rows = [{"units": k, "paths": count, "share": count / total} for k, count in enumerate(counts)]
    return Result(rows, draw(counts, left), (
        f"ResNet-110 has {N} units and {total:,} paths; one goes through {mean:g} ± {deviation:.2f}"
        f" units, {100 * share:.1f} % through {MOST[0]} to {MOST[1]}; without one unit "
        f"{sum(left):,} are left."), [
        Exact("paths through 54 units", total, 2 ** 54),
        Exact("of each length k as many as C(54, k)",
              counts == [comb(N, k) for k in range(N + 1)], True),
        Exact("units on a path, on average", mean, 27.0),
        Exact("without one unit, half of the paths", sum(left), total // 2)])


@drawing()
def draw(counts: list[int], left: list[int]) -> Figure:
    total, k = sum(counts), range(len(counts))
    drawn, (axes,) = panels("ResNet-110: how many of its paths go through k of 54 units")
    colours = [OWN[0] if MOST[0] <= one <= MOST[1] else GREY for one in k]
    axes.bar(k, [count / total for count in counts], color=colours, width=0.8)
    axes.step([one + 0.5 for one in range(len(left))], [count / total for count in left],
              color=OWN[1], linewidth=1.6, label="without one unit: half of them")
    axes.annotate(f"98 % go through\n{MOST[0]} to {MOST[1]} units", (33, 0.05), xytext=(38, 0.07),
                  color=INK, fontsize=11, arrowprops={"arrowstyle": "-", "color": GREY})
    axes.legend(frameon=False, loc="upper left")
    labelled(axes, "units on the path", "share of the 2^54 paths")
    return Figure(drawn, "A bell of bars around 27 units, from about 15 to 39; a line of half its "
                  "height: the paths that are left without one unit.")


EXPERIMENT = Experiment(
    "paths", ("d10",), "How long are the paths through a residual network?",
    'iitk "Properties: Path lengths"; iitk "Exponential Multiplicity"; iitk "Deleting a Layer"',
    "The paths of ResNet-110 counted unit by unit, and those left without one.", 1, 1, run,
    "Binomial: 27 ± 3.67 of 54 units, 98.0 % through 19 to 35.", seeds=1, full_seeds=1)
