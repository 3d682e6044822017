"""Why are there 1x1 convolutions in an Inception module?

    naive      1x1, 128   3x3, 192   5x5, 96   and the input itself, pooled      256 maps become 672
    reduced    1x1, 128   1x1, 64 > 3x3, 192   1x1, 64 > 5x5, 96   pooled > 1x1, 64           480

The naive module keeps all of its input's maps and adds 416: stacked, it grows without end, and the
work of its 5x5 with it.  A 1x1 in front of the 3x3 and the 5x5 ("bottleneck") makes their input
narrow, one behind the pooling bounds the depth.

Slides: virginia, unicamp and stanford, "Naive Inception module" (854M operations), "Inception
module with dimension reduction" (358M; it is 271M).  Source: Szegedy et al. 2015, section 4.
"""

from math import prod

import numpy as np

from minicnn.analysis.summary import summary
from minicnn.autograd.tensor import Tensor
from minicnn.data.canvas import drawing
from minicnn.experiments.experiment import Exact, Experiment, Result, Settings
from minicnn.experiments.figures import Figure, bars, curves, panels
from minicnn.experiments.sheets import forward_milliseconds
from minicnn.layers.module import Module
from minicnn.models.googlenet import inception, naive_inception

MAPS, SIDE = 256, 28
MODULES = {"naive": lambda C: naive_inception(C, 128, 192, 96),
           "reduced": lambda C: inception(C, 128, 64, 192, 64, 96, 64)}


def run(settings: Settings) -> Result:
    count, rounds = settings.pick(4, 8, 2), settings.pick(3, 10, 1)
    settings.note(input=f"{MAPS}x{SIDE}x{SIDE}", stacked=count)
    rng = np.random.default_rng(settings.seeds[0])
    rows = []
    for name, build in MODULES.items():
        maps = MAPS
        for number in range(1, count + 1):
            module: Module = build(maps)
            shape = module.shape((maps, SIDE, SIDE))
            x = Tensor(rng.standard_normal((1, maps, SIDE, SIDE)).astype(np.float32))
            rows.append({"module": name, "number": number, "maps in": maps, "maps out": shape[0],
                         "values out": prod(shape), "weights": module.num_parameters(),
                         "MACs": summary(module, (maps, SIDE, SIDE)).macs,
                         "ms": forward_milliseconds(module, x, rounds)})
            maps = shape[0]
    naive, reduced = ([row for row in rows if row["module"] == name] for name in MODULES)
    depths = [row["maps out"] for row in naive]
    return Result(rows, draw(naive, reduced), (
        f"naive: {naive[0]['MACs'] / 1e6:.0f} million MACs and {depths[0]} maps; with 1x1 "
        f"bottlenecks {reduced[0]['MACs'] / 1e6:.0f} million and {reduced[0]['maps out']} "
        f"({naive[0]['ms']:.0f} and {reduced[0]['ms']:.0f} ms here).  Stacked {count} times the "
        f"naive one has {depths[-1]} maps, the reduced one still {reduced[-1]['maps out']}, for "
        f"{naive[-1]['MACs'] / reduced[-1]['MACs']:.1f} times the work."), [
        Exact("naive: MACs", naive[0]["MACs"], 854_196_224),
        Exact("reduced: MACs (the slides' 358M counts the 3x3 twice)", reduced[0]["MACs"],
              271_351_808),
        Exact("maps of one module, naive and reduced", (depths[0], reduced[0]["maps out"]),
              (672, 480)),
        Exact("stacked, naive grows by 416 maps a module, reduced stays",
              ({after - before for before, after in zip(depths, depths[1:], strict=False)},
               {row["maps out"] for row in reduced}), ({416}, {480}))])


@drawing()
def draw(naive: list[dict], reduced: list[dict]) -> Figure:
    drawn, (left, middle, right) = panels(
        f"Inception on {MAPS} maps of {SIDE}x{SIDE}, with and without 1x1 bottlenecks", 3)
    drawn.set_size_inches(12.5, 4.2)
    numbers = [0, *(row["number"] for row in naive)]
    both = {"naive": naive, "reduced": reduced}
    curves(left, numbers, {name: [[MAPS, *(row["maps out"] for row in rows)]]
                           for name, rows in both.items()}, "modules stacked", "maps", "depth")
    curves(middle, numbers[1:], {name: [[row["MACs"] / 1e6 for row in rows]]
                                 for name, rows in both.items()},
           "module", "million MACs", "work of each module")
    bars(right, {name: [rows[0]["ms"]] for name, rows in both.items()},
         title="time of the first, here", text="{:.0f} ms")
    for axes in (left, middle):
        axes.set_ylim(bottom=0)
        axes.set_xticks(numbers)
    return Figure(drawn, "Left: the naive module's maps grow by 416 a module, the reduced one's "
                  "stay at 480; middle: the work of each; right: the time of the first.")


EXPERIMENT = Experiment(
    "inception", ("d15",), "Why are there 1x1 convolutions in an Inception module?",
    'virginia "Naive Inception"; unicamp "GoogLeNet"; stanford "Naive Inception module"',
    "The slides' two modules counted, timed and stacked.", 3, 20, run,
    "854 million MACs against 271 (the slides' 358 counts the 3x3 twice); 672 maps against 480.",
    seeds=1, full_seeds=1)
