"""What can one filter do?  Filters made by hand, run by the convolution layer.

    y[i, j] = sum over u, v of w[u, v] x[i + u, j + v]

The slide's 3x3 window stops at every place and takes a dot product.  With nine numbers chosen by
hand it blurs, sharpens or finds edges; a network learns such numbers.  Kernels and pixels are whole
numbers here, so that layer and dot product agree in every bit.

Slide: virginia, "Image kernel/filter".
"""

import numpy as np

from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.data.canvas import drawing
from minicnn.data.shapes import shapes
from minicnn.experiments.experiment import Exact, Experiment, Result, Settings
from minicnn.experiments.figures import Figure
from minicnn.experiments.sheets import put, sheet
from minicnn.explain.pocket import pocket_digit
from minicnn.layers.conv import Conv2d

# name -> (kernel, what the sum is divided by)
KERNELS = {
    "nothing": ([[0, 0, 0], [0, 1, 0], [0, 0, 0]], 1),
    "blur": ([[1, 2, 1], [2, 4, 2], [1, 2, 1]], 16),
    "sharpen": ([[0, -1, 0], [-1, 5, -1], [0, -1, 0]], 1),
    "edges across": ([[-1, -2, -1], [0, 0, 0], [1, 2, 1]], 4),
    "edges down": ([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], 4),
    "all edges": ([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]], 8),
    "emboss": ([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]], 1),
}


def filtered(image: np.ndarray) -> np.ndarray:
    """(K, H, W): one map for each kernel, of an image (H, W) of whole numbers; not yet divided."""
    conv = Conv2d(1, len(KERNELS), 3, padding=1, bias=False)
    conv.weight.data = np.array([[kernel] for kernel, _ in KERNELS.values()], np.float64)
    return conv(Tensor(image[None, None].astype(np.float64))).numpy()[0]


def by_hand(image: np.ndarray, kernel: list, i: int, j: int) -> float:
    """The dot product at one place, away from the border."""
    return float((np.array(kernel) * image[i - 1:i + 2, j - 1:j + 2].astype(np.float64)).sum())


@no_grad()
def run(settings: Settings) -> Result:
    scene = shapes(1, seed=settings.seeds[0] + 4).images[0].mean(axis=0)       # (64, 64)
    images = {"a digit": pocket_digit(5).astype(int), "a scene": scene.astype(int)}
    maps = {name: filtered(image) for name, image in images.items()}
    rows, same = [], True
    for number, (name, (kernel, divisor)) in enumerate(KERNELS.items()):
        for what, image in images.items():
            y = maps[what][number]
            H, W = image.shape
            same &= all(y[i, j] == by_hand(image, kernel, i, j)
                        for i in range(1, H - 1) for j in range(1, W - 1))
            rows.append({"filter": name, "picture": what, "sum of weights": int(np.sum(kernel)),
                         "mean": float(y.mean() / divisor), "lowest": float(y.min() / divisor),
                         "highest": float(y.max() / divisor)})
    flat = filtered(np.full((9, 9), 100))[:, 1:-1, 1:-1]                   # a picture of one grey
    silent = [name for name, y in zip(KERNELS, flat, strict=True) if not y.any()]
    return Result(rows, draw(images, maps), (
        f"the layer's {sum(y.size for y in maps.values()):,} outputs are dot products with nine "
        f"numbers; filters whose weights add up to 0 ({', '.join(silent)}) answer nothing where "
        "the picture is flat."), [
        Exact("every output inside is the dot product taken by hand", bool(same), True),
        Exact("the filter with a single 1 gives the picture back",
              bool((maps["a digit"][0] == images["a digit"]).all()), True),
        Exact("flat pictures: filters whose weights add up to 0 are silent", silent,
              [name for name, (kernel, _) in KERNELS.items() if not np.sum(kernel)])])


@drawing()
def draw(images: dict[str, np.ndarray], maps: dict[str, np.ndarray]) -> Figure:
    drawn, cells = sheet("one filter each, made by hand", len(images) + 1, len(KERNELS) + 1, 1.35,
                         "edges: grey is 0, black and white are slopes of the two signs; the "
                         "others: black is low, white is high")
    for column, (name, (kernel, divisor)) in enumerate(KERNELS.items(), 1):
        axes = cells[0, column]
        put(axes, np.array(kernel), name, f"sum {np.sum(kernel)}" + (
            f", over {divisor}" if divisor > 1 else ""), cmap="RdBu_r", vmin=-8, vmax=8)
        for i, j in np.ndindex(3, 3):
            axes.text(j, i, kernel[i][j], ha="center", va="center", fontsize=9)
        for row, what in enumerate(images, 1):
            y = maps[what][column - 1] / divisor
            low, high = (0, 255) if np.sum(kernel) else (-160, 160)
            put(cells[row, column], y, cmap="gray", vmin=low, vmax=high)
    for row, (what, image) in enumerate(images.items(), 1):
        put(cells[row, 0], image, beside=f"{what} ", cmap="gray", vmin=0, vmax=255)
    return Figure(drawn, "A row of 3x3 kernels with their numbers; below, a digit and a scene as "
                  "each of them shows it: blurred, sharpened, edges across, down and all round.")


EXPERIMENT = Experiment(
    "kernels", ("d50",), "What can one filter do?", 'virginia "Image kernel/filter"',
    "Hand-made 3x3 kernels through Conv2d, each output held against the dot product.", 1, 1, run,
    "Blurs, sharpens, finds edges; exact.", seeds=1, full_seeds=1)
