"""Is a pattern recognised wherever it stands?

    conv(shift(x)) = shift(conv(x))        equivariance: the map moves with the picture
    pool(shift(x)) = shift(pool(x)) / 2    only for shifts by multiples of its stride

The first is exact, in every bit, away from the border.  The second is the exception that makes a
network answer differently to a picture moved by one pixel; and its fully connected layers have
learnt where digits stand.  So the whole network is neither equivariant nor invariant: how far a
digit may be moved is measured on the pocket LeNet.

Slides: virginia, "Convolution Layers learn local patterns" ("can recognize it anywhere").
"""

import numpy as np

from minicnn.analysis.pictures import DIM, RED, bare, headed
from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.data.canvas import drawing, figure
from minicnn.experiments.experiment import Exact, Experiment, Result, Settings
from minicnn.experiments.figures import Figure, labelled
from minicnn.explain.pocket import pixels, pocket_digit, pocket_lenet
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.module import Module
from minicnn.layers.softmax import softmax

SHIFTS = range(-10, 11)                # pixels to the right
EDGE = 12                              # of the picture, that is left out of the comparison
DIGIT = 7


def moved(image: np.ndarray, right: int) -> np.ndarray:
    """(..., H, W) shifted; what leaves is lost, what enters is ground."""
    y, W = np.full_like(image, image.min()), image.shape[-1]
    y[..., max(right, 0):W + min(right, 0)] = image[..., max(-right, 0):W - max(right, 0)]
    return y


def largest_difference(layer: Module, x: np.ndarray, right: int, stride: int = 1) -> float:
    """Between layer(shift(x)) and shift(layer(x)), inside; 0 if the map moves with the picture."""
    y, y_moved = (layer(Tensor(image)).numpy() for image in (x, moved(x, right)))
    back = y_moved[..., EDGE // stride + right // stride:][..., :y.shape[-1] - 2 * EDGE // stride]
    inside = y[..., EDGE // stride:][..., :back.shape[-1]]
    return float(np.abs(back - inside).max())


@no_grad()
def run(settings: Settings) -> Result:
    model = pocket_lenet()
    parts = dict(model.named_parts())
    x = pixels(pocket_digit(DIGIT)[None, None])                            # (1, 1, 32, 32)
    conv, pool = parts["CONV1"], MaxPool2d(2)
    y = conv(Tensor(x)).numpy()
    both = {right: (largest_difference(conv, x, right), largest_difference(pool, y, right, 2))
            for right in (2, 3)}
    chances = np.concatenate([softmax(model(Tensor(moved(x, right))), 1).numpy()
                              for right in SHIFTS])                        # (shifts, 10)
    answers = chances.argmax(axis=1)
    rows = [{"pixels to the right": right, "answer": int(answer), "p": float(p[DIGIT])}
            for right, answer, p in zip(SHIFTS, answers, chances, strict=True)]
    held = [right for right, answer in zip(SHIFTS, answers, strict=True) if answer == DIGIT]
    return Result(rows, draw(x, y, conv, chances), (
        f"a convolution moves with the picture, largest difference {both[3][0]:g}; max pooling "
        f"by 2 does for a shift of 2 ({both[2][1]:g}), not for one of 3 ({both[3][1]:.2g}).  The "
        f"whole LeNet, which is neither, still reads {DIGIT} for shifts from {min(held)} to "
        f"{max(held)} pixels ({len(held)} of the {len(SHIFTS)})."), [
        Exact("convolution, shifts of 2 and 3 pixels: largest difference",
              (both[2][0], both[3][0]), (0.0, 0.0)),
        Exact("max pooling 2x2, a shift of 2 pixels: largest difference", both[2][1], 0.0),
        Exact("max pooling 2x2, a shift of 3 pixels: the same maps", both[3][1] == 0, False)])


@drawing()
def draw(x: np.ndarray, y: np.ndarray, conv: Module, chances: np.ndarray) -> Figure:
    drawn = figure(11, 5.4)
    headed(drawn, "the picture moves, the map moves with it, the answer stays for a while")
    left, right = drawn.subfigures(1, 2, width_ratios=(1, 1.25))
    cells = left.subplots(2, 3)
    for axes, shift in zip(cells.T, (0, 3, 6), strict=True):
        image = moved(x, shift)
        for one, shown in zip(axes, (image[0, 0], conv(Tensor(image)).numpy()[0, 3]), strict=True):
            one.imshow(shown, cmap="gray_r")
            bare(one)
        axes[0].set_title(f"{shift} pixels", fontsize=10)
    cells[0, 0].set_ylabel("picture", fontsize=10)
    cells[1, 0].set_ylabel("map 3 of CONV1", fontsize=10)
    axes = right.subplots()
    axes.plot(SHIFTS, chances[:, DIGIT], "o-", color=RED, label=f"p({DIGIT})")
    for place, p in zip(SHIFTS, chances, strict=True):
        axes.annotate(str(p.argmax()), (place, 1.06), ha="center", fontsize=10, color=DIM)
    axes.annotate("the answer", (SHIFTS[0], 1.13), fontsize=10, color=DIM)
    axes.set(ylim=(-0.03, 1.2), xticks=SHIFTS[::5])
    axes.grid(color="#e6e6e6", linewidth=0.7)
    axes.legend(frameon=False, loc="lower center")
    labelled(axes, "pixels to the right", f"probability of {DIGIT}")
    return Figure(drawn, "A 7 moved by 0, 3 and 6 pixels, and a map of the first convolution, "
                  "which moves as far; a curve of the probability of 7 over shifts from -10 to 10.")


EXPERIMENT = Experiment(
    "shift", ("d47",), "Is a pattern recognised wherever it stands?",
    'virginia "Convolution Layers learn local patterns"',
    "A shifted digit through a convolution, a pooling and the pocket LeNet.", 1, 1, run,
    "Convolution: exactly; pooling: for even shifts; the network: for a few pixels.", seeds=1,
    full_seeds=1)
