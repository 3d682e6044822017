"""One style for the figures of all experiments: white, few colours, letters for a projector.

    drawn, (left, right) = panels("Depth", 2)
    curves(left, epochs, {"plain, 20 layers": [[...], [...]]}, "epoch", "training loss")
    return Figure(drawn, "Two panels: ...")

inside a function with `@drawing()`.  Each seed is a thin line, their mean a thick one.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from minicnn.analysis.panels import OWN
from minicnn.analysis.pictures import DIM, GREY, INK, headed
from minicnn.data.canvas import Picture, figure

WIDTH, HEIGHT = 5.4, 4.2               # inches of a panel
MARKS = "osD^vP*X"


class Figure(Picture):
    """alt : the same in words, for who cannot see it"""

    def __init__(self, drawn: Any, alt: str, path: str | Path | None = None) -> None:
        self.alt = alt
        super().__init__(drawn, path)


def panels(title: str, count: int = 1, height: float = HEIGHT, **options: Any
           ) -> tuple[Any, list[Any]]:
    """A figure and its axes, side by side; options are those of matplotlib's subplots."""
    drawn = figure(WIDTH * count if count > 1 else 7.0, height + 0.4)
    headed(drawn, title)
    axes = drawn.subplots(1, count, squeeze=False, **options)[0].tolist()
    for one in axes:
        one.grid(color="#e6e6e6", linewidth=0.7)
        one.set_axisbelow(True)
        one.spines[["top", "right"]].set_visible(False)
    return drawn, axes


def curves(axes: Any, x: Sequence[Any], lines: Mapping[str, Sequence[Any]],
           xlabel: str = "", ylabel: str = "", title: str = "", marks: bool = True) -> None:
    """{label: a line for each seed}: means, with each seed as a thin line; nan is left out."""
    for number, (label, seeds) in enumerate(lines.items()):
        colour = OWN[number % len(OWN)]
        values = np.array(seeds, float)                                # (seeds, len(x))
        for one in values if len(values) > 1 else ():
            axes.plot(x, one, color=colour, linewidth=0.8, alpha=0.35)
        axes.plot(x, values.mean(axis=0), color=colour, linewidth=2.2, label=label,
                  marker=MARKS[number % len(MARKS)] if marks else None, markersize=5)
    labelled(axes, xlabel, ylabel, title)
    if len(lines) > 1:
        axes.legend(frameon=False, fontsize=10)


def bars(axes: Any, values: Mapping[str, Sequence[float]], ylabel: str = "", title: str = "",
         colours: Sequence[str] = OWN, text: str = "{:.1f}") -> None:
    """{label: a value for each seed}: a bar for the mean, a point for each seed."""
    for place, (_, seeds) in enumerate(values.items()):
        mean = float(np.mean(seeds))
        axes.bar(place, mean, color=colours[place % len(colours)], width=0.66)
        if len(seeds) > 1:
            axes.plot([place] * len(seeds), seeds, "o", color=INK, markersize=4,
                      markerfacecolor="white")
        axes.annotate(text.format(mean), (place, max(mean, *seeds)), xytext=(0, 5), ha="center",
                      textcoords="offset points", fontsize=10, color=INK)
    axes.set_xticks(range(len(values)), list(values))
    labelled(axes, "", ylabel, title)


def labelled(axes: Any, xlabel: str = "", ylabel: str = "", title: str = "") -> None:
    axes.set_xlabel(xlabel, fontsize=11, color=INK)
    axes.set_ylabel(ylabel, fontsize=11, color=INK)
    if title:
        axes.set_title(title, fontsize=11, color=INK)
    axes.tick_params(labelsize=10, colors=DIM)


def in_powers(axes: Any, x: Sequence[float]) -> None:
    """A logarithmic scale with a tick at each of these values alone."""
    axes.set_xscale("log")
    axes.set_xticks(x, [f"{value:g}" for value in x])
    axes.minorticks_off()


def logarithmic(axes: Any) -> None:
    """A logarithmic scale upwards, with plain numbers: no "$" is mathematics here (data/canvas)."""
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.yaxis.set_minor_formatter(lambda value, _: "")


def level(axes: Any, value: float, words: str) -> None:
    """A dashed line across: chance, or the whole network."""
    axes.axhline(value, color=GREY, linewidth=1, linestyle="--")
    axes.annotate(words, (1, value), xycoords=("axes fraction", "data"), xytext=(-3, 3),
                  textcoords="offset points", ha="right", fontsize=9, color=DIM, zorder=5,
                  bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1})


def heat(axes: Any, values: np.ndarray, rows: Sequence[str], columns: Sequence[str],
         xlabel: str = "", ylabel: str = "", title: str = "", text: str = "{:.0f}") -> Any:
    """A table of numbers as colours, dark for large ones, each with its number."""
    shown = axes.imshow(values, cmap="Blues", aspect="auto")
    middle = (np.nanmin(values) + np.nanmax(values)) / 2
    for i, line in enumerate(values):
        for j, value in enumerate(line):
            axes.text(j, i, text.format(value), ha="center", va="center", fontsize=10,
                      color="white" if value > middle else INK)
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    axes.grid(visible=False)
    labelled(axes, xlabel, ylabel, title)
    return shown
