"""How many networks?  Probabilities of k networks averaged; and of ten crops of one picture.

    p(class | x) = 1/k sum_m p_m(class | x)

The k networks have learnt the same 300 digits, from other starting weights and in another order.
The error for k is the mean over all choices of k.  Ten crops, the corners, the middle and their
mirror images, are tried on photographs, with a network that has learnt from crops and mirror images
as AlexNet has.
"""

from itertools import combinations

import numpy as np

from minicnn.data.augment import ten_crop
from minicnn.data.canvas import drawing
from minicnn.data.normalise import pad
from minicnn.experiments import augment, depth
from minicnn.experiments.experiment import Effect, Experiment, Result, Settings
from minicnn.experiments.figures import Figure, bars, curves, panels
from minicnn.experiments.networks import Plan, error, prepared, scores, trained
from minicnn.experiments.paired import differences, paired
from minicnn.experiments.pictures import digits, some
from minicnn.models.resnet_cifar import CifarResNet

BORDER = 2                             # pixels around a photograph, so that crops differ
MEMBER = 1000                          # between the seeds of two members


def probabilities(y: np.ndarray) -> np.ndarray:
    """Softmax of scores (N, classes)."""
    y = np.exp(y - y.max(axis=1, keepdims=True))
    return y / y.sum(axis=1, keepdims=True)


def by_count(settings: Settings, seed: int) -> list[float]:
    """[error of k networks, for k = 1 ... members] in percent, the mean over all choices."""
    train, test = digits(settings, 32)
    members, count = settings.pick(5, 7, 2), settings.pick(300, 300, 40)
    epochs = settings.pick(40, 80, 1)
    test = test[:settings.pick(2000, 10_000, 40)]
    settings.note(members=members, digits_learnt=count, epochs_of_digits=epochs,
                  digits_tested=len(test))
    learnt = some(train, count, seed)
    x, found = prepared(learnt, test.images), []
    for member in range(members):
        net = trained(settings, "lenet as they are", Plan(epochs, 0.05, 32), seed + MEMBER * member,
                      augment.lenet, learnt, test)
        found.append(probabilities(scores(net.model, x)))              # (N, 10)
    return [float(np.mean([error(sum(chosen), test.labels)             # type: ignore[arg-type]
                           for chosen in combinations(found, k)]))
            for k in range(1, members + 1)]


def crops(settings: Settings, seed: int) -> tuple[float, float]:
    """Errors of one view of each photograph, and of ten averaged, in percent."""
    train, test = depth.pictures(settings, seed)
    epochs = settings.pick(6, 20, 1)
    settings.note(epochs_of_photographs=epochs)
    net = trained(settings, "crops", Plan(epochs, shift=BORDER, flip=True), seed,
                  lambda: CifarResNet(8), train, test)
    views = ten_crop(pad(test.images, BORDER), (16, 16))               # (10, N, C, 16, 16)
    ten = sum(probabilities(scores(net.model, prepared(train, view))) for view in views)
    one = scores(net.model, prepared(train, test.images))
    return error(one, test.labels), error(ten, test.labels)            # type: ignore[arg-type]


def run(settings: Settings) -> Result:
    found = paired(settings, lambda seed: (by_count(settings, seed), crops(settings, seed)))
    counts, views = [each for each, _ in found], [each for _, each in found]
    rows = [{"seed": seed, "what": f"{k + 1} networks", "test error %": value}
            for seed, each in zip(settings.seeds, counts, strict=False)
            for k, value in enumerate(each)]
    rows += [{"seed": seed, "what": what, "test error %": value}
             for seed, each in zip(settings.seeds, views, strict=False)
             for what, value in zip(("one crop", "ten crops"), each, strict=True)]
    means = np.mean(counts, axis=0)
    one, ten = np.mean(views, axis=0)
    return Result(
        rows, picture(counts, views),
        f"1 to {len(means)} networks are wrong on {', '.join(f'{value:.1f}' for value in means)} % "
        f"of the test digits.  One crop of a photograph: {one:.1f} %, ten: {ten:.1f} %.",
        [Effect(f"{len(means)} networks have a lower error than one",
                [each[-1] - each[0] for each in counts], -1),
         Effect("ten crops have a lower error than one",
                differences([b for _, b in views], [a for a, _ in views]), -1)])


@drawing()
def picture(counts: list[list[float]], views: list[tuple[float, float]]) -> Figure:
    drawn, (left, right) = panels("More networks, more crops", 2)
    ks = list(range(1, len(counts[0]) + 1))
    curves(left, ks, {"": counts}, "networks averaged", "test error in percent", "digits")
    left.set_ylim(bottom=0)
    left.set_xticks(ks)
    bars(right, {"one crop": [a for a, _ in views], "ten crops": [b for _, b in views]},
         "test error in percent", "photographs")
    means = ", ".join(f"{value:.1f}" for value in np.mean(counts, axis=0))
    return Figure(drawn, f"Test error of 1 to {len(ks)} networks averaged: {means} %; and of one "
                  "crop beside ten.")


EXPERIMENT = Experiment(
    "ensemble", ("d32",), "How many networks, how many crops?",
    'unicamp "AlexNet, Details"; stanford "Good Practices for Deep Feature '
    'Fusion"; iitk "Comparisons - Ensemble"',
    "Five LeNets from other starts are averaged, all choices of k of them; so are the answers to "
    "ten crops of a photograph.",
    quick_seconds=45, full_seconds=300, run=run,
    expected="The first networks that are added help most; ten crops do little for small networks.")
