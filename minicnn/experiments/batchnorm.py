"""What does batch norm buy?  Six convolutions with and without it, by learning rate and by start.

    conv - norm - relu, six times, then the mean over places and a linear layer

One grid has rates from 0.01 to 3, the other starting weights scaled by 0.01 to 10.  A network has
learnt where its test error is below half of guessing.  In the end each norm is folded into its
convolution, which must leave the answers as they are.
"""

from math import log10

import numpy as np

from minicnn.backend.seeds import manual_seed
from minicnn.data.canvas import drawing
from minicnn.experiments.experiment import Effect, Exact, Experiment, Result, Settings
from minicnn.experiments.figures import Figure, curves, in_powers, level, panels
from minicnn.experiments.networks import Plan, learn, prepared, scores
from minicnn.experiments.paired import differences, paired
from minicnn.experiments.pictures import chance, digits, pooled, some
from minicnn.experiments.small_nets import Norm, six_convolutions
from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.fold import fold_all

ARMS: dict[str, Norm | None] = {"without": None, "with batch norm": BatchNorm2d}
GRIDS = {"rate": (0.01, 0.03, 0.1, 0.3, 1.0, 3.0), "start": (0.01, 0.1, 0.3, 1.0, 3.0, 10.0)}
RATE = 0.1                             # of the second grid
Cell = tuple[str, str, float]          # grid, arm, rate or start


def measured(settings: Settings, seed: int) -> tuple[dict[Cell, float], float]:
    """Test errors in percent; and how much folding changes the answers, as a share of them."""
    train, test = digits(settings)
    count, epochs = settings.pick(2000, 10_000, 32), settings.pick(3, 5, 1)
    train = pooled(some(train, count, seed))
    test = pooled(test[:settings.pick(1000, 5000, 20)])
    settings.note(images=count, epochs=epochs, test=len(test), pixels="14x14")
    found, change = {}, 0.0
    cells = [(grid, arm, value) for grid, values in GRIDS.items() for arm in ARMS
             for value in settings.pick(values, values, values[2:3])]
    for grid, arm, value in settings.watched(cells, "grids"):
        manual_seed(seed)
        model = six_convolutions(ARMS[arm])
        rate, start = (value, 1.0) if grid == "rate" else (RATE, value)
        for weight in model.parameters():
            if weight.ndim > 1:                            # of a convolution or a linear layer
                weight.data = start * weight.data
        history = learn(settings, model, Plan(epochs, rate, 32), seed, train, test)
        found[grid, arm, value] = history[-1]["error"]
        if (grid, arm, rate) == ("rate", "with batch norm", RATE):
            x = prepared(train, test.images)
            before, _ = scores(model, x), fold_all(model)                      # (N, 10)
            change = float(np.abs(scores(model, x) - before).max() / np.abs(before).max())
    return found, change


def run(settings: Settings) -> Result:
    both = paired(settings, lambda seed: measured(settings, seed))
    found, changes = [each for each, _ in both], [change for _, change in both]
    guess = chance(digits(settings)[1])
    rows = [{"seed": seed, "grid": grid, "network": arm, "value": value, "test error %": error}
            for seed, each in zip(settings.seeds, found, strict=False)
            for (grid, arm, value), error in each.items()]

    def learnt(each: dict[Cell, float], grid: str, arm: str) -> list[float]:
        return [value for (where, who, value), error in each.items()
                if (where, who) == (grid, arm) and error < guess / 2]

    without, norm = ARMS
    rates = {arm: [max(learnt(each, "rate", arm), default=0.001) for each in found]
             for arm in ARMS}                              # 0.001: not even the smallest
    best = {arm: [min(error for (grid, who, _), error in each.items()
                      if (grid, who) == ("rate", arm)) for each in found] for arm in ARMS}
    starts = {arm: [float(len(learnt(each, "start", arm))) for each in found] for arm in ARMS}
    return Result(
        rows, picture(found, guess),
        f"Largest rate that learns: {norm} {np.mean(rates[norm]):.2g}, {without} "
        f"{np.mean(rates[without]):.2g}.  Best error over the rates: {np.mean(best[norm]):.1f} "
        f"and {np.mean(best[without]):.1f} %.  Of {len(found[0]) // 4} starts "
        f"{np.mean(starts[norm]):.1f} and {np.mean(starts[without]):.1f} learn.  Guessing is "
        f"{guess:.0f} % wrong.",
        [Effect("batch norm allows higher rates", [
            log10(a / b) for a, b in zip(rates[norm], rates[without], strict=True)], 1,
            "powers of ten"),
         Effect("batch norm converges faster: a lower error after as many steps, each at its best "
                "rate", differences(best[norm], best[without]), -1),
         Effect("batch norm learns from more starts", differences(starts[norm], starts[without]), 1,
                "starts"),
         Exact("folded into the convolutions, the answers stay as they are, within 1 part in "
               "10,000", all(change < 1e-4 for change in changes), True)])


@drawing()
def picture(found: list[dict[Cell, float]], guess: float) -> Figure:
    drawn, axes = panels("Six convolutions with and without batch norm", 2, sharey=True)
    words = {"rate": "learning rate", "start": "starting weights, times"}
    for one, grid in zip(axes, GRIDS, strict=True):
        values = list(dict.fromkeys(value for where, _, value in found[0] if where == grid))
        curves(one, values, {arm: [[each[grid, arm, value] for value in values] for each in found]
                             for arm in ARMS}, words[grid], "test error in percent")
        one.set_ylim(0, 102)
        in_powers(one, values)
        level(one, guess, "guessing")
    return Figure(drawn, "Two panels of the test error with and without batch norm: by learning "
                  "rate, and by the scale of the starting weights.")


EXPERIMENT = Experiment(
    "batchnorm", ("d23",), "What does batch norm buy?", 'stanford "Batch Normalization"',
    "Networks of six convolutions learn digits with and without it, at six rates and from six "
    "scales of the starting weights.",
    quick_seconds=110, full_seconds=1100, run=run, full_seeds=5,
    expected="A wider range of rates, and of starts; a lower error after as many steps.")
