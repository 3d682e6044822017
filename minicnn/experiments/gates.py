"""Does squeeze-and-excitation reweight the maps, and does it help?

    s = sigmoid(w2 relu(w1 mean(x)))           one number from 0 to 1 for each map of each picture

The gates of a trained network are read for every test picture.  Do they tell classes apart?

    share = variance of the class means of s / variance of s             averaged over the maps

Hu et al. find gates that are the same for all classes in early units, and differ in late ones.

Slides: stanford, "Squeeze-and-Excitation Networks (SENet)" ("learns to adaptively reweight feature
maps").  Source: Hu et al. 2020, sections 3 and 7.2.
"""

import numpy as np

from minicnn.analysis.features import features_at
from minicnn.data.canvas import drawing
from minicnn.data.dataset import Dataset
from minicnn.experiments.experiment import Effect, Experiment, Result, Settings
from minicnn.experiments.figures import OWN, Figure, bars, labelled, panels
from minicnn.experiments.networks import Plan, Trained, prepared, trained
from minicnn.experiments.paired import differences, paired
from minicnn.experiments.pictures import digits, pooled, some
from minicnn.models.resnet_cifar import CifarResNet
from minicnn.models.senet import CifarSEResNet

DEPTH = 8
GATES = [f"stage{number}.0.body.se.weights.sigmoid" for number in (1, 2, 3)]
ARMS = {"without gates": lambda: CifarResNet(DEPTH, channels=1),
        "with gates": lambda: CifarSEResNet(DEPTH, channels=1, reduction=4)}


def pictures(settings: Settings, seed: int) -> tuple[Dataset, Dataset]:
    """Digits, 16x16."""
    train, test = digits(settings, 32)
    count, tests = settings.pick(1500, 10_000, 32), settings.pick(1000, 2000, 40)
    settings.note(images=count, test=tests, pixels="16x16", layers=DEPTH)
    return pooled(some(train, count, seed)), pooled(test[:tests])


def share_of_classes(s: np.ndarray, labels: np.ndarray) -> float:
    """In percent, of gates (N, C); a gate that never moves says nothing and is left out."""
    own = s[:, s.var(axis=0) > 1e-8]
    if not own.size:
        return 0.0
    within = sum(own[labels == c].var(axis=0) * (labels == c).sum() for c in np.unique(labels))
    return 100 * float((1 - within / len(labels) / own.var(axis=0)).mean())


def run(settings: Settings) -> Result:
    epochs = settings.pick(4, 12, 1)
    settings.note(epochs=epochs)

    def one_seed(seed: int) -> tuple[dict[str, Trained], list[np.ndarray], np.ndarray]:
        train, test = pictures(settings, seed)
        nets = {name: trained(settings, f"gates {name}", Plan(epochs, 0.1, warmup=20), seed, build,
                              train, test) for name, build in ARMS.items()}
        read = features_at(nets["with gates"].model, prepared(train, test.images), GATES)
        return nets, [read[path] for path in GATES], test.labels

    found = paired(settings, one_seed)
    errors = {name: [nets[name].error for nets, _, _ in found] for name in ARMS}
    shares = [[share_of_classes(s, labels) for s in gates] for _, gates, labels in found]
    rows = [{"seed": seed, "test error, without %": errors["without gates"][place],
             "with %": errors["with gates"][place],
             **{f"stage {number}: share of the class %": share
                for number, share in enumerate(shares[place], 1)}}
            for place, seed in enumerate(settings.seeds[:len(found)])]
    means = np.mean(shares, axis=0)
    return Result(rows, draw(found[0][1], found[0][2], errors), (
        f"of what the gates vary, the class of the digit explains {means[0]:.0f} % in the first "
        f"stage, {means[1]:.0f} % in the second and {means[2]:.0f} % in the last; test error "
        f"{np.mean(errors['without gates']):.1f} % without and {np.mean(errors['with gates']):.1f} "
        "% with gates."), [
        Effect("late gates tell classes apart more than early ones",
               [each[-1] - each[0] for each in shares]),
        Effect("gates lower the test error",
               differences(errors["with gates"], errors["without gates"]), -1)])


@drawing()
def draw(gates: list[np.ndarray], labels: np.ndarray, errors: dict[str, list[float]]) -> Figure:
    drawn, axes = panels("gates of squeeze-and-excitation, a line for each digit", 4)
    drawn.set_size_inches(14, 4)
    for number, (one, s) in enumerate(zip(axes, gates, strict=False), 1):
        means = np.array([s[labels == c].mean(axis=0) for c in np.unique(labels)])     # (10, C)
        order = np.argsort(means.mean(axis=0))
        for c, line in enumerate(means):
            one.plot(line[order], color=OWN[c % len(OWN)], linewidth=1, label=str(c))
        one.set_ylim(0, 1)
        labelled(one, f"{s.shape[1]} maps, by their mean gate", "gate", f"stage {number}")
    axes[0].legend(frameon=False, fontsize=8, ncols=2)
    bars(axes[-1], errors, "test error in percent", "error")
    return Figure(drawn, "Three panels of gates from 0 to 1, a line for each of ten digits, and "
                  "bars of the test error without and with gates.")


EXPERIMENT = Experiment(
    "gates", ("d40",), "Does squeeze-and-excitation reweight the maps?",
    'stanford "Squeeze-and-Excitation Networks (SENet)"',
    "Residual networks of 8 layers with and without gates learn digits; the gates are read.", 17,
    600, run, "Gates differ by class, in late units most; in a few epochs they raise the "
    "error, for they begin near a half.")
