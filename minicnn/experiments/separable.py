"""What does a depthwise separable convolution save?

    3x3 convolution        each of C outputs looks at 3x3 pixels of C maps       9 C^2 H W MACs
    depthwise              each map is filtered by itself                        9 C   H W
    pointwise, 1x1         and the maps are mixed, pixel by pixel                  C^2 H W
    saved                  9 C^2 / (9 C + C^2) = 9 C / (9 + C):  7.9 times for 64 maps

"Spatial and cross-channel patterns are modelled separately."  The MACs are counted; how much of the
saving a machine turns into time is measured: a depthwise convolution multiplies little for each
number that it fetches, so that memory, not arithmetic, sets its pace.

Slides: stanford, "MobileNets"; virginia, "Separate convolutional layers".  Source: Howard et al.
2017, section 3.1.
"""

from math import isclose

import numpy as np

from minicnn.analysis.summary import summary
from minicnn.autograd.tensor import Tensor
from minicnn.data.canvas import drawing
from minicnn.experiments.experiment import Exact, Experiment, Result, Settings
from minicnn.experiments.figures import Figure, curves, panels
from minicnn.experiments.sheets import forward_milliseconds
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d

SIDE, BATCH = 28, 4
MAPS = (16, 32, 64, 128, 256)


def run(settings: Settings) -> Result:
    rounds = settings.pick(5, 30, 1)
    settings.note(maps=f"{SIDE}x{SIDE}", batch=BATCH)
    rng = np.random.default_rng(settings.seeds[0])
    rows = []
    for C in MAPS:
        x = Tensor(rng.standard_normal((BATCH, C, SIDE, SIDE)).astype(np.float32))
        whole = Conv2d(C, C, 3, padding=1, bias=False)
        apart = Sequential(depthwise=Conv2d(C, C, 3, padding=1, groups=C, bias=False),
                           pointwise=Conv2d(C, C, 1, bias=False))
        macs = [summary(net, (C, SIDE, SIDE)).macs for net in (whole, apart)]
        times = [forward_milliseconds(net, x, rounds) for net in (whole, apart)]
        rows.append({"maps": C, "MACs": macs[0], "separable": macs[1],
                     "saved, counted": macs[0] / macs[1], "9C/(9+C)": 9 * C / (9 + C),
                     "ms": times[0], "ms separable": times[1], "saved, timed": times[0] / times[1]})
    middle = rows[MAPS.index(64)]
    per_value = [middle[name] // (64 * SIDE * SIDE) for name in ("MACs", "separable")]
    return Result(rows, draw(rows), (
        f"with 64 maps {middle['saved, counted']:.1f} times fewer MACs, and "
        f"{middle['saved, timed']:.1f} times less time on this machine; with 256 maps "
        f"{rows[-1]['saved, counted']:.1f} and {rows[-1]['saved, timed']:.1f}."), [
        Exact("MACs for each value, 64 maps: 9 C, and 9 + C apart", tuple(per_value),
              (9 * 64, 9 + 64)),
        Exact("saved is 9 C / (9 + C) for all numbers of maps",
              all(isclose(row["saved, counted"], row["9C/(9+C)"]) for row in rows), True)])


@drawing()
def draw(rows: list[dict]) -> Figure:
    drawn, (left, right) = panels("a 3x3 convolution, and the same done apart: depthwise, then 1x1",
                                  2)
    maps = [row["maps"] for row in rows]
    curves(left, maps, {"3x3, C to C": [[row["MACs"] / 1e6 for row in rows]],
                        "separable": [[row["separable"] / 1e6 for row in rows]]},
           "maps C", "million MACs", "work")
    curves(right, maps, {"counted: 9C/(9+C)": [[row["saved, counted"] for row in rows]],
                         "timed here": [[row["saved, timed"] for row in rows]]},
           "maps C", "times less", "saving")
    for axes in (left, right):
        axes.set_xscale("log", base=2)
        axes.set_xticks(maps, [str(C) for C in maps])
    left.set_yscale("log")
    left.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    right.set_ylim(bottom=0)
    return Figure(drawn, "Left: the work of both against the number of maps; right: the saving as "
                  "counted, which approaches 9, and as timed on this machine.")


EXPERIMENT = Experiment(
    "separable", ("d41",), "What does a depthwise separable convolution save?",
    'stanford "MobileNets: Efficient Convolutional Neural Networks"; virginia "Separate '
    'convolutional layers"', "MACs counted and a forward pass timed, for 16 to 256 maps.", 1, 4,
    run, "7.9 times fewer MACs with 64 maps; the time saved is a part of it, for memory sets "
    "the pace.", seeds=1, full_seeds=1)
