"""Network in Network or AlexNet?  1x1 convolutions and a global average for the large layers.

    AlexNet    convolutions, then two fully connected layers: nearly all of the weights
    NiN        two of 1x1 behind each; the last gives a map for each class, its mean the score

The slide: 60 million against 7.5 million weights, 40.7 against 39.2 % error.  The weights of the
published networks are counted; the small ones here have the same convolutions, and are trained.

Slides: memphis, "Advantages on NiN".  Source: Lin, Chen and Yan 2014, section 3.
"""

import numpy as np

from minicnn.data.canvas import drawing
from minicnn.experiments.arms import (
    Arm,
    Nets,
    costs,
    error_bars,
    learnt,
    lower,
    rows_of,
    said_of,
    usual,
)
from minicnn.experiments.experiment import Exact, Experiment, Result, Settings
from minicnn.experiments.figures import Figure, bars, panels
from minicnn.init import apply_init, he_normal, zeros
from minicnn.layers.activations import ReLU
from minicnn.layers.adaptive import GlobalAvgPool2d
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.dropout import Dropout
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.module import Module
from minicnn.models import build

CONVS = ((3, 32, 5), (32, 48, 5), (48, 64, 3))             # maps in, maps out, kernel


def stem(mixed: bool) -> list[Module]:
    """The convolutions; behind each, if `mixed`, two of 1x1; pooled between them."""
    parts: list[Module] = []
    for number, (C, F, size) in enumerate(CONVS):
        parts += [Conv2d(C, F, size, padding=size // 2), ReLU()]
        if mixed:
            last = 10 if number == len(CONVS) - 1 else F
            parts += [Conv2d(F, F, 1), ReLU(), Conv2d(F, last, 1)]
            parts += [ReLU()] if last == F else []
        parts += [MaxPool2d(2)] if number < len(CONVS) - 1 else []
    return parts


def alexnet() -> Module:
    D = CONVS[-1][1] * 4 * 4
    return apply_init(Sequential(
        *stem(False), Flatten(), Dropout(0.5), Linear(D, 512), ReLU(), Dropout(0.5),
        Linear(512, 512), ReLU(), Linear(512, 10)), he_normal(), zeros)


def network_in_network() -> Module:
    return apply_init(Sequential(*stem(True), GlobalAvgPool2d(), Flatten()), he_normal(), zeros)


ARMS = {"small AlexNet": Arm(alexnet), "small NiN": Arm(network_in_network)}


def run(settings: Settings) -> Result:
    nets = learnt(settings, "nin", ARMS, usual(settings, lr=0.02, decay=5e-4))
    large = {name: build(name).num_parameters() for name in ("alexnet", "nin")}
    small = [cost["parameters"] for cost in costs(ARMS).values()]
    alex, nin = ARMS
    return Result(rows_of(settings, nets, ARMS), draw(settings, nets, large, small), (
        f"the published networks have {large['alexnet']:,} and {large['nin']:,} weights, "
        f"{large['alexnet'] / large['nin']:.1f} times fewer; the small ones {small[0]:,} and "
        f"{small[1]:,}, {small[0] / small[1]:.1f} times.  Test error: {said_of(nets)}."), [
        Exact("weights of the published networks, in millions, rounded",
              [round(count / 1e6) for count in large.values()], [61, 8]),
        lower(nets, "NiN has the lower test error, with a fraction of the weights", nin, alex)])


@drawing()
def draw(settings: Settings, nets: Nets, large: dict[str, int], small: list[int]) -> Figure:
    drawn, (left, middle, right) = panels("AlexNet and Network in Network", 3)
    drawn.set_size_inches(12.5, 4.4)
    bars(left, {"AlexNet": [large["alexnet"] / 1e6], "NiN": [large["nin"] / 1e6]}, "million "
         "weights", "as published, for ImageNet")
    bars(middle, {name: [count / 1e3] for name, count in zip(ARMS, small, strict=True)},
         "thousand weights", "the small ones here", text="{:.0f}")
    error_bars(right, settings, nets)
    return Figure(drawn, f"Bars: weights as published, 61.0 and 7.6 million; of the small ones, "
                  f"{np.array(small).tolist()}; their test errors, {said_of(nets)}.")


EXPERIMENT = Experiment(
    "nin", ("d43",), "Network in Network or AlexNet?", 'memphis "Advantages on NiN"',
    "Weights counted; two small networks with the same convolutions learn photographs of 16x16 "
    "pixels.", 25, 1800, run, "8 times fewer weights; the error is close.")
