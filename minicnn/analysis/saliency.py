"""Which pixels decide: the slope of a score, or of any unit, at every pixel.

    s[c, i, j] = d score / d x[c, i, j]

Where s is above 0, a brighter pixel raises the score; where |s| is large, it counts most.  It is
the gradient that training computes, carried one step further: to the image instead of a weight.

Source: Simonyan, Vedaldi and Zisserman 2014, "Deep inside convolutional networks: visualising
image classification models and saliency maps", section 3.  It answers the question that Zeiler and
Fergus 2014 (memphis, iitk) ask with a network run backwards, by one backward pass.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np

from minicnn.analysis.features import Reached
from minicnn.analysis.pictures import DIM, GREY, INK, Where, bare, headed
from minicnn.autograd.hooks import record_outputs
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import Array, to_cpu
from minicnn.data.canvas import Picture, drawing, figure
from minicnn.layers.module import Module


def answer_of(model: Module, x: Tensor, layer: str) -> Tensor:
    """What a layer answers, as a Tensor; nothing behind it is computed.

    layer : as activations() names it: "conv2", "layer1.0.relu#2" for its second run, "" for all.
            The network runs in the mode it is in
    """
    path, _, run = layer.partition("#")
    left, found = int(run or 1), list[Tensor]()

    def tap(name: str, _: Module, y: Any) -> None:
        nonlocal left
        left -= name == path
        if name == path and not left:
            found.append(y[0] if isinstance(y, tuple) else y)
            raise Reached

    with suppress(Reached), record_outputs(tap):
        model(x)
    if not found:
        raise ValueError(f"no layer {layer!r} ran in {type(model).__name__}")
    return found[0]


@contextmanager
def weights_at_rest(model: Module) -> Iterator[None]:
    """Test mode, and no gradient for the weights: only the image's is asked for."""
    learning = [value for value in model.parameters() if value.requires_grad]
    training = model.training
    try:
        model.eval()
        for value in learning:
            value.requires_grad = False
        yield
    finally:
        for value in learning:
            value.requires_grad = True
        model.train(training)


def pixel_gradient(model: Module, x: Array, layer: str, chosen: Callable[[Array], Array]
                   ) -> tuple[Array, Array]:
    """(y, dx): what a layer answers to x (N, C, H, W), and d sum(dy * y) / dx, in test mode.

    chosen : chosen(y) -> dy, of y's shape: which of its values count, and how much
    """
    pixels = Tensor(x, requires_grad=True)
    with weights_at_rest(model):
        y = answer_of(model, pixels, layer)
        y.backward(chosen(y.data))
    return y.data, np.zeros_like(x) if pixels.grad is None else pixels.grad


def saliency(model: Module, x: Any, label: int, sign: float = 1.0) -> np.ndarray:
    """(C, H, W): d score[label] / d pixel at one image.

    x    : (C, H, W), as the network reads it, on its device
    sign : -1 where the network answers with distances, of which the smallest wins
    """
    def one_score(y: Array) -> Array:
        if y.ndim != 2:
            raise ValueError(f"saliency: the output is {tuple(y.shape)}, expected one score for "
                             "each class, (N, classes)")
        if not 0 <= label < y.shape[1]:
            raise ValueError(f"saliency: label is {label}, expected 0 to {y.shape[1] - 1}")
        dy = y * 0
        dy[:, label] = sign
        return dy

    return to_cpu(pixel_gradient(model, x[None], "", one_score)[1][0])


@drawing()
def draw_saliency(image: np.ndarray, found: Sequence[tuple[str, np.ndarray]], path: Where = None,
                  title: str = "") -> Picture:
    """The image, and for each score two panels: how much every pixel counts, and which way.

    The line around a grey image's strokes is drawn over both.

    image : (C, H, W) from 0 to 1, as the network got it
    found : [("score of 7", (C, H, W) slopes), ...]; over the colours the largest |s| counts, and
            the sum tells the direction
    """
    rows = len(found)
    drawn = figure(10.6, 3.2 * rows + 1.0)
    headed(drawn, title)
    cells = drawn.subplots(rows, 3, squeeze=False)
    for number, (row, (name, slopes)) in enumerate(zip(cells, found, strict=True)):
        if number:
            row[0].axis("off")
        else:
            show_image(row[0], image, "what the network got")
        size, signed = np.abs(slopes).max(axis=0), slopes.sum(axis=0)          # (H, W) each
        shown = row[1].imshow(size, cmap="gray_r", vmin=0, vmax=size.max() or 1)
        bare(row[1], f"how much: |d {name} / d pixel|")
        drawn.colorbar(shown, ax=row[1], fraction=0.046, pad=0.03)
        if len(image) == 1:
            for axes in row[1:]:
                axes.contour(image[0], [0.5], colors=GREY, linewidths=1)
        most = float(np.abs(signed).max()) or 1.0
        shown = row[2].imshow(signed, cmap="RdBu_r", vmin=-most, vmax=most)
        bare(row[2], f"which way: d {name} / d pixel")
        drawn.colorbar(shown, ax=row[2], fraction=0.046, pad=0.03)
    drawn.supxlabel("red: a brighter pixel raises the score; blue: it lowers it", fontsize=10,
                    color=DIM)
    return Picture(drawn, path)


def show_image(axes: Any, image: np.ndarray, title: str = "", **style: Any) -> None:
    """(C, H, W) from 0 to 1; NaN, outside of the picture, is shown as paper with a tint."""
    axes.set_facecolor("#f6dfc4")
    if len(image) == 3:
        alpha = np.isfinite(image).all(axis=0).astype(float)                   # (H, W)
        axes.imshow(np.dstack([np.nan_to_num(image).transpose(1, 2, 0).clip(0, 1), alpha]),
                    interpolation="nearest")
    else:
        axes.imshow(image[0], cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    bare(axes, title, **{"color": INK, **style})
