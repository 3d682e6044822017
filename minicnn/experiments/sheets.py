"""Small pictures in rows, as the slides show filters, patches and neighbours; and the clock."""

from time import process_time
from typing import Any

import numpy as np

from minicnn.analysis.pictures import DIM, INK, bare, headed
from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.data.canvas import figure
from minicnn.layers.module import Module


def sheet(title: str, rows: int, columns: int, side: float = 1.0, below: str = "",
          ratios: Any = None) -> tuple[Any, np.ndarray]:
    """A figure and its cells (rows, columns), empty; side: of a cell, in inches."""
    drawn = figure(max(side * columns + 0.9, 7), 1.15 * side * rows + 1.1)
    headed(drawn, title)
    cells = drawn.subplots(rows, columns, squeeze=False, width_ratios=ratios)
    for axes in cells.ravel():
        axes.axis("off")
    if below:
        drawn.supxlabel(below, fontsize=10, color=DIM)
    return drawn, cells


def put(axes: Any, image: np.ndarray, title: str = "", under: str = "", beside: str = "",
        colour: str = INK, **style: Any) -> Any:
    """An image (H, W), (1, H, W) or (3, H, W), with words around it; ink is black."""
    axes.axis("on")
    image = image[0] if image.ndim == 3 and len(image) == 1 else image
    style = {"cmap": "gray_r", "interpolation": "nearest", **style}
    shown = axes.imshow(image if image.ndim == 2 else image.transpose(1, 2, 0), **style)
    bare(axes, title, fontsize=9, color=colour)
    axes.set_xlabel(under, fontsize=9, color=colour, labelpad=2)
    axes.set_ylabel(beside, fontsize=10, color=INK, rotation=0, ha="right", va="center")
    return shown


@no_grad()
def forward_milliseconds(net: Module, x: Tensor, rounds: int = 5) -> float:
    """Of the processor, for the fastest of some passes after one that warms up."""
    net.eval()
    net(x)
    taken = []
    for _ in range(rounds):
        begun = process_time()
        net(x)
        taken.append(process_time() - begun)
    return 1e3 * min(taken)
