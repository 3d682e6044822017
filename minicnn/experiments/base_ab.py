"""Which layers are general?  The first n layers of one network, kept under new ones.

    base A learns the digits 0-4, base B learns 5-9, both the same network of five layers

    AnB     n layers of base A, frozen; the others learn 5-9 anew       transfer
    BnB     n layers of base B, frozen; the others learn 5-9 anew       a control: same digits
    AnB+    as AnB, but the n layers learn on                           fine-tuning

Where AnB rises with n, the layers have become special to 0-4; where BnB rises, layers had grown to
fit each other, and the new ones do not find that again.

Source: Yosinski et al. 2014, "How transferable are features in deep neural networks?"
"""

import numpy as np

from minicnn.backend.seeds import manual_seed
from minicnn.data.canvas import drawing
from minicnn.data.dataset import Dataset
from minicnn.experiments.experiment import Effect, Experiment, Result, Settings
from minicnn.experiments.figures import Figure, curves, panels
from minicnn.experiments.networks import Plan, learn, trained
from minicnn.experiments.paired import paired
from minicnn.experiments.pictures import digits, guessing, pooled, some, some_classes
from minicnn.layers.containers import Sequential
from minicnn.layers.freeze import freeze
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.module import Module
from minicnn.models.network import conv_unit

LAYERS = ("conv1", "conv2", "conv3", "conv4")              # and the last, which is always new
ARMS = ("BnB", "AnB", "AnB+")
Errors = dict[tuple[str, int], float]                      # {(arm, n): percent}


def five_layers() -> Module:
    """(N, 1, 14, 14) -> (N, 5)"""
    return Sequential(conv1=conv_unit(1, 16, 3), conv2=conv_unit(16, 16, 3), pool1=MaxPool2d(2),
                      conv3=conv_unit(16, 32, 3), conv4=conv_unit(32, 32, 3), pool2=MaxPool2d(2),
                      flatten=Flatten(), fc=Linear(32 * 3 * 3, 5))


def half(data: Dataset, count: int, first: int, seed: int) -> Dataset:
    """`count` pictures of five digits, of 14 x 14 pixels."""
    return pooled(some(some_classes(data, list(range(first, first + 5))), count, seed))


def measured(settings: Settings, seed: int) -> Errors:
    train, test = digits(settings)
    count, learns = settings.pick(1500, 10_000, 20), settings.pick(300, 1000, 10)
    tests, epochs = settings.pick(1000, 4000, 20), settings.pick(4, 6, 1)
    settings.note(images_of_the_bases=count, images_of_the_copies=learns, epochs=epochs,
                  test=tests, pixels="14x14")
    bases = {}
    for letter, first in {"A": 0, "B": 5}.items():
        net = trained(settings, f"base {letter}", Plan(epochs, 0.05, 32), seed, five_layers,
                               half(train, count, first, seed), half(test, tests, first, 0))
        bases[letter] = net.model.state_dict()
    settings.note(guessing=guessing(half(test, tests, 5, 0)))
    on_b, test_b = half(train, learns, 5, seed), half(test, tests, 5, 0)
    found = {}
    for n in range(len(LAYERS) + 1):
        for arm in ARMS if n else ARMS[:1]:
            manual_seed(seed + 1)                          # the new layers start from other weights
            model, kept = five_layers(), LAYERS[:n]
            model.load_state_dict({name: value for name, value in bases[arm[0]].items()
                                   if name.split(".")[0] in kept}, strict=False)
            if kept and not arm.endswith("+"):
                freeze(model, *kept)
            found[arm, n] = learn(settings, model, Plan(4 * epochs, 0.05, 32), seed, on_b, test_b,
                                  f"{arm}, n = {n}")[-1]["error"]
    return found | {(arm, 0): found["BnB", 0] for arm in ARMS}         # n = 0: nothing is copied


def run(settings: Settings) -> Result:
    found = paired(settings, lambda seed: measured(settings, seed))
    most = len(LAYERS)
    of = {cell: [each[cell] for each in found] for cell in found[0]}
    rows = [{"seed": seed, "arm": arm, "n": n, "test error %": each[arm, n]}
            for seed, each in zip(settings.seeds, found, strict=False)
            for arm in ARMS for n in range(most + 1)]
    told = "; ".join(f"{arm} " + ", ".join(f"{np.mean(of[arm, n]):.1f}" for n in range(most + 1))
                     for arm in ARMS)

    def against(one: tuple[str, int], other: tuple[str, int]) -> list[float]:
        return [a - b for a, b in zip(of[one], of[other], strict=True)]

    return Result(
        rows, picture(found), f"Test error on 5-9 with the first 0 to {most} layers copied, in "
        f"percent: {told}.  Guessing is 80 % wrong.",
        [Effect(f"later layers are less general: AnB is worse for n = {most} than for n = 1",
                against(("AnB", most), ("AnB", 1))),
         Effect(f"and not because they no longer fit each other: for n = {most} AnB is worse than "
                "BnB", against(("AnB", most), ("BnB", most))),
         Effect(f"fine-tuning mends it: for n = {most} AnB+ is better than AnB",
                against(("AnB+", most), ("AnB", most)), -1)])


@drawing()
def picture(found: list[Errors]) -> Figure:
    drawn, (axes,) = panels("The first n layers copied from base A, or from base B")
    counts = list(range(len(LAYERS) + 1))
    curves(axes, counts, {arm: [[each[arm, n] for n in counts] for each in found] for arm in ARMS},
           "n: layers that are copied", "test error on 5-9 in percent")
    axes.set_xticks(counts, ["0", *(f"{n}\n{layer}" for n, layer in enumerate(LAYERS, 1))])
    axes.set_ylim(bottom=0)
    return Figure(drawn, "Test error on the digits 5 to 9 against the number of copied layers, for "
                  "BnB, AnB and fine-tuned AnB+.")


EXPERIMENT = Experiment(
    "base-ab", ("d28",), "Which layers of a network are general?",
    'memphis "How it\'s implemented for ImageNet"',
    "Networks of five layers learn 0-4 (A) and 5-9 (B); the first n layers are copied, and the "
    "others learn 300 pictures of 5-9 anew.",
    quick_seconds=45, full_seconds=600, run=run, full_seeds=5,
    expected="AnB rises with n, BnB hardly does, and fine-tuning takes the rise away; on digits, "
    "which all are strokes, weakly.")
