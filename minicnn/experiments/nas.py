"""Can a network design networks?  A controller against random search, and against evolution.

All look at the same number of networks of a space of 486, whose accuracies are known
(search_table.py).  Two things are asked: does the controller learn, so that the networks it writes
become better; and does it find a better one than chance does.
"""

import numpy as np

from minicnn.data.canvas import drawing
from minicnn.experiments.experiment import Effect, Experiment, Result, Settings
from minicnn.experiments.figures import Figure, curves, level, panels
from minicnn.experiments.paired import differences, paired
from minicnn.experiments.search_table import Table
from minicnn.models.search.searches import Trial, evolution, random_search, reinforce
from minicnn.models.search.space import said

SEARCHES = {"controller": reinforce, "evolution": evolution, "random": random_search}
WINDOW = 25                            # trials that are averaged

Curve = list[float]                    # of each trial, in percent


def recent(trials: list[Trial]) -> Curve:
    """Mean accuracy of the last WINDOW networks, after each trial."""
    values = [100 * trial.reward for trial in trials]
    return [float(np.mean(values[max(0, end - WINDOW):end])) for end in range(1, len(values) + 1)]


def best(trials: list[Trial]) -> Curve:
    """The best accuracy so far, after each trial."""
    return np.maximum.accumulate([100 * trial.reward for trial in trials]).tolist()


def run(settings: Settings) -> Result:
    table, trials = Table(settings), settings.pick(200, 200, 6)
    settings.note(trials=trials)
    table.whole()
    found = paired(settings, lambda seed: {name: search(table, trials, seed)
                                           for name, search in SEARCHES.items()})
    last = {name: [recent(each[name])[-1] for each in found] for name in SEARCHES}
    top = {name: [best(each[name])[-1] for each in found] for name in SEARCHES}
    rows = [{"seed": seed, "search": name, "after": after, "mean of the last 25 %":
             recent(each[name])[after - 1], "best so far %": best(each[name])[after - 1]}
            for seed, each in zip(settings.seeds, found, strict=False) for name in SEARCHES
            for after in sorted({min(after, trials) for after in (25, 50, 100, 200)})]
    everything = table.whole()
    winner = max(everything, key=lambda design: everything[design])
    return Result(
        rows, picture(found, 100 * everything[winner]),
        f"After {trials} networks the last {WINDOW} of the controller reach "
        f"{np.mean(last['controller']):.1f} %, of evolution {np.mean(last['evolution']):.1f} %, "
        f"drawn at random {np.mean(last['random']):.1f} %.  The best found: "
        f"{np.mean(top['controller']):.1f}, {np.mean(top['evolution']):.1f} and "
        f"{np.mean(top['random']):.1f} %; the best there is, {said(winner)}: "
        f"{100 * everything[winner]:.1f} %.",
        [Effect("the controller learns: its last networks are better than drawn ones",
                differences(last["controller"], last["random"])),
         Effect("its best network is better than the best of as many drawn ones",
                differences(top["controller"], top["random"]))])


@drawing()
def picture(found: list[dict[str, list[Trial]]], most: float) -> Figure:
    drawn, (left, right) = panels("A network that designs networks", 2)
    trials = list(range(1, len(found[0]["random"]) + 1))
    for axes, measure, title in ((left, recent, f"mean of the last {WINDOW} networks"),
                                 (right, best, "best so far")):
        curves(axes, trials, {name: [measure(each[name]) for each in found] for name in SEARCHES},
               "networks looked at", "accuracy in percent", title, marks=False)
        level(axes, most, "the best of all 486")
    ends = ", ".join(f"{name} {np.mean([best(each[name])[-1] for each in found]):.1f} %"
                     for name in SEARCHES)
    return Figure(drawn, "Accuracy over the networks looked at, of a controller, evolution and "
                  f"random search: the mean of the last {WINDOW}, and the best so far, in the end "
                  f"{ends}; the best of all 486 is {most:.1f} %.")


EXPERIMENT = Experiment(
    "nas", ("d35",), "Can a network design networks?",
    'stanford "Learning to search for network architectures"',
    "A controller (LSTM, REINFORCE, a moving average as baseline), ageing evolution and random "
    "search look at 200 of 486 small networks, all of which are trained once on 600 digits.",
    quick_seconds=45, full_seconds=75, run=run, seeds=5, full_seeds=20,
    expected="The controller learns to write good networks; random search finds one as good.")
