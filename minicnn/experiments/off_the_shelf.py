"""Are features reusable?  A linear classifier on what a network of photographs says to digits.

    digits -> residual network of `depth`, which has seen photographs alone -> 4 x 4 places of a
    stage, averaged -> linear classifier

beside the same classifier on the pixels, and on the answers of a network that has learnt nothing.
"""

import numpy as np

from minicnn.backend.seeds import manual_seed
from minicnn.data.canvas import drawing
from minicnn.experiments import depth
from minicnn.experiments.experiment import Effect, Experiment, Result, Settings
from minicnn.experiments.figures import Figure, curves, in_powers, panels
from minicnn.experiments.networks import prepared
from minicnn.experiments.paired import differences, paired
from minicnn.experiments.pictures import as_photographs, digits, some_of_each
from minicnn.training.features import dataset_features
from minicnn.training.probe import fit_probe

ARMS = ("pixels", "untrained features", "features")
LAYER, PLACES = "stage2", 4
Errors = dict[tuple[int, str], float]                      # {(digits of a class, arm): percent}


def measured(settings: Settings, seed: int) -> Errors:
    photographs, _ = depth.pictures(settings, seed)
    train, test = digits(settings)
    sizes, tests = settings.pick((2, 10, 50), (2, 10, 50, 250), (2,)), \
        settings.pick(1000, 5000, 40)
    settings.note(digits_tested=tests, layer=LAYER)
    learnt = as_photographs(some_of_each(train, max(sizes), seed))
    tested = as_photographs(test[:tests])
    manual_seed(seed)
    models = {"untrained features": depth.built("residual20").eval(),
              "features": depth.network(settings, "residual20", seed).model}

    def rows_of(images: np.ndarray, arm: str) -> np.ndarray:
        """(N, D)"""
        if arm == "pixels":
            return images[:, 0].reshape(len(images), -1).astype(np.float32) / 255
        return dataset_features(models[arm], images, lambda x: prepared(photographs, x),
                                {LAYER: PLACES})[LAYER]

    found = {}
    for arm in settings.watched(ARMS, "features"):
        x, x_test = rows_of(learnt.images, arm), rows_of(tested.images, arm)
        for size in sizes:
            n = size * len(learnt.classes)                 # the first n are `size` of each class
            probe = fit_probe(x[:n], learnt.labels[:n], len(learnt.classes))
            found[size, arm] = probe.error(x_test, tested.labels)
    return found


def run(settings: Settings) -> Result:
    found = paired(settings, lambda seed: measured(settings, seed))
    of = {cell: [each[cell] for each in found] for cell in found[0]}
    sizes = list(dict.fromkeys(size for size, _ in of))
    rows = [{"seed": seed, "of each digit": size, "arm": arm, "test error %": each[size, arm]}
            for seed, each in zip(settings.seeds, found, strict=False)
            for size in sizes for arm in ARMS]
    told = "; ".join(f"{size} of each: " + ", ".join(f"{arm} {np.mean(of[size, arm]):.1f} %"
                                                     for arm in ARMS) for size in sizes)
    effects = [Effect(f"{size} of each digit: features of photographs beat {other}",
                      differences(of[size, "features"], of[size, other]), -1)
               for size in sizes for other in ARMS[:2]]
    return Result(rows, picture(found, sizes), f"Linear classifiers of digits, {told}; guessing "
                  "90 %.", effects)


@drawing()
def picture(found: list[Errors], sizes: list[int]) -> Figure:
    drawn, (axes,) = panels("Digits by features of a network of photographs")
    curves(axes, sizes, {arm: [[each[size, arm] for size in sizes] for each in found]
                         for arm in ARMS}, "digits of each class to learn from",
           "test error in percent")
    axes.set_ylim(bottom=0)
    in_powers(axes, sizes)
    return Figure(drawn, "Test error of a linear classifier of digits on pixels, on features of an "
                  "untrained network and on features of a network of photographs, by the number of "
                  "examples.")


EXPERIMENT = Experiment(
    "off-the-shelf", ("d29",), "Are the features of one data set good for another?",
    'iitk "Generalization"; stanford "VGGNet, Details"',
    "A linear classifier learns digits from the features of a residual network of photographs, "
    "from those of an untrained one, and from pixels.",
    quick_seconds=40, full_seconds=60, shared_seconds=33, run=run,
    expected="Features of photographs beat pixels, and the features of an untrained network, for "
    "every number of examples that was tried.")
