"""A profile as a picture: how long each layer takes, and how near it comes to what is possible."""

from typing import Any

from minicnn.analysis.pictures import BLUE, GREY, INK, RED, Where
from minicnn.analysis.profile_table import Line, Profile
from minicnn.data.canvas import Picture, drawing, figure

MOST = 60                              # more bars cannot be read
LARGEST = 130                          # percent; what is faster than a copy lies in the cache
PALE = 0.35


@drawing()
def profile_picture(table: Profile, path: Where = None) -> Picture:
    """Bars of forward and backward on the left, the speeds they reach on the right.

    A speed is held against what bounds it: a layer with products against the matrix product, any
    other (pale) against the copy, which it passes where its arrays lie in the cache.  Of more than
    60 layers the 60 longest are drawn.
    """
    table = table.top(MOST)
    lines = [*table.lines, *table.totals[1:-1]]
    height = len(lines)
    drawn = figure(13, 1.9 + max(8, height) * (0.26 if height < 30 else 0.19))
    drawn.suptitle(table.title, fontsize=13, color=INK)
    if table.warning():
        drawn.suptitle(f"{table.title}\nthe machine was busy: do not trust these figures",
                       fontsize=13, color=RED)
    left, right = drawn.subplots(1, 2, sharey=True, width_ratios=(3, 2))
    draw_times(left, lines)
    draw_speeds(right, lines, table)
    drawn.legend(handles=strong_and_pale(table), loc="outside lower right", frameon=False,
                 fontsize=10)
    left.set_yticks(range(height), [label(line) for line in lines], fontsize=9)
    left.set_ylim(height - 0.4, -0.6)                      # the first layer on top
    for axes in (left, right):
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="x", color="#e6e6e6", linewidth=0.7)
        axes.set_axisbelow(True)
        axes.axhline(len(table.lines) - 0.5, color=GREY, linewidth=0.7)
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)
    return Picture(drawn, path)


def label(line: Line) -> str:
    return f"{line.layer}  ({line.kind} {line.output})" if line.kind else line.layer


def draw_times(axes: Any, lines: list[Line]) -> None:
    places, forward = range(len(lines)), [line.forward for line in lines]
    axes.barh(places, forward, 0.72, color=BLUE, label="forward")
    if any(line.backward for line in lines):
        colours = [GREY if line.layer.startswith("update") else RED for line in lines]
        axes.barh(places, [line.backward for line in lines], 0.72, left=forward, color=colours)
        axes.barh(0, 0, color=RED, label="backward")       # for the legend
    for place, line in enumerate(lines):
        share = f", {line.share:.0%}" if line.share >= 0.005 else ""
        axes.annotate(f"{line.time:.2f} ms{share}", (line.time, place), xytext=(4, 0),
                      textcoords="offset points", va="center", fontsize=9, color=INK)
    axes.set_xlim(0, 1.3 * max(line.time for line in lines))       # room for "1234.56 ms, 100%"
    axes.set_xlabel("milliseconds")
    axes.set_title("where the time goes", loc="left")
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False, borderpad=0)


def draw_speeds(axes: Any, lines: list[Line], table: Profile) -> None:
    products = [(place, line) for place, line in enumerate(lines) if line.macs]
    others = [(place, line) for place, line in enumerate(lines) if not line.macs]
    longest = 0.0
    for chosen, best, unit, alpha in ((products, table.peak, "gflops", 1),
                                      (others, table.copy, "gbytes", PALE)):
        for way, colour, shift in (("forward", BLUE, -0.18), ("backward", RED, 0.18)):
            places = [place + shift for place, _ in chosen]
            percents = [100 * getattr(line, f"{way}_{unit}") / best for _, line in chosen]
            longest = max(longest, *percents, 0.0)
            axes.barh(places, [min(percent, LARGEST) for percent in percents], 0.36, color=colour,
                      alpha=alpha)
            for place, percent in zip(places, percents, strict=True):
                if percent > LARGEST:
                    axes.annotate(f"{percent:.0f} ", (LARGEST, place), ha="right", va="center",
                                  fontsize=7, color=INK)
    axes.axvline(100, color=INK, linewidth=1)
    axes.set(xlim=(0, min(max(101, 1.02 * longest), LARGEST)), xticks=range(0, 101, 20),
             xlabel="percent of a matrix product, or of a copy")
    axes.set_title("how near to what this machine can do", loc="left")


def strong_and_pale(table: Profile) -> list[Any]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch
    return [Patch(facecolor=INK, label="strong: layers with products, in percent of "
                                   f"{table.peak:,.0f} GFLOP/s (a matrix product)"),
            Patch(facecolor=INK, alpha=PALE, label="pale: all others, in percent of "
                                                   f"{table.copy:,.0f} GB/s (a copy)"),
            Line2D([], [], color=INK, linewidth=1, label="100 %; pale bars pass it where arrays "
                                                         "lie in the cache, strong ones by "
                                                         "Winograd's way")]
