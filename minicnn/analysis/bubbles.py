"""Accuracy against operations, a bubble for each network: its area is the number of parameters.

Source: Canziani, Paszke and Culurciello 2017, "An analysis of deep neural network models for
practical applications", figure 2.  Lecture: stanford, "Comparing complexity...".
"""

from collections.abc import Sequence
from math import ceil, log10, pi, sqrt
from typing import Any, NamedTuple

from minicnn.analysis.pictures import BLUE, GREY, INK, Where
from minicnn.data.canvas import Picture, drawing, figure

LARGEST = 1800                         # area of the largest bubble, in square points
GAP = 3                                # points between a bubble and its name


class Bubble(NamedTuple):
    """accuracy : percent;  macs : of one image, forward"""

    name: str
    accuracy: float
    macs: int
    parameters: int


@drawing()
def bubble_chart(bubbles: Sequence[Bubble], path: Where = None, title: str = "") -> Picture:
    """Operations to the right, accuracy upwards."""
    if not bubbles:
        raise ValueError("bubble_chart: no network to draw")
    drawn = figure(9, 6)
    axes = drawn.subplots()
    largest = max(bubble.parameters for bubble in bubbles)

    def areas(parameters: list[int]) -> list[float]:
        return [LARGEST * count / max(largest, 1) for count in parameters]

    macs = [bubble.macs / 1e6 for bubble in bubbles]
    accuracy = [bubble.accuracy for bubble in bubbles]
    axes.scatter(macs, accuracy, areas([bubble.parameters for bubble in bubbles]), color=BLUE,
                 alpha=0.45, edgecolor=BLUE, linewidth=1, clip_on=False)
    axes.scatter(macs, accuracy, 6, color=INK)             # the value itself
    axes.set(xlabel="operations for one image, millions of multiply-adds", title=title)
    axes.set_ylabel("top-1 accuracy on the test pictures")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g} %")
    axes.set_xlim(0, 1.15 * max(max(macs), 1e-3))
    axes.margins(y=0.15)
    axes.grid(color="#e6e6e6", linewidth=0.7)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    sizes = round_sizes(largest)
    axes.legend(
        [axes.scatter([], [], area, color="white", edgecolor=GREY) for area in areas(sizes)],
        [f"{size:,}" for size in sizes], title="parameters", frameon=False, labelspacing=3.2,
        borderpad=2.2, handletextpad=1.8, loc="center left", bbox_to_anchor=(1, 0.5))
    radii = [sqrt(area / pi) for area in areas([bubble.parameters for bubble in bubbles])]
    write_names(axes, bubbles, radii)
    return Picture(drawn, path)


def round_sizes(largest: int) -> list[int]:
    """Three sizes for the legend, the largest just above or at the largest bubble's.

    >>> round_sizes(567082), round_sizes(269722)
    ([120000, 300000, 600000], [60000, 150000, 300000])
    """
    largest = max(largest, 10)
    unit = 10 ** int(log10(largest))
    top = ceil(largest / unit) * unit
    return [top // 5, top // 2, top]


def write_names(axes: Any, bubbles: Sequence[Bubble], radii: Sequence[float]) -> None:
    """Each name beside its bubble, where it covers no other name and no bubble, if there is room.

    radii : of the bubbles, in points
    """
    from matplotlib.transforms import Bbox
    drawn = axes.figure
    drawn.draw_without_rendering()                         # only now is it known where things are
    pixels = drawn.dpi / 72                                # of a point
    taken = []
    for bubble, radius in zip(bubbles, radii, strict=True):
        x, y = axes.transData.transform((bubble.macs / 1e6, bubble.accuracy))
        r = radius * pixels
        taken.append(Bbox.from_extents(x - r, y - r, x + r, y + r))
    for bubble, radius in zip(bubbles, radii, strict=True):
        far = radius + GAP
        text = axes.annotate(bubble.name, (bubble.macs / 1e6, bubble.accuracy), xytext=(far, 0),
                             textcoords="offset points", fontsize=9, color=INK)
        tried = []
        for dx, dy, side, height in (
                (far, 0, "left", "center"), (0, far, "center", "bottom"),
                (0, -far, "center", "top"), (-far, 0, "right", "center"),
                (-radius, far, "left", "bottom"), (-radius, -far, "left", "top"),
                (radius, far, "right", "bottom"), (radius, -far, "right", "top")):
            text.set(position=(dx, dy), horizontalalignment=side, verticalalignment=height)
            box = text.get_window_extent()
            outside = sum(not axes.bbox.fully_contains(*corner) for corner in (box.min, box.max))
            hidden = box.count_overlaps(taken) + 3 * outside
            tried.append((hidden, (dx, dy), side, height, box))
        _, place, side, height, box = min(tried, key=lambda one: one[0])       # the first of equals
        text.set(position=place, horizontalalignment=side, verticalalignment=height)
        taken.append(box)
