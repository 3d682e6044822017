"""And in another order?  Units of a trained residual network change places, in the test.

Kendall's tau says how much of the order is left, of n units and their n (n - 1) / 2 pairs:

    tau = (pairs in the old order - pairs in the other) / all pairs          1: nothing moved

Only units of one stage, which have one shape, change places.  The networks are those of `depth`.
"""

from itertools import combinations

import numpy as np

from minicnn.analysis.panels import OWN
from minicnn.data.canvas import drawing
from minicnn.experiments.depth import network, pictures
from minicnn.experiments.experiment import Effect, Experiment, Result, Settings
from minicnn.experiments.figures import MARKS, Figure, labelled, level, panels
from minicnn.experiments.networks import error, prepared
from minicnn.experiments.paired import paired
from minicnn.experiments.pictures import chance
from minicnn.experiments.units import Chain, chain_of

Point = tuple[float, float]            # (tau, error in percent)


def tau(order: list[int]) -> float:
    """Kendall's, of an order of 0 ... n - 1.

    >>> tau([0, 1, 2, 3]), tau([1, 0, 2, 3]), tau([3, 2, 1, 0])
    (1.0, 0.6666666666666666, -1.0)
    """
    signs = [1 if a < b else -1 for a, b in combinations(order, 2)]
    return sum(signs) / len(signs)


def moved(chain: Chain, swaps: int, rng: np.random.Generator) -> list[int]:
    """The order after so many swaps of two units of one shape."""
    order, same = list(range(len(chain.units))), chain.same_shape()
    stages = [[n for n in same if chain.units[n].body.conv1.in_channels == C]   # type: ignore
              for C in sorted({chain.units[n].body.conv1.in_channels            # type: ignore
                               for n in same})]
    stages = [stage for stage in stages if len(stage) > 1]
    for _ in range(swaps):
        a, b = rng.permutation(stages[rng.integers(len(stages))])[:2]
        order[a], order[b] = order[b], order[a]
    return order


def reordered(settings: Settings, seed: int) -> list[Point]:
    train, test = pictures(settings, seed)
    test = test[:settings.pick(500, 2000, 20)]
    draws = settings.pick(8, 30, 2)
    settings.note(orders_tested_on=len(test))
    x, rng = prepared(train, test.images), np.random.default_rng(seed)
    chain = chain_of(network(settings, "residual20", seed).model)
    orders = {tuple(range(len(chain.units)))} | {
        tuple(moved(chain, swaps, rng)) for swaps in (1, 2, 3, 4) for _ in range(draws)}
    return [(tau(list(order)), error(chain.scores([chain.units[n] for n in order], x), test.labels))
            for order in settings.watched(sorted(orders), "orders")]


def run(settings: Settings) -> Result:
    found = paired(settings, lambda seed: reordered(settings, seed))
    slopes, whole, moved_errors = [], [], []
    for points in found:
        t, e = np.array(points).T                                      # (orders,)
        slopes.append(float(np.polyfit(1 - t, e, 1)[0]))
        whole.append(float(e[t == 1][0]))
        moved_errors.append(float(e[t < 1].mean()))
    rows = [{"seed": seed, "Kendall's tau": t, "test error %": e}
            for seed, points in zip(settings.seeds, found, strict=False) for t, e in points]
    guess = chance(pictures(settings, 0)[1])
    return Result(
        rows, picture(found, guess),
        f"In its own order the network is wrong on {np.mean(whole):.0f} % of the test pictures, "
        f"reordered on {np.mean(moved_errors):.0f} % on average (guessing {guess:.0f} %); a tau "
        f"lower by 0.1 costs {np.mean(slopes) / 10:.1f} points.",
        [Effect("the error rises as Kendall's tau falls", slopes, 1, "points for tau 1 lower"),
         Effect("reordered, the network still does better than guessing",
                [e - guess for e in moved_errors], -1)])


@drawing()
def picture(found: list[list[Point]], guess: float) -> Figure:
    drawn, (axes,) = panels("Units of a residual network of 20 layers in another order")
    for number, points in enumerate(found):
        axes.plot(*zip(*points, strict=True), MARKS[number % len(MARKS)], alpha=0.7, markersize=5,
                  color=OWN[number % len(OWN)], label=f"seed {number}")
    axes.legend(frameon=False, loc="lower left")
    level(axes, guess, "guessing")
    labelled(axes, "Kendall's tau of the order (1: as trained)", "test error in percent")
    axes.set_ylim(0, 100)
    axes.invert_xaxis()
    return Figure(drawn, f"Test error against Kendall's tau of {sum(map(len, found))} orders of "
                  "the units, from 1, as trained, downwards.")


EXPERIMENT = Experiment(
    "reorder", ("d8",), "And what if layers change places?",
    'iitk "Reordering Layers"; memphis "Why do ResNets work?"',
    "One to four swaps of units of the same shape, in the test only; the error against Kendall's "
    "tau.",
    quick_seconds=41, full_seconds=250, shared_seconds=33, run=run,
    expected="The error rises smoothly as less of the order is left.")
