"""What do networks of different kinds know together?  Trimps-Soushen's idea on three small ones.

LeNet-5, a convolutional network with two wide layers and a perceptron learn the same digits.  Their
answers are averaged, weighed, or their features put before one linear classifier.  Weights and
classifier are learnt on digits that none of the three has seen; so features of all three are held
against the features of one, which had these digits, too.
"""

import numpy as np

from minicnn.analysis.features import features
from minicnn.data.canvas import drawing
from minicnn.experiments.augment import lenet
from minicnn.experiments.ensemble import probabilities
from minicnn.experiments.experiment import Effect, Experiment, Result, Settings
from minicnn.experiments.figures import Figure, bars, panels
from minicnn.experiments.networks import Plan, Trained, error, prepared, scores, trained
from minicnn.experiments.paired import differences, paired
from minicnn.experiments.pictures import digits, some
from minicnn.layers.activations import ReLU
from minicnn.layers.containers import Sequential
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.module import Module
from minicnn.models.search.space import stacked
from minicnn.training.fusion import fit_fused, fit_weights, side_by_side, weighed


def wide() -> Module:
    return stacked((2, 2, 2, 1, 0, 0), 1, channels=1, side=32)


def perceptron() -> Module:
    return Sequential(flatten=Flatten(), hidden=Linear(1024, 200), relu=ReLU(),
                      scores=Linear(200, 10))


# How each is built, and where its features are read.
NETWORKS = {"LeNet-5": (lenet, "FC2_relu"), "two convolutions": (wide, "scores_flatten"),
            "perceptron": (perceptron, "relu")}
FUSIONS = ("mean", "weighed", "best features", "all features")


def errors(settings: Settings, seed: int) -> dict[str, float]:
    """Of each network and each fusion, on the test digits, in percent."""
    train, test = digits(settings, 32)
    count, held = settings.pick(300, 1000, 40), settings.pick(300, 1000, 40)
    epochs = settings.pick(30, 60, 1)
    drawn = some(train, count + held, seed)
    learnt, unseen = drawn[:count], drawn[count:]
    test = test[:settings.pick(2000, 10_000, 40)]
    settings.note(images=count, held_out=held, epochs=epochs, test=len(test))
    nets: dict[str, Trained] = {
        name: trained(settings, f"fusion {name}", Plan(epochs, 0.05, 32), seed, build, learnt, test)
        for name, (build, _) in NETWORKS.items()}
    seen = {part: prepared(learnt, data.images) for part, data in (("unseen", unseen),
                                                                   ("test", test))}
    z = {part: [scores(net.model, x) for net in nets.values()] for part, x in seen.items()}
    rows = {part: [features(nets[name].model, x, layer) for name, (_, layer) in NETWORKS.items()]
            for part, x in seen.items()}

    def by_features(chosen: slice) -> float:
        probe = fit_fused(rows["unseen"][chosen], unseen.labels, 10)
        return probe.error(side_by_side(rows["test"][chosen]), test.labels)

    mean = sum(probabilities(each) for each in z["test"])
    w = fit_weights(z["unseen"], unseen.labels)
    return {name: net.error for name, net in nets.items()} | {
        "mean": error(mean, test.labels),                              # type: ignore[arg-type]
        "weighed": error(weighed(z["test"], w), test.labels),
        "best features": min(by_features(slice(m, m + 1)) for m in range(len(NETWORKS))),
        "all features": by_features(slice(None))}


def run(settings: Settings) -> Result:
    found = paired(settings, lambda seed: errors(settings, seed))
    values = {name: [each[name] for each in found] for name in (*NETWORKS, *FUSIONS)}
    best = [min(each[name] for name in NETWORKS) for each in found]
    means = {name: float(np.mean(each)) for name, each in values.items()}
    return Result(
        [{"seed": seed, "what": name, "test error %": each[name]}
         for seed, each in zip(settings.seeds, found, strict=False) for name in each],
        picture(values),
        "Test errors: " + ", ".join(f"{name} {value:.1f} %" for name, value in means.items())
        + f"; the best network of each seed {np.mean(best):.1f} %.",
        [Effect("the mean of the answers has a lower error than the best network",
                differences(values["mean"], best), -1),
         Effect("their weighed sum has a lower error than the best network",
                differences(values["weighed"], best), -1),
         Effect("a classifier of all features has a lower error than of the best one's",
                differences(values["all features"], values["best features"]), -1)])


@drawing()
def picture(values: dict[str, list[float]]) -> Figure:
    drawn, (axes,) = panels("Three networks of different kinds, alone and together")
    bars(axes, values, "test error in percent")
    axes.tick_params(axis="x", labelsize=8)
    return Figure(drawn, "Bars, test errors: " + "; ".join(
        f"{name} {np.mean(each):.1f} %" for name, each in values.items()))


EXPERIMENT = Experiment(
    "fusion", ("x4",), "What do networks of different kinds know together?",
    'stanford "Good Practices for Deep Feature Fusion"',
    "LeNet-5, two wide convolutions and a perceptron learn 300 digits; their answers are averaged "
    "and weighed, their features classified, by what other digits tell.",
    quick_seconds=15, full_seconds=150, run=run,
    expected="The slide: 3.52 % for the best network of five, 2.92 % for all together.")
