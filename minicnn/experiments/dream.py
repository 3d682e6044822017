"""What does a row of a network dream of?  Ascent with octaves and jitter, and without.

Without them the smallest change that excites wins, and that is grain.  How grainy a picture is:

    grain(x) = mean |x[i, j + 1] - x[i, j]| / deviation of x       over what was dreamt, x - start

about 1.1 for noise, the smaller the larger the things in it.
"""

import numpy as np

from minicnn.data.canvas import drawing
from minicnn.experiments.experiment import Effect, Experiment, Result, Settings
from minicnn.experiments.figures import Figure
from minicnn.experiments.paired import differences, paired
from minicnn.experiments.sheets import put, sheet
from minicnn.experiments.style import SIDE, eye
from minicnn.models.imagine.dream import dream

ROW = "conv3_1"
ARMS = {"steps alone": (1, 0), "octaves and jitter": (4, 8)}           # octaves, pixels


def start(seed: int) -> np.ndarray:
    """Grey with a little noise, (3, SIDE, SIDE) of 0 to 255."""
    return 128 + 8 * np.random.default_rng(seed).standard_normal((3, SIDE, SIDE))


def grain(x: np.ndarray) -> float:
    return float(np.abs(np.diff(x, axis=-1)).mean() / (x.std() + 1e-9))


def dreams(settings: Settings, seed: int) -> dict[str, np.ndarray]:
    """Both arms make as many steps."""
    steps = settings.pick(40, 80, 4)
    settings.note(row=ROW, steps=steps, pixels=SIDE)
    watching, photo = eye(settings, seed), start(seed)
    return {name: dream(watching, photo, ROW, octaves=octaves, steps=steps // octaves,
                        jitter=jitter, seed=seed).pixels
            for name, (octaves, jitter) in ARMS.items()}


def run(settings: Settings) -> Result:
    found = paired(settings, lambda seed: dreams(settings, seed))
    grains = {name: [grain(each[name] - start(seed))
                     for seed, each in zip(settings.seeds, found, strict=False)] for name in ARMS}
    alone, together = (float(np.mean(grains[name])) for name in ARMS)
    return Result(
        [{"seed": seed, "arm": name, "grain": grains[name][number]}
         for number, seed in enumerate(settings.seeds[:len(found)]) for name in ARMS],
        picture(settings, found[0]),
        f"What steps alone dream has a grain of {alone:.2f}, with octaves and jitter of "
        f"{together:.2f}.",
        [Effect("octaves and jitter make larger things than steps alone",
                differences(grains["octaves and jitter"], grains["steps alone"]), -1,
                "of the deviation")])


@drawing()
def picture(settings: Settings, found: dict[str, np.ndarray]) -> Figure:
    drawn, cells = sheet(f"What excites row {ROW}", 1, 3, 2.6, "of our own small VGG")
    shown = {"start": start(settings.seeds[0]), **found}
    for axes, (title, each) in zip(cells[0], shown.items(), strict=True):
        put(axes, np.clip(each, 0, 255) / 255, title)
    return Figure(drawn, "Three pictures: grey noise, what steps alone make of it, and what they "
                  "make with octaves and jitter.")


EXPERIMENT = Experiment(
    "dream", ("d34",), "What does a network dream of?",
    'virginia "CNNs are everywhere" (Inceptionism)',
    "A grey picture is changed until a row of a small VGG is excited, by steps alone and with "
    "octaves and jitter.",
    quick_seconds=25, full_seconds=300, run=run,
    expected="Grain without them, larger patterns with them; no animals: the network knows none.")
