"""Pictures beside what a network says to them: the probabilities as bars."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from minicnn.analysis.pictures import BLUE, DIM, INK, Where, bare, class_names
from minicnn.data.canvas import Picture, drawing, figure

MOST = 20                      # pictures in one drawing


class Answer(NamedTuple):
    """What a network says to one picture.

    picture  : its file
    best     : (class, probability), the likeliest first
    original : (3, h, w) uint8, the picture, at most 640 pixels a side
    seen     : (C, H, W) uint8, what the network got
    """

    picture: str
    best: list[tuple[str, float]]
    original: np.ndarray
    seen: np.ndarray

    @property
    def facts(self) -> dict[str, Any]:
        """For programs."""
        return {"picture": self.picture, "answers": [
            {"class": name, "probability": round(p, 6)} for name, p in self.best]}

    def __str__(self) -> str:
        """A line for each class."""
        return "\n".join([self.picture, *(f"  {100 * p:5.1f} %  {name}" for name, p in self.best)])


@drawing()
def draw_answers(answers: Sequence[Answer], path: Where = None, title: str = "") -> Picture:
    """A row for each picture: as it is, as the network got it, and the bars."""
    if not answers:
        raise ValueError("draw_answers: no picture")
    shown = answers[:MOST]
    drawn = figure(11, 2.5 * len(shown) + 0.9)
    more = f" (the first {MOST} of {len(answers)})" if len(answers) > MOST else ""
    drawn.suptitle(f"{title}{more}", fontsize=14, color=INK, wrap=True)
    cells = drawn.subplots(len(shown), 3, squeeze=False, width_ratios=(2.2, 1.6, 3.4))
    for (left, middle, right), one in zip(cells, shown, strict=True):
        show(left, one.original, class_names([one.picture.replace("\\", "/").rpartition("/")[2]],
                                             32)[0])
        C, H, W = one.seen.shape
        show(middle, one.seen, f"what the network got: {C}x{H}x{W}")
        bars(right, one.best)
    return Picture(drawn, path)


def show(axes: Any, image: np.ndarray, title: str) -> None:
    """A picture (1, H, W), which is white where it is 255, or (3, H, W)."""
    if len(image) == 1:
        axes.imshow(image[0], cmap="gray", vmin=0, vmax=255)
    else:
        axes.imshow(image.transpose(1, 2, 0))
    bare(axes, title)


def bars(axes: Any, best: Sequence[tuple[str, float]]) -> None:
    """The likeliest class on top; each bar has its class and its probability written on it."""
    places = range(len(best))
    axes.barh(places, [p for _, p in best], color=BLUE, height=0.34)
    axes.set(xlim=(0, 1.12), ylim=(len(best) - 0.5, -0.75), xticks=(), yticks=())
    for place, (name, (_, p)) in enumerate(zip(class_names([name for name, _ in best], 44), best,
                                               strict=True)):
        axes.text(0, place - 0.24, name, va="bottom", fontsize=10.5, color=INK)
        axes.text(p + 0.012, place, f"{100 * p:.1f} %", va="center", fontsize=9.5, color=DIM)
    for side in axes.spines.values():
        side.set_visible(False)
