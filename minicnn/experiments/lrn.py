"""Does local response normalisation help?  None, across channels, within a channel.

    y = x / (k + a * sum of x^2 over a window)^beta

"Amplify the excited neuron while dampening the surrounding neurons": the window lies along the
channels at one pixel (AlexNet's, the slide's second approach) or is a square of one channel (the
first).  VGG's table has A and A-LRN: 29.6 and 29.7 % error, no better.

Slides: memphis, "Local Response Normalization (LRN)"; iitk, "Evaluations" (A against A-LRN).
Sources: Krizhevsky et al. 2012, section 3.3; Simonyan and Zisserman 2015, table 3.
"""

from collections.abc import Callable

from minicnn.data.canvas import drawing
from minicnn.experiments.arms import (
    Arm,
    Nets,
    error_bars,
    learnt,
    lower,
    rows_of,
    said_of,
    usual,
)
from minicnn.experiments.experiment import Experiment, Result, Settings
from minicnn.experiments.figures import Figure, curves, panels
from minicnn.init import apply_init, he_normal, zeros
from minicnn.layers.activations import ReLU
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.lrn import LocalResponseNorm, LocalResponseNormWithin
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.module import Module

# AlexNet's constants: k = 2, alpha = 1e-4 for each of the 5 values, beta = 0.75
NORMS: dict[str, Callable[[], list[Module]]] = {
    "none": lambda: [], "across": lambda: [LocalResponseNorm(5, 5e-4, k=2)],
    "within": lambda: [LocalResponseNormWithin(5, 25e-4, k=2)]}


def arm(norm: Callable[[], list[Module]]) -> Arm:
    def build() -> Module:
        """AlexNet's order: convolution, ReLU, norm, pooling."""
        return apply_init(Sequential(
            Conv2d(3, 32, 5, padding=2), ReLU(), *norm(), MaxPool2d(2),
            Conv2d(32, 48, 5, padding=2), ReLU(), *norm(), MaxPool2d(2),
            Flatten(), Linear(48 * 16, 10)), he_normal(), zeros)
    return Arm(build)


ARMS = {name: arm(norm) for name, norm in NORMS.items()}


def run(settings: Settings) -> Result:
    nets = learnt(settings, "lrn", ARMS, usual(settings, lr=0.02, decay=5e-4))
    return Result(rows_of(settings, nets, ARMS), draw(settings, nets), (
        f"test error: {said_of(nets)}."), [
        lower(nets, "LRN across channels lowers the test error (AlexNet says so, VGG not)",
              "across", "none"),
        lower(nets, "LRN within channels lowers the test error", "within", "none")])


@drawing()
def draw(settings: Settings, nets: Nets) -> Figure:
    drawn, (left, right) = panels("local response normalisation: none, across channels, within "
                                  "one", 2)
    epochs = [line["epoch"] for line in nets[0]["none"].history]
    curves(left, epochs, {name: [[line["loss"] for line in each[name].history] for each in nets]
                          for name in ARMS}, "epoch", "training loss")
    error_bars(right, settings, nets)
    return Figure(drawn, "Left: three training losses, close together; right: test errors, "
                  f"{said_of(nets)}.")


EXPERIMENT = Experiment(
    "lrn", ("d45",), "Does local response normalisation help?",
    'memphis "Local Response Normalization (LRN)"; iitk "Evaluations"',
    "A network in AlexNet's order learns photographs of 16x16 pixels without it and with both "
    "kinds.", 30, 1800, run, "AlexNet says so, VGG's A and A-LRN not; here it is at most a point.")
