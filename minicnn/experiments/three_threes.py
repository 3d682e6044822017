"""Why three layers of 3x3 in the place of one of 7x7?

                three of 3x3                one of 7x7
    weights     3 (3 x 3 C) C = 27 C^2      7 x 7 C C = 49 C^2
    field       3 + 2 + 2 = 7               7
    ReLUs       3                           1

As much is seen with 45 % fewer weights, and multiplications, and with three bends in place of one.
The time on this machine is measured, too: it is no claim of the slides, and no verdict.

Slides: iitk, "Small convolution kernels"; memphis, "VGGNet"; stanford, "Why use smaller filters?".
Source: Simonyan and Zisserman 2015, section 2.3.
"""

import numpy as np

from minicnn.analysis.receptive_field import field_of, measured_field
from minicnn.analysis.summary import summary
from minicnn.autograd.tensor import Tensor
from minicnn.data.canvas import drawing
from minicnn.experiments.experiment import Exact, Experiment, Result, Settings
from minicnn.experiments.figures import Figure, bars, panels
from minicnn.experiments.sheets import forward_milliseconds
from minicnn.layers.activations import ReLU
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.module import Module

C, SIDE, BATCH = 64, 28, 4
KERNELS = {"three 3x3": (3, 3, 3), "5x5 and 3x3": (5, 3), "one 7x7": (7,)}


def layers(kernels: tuple[int, ...], channels: int = C) -> Module:
    parts: list[Module] = []
    for size in kernels:
        parts += [Conv2d(channels, channels, size, padding=size // 2, bias=False), ReLU()]
    return Sequential(*parts)


def run(settings: Settings) -> Result:
    rng = np.random.default_rng(settings.seeds[0])
    x = Tensor(rng.standard_normal((BATCH, C, SIDE, SIDE)).astype(np.float32))
    rounds = settings.pick(10, 50, 1)
    settings.note(maps=f"{C} of {SIDE}x{SIDE}", batch=BATCH)
    rows = []
    for name, kernels in KERNELS.items():
        net = layers(kernels)
        steps = list(net.named_parts())
        field = field_of(net, steps[-1][0], (C, SIDE, SIDE)).size[0]
        rows.append({"layers": name, "weights": net.num_parameters(),
                     "in C^2": net.num_parameters() // C ** 2, "field": field,
                     "ReLUs": sum(isinstance(part, ReLU) for _, part in steps),
                     "MACs": summary(net, (C, SIDE, SIDE)).macs,
                     "ms forward": forward_milliseconds(net, x, rounds)})
    small, _, large = rows
    with_gradient = seen(layers(KERNELS["three 3x3"], 8)), seen(layers(KERNELS["one 7x7"], 8))
    return Result(rows, draw(rows), (
        f"three 3x3 see {small['field']}x{small['field']} pixels, as one 7x7 does, with "
        f"{100 * (1 - small['weights'] / large['weights']):.0f} % fewer weights (the 7x7 has "
        f"{100 * (large['weights'] / small['weights'] - 1):.1f} % more) and {small['ReLUs']} ReLUs "
        f"for {large['ReLUs']}; a forward pass took {small['ms forward']:.1f} ms here, that of the "
        f"7x7 {large['ms forward']:.1f}."), [
        Exact("weights in C^2, of three 3x3 and one 7x7", (small["in C^2"], large["in C^2"]),
              (27, 49)),
        Exact("both see 7x7 pixels, counted", (small["field"], large["field"]), (7, 7)),
        Exact("and as the gradient says", with_gradient, (7, 7)),
        Exact("ReLUs", (small["ReLUs"], large["ReLUs"]), (3, 1))])


def seen(net: Module) -> int:
    """The side of the field, measured by the gradient."""
    return measured_field(net, list(net.named_parts())[-1][0], (8, 21, 21))[0]


@drawing()
def draw(rows: list[dict]) -> Figure:
    drawn, axes = panels(f"as much is seen: {C} maps of {SIDE}x{SIDE}, all three see 7x7 pixels", 3)
    drawn.set_size_inches(12.5, 4.2)
    for one, (what, text) in zip(axes, (("in C^2", "{:.0f} C²"), ("ReLUs", "{:.0f}"),
                                        ("ms forward", "{:.1f} ms")), strict=True):
        bars(one, {row["layers"]: [row[what]] for row in rows}, text=text, title={
            "in C^2": "weights", "ReLUs": "ReLUs", "ms forward": "time here, forward"}[what])
        one.margins(y=0.15)
    return Figure(drawn, "Bars for three 3x3, a 5x5 and a 3x3, and one 7x7: weights 27, 34 and 49 "
                  "C squared, ReLUs 3, 2 and 1, and the time of a forward pass.")


EXPERIMENT = Experiment(
    "three-threes", ("d14",), "Why three layers of 3x3 in the place of one of 7x7?",
    'iitk "Small convolution kernels"; memphis "VGGNet: ILSVRC 2014 2nd place"; stanford "Why use '
    'smaller filters?"', "Weights, field (counted and measured), ReLUs, time.", 1, 2, run,
    "27 C^2 against 49 C^2 weights, the same field, three ReLUs for one.", seeds=1, full_seeds=1)
