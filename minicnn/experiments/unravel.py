"""Is a residual network 2^n paths at once?

    y3 = y2 + f3(y2),  y2 = y1 + f2(y1),  y1 = x + f1(x)
    if f1, f2, f3 are linear:  y3 = (1 + f3)(1 + f2)(1 + f1) x,  the sum over 8 paths

A unit with a ReLU is linear if that keeps the decisions it took in the whole network, "masks held":
f(h) = w2 * (m (w1 * h)),  m = [w1 * h > 0] there.  Then the sum is exact.  Weights and pixels are
whole numbers, so that equal means equal in every bit.

Slides: iitk, "Recursive expansion", "Unraveled view", "Deleting a Layer".  Source: Veit, Wilber and
Belongie 2016, "Residual networks behave like ensembles of relatively shallow networks", section 3.
"""

from collections.abc import Sequence
from itertools import product

import numpy as np

from minicnn.analysis.pictures import DIM, INK, RED, headed
from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.data.canvas import drawing, figure
from minicnn.experiments.experiment import Exact, Experiment, Result, Settings
from minicnn.experiments.figures import Figure
from minicnn.experiments.sheets import put
from minicnn.explain.pocket import pocket_digit
from minicnn.layers.conv import Conv2d

UNITS, CHANNELS = 3, 4
Path = tuple[int, ...]                 # (1, 0, 1): through f1, around f2, through f3


class Unit:
    """f(h) = second * relu(first * h), two 3x3 convolutions of whole numbers."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.first, self.second = (Conv2d(CHANNELS, CHANNELS, 3, padding=1, bias=False)
                                   for _ in range(2))
        for conv in (self.first, self.second):
            conv.weight.data = rng.integers(-1, 2, conv.weight.shape).astype(np.float64)

    def __call__(self, h: Tensor, held: bool = False) -> Tensor:
        z = self.first(h)                                  # (1, C, H, W)
        if not held:
            self.mask = Tensor((z.data > 0).astype(np.float64))
        return self.second(z * self.mask)


def along(units: Sequence[Unit], path: Path, x: Tensor, held: bool) -> np.ndarray:
    """What arrives along one path: through the units where it has a 1, around the others."""
    for unit, through in zip(units, path, strict=True):
        if through:
            x = unit(x, held)
    return x.data


@no_grad()
def run(settings: Settings) -> Result:
    rng = np.random.default_rng(settings.seeds[0])
    units = [Unit(rng) for _ in range(UNITS)]
    small = pocket_digit(7).reshape(14, 2, 14, 2).mean(axis=(1, 3)) // 64      # 0 to 3
    x = y = Tensor(np.repeat(small[None, None], CHANNELS, axis=1))
    for unit in units:
        y = y + unit(y)
    paths = list(product((0, 1), repeat=UNITS))
    found = {path: along(units, path, x, held=True) for path in paths}
    left = [path for path in paths if not path[1]]
    without = x + units[0](x, held=True)                   # the network without its second unit
    without = without + units[2](without, held=True)
    off = float(np.abs(sum(found.values()) - y.data).max())
    off_without = float(np.abs(sum(found[path] for path in left) - without.data).max())
    anew = sum(along(units, path, x, held=False) for path in paths)
    wrong = 100 * float(np.linalg.norm(anew - y.data) / np.linalg.norm(y.data))
    rows = [{"path": named(path), "largest value": float(np.abs(part).max()),
             "without unit 2": "stays" if path in left else "gone"} for path, part in found.items()]
    return Result(rows, draw(x.data[0, 0], found, y.data[0, 0]), (
        f"{len(paths)} paths add up to y3, largest difference {off:g}; without the second unit "
        f"{len(left)} are left, and add up to what is left of the network ({off_without:g}).  If "
        f"each path decides its ReLUs anew, the sum is off by {wrong:.1f} % of y3."), [
        Exact("y3 is the sum over all paths, masks held: largest difference", off, 0.0),
        Exact("paths through 3 units, and without one", (len(paths), len(left)), (8, 4)),
        Exact("and their sum is what the network without it gives", off_without, 0.0)])


def named(path: Path) -> str:
    return " ".join(f"f{k}" for k, through in enumerate(path, 1) if through) or "x itself"


@drawing()
def draw(x: np.ndarray, found: dict[Path, np.ndarray], y: np.ndarray) -> Figure:
    drawn = figure(7.6, 1 + 0.82 * (len(found) + 1))
    headed(drawn, "three residual units, unravelled: 8 paths, and their sum y3")
    cells = drawn.subplots(len(found) + 1, 3, width_ratios=(1, 5, 1))
    for (path, part), (left, middle, right) in zip(found.items(), cells, strict=False):
        for axes, values in ((left, x), (right, part[0, 0])):
            put(axes, np.maximum(values, 0))
        middle.plot((0, 4), (0, 0), color=(colour := RED if path[1] else INK), linewidth=1.2)
        for k, through in enumerate(path, 1):
            if through:
                middle.text(k, 0, f"f{k}", ha="center", va="center", fontsize=12, color=colour,
                            bbox={"boxstyle": "round,pad=0.4", "fc": "white", "ec": colour})
            else:
                middle.text(k, 0.3, f"around f{k}", ha="center", fontsize=8.5, color=DIM)
        middle.set(xlim=(0, 4), ylim=(-1, 1))
    for axes in (*cells[:, 1], cells[-1, 0]):
        axes.axis("off")
    cells[-1, 1].text(1, 0.5, "their sum, y3", ha="right", va="center", fontsize=12, color=INK)
    put(cells[-1, 2], np.maximum(y, 0))
    drawn.supxlabel("red: gone without unit 2; each map has its own greys", fontsize=10, color=DIM)
    return Figure(drawn, "Eight lines from the digit x to what arrives, each through some of the "
                  "units f1, f2, f3 and around the others; below, their sum.")


EXPERIMENT = Experiment(
    "unravel", ("d9",), "Is a residual network a sum of 2^n paths?",
    'iitk "Recursive expansion"; iitk "Unraveled view"; iitk "Deleting a Layer"',
    "Three residual units of whole numbers: the recursion against the sum over 8 paths.", 1, 1, run,
    "Exact where ReLUs keep their decisions, and for linear units; not where paths decide anew.",
    seeds=1, full_seeds=1)
