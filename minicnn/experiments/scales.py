"""Which sizes to train and to test at?  VGG's table 3, at a sixteenth of its sizes.

    VGG: smallest side of an image      training S    test Q        here, of a photograph
                                        256           256           16        16
                                        384           384           24        24
                                        [256; 512]    384           [16; 32]  24

[16; 32]: another side for each batch.  A network that ends in a mean over places reads any of them.
"""

import numpy as np

from minicnn.backend.seeds import manual_seed
from minicnn.data.canvas import drawing
from minicnn.data.dataset import Dataset
from minicnn.experiments.experiment import Effect, Experiment, Result, Settings
from minicnn.experiments.figures import Figure, curves, level, panels
from minicnn.experiments.networks import Plan, error, learn, prepared, scores
from minicnn.experiments.paired import paired
from minicnn.experiments.pictures import chance, photos, some
from minicnn.models.resnet_cifar import CifarResNet
from minicnn.training.transforms import resize

ARMS = {"S = 16": (16, None), "S = 24": (24, None), "S in [16; 32]": (32, (16, 32))}
SIDES = (12, 16, 20, 24, 32)           # to test at


def resized(data: Dataset, side: int) -> Dataset:
    return data.replace(images=resize(data.images, (side, side)))


def measured(settings: Settings, seed: int) -> dict[tuple[str, int], float]:
    """{(arm, Q): test error in percent}"""
    train, test = photos(settings)
    count, epochs = settings.pick(1500, 10_000, 32), settings.pick(4, 12, 1)
    train, test = some(train, count, seed), test[:settings.pick(1000, 2000, 40)]
    settings.note(images=count, epochs=epochs, test=len(test), network="residual, 8 layers")
    found = {}
    for arm, (side, sides) in ARMS.items():
        manual_seed(seed)
        model, learnt = CifarResNet(8, classes=len(train.classes)), resized(train, side)
        learn(settings, model, Plan(epochs, 0.1, flip=True, sides=sides), seed, learnt,
              resized(test, 24), arm)
        for Q in SIDES:
            x = prepared(learnt, resized(test, Q).images)
            found[arm, Q] = error(scores(model, x), test.labels)
    return found


def run(settings: Settings) -> Result:
    found = paired(settings, lambda seed: measured(settings, seed))
    rows = [{"seed": seed, "training": arm, "test side": Q, "test error %": value}
            for seed, each in zip(settings.seeds, found, strict=False)
            for (arm, Q), value in each.items()]
    small, large, jitter = ARMS
    means = {cell: float(np.mean([each[cell] for each in found])) for cell in found[0]}
    best = {arm: min(SIDES, key=lambda Q: means[arm, Q]) for arm in ARMS}
    return Result(
        rows, picture(found, chance(photos(settings)[1])),
        f"Test error as in the table: {small} at 16 {means[small, 16]:.1f} %, {large} at 24 "
        f"{means[large, 24]:.1f} %, {jitter} at 24 {means[jitter, 24]:.1f} %.  Best test side: "
        + ", ".join(f"{arm}: {side}" for arm, side in best.items()) + ".",
        [Effect("larger images lower the error: S = Q = 24 against S = Q = 16",
                [each[large, 24] - each[small, 16] for each in found], -1),
         Effect("sides that vary in training lower the error at Q = 24",
                [each[jitter, 24] - each[large, 24] for each in found], -1)])


@drawing()
def picture(found: list[dict[tuple[str, int], float]], guess: float) -> Figure:
    drawn, (axes,) = panels("Trained at S, tested at Q")
    curves(axes, list(SIDES), {arm: [[each[arm, Q] for Q in SIDES] for each in found]
                               for arm in ARMS}, "Q: side of the test images in pixels",
           "test error in percent")
    level(axes, guess, "guessing")
    axes.set_xticks(SIDES)
    return Figure(drawn, "Test error against the side of the test images, for networks trained at "
                  "16, at 24 and at sides from 16 to 32: each is lowest near the sides that it was "
                  "trained at.")


EXPERIMENT = Experiment(
    "scales", ("d42",), "Which sizes to train and to test at?", 'iitk "Evaluations" (table 3)',
    "A residual network of 8 layers learns photographs at one size, at another, and at sizes that "
    "vary; it is tested at five.",
    quick_seconds=70, full_seconds=1800, run=run,
    expected="Larger images and varying sizes lower the error in VGG's table, by 0.2 and 1.2 "
    "points; so small a gain is lost between a laptop's seeds.")
