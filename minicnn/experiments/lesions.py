"""And if several layers go?  k units of a trained residual network are left out, drawn at random.

An ensemble loses members one by one, and so its error should rise smoothly with k, not at once.
Only units that leave the shape as it is are drawn.  The networks are those of `depth`.
"""

import numpy as np

from minicnn.data.canvas import drawing
from minicnn.experiments.depth import network, pictures
from minicnn.experiments.experiment import Effect, Experiment, Result, Settings
from minicnn.experiments.figures import Figure, labelled, level, panels
from minicnn.experiments.networks import error, prepared
from minicnn.experiments.paired import paired
from minicnn.experiments.pictures import chance
from minicnn.experiments.units import chain_of


def lesioned(settings: Settings, seed: int) -> dict[int, list[float]]:
    """{k: the error of each draw, in percent}; k = 0 is the whole network."""
    train, test = pictures(settings, seed)
    test = test[:settings.pick(500, 2000, 20)]
    draws = settings.pick(10, 20, 2)
    settings.note(draws=draws, lesions_tested_on=len(test))
    x, rng = prepared(train, test.images), np.random.default_rng(seed)
    chain = chain_of(network(settings, "residual20", seed).model)
    same = chain.same_shape()
    found = {0: [error(chain.scores(chain.units, x), test.labels)]}
    for k in settings.watched(range(1, len(same) + 1), "lesions"):
        # All units in each draw where there is nothing to draw.
        cuts = [rng.permutation(same)[:k].tolist() for _ in range(draws if k < len(same) else 1)]
        found[k] = [error(chain.scores(chain.without(cut), x), test.labels) for cut in cuts]
    return found


def run(settings: Settings) -> Result:
    found = paired(settings, lambda seed: lesioned(settings, seed))
    means = [{k: float(np.mean(errors)) for k, errors in each.items()} for each in found]
    rows = [{"seed": seed, "k": k, "draws": len(errors), "test error %": float(np.mean(errors)),
             "least": min(errors), "most": max(errors)}
            for seed, each in zip(settings.seeds, found, strict=False)
            for k, errors in each.items()]
    most = max(found[0])
    told = ", ".join(f"{np.mean([each[k] for each in means]):.0f}" for k in found[0])
    return Result(
        rows, picture(found, chance(pictures(settings, 0)[1])),
        f"Without 0 to {most} units the residual network is wrong on {told} % of the test "
        "pictures.",
        [Effect("one unit less costs a part of what all cost, not all at once: the rise for k = 1 "
                f"is below a half of that for k = {most}",
                [each[1] - each[0] - (each[most] - each[0]) / 2 for each in means], -1),
         Effect(f"the error rises with k: {most // 2 + 1} units cost more than one",
                [each[most // 2 + 1] - each[1] for each in means])])


@drawing()
def picture(found: list[dict[int, list[float]]], guess: float) -> Figure:
    drawn, (axes,) = panels("k units of a residual network of 20 layers left out in the test")
    ks = list(found[0])
    pooled = [[value for each in found for value in each[k]] for k in ks]
    axes.boxplot(pooled, positions=ks, widths=0.5, medianprops={"color": "#1f5fa8", "linewidth": 2},
                 flierprops={"markersize": 3})
    axes.plot(ks, [np.mean(values) for values in pooled], "o-", color="#1f5fa8", markersize=4)
    level(axes, guess, "guessing")
    labelled(axes, "k: units left out", "test error in percent")
    axes.set_ylim(0, 100)
    return Figure(drawn, "Test error against the number of units left out: " + ", ".join(
        f"{k}: {np.mean(values):.0f} %" for k, values in zip(ks, pooled, strict=True)))


EXPERIMENT = Experiment(
    "lesions", ("d7",), "And what if several layers go?",
    'iitk "Deleting many Layers"; memphis "Why do ResNets work?"',
    "k of the seven units that leave the shape as it is are left out, drawn at random, in the test "
    "only.",
    quick_seconds=53, full_seconds=130, shared_seconds=33, run=run,
    expected="The error rises smoothly with k, and flattens from 3 of 7 units on.")
