"""Does a unit see all of its receptive field equally?

    g[i, j] = d y[middle] / d x[i, j]              n layers of 3x3, their field is 2 n + 1 wide

With equal weights g is a box folded n times with itself: its width (standard deviation) is
sqrt(2 n / 3), and it becomes a Gaussian.  The part that counts grows with the root of n only.

Slide: memphis, "Receptive field in CNNs".  Source: Luo, Li, Urtasun and Zemel 2016, "Understanding
the effective receptive field in deep convolutional neural networks", section 3 and figure 1.
"""

from math import isclose, log, sqrt

import numpy as np

from minicnn.analysis.pictures import BLUE, headed
from minicnn.autograd.tensor import Tensor
from minicnn.data.canvas import drawing, figure
from minicnn.experiments.experiment import Effect, Exact, Experiment, Result, Settings
from minicnn.experiments.figures import Figure, labelled
from minicnn.experiments.paired import paired
from minicnn.experiments.sheets import put
from minicnn.layers.activations import ReLU
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d

DEPTHS, SIDE = (5, 10, 20, 40), 95     # layers; pixels, so that the largest field fits
KINDS = {"equal": "equal weights", "linear": "random weights", "relu": "random, with ReLU"}
CENTRED = np.arange(SIDE) - SIDE // 2


def stack(depth: int, kind: str, rng: np.random.Generator) -> Sequential:
    """`depth` layers with one 3x3 filter each."""
    parts: list = []
    for _ in range(depth):
        conv, drawn = Conv2d(1, 1, 3, padding=1, bias=False), rng.standard_normal((1, 1, 3, 3)) / 3
        conv.weight.data = np.full_like(drawn, 1 / 9) if kind == "equal" else drawn
        parts += [conv, ReLU()] if kind == "relu" else [conv]
    return Sequential(*parts)


def gradient(depth: int, kind: str, rng: np.random.Generator, draws: int) -> np.ndarray:
    """(SIDE, SIDE), the mean of |g| over networks and images, each adding up to 1."""
    total = np.zeros((SIDE, SIDE))
    for _ in range(1 if kind == "equal" else draws):
        g = np.zeros((SIDE, SIDE))
        while not g.any():                                 # ReLUs may have closed the whole way
            x = Tensor(rng.standard_normal((1, 1, SIDE, SIDE)), requires_grad=True)
            stack(depth, kind, rng)(x)[:, :, SIDE // 2, SIDE // 2].sum().backward()
            g = np.abs(np.asarray(x.grad)[0, 0])
        total += g / g.sum()
    return total / total.sum()


def width(g: np.ndarray) -> float:
    p = g.sum(axis=1)                                      # g as a distribution over rows
    return sqrt(float((p * CENTRED ** 2).sum() - (p * CENTRED).sum() ** 2))


def side_that_counts(g: np.ndarray, depth: int) -> float:
    """Of the field's side, in percent: the square around the middle with 95 % of g."""
    far = np.maximum(np.abs(CENTRED)[:, None], np.abs(CENTRED))            # (SIDE, SIDE)
    half = next(one for one in range(SIDE) if g[far <= one].sum() >= 0.95)
    return 100 * (2 * half + 1) / (2 * depth + 1)


def run(settings: Settings) -> Result:
    draws = settings.pick(20, 100, 1)
    settings.note(networks=f"{draws} for each mean", image=f"{SIDE}x{SIDE}")

    def one_seed(seed: int) -> dict[tuple[str, int], np.ndarray]:
        rng = np.random.default_rng(seed)
        return {(kind, depth): gradient(depth, kind, rng, draws) for kind in KINDS
                for depth in DEPTHS}

    found = paired(settings, one_seed)
    rows = [{"weights": KINDS[kind], "layers": depth, "seed": seed, "field": 2 * depth + 1,
             "width": width(g), "side that counts, %": side_that_counts(g, depth)}
            for seed, maps in zip(settings.seeds, found, strict=False)
            for (kind, depth), g in maps.items()]
    first, *_, last = DEPTHS
    powers = [log(width(m["relu", last]) / width(m["relu", first]), last / first) for m in found]
    shares = [[side_that_counts(maps["relu", n], n) for n in (first, last)] for maps in found]
    right = all(isclose(width(found[0]["equal", n]), sqrt(2 * n / 3), rel_tol=1e-9) for n in DEPTHS)
    return Result(rows, draw(found), (
        f"with ReLUs the width grows as n^{np.mean(powers):.2f}, the field as n; of the field's "
        f"side {np.mean(shares, axis=0)[0]:.0f} % count with {first} layers, "
        f"{np.mean(shares, axis=0)[1]:.0f} % with {last}."), [
        Exact("equal weights: the width is sqrt(2 n / 3)", right, True),
        Effect("with ReLUs the width grows more slowly than the field (power below 1)",
               [power - 1 for power in powers], -1, "in the power"),
        Effect(f"a smaller share of the field's side counts with {last} layers than with {first}",
               [after - before for before, after in shares], -1, "points")])


@drawing()
def draw(maps: list[dict[tuple[str, int], np.ndarray]]) -> Figure:
    drawn = figure(14, 3.6)
    headed(drawn, "what the middle unit sees: |gradient| at the pixels, random weights with ReLU")
    *cells, right = drawn.subplots(1, 5, width_ratios=(1, 1, 1, 1, 1.6))
    for one, depth in zip(cells, DEPTHS, strict=True):
        side, ends = 2 * depth + 1, SIDE // 2 + np.array([-depth - 0.5, depth + 0.5])
        put(one, np.mean([each["relu", depth] for each in maps], axis=0),
            f"{depth} layers, blue: the field, {side}x{side}")
        one.plot(ends[[0, 1, 1, 0, 0]], ends[[0, 0, 1, 1, 0]], color=BLUE)
    for kind, words in KINDS.items():
        right.plot(DEPTHS, [np.mean([width(each[kind, n]) for each in maps]) for n in DEPTHS],
                   "o-", label=words)
    right.plot(DEPTHS, [sqrt(2 * n / 3) for n in DEPTHS], "k:", label="sqrt(2 n / 3)")
    right.plot(DEPTHS, [(2 * n + 1) / sqrt(12) for n in DEPTHS], "--", label="all of the field")
    right.legend(frameon=False)
    labelled(right, "layers n", "width in pixels")
    return Figure(drawn, "Four spots, much smaller than their squares, and their widths by depth.")


EXPERIMENT = Experiment(
    "field-shape", ("d13",), "Does a unit see all of its receptive field equally?",
    'memphis "Receptive field in CNNs"', "The gradient of the middle output at the pixels, for "
    "stacks of 3x3 layers.", 8, 30, run, "A Gaussian whose width grows as the root of the depth.")
