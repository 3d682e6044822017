"""What channels look for, drawn: a row for each, from the picture at hand to the best of many.

    its map of the picture   the image found by ascent   the nine patches that excite it most
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from minicnn.analysis.pictures import DIM, INK, RED, Where, bare, headed
from minicnn.analysis.saliency import show_image
from minicnn.data.canvas import Picture, drawing, figure


class Looked(NamedTuple):
    """What was found of one channel.

    map      : (OH, OW) of the picture at hand, or (1, 1) of a unit without a map
    patches  : [(C, h, w) from 0 to 1, ...], NaN beside the image; values: of the unit there
    ascent   : (C, h, w) from 0 to 1, or None; ascent_value: of the unit there
    """

    channel: int
    map: np.ndarray
    patches: Sequence[np.ndarray]
    values: Sequence[float]
    ascent: np.ndarray | None = None
    ascent_value: float = 0.0


def short(value: float) -> str:
    return f"{value + 0.0:.3g}"                            # no -0


@drawing()
def draw_channels(rows: Sequence[Looked], path: Where = None, title: str = "", source: str = "",
                  field: str = "") -> Picture:
    """A row for each channel; under each picture the value of the unit that sees it.

    source : the pictures that patches are of;  field : the size of what a unit sees, in words
    """
    most = max(len(row.patches) for row in rows)
    drawn = figure(1.12 * (most + 2) + 1.0, 1.3 * len(rows) + 1.4)
    headed(drawn, title)
    cells = drawn.subplots(len(rows), most + 2, squeeze=False)
    for row, cell in zip(rows, cells, strict=True):
        peak = float(row.map.max())
        cell[0].imshow(row.map, cmap="gray_r", interpolation="nearest")
        bare(cell[0])
        cell[0].set_ylabel(f"{row.channel}  ", fontsize=12, color=INK, rotation=0, ha="right",
                           va="center")
        cell[0].set_xlabel(short(peak), fontsize=9.5, color=INK, labelpad=2)
        if row.map.size > 1:
            top, left = np.unravel_index(row.map.argmax(), row.map.shape)
            cell[0].plot(left, top, "o", color=RED, markersize=4, markeredgecolor="white")
        if row.ascent is None:
            cell[1].axis("off")
        else:
            show_image(cell[1], row.ascent)
            cell[1].set_xlabel(short(row.ascent_value), fontsize=9.5, color=RED, labelpad=2)
        for number, axes in enumerate(cell[2:]):
            if number >= len(row.patches):
                axes.axis("off")
                continue
            show_image(axes, row.patches[number])
            axes.set_xlabel(short(row.values[number]), fontsize=9.5, color=INK, labelpad=2)
    if most:
        cells[0, 2].text(0, 1.07, f"the patches of {source} that excite it most", fontsize=10,
                         color=INK, transform=cells[0, 2].transAxes, in_layout=False)
    cells[0, 0].set_title("its map", fontsize=10, color=INK)
    if any(row.ascent is not None for row in rows):
        cells[0, 1].set_title("by ascent", fontsize=10, color=RED)
    legend = ("channel at the left; below each picture the value of its unit; in the map black is "
              f"high, the red dot its maximum; {field}")
    drawn.supxlabel(legend, fontsize=9.5, color=DIM)
    return Picture(drawn, path)
