"""How the training of a segmenter or a detector went: its losses, and its scores in percent."""

from collections.abc import Sequence
from typing import Any

from minicnn.analysis.panels import OWN
from minicnn.analysis.pictures import BLUE, RED, Where, headed
from minicnn.data.canvas import Picture, drawing, figure

# The first that a history has is the one that counts.
SCORES = {"miou": "mean IoU", "dice": "mean Dice", "pixel_accuracy": "pixel accuracy", "ap": "AP",
          "ap50": "AP50", "ap75": "AP75", "mask_ap": "mask AP", "f1": "F1",
          "precision": "precision", "recall": "recall"}


@drawing()
def score_curves(history: Sequence[dict[str, float]], path: Where = None, title: str = ""
                 ) -> Picture:
    """Losses and scores against the epoch, side by side.

    history : one dict an epoch with "epoch" (or "step", where steps were counted), "loss", if it
              was counted "val_loss", and scores of the test pictures in percent: "miou", "dice",
              "pixel_accuracy"; "ap", "ap50", "ap75", "mask_ap"; or "f1", "precision",
              "recall"
    title   : the network and its data
    path    : where it is written too, as a.png or a.pdf
    """
    names = [name for name in SCORES if history and name in history[0]]
    if not names:
        raise ValueError("score_curves: the history has none of " + ", ".join(SCORES)
                         + "; a classifier's is drawn by pictures.learning_curves")
    drawn = figure(11, 4.6 if title else 4.2)
    headed(drawn, title)
    left, right = drawn.subplots(1, 2)
    when = "epoch" if "epoch" in history[0] else "step"
    moments = [line[when] for line in history]

    def line(axes: Any, name: str, colour: str, label: str, width: float = 1.5) -> None:
        axes.plot(moments, [one[name] for one in history], "o-", color=colour, markersize=4,
                  linewidth=width, label=label)

    line(left, "loss", BLUE, "training")
    if "val_loss" in history[0]:
        line(left, "val_loss", RED, "test")
        left.legend(frameon=False)
    left.set(xlabel=when, title="loss" if "val_loss" in history[0] else "training loss")
    if len(history) == 1:                                  # a point has no range
        left.set_ylim(0, 1.1 * left.get_ylim()[1])
    for place, name in enumerate(names):
        line(right, name, RED if place == 0 else OWN[place - 1], SCORES[name],
             2.5 if place == 0 else 1.2)
    last = history[-1][names[0]]
    right.set(xlabel=when, ylim=(0, 102), title=f"{SCORES[names[0]]}: {last:.1f} % in the end")
    right.yaxis.set_major_formatter(lambda value, _: f"{value:g} %")
    right.legend(frameon=False)
    for axes in (left, right):
        axes.grid(color="#e6e6e6", linewidth=0.7)
        axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    return Picture(drawn, path)
