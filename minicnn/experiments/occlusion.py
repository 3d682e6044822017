"""Which part of the picture decides?  Cover it, and see what the network says then.

    drop[i, j] = p(class | picture) - p(class | picture with a square at (i, j) covered)

A square of ground moves over the picture; where covering it costs the answer most, there is what
the network reads.  The square is as dark as the ground, so covering ground changes nothing, and
covering a stroke takes it away: the figure also shows which digit is read then.

Source: Zeiler and Fergus 2014, section 4.2 and figure 6, which memphis and iitk cite.
"""

import numpy as np

from minicnn.analysis.pictures import GREY
from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.data.canvas import drawing
from minicnn.data.digits import digits
from minicnn.experiments.experiment import Effect, Experiment, Result, Settings
from minicnn.experiments.figures import Figure
from minicnn.experiments.paired import paired
from minicnn.experiments.sheets import put, sheet
from minicnn.explain.pocket import LOW, pixels, pocket_digit, pocket_lenet
from minicnn.layers.module import Module
from minicnn.layers.softmax import softmax

SIDE = 7                               # of the square, in pixels


def covered(x: np.ndarray, side: int) -> np.ndarray:
    """(places, 1, H, W) of one picture (1, H, W), the square's middle at every pixel in turn."""
    _, H, W = x.shape
    half, pictures = side // 2, np.repeat(x[None], H * W, axis=0)
    for picture, (i, j) in zip(pictures, np.ndindex(H, W), strict=True):
        picture[:, max(i - half, 0):i + half + 1, max(j - half, 0):j + half + 1] = LOW
    return pictures


@no_grad()
def chances(model: Module, x: np.ndarray) -> np.ndarray:
    """(N, 10)"""
    return np.concatenate([softmax(model(Tensor(x[start:start + 256])), 1).numpy()
                           for start in range(0, len(x), 256)])


def drops(model: Module, x: np.ndarray, label: int) -> tuple[np.ndarray, np.ndarray]:
    """(drop (H, W), p (H, W, 10)) of one picture (1, H, W)."""
    p = chances(model, covered(x, SIDE)).reshape(*x.shape[1:], 10)
    return chances(model, x[None])[0, label] - p[..., label], p


def run(settings: Settings) -> Result:
    model = pocket_lenet(np.float32)
    count = settings.pick(10, 100, 2)
    settings.note(network="the pocket LeNet, trained on MNIST and on drawn digits", square=SIDE,
                  digits=f"the ten of the pocket LeNet; of each seed {count}, drawn by minicnn")
    found, rows = [], list[dict[str, float]]()
    for digit in range(10):
        x = pixels(pocket_digit(digit)[None, None], np.float32)[0]         # (1, 32, 32)
        drop, p = drops(model, x, digit)
        found.append((x[0], drop, p))
        i, j = map(int, np.unravel_index(drop.argmax(), drop.shape))
        rows.append({"digit": digit, "largest drop": float(drop.max()), "row": i, "column": j,
                     "read then": int(p[i, j].argmax()),
                     "places that change the answer, %":
                     100 * float((p.argmax(axis=2) != digit).mean())})

    def one_seed(seed: int) -> float:
        """Mean drop under a square on ink, minus that under one on ground."""
        data, gaps = digits(count, 1000 + seed), []
        for x, label in zip(pixels(data.images, np.float32), data.labels.tolist(), strict=True):
            drop, ink = drops(model, x, label)[0], x[0] > LOW + 1
            gaps.append(drop[ink].mean() - drop[~ink].mean())
        return float(np.mean(gaps))

    gaps = paired(settings, one_seed)
    worst = max(rows, key=lambda row: row["largest drop"])
    fragile = [row["digit"] for row in rows if row["read then"] != row["digit"]]
    return Result(rows, draw(found), (
        f"{len(fragile)} of {len(rows)} digits are read as another one when a square of {SIDE}x"
        f"{SIDE} pixels is covered at the worst place; the {worst['digit']} falls most, by "
        f"{worst['largest drop']:.2f}, and is read as {worst['read then']} then."), [
        Effect("covering ink costs more than covering ground", gaps, 1, "in probability")])


@drawing()
def draw(found: list[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> Figure:
    drawn, cells = sheet(f"a square of {SIDE}x{SIDE} pixels is covered: what is it worth?", 3,
                         len(found), 1.2, "second row: how far the right answer's probability "
                         "falls, red: to 0; third row: the answer then, one colour a digit, white "
                         "where it stays right")
    for digit, (line, (x, drop, p)) in enumerate(zip(cells.T, found, strict=True)):
        put(line[0], x, str(digit))
        put(line[1], drop, cmap="Reds", vmin=0, vmax=1)
        read = p.argmax(axis=2).astype(float)
        read[read == digit] = np.nan
        put(line[2], read, cmap="tab10", vmin=0, vmax=9)
        for axes in line[1:]:
            axes.contour(x, [1.2], colors=GREY, linewidths=0.8)
        others, counts = np.unique(read[~np.isnan(read)].astype(int), return_counts=True)
        words = ", ".join(str(one) for one in others[np.argsort(-counts)][:3])
        line[2].set_xlabel(words and f"read as {words}", fontsize=9)
    return Figure(drawn, "Ten digits; below each a map of how much covering each place costs, and "
                  "a map of what is read then.")


EXPERIMENT = Experiment(
    "occlusion", ("x1",), "Which part of the picture decides?",
    'memphis "Clarifai/ZFNet"; unicamp "ZFNet"', "A covering square moves over ten digits that the "
    "pocket LeNet reads.", 4, 4, run, "The strokes that tell a digit from its like.")
