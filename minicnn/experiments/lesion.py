"""What if one layer goes?  Each unit of a trained network is left out in turn, in the test.

    plain      ... f3(f2(f1(x)))     without f2: f3 reads what it has never seen
    residual   half of the paths lead around f2 anyway: these stay as they were

Nothing is trained again.  The networks are those of the experiment `depth`.
"""

import numpy as np

from minicnn.data.canvas import drawing
from minicnn.experiments.depth import network, pictures
from minicnn.experiments.experiment import Effect, Experiment, Result, Settings
from minicnn.experiments.figures import Figure, curves, labelled, level, panels
from minicnn.experiments.networks import error, prepared
from minicnn.experiments.paired import differences, paired
from minicnn.experiments.pictures import chance
from minicnn.experiments.units import chain_of

NETS = ("plain20", "residual20")


def lesioned(settings: Settings, seed: int) -> dict[str, list[float]]:
    """{network: [error of the whole, without unit 1, without unit 2, ...]} in percent."""
    train, test = pictures(settings, seed)
    x, found = prepared(train, test.images), {}
    for name in NETS:
        chain = chain_of(network(settings, name, seed).model)
        cuts = [(), *((n,) for n in range(len(chain.units)))]
        found[name] = [error(chain.scores(chain.without(cut), x), test.labels)
                       for cut in settings.watched(cuts, f"lesions of {name}")]
    return found


def run(settings: Settings) -> Result:
    found = paired(settings, lambda seed: lesioned(settings, seed))
    same = [n for n in range(9) if n not in (3, 6)]        # units 4 and 7 halve the map
    rises = {name: [float(np.mean([each[name][1 + n] for n in same])) - each[name][0]
                    for each in found] for name in NETS}
    rows = [{"seed": seed, "network": name, "without": "none" if n == 0 else f"unit {n}",
             "test error %": value}
            for seed, each in zip(settings.seeds, found, strict=False)
            for name in NETS for n, value in enumerate(each[name])]
    plain, residual = (float(np.mean(rises[name])) for name in NETS)
    return Result(
        rows, picture(found, chance(pictures(settings, 0)[1])),
        f"Leaving one unit out raises the test error by {plain:.1f} points in the plain network "
        f"and by {residual:.1f} in the residual one (mean over the units that leave the shape as "
        "it is).",
        [Effect("losing one unit costs the residual network less than the plain one",
                differences(rises["residual20"], rises["plain20"]), -1)])


@drawing()
def picture(found: list[dict[str, list[float]]], guess: float) -> Figure:
    drawn, (axes,) = panels("One unit of 20 layers left out in the test")
    units = range(1, len(found[0]["plain20"]))
    means = {name: np.mean([each[name] for each in found], axis=0) for name in NETS}
    curves(axes, list(units), {name.replace("20", ""): [each[name][1:] for each in found]
                               for name in NETS})
    for name in NETS:
        level(axes, means[name][0], f"{name.replace('20', '')}, whole")
    level(axes, guess, "guessing")
    labelled(axes, "the unit that is left out (4 and 7 halve the map)", "test error in percent")
    axes.set_ylim(0, 100)
    axes.set_xticks(list(units))
    return Figure(drawn, "Test error against the unit that is left out: " + "; ".join(
        f"{name}: whole {values[0]:.0f} %, without one {min(values[1:]):.0f} to "
        f"{max(values[1:]):.0f} %" for name, values in means.items()))


EXPERIMENT = Experiment(
    "lesion", ("d6",), "What if one layer of a trained network goes?",
    'iitk "Deleting a Layer"; memphis "Why do ResNets work?"',
    "Each of the nine units of plain and residual networks of 20 layers is replaced by the way "
    "around it, in the test only.",
    quick_seconds=86, full_seconds=35, shared_seconds=66, run=run,
    expected="The plain network falls to guessing whichever unit goes; the residual one loses a "
    "few points.")
