"""Which norm for which batch?  Batch, group, layer and instance norm, with 2 to 32 pictures a step.

    x_hat = (x - mu) / sqrt(var + eps)     mean and variance over       statistics of
    batch norm                             the batch and all places     N H W values
    layer norm                             all channels and places      C H W
    instance norm                          the places of one channel    H W
    group norm                             those of C/4 channels        C/4 H W

Only batch norm's depend on how many pictures there are.  All take as many steps, on the same
digits; the rate is in proportion to the batch.
"""

from functools import partial

import numpy as np

from minicnn.backend.seeds import manual_seed
from minicnn.data.canvas import drawing
from minicnn.experiments.experiment import Effect, Experiment, Result, Settings
from minicnn.experiments.figures import Figure, curves, in_powers, level, panels
from minicnn.experiments.networks import Plan, learn
from minicnn.experiments.paired import differences, paired
from minicnn.experiments.pictures import chance, digits, pooled, some
from minicnn.experiments.small_nets import Norm, six_convolutions
from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.groupnorm import GroupNorm, InstanceNorm2d

NORMS: dict[str, Norm] = {
    "batch norm": BatchNorm2d, "group norm": partial(GroupNorm, 4),
    "layer norm": partial(GroupNorm, 1), "instance norm": InstanceNorm2d}
RATE = 0.1                             # for 32 pictures
Errors = dict[tuple[str, int], float]  # {(norm, batch): percent}


def measured(settings: Settings, seed: int) -> Errors:
    train, test = digits(settings)
    batches = settings.pick((2, 4, 8, 16, 32), (2, 4, 8, 16, 32, 64), (2, 4))
    steps = settings.pick(600, 2400, 4)
    count = settings.pick(1200, 4800, 8)
    test = pooled(test[:settings.pick(1000, 5000, 40)])
    train = pooled(some(train, count, seed))
    settings.note(images=count, steps=steps, test=len(test), pixels="14x14",
                  rate=f"{RATE} x batch / 32")
    found = {}
    for name in settings.watched(NORMS, "norms"):
        for batch in batches:
            manual_seed(seed)
            plan = Plan(max(steps * batch // count, 1), RATE * batch / 32, batch)
            found[name, batch] = learn(settings, six_convolutions(NORMS[name]), plan, seed, train,
                                       test, f"{name}, batch {batch}")[-1]["error"]
    return found


def run(settings: Settings) -> Result:
    found = paired(settings, lambda seed: measured(settings, seed))
    batches = list(dict.fromkeys(batch for _, batch in found[0]))
    few, many = batches[0], batches[-1]
    of = {cell: [each[cell] for each in found] for cell in found[0]}
    gap = {batch: differences(of["batch norm", batch], of["group norm", batch])
           for batch in batches}
    rows = [{"seed": seed, "norm": name, "batch": batch, "test error %": each[name, batch]}
            for seed, each in zip(settings.seeds, found, strict=False) for name, batch in each]
    told = "; ".join(f"batch {batch}: " + ", ".join(
        f"{name} {np.mean(of[name, batch]):.1f} %" for name in NORMS) for batch in (few, many))
    return Result(
        rows, picture(found, batches, chance(digits(settings)[1])), f"Test error with {told}.",
        [Effect(f"with {few} pictures a step batch norm does worse than group norm", gap[few]),
         Effect(f"batch norm loses against group norm as the batch shrinks from {many} to {few}",
                differences(gap[few], gap[many]))])


@drawing()
def picture(found: list[Errors], batches: list[int], guess: float) -> Figure:
    drawn, (left, right) = panels("Four norms by the size of the batch, as many steps each", 2)
    curves(left, batches, {name: [[each[name, batch] for batch in batches] for each in found]
                           for name in NORMS}, "pictures in a batch", "test error in percent")
    level(left, guess, "guessing")
    left.set_ylim(bottom=0)
    curves(right, batches, {"": [[each["batch norm", batch] - each["group norm", batch]
                                  for batch in batches] for each in found]},
           "pictures in a batch", "points", "batch norm minus group norm")
    level(right, 0, "no difference")
    for axes in (left, right):
        in_powers(axes, batches)
    means = {cell: np.mean([each[cell] for each in found]) for cell in found[0]}
    return Figure(drawn, "Test error of batch, group, layer and instance norm by batch size, and "
                  "the difference of the first two: " + ", ".join(
                      f"{means['batch norm', batch] - means['group norm', batch]:+.1f} for {batch}"
                      for batch in batches))


EXPERIMENT = Experiment(
    "norms", ("d24",), "Which norm for which size of the batch?",
    'stanford "Comparison of Normalization Layers"; stanford "Group Normalization"',
    "Six convolutions with each of four norms take as many steps with 2, 4, 8 ... digits each.",
    quick_seconds=180, full_seconds=2500, run=run, full_seeds=5,
    expected="The lecture: batch norm loses against group norm as the batch shrinks.  In 600 steps "
    "of seed 0 batch norm was ahead at every size, for it learns faster.")
