"""Does a network learn from pictures without labels?  JEPA on digits, and its collapse.

A linear classifier reads the features of the encoder that has learnt to foresee what is hidden, of
the same encoder as it was drawn at random, and the pixels.  And the spread of the targets from
picture to picture is watched: with targets that follow slowly, and with targets that learn, too.
"""

from typing import NamedTuple

import numpy as np

from minicnn.autograd.tensor import Tensor
from minicnn.backend.seeds import manual_seed
from minicnn.data.canvas import drawing
from minicnn.experiments.experiment import Effect, Experiment, Result, Settings
from minicnn.experiments.figures import Figure, bars, curves, panels
from minicnn.experiments.networks import prepared
from minicnn.experiments.paired import differences, paired
from minicnn.experiments.pictures import digits, some
from minicnn.models.imagine.jepa import FOLLOWS, JEPA, momentum_at, split
from minicnn.optim import AdamW
from minicnn.training.probe import fit_probe

BATCH, RATE, DECAY = 64, 1e-3, 0.05
WATCHED = 10                           # steps from one look at the spread to the next
NAMES = {"average": "JEPA", "itself": "collapsing"}        # by who makes the targets


class Found(NamedTuple):
    """errors : of linear classifiers, in percent;  spreads : {follows: over the steps}"""

    errors: dict[str, float]
    spreads: dict[str, list[float]]


def rows(model: JEPA, x: np.ndarray) -> np.ndarray:
    return np.concatenate([model.features(Tensor(part)) for part in np.array_split(x, 20)])


def learn(settings: Settings, model: JEPA, x: np.ndarray, seed: int, steps: int) -> list[float]:
    """The spread of the targets, every WATCHED steps and in the end."""
    rng, spreads = np.random.default_rng(seed), []
    optimizer = AdamW(model.learnt(), lr=RATE, weight_decay=DECAY)
    for step in settings.watched(range(steps), f"target: {model.follows}"):
        if step % WATCHED == 0:
            spreads.append(model.spread(Tensor(x[:BATCH])))
        where = split(model.grid, rng)
        loss = model(Tensor(x[rng.integers(0, len(x), BATCH)]), where)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        model.age(momentum_at(step, steps))
    return [*spreads, model.spread(Tensor(x[:BATCH]))]


def measure(settings: Settings, seed: int) -> Found:
    train, test = digits(settings)
    labelled, steps = settings.pick(1000, 1000, 40), settings.pick(200, 2000, 4)
    learnt = some(train, settings.pick(5000, 20_000, 64), seed)
    test = test[:settings.pick(1000, 4000, 40)]
    settings.note(images=len(learnt), labelled=labelled, steps=steps, batch=BATCH, test=len(test))
    x, test_x = (prepared(learnt, data.images) for data in (learnt, test))

    def probed(of: np.ndarray, of_test: np.ndarray) -> float:
        return fit_probe(of[:labelled], learnt.labels[:labelled], 10).error(of_test, test.labels)

    errors = {"pixels": probed(x.reshape(len(x), -1), test_x.reshape(len(test), -1))}
    spreads = {}
    for follows in FOLLOWS:
        manual_seed(seed)                                  # both start from the same weights
        model = JEPA(follows=follows)
        if follows == "average":
            errors["random encoder"] = probed(rows(model, x[:labelled]), rows(model, test_x))
        spreads[follows] = learn(settings, model, x, seed, steps)
        errors[NAMES[follows]] = probed(rows(model, x[:labelled]), rows(model, test_x))
    return Found(errors, spreads)


def run(settings: Settings) -> Result:
    found = paired(settings, lambda seed: measure(settings, seed))
    errors = {name: [each.errors[name] for each in found] for name in found[0].errors}
    ends = {follows: [each.spreads[follows][-1] for each in found] for follows in FOLLOWS}
    means = ", ".join(f"{name} {np.mean(values):.1f} %" for name, values in errors.items())
    return Result(
        [{"seed": seed, **{f"{name}, test error %": value for name, value in each.errors.items()},
          **{f"spread, target {follows}": each.spreads[follows][-1] for follows in FOLLOWS}}
         for seed, each in zip(settings.seeds, found, strict=False)],
        picture(settings, found, errors),
        f"Linear classifiers are wrong on: {means}.  The targets' spread from picture to picture "
        f"ends at {np.mean(ends['average']):.2f} where they follow slowly, at "
        f"{np.mean(ends['itself']):.2f} where they learn, too.",
        [Effect("features that JEPA has learnt classify better than a random encoder's",
                differences(errors["JEPA"], errors["random encoder"]), -1),
         Effect("targets that learn, too, collapse: their spread is smaller",
                differences(ends["itself"], ends["average"]), -1, "of their deviation")])


@drawing()
def picture(settings: Settings, found: list[Found], errors: dict[str, list[float]]) -> Figure:
    drawn, (left, right) = panels("Foreseeing what is hidden, without labels", 2)
    steps = [*range(0, settings.noted["steps"], WATCHED), settings.noted["steps"]]
    curves(left, steps, {NAMES[follows]: [each.spreads[follows] for each in found]
                         for follows in FOLLOWS}, "steps", "spread of the targets",
           "0: all pictures are encoded alike", marks=False)
    left.set_ylim(bottom=0)
    bars(right, errors, "test error in percent", "linear classifiers on the features")
    right.tick_params(axis="x", labelsize=8)
    return Figure(drawn, "The spread of the targets over the steps, and test errors: "
                  + "; ".join(f"{name} {np.mean(each):.1f} %" for name, each in errors.items()))


EXPERIMENT = Experiment(
    "jepa", ("x3",), "Does a network learn from pictures without labels?",
    'memphis "CNN models" (JEPA)',
    "A small JEPA foresees hidden patches of digits; a linear classifier reads its encoder and a "
    "random one; the same with targets that learn collapses.",
    quick_seconds=80, full_seconds=900, run=run,
    expected="Without the slow target it collapses.  A random encoder of digits is hard to beat "
             "with so few steps.")
