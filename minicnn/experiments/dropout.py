"""Does dropping help, and what?  Nothing, units or weights, in a network of two hidden layers.

    dropout         y = w (m x) / (1 - p)          m: a mask of the units, drawn for each picture
    DropConnect     y = ((M w) x) / (1 - p)        M: a mask of the weights, drawn for each batch

p = 1/2; dropout behind both hidden layers, DropConnect on the weights between them.  All three
start from the same weights and see the same digits in the same order; each is given two rates and
takes the better one, for what suits a whole network may be too high for one that is half dropped.
"""

import numpy as np

from minicnn.backend.seeds import manual_seed
from minicnn.data.canvas import drawing
from minicnn.experiments.experiment import Effect, Experiment, Result, Settings
from minicnn.experiments.figures import Figure, bars, panels
from minicnn.experiments.networks import Plan, learn
from minicnn.experiments.paired import differences, paired
from minicnn.experiments.pictures import chance, digits, some
from minicnn.layers.activations import ReLU
from minicnn.layers.containers import Sequential
from minicnn.layers.dropconnect import DropConnectLinear
from minicnn.layers.dropout import Dropout
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.module import Module

ARMS = ("none", "dropout", "DropConnect")
WIDTH = 400                            # units of a hidden layer
RATES = (0.01, 0.05)


def network(arm: str) -> Module:
    dropped = [Dropout(0.5)] if arm == "dropout" else []
    middle = DropConnectLinear if arm == "DropConnect" else Linear
    return Sequential(Flatten(), Linear(784, WIDTH), ReLU(), *dropped, middle(WIDTH, WIDTH), ReLU(),
                      *dropped, Linear(WIDTH, 10))


def measured(settings: Settings, seed: int) -> dict[tuple[int, str], dict[str, float]]:
    """{(digits, arm): {"error", "test_loss"}}"""
    train, test = digits(settings)
    sizes, epochs = settings.pick((300, 1000), (300, 1000, 5000), (40, 80)), \
        settings.pick(40, 80, 1)
    test = test[:settings.pick(2000, 10_000, 40)]
    settings.note(digits_learnt=sizes, epochs=epochs, rates=RATES, test=len(test))
    found = {}
    for size in sizes:
        for arm in ARMS:
            ends = []
            for rate in RATES:
                manual_seed(seed)
                ends.append(learn(settings, network(arm), Plan(epochs, rate, 32), seed,
                                  some(train, size, seed), test, f"{size} digits, {arm}")[-1])
            found[size, arm] = min(ends, key=lambda end: end["error"])
    return found


def run(settings: Settings) -> Result:
    found = paired(settings, lambda seed: measured(settings, seed))
    cells = list(found[0])
    errors = {cell: [each[cell]["error"] for each in found] for cell in cells}
    rows = [{"seed": seed, "digits": size, "dropped": arm, "test error %": each[size, arm]["error"],
             "test loss": each[size, arm]["test_loss"]}
            for seed, each in zip(settings.seeds, found, strict=False) for size, arm in cells]
    sizes = list(dict.fromkeys(size for size, _ in cells))
    effects = [Effect(f"{arm} lowers the test error, {size} digits",
                      differences(errors[size, arm], errors[size, "none"]), -1)
               for arm in ARMS[1:] for size in sizes]
    told = "; ".join(f"{size} digits: " + ", ".join(
        f"{arm} {np.mean(errors[size, arm]):.1f} %" for arm in ARMS) for size in sizes)
    return Result(rows, picture(errors, sizes, chance(digits(settings)[1])),
                  f"Test error with {told}.", effects)


@drawing()
def picture(errors: dict[tuple[int, str], list[float]], sizes: list[int], guess: float) -> Figure:
    drawn, axes = panels("Nothing dropped, units, or weights", len(sizes))
    for one, size in zip(axes, sizes, strict=True):
        bars(one, {arm: errors[size, arm] for arm in ARMS}, "test error in percent",
             f"{size:,} digits")
        one.set_ylim(0, 1.25 * max(max(errors[size, arm]) for arm in ARMS))
    return Figure(drawn, "Bars of the test error by what is dropped: " + "; ".join(
        f"{size} digits, {arm}: {np.mean(values):.1f} %" for (size, arm), values in errors.items())
        + f"; guessing {guess:.0f} %")


EXPERIMENT = Experiment(
    "dropout", ("d22",), "Does dropping units or weights help?",
    'unicamp "Dropout [Hinton et al., 2012] US. DropConnect [Wan et al., 2013]"; unicamp "AlexNet, '
    'Details"; virginia "AlexNet Architecture"; memphis "AlexNet: ILSVRC 2012 winner"; stanford '
    '"Details/Retrospectives"',
    "A network 784-400-400-10 learns few digits with dropout, with DropConnect and with neither.",
    quick_seconds=62, full_seconds=1500, run=run, full_seeds=5,
    expected="The lecture: both help.  Here dropout does with 300 digits, by a little, and does "
    "not with 1,000, for which 40 epochs are few; of DropConnect on one layer nothing shows.")
