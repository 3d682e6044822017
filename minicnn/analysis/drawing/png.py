"""A drawing as a picture by matplotlib: .png, .pdf, .jpg; from the same boxes as the SVG."""

from typing import Any

from minicnn.analysis.drawing.colours import INK, JUMP, KINDS, LINE
from minicnn.analysis.drawing.compose import Drawing
from minicnn.analysis.drawing.legend import NOTE, legend_of
from minicnn.analysis.drawing.sketch import Box, Line
from minicnn.analysis.drawing.svg import tip_of
from minicnn.data.canvas import Picture, drawing, figure

POINTS = 72 / 96                       # of a pixel: 96 are an inch


@drawing()
def as_picture(drawn: Drawing) -> Picture:
    entries, height = legend_of(drawn)
    page = figure(drawn.width / 96, height / 96, layout=None)
    axes = page.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, drawn.width)
    axes.set_ylim(height, 0)
    axes.axis("off")
    for frame in drawn.sheet.frames:
        rectangle(axes, frame.x, frame.y, frame.width, frame.height, "none", LINE[0], dashed=True)
        words(axes, frame.x - 4, frame.y + frame.height / 2 + 5, frame.said, 14, True, "right")
    for line in drawn.sheet.lines:
        put_line(axes, line)
    for box in drawn.sheet.boxes:
        put_box(axes, box)
    for caption in drawn.sheet.captions:
        words(axes, caption.x, caption.y, caption.text, caption.size, caption.bold)
    for kind, said, x, y in entries:
        if kind != NOTE:
            rectangle(axes, x, y, 16, 12, *KINDS[kind][0])
        words(axes, x + (0 if kind == NOTE else 22), y + 10, said, 11)
    return Picture(page)


def rectangle(axes: Any, x: float, y: float, width: float, height: float, fill: str, edge: str,
              dashed: bool = False) -> None:
    from matplotlib.patches import Rectangle
    axes.add_patch(Rectangle((x, y), width, height, facecolor=fill, edgecolor=edge, linewidth=0.75,
                             linestyle="--" if dashed else "-"))


def words(axes: Any, x: float, y: float, text: str, size: float, bold: bool = False,
          side: str = "left") -> None:
    if text:
        axes.text(x, y, text, fontsize=size * POINTS, color=INK[0], ha=side, va="baseline",
                  fontweight="bold" if bold else "normal")


def put_line(axes: Any, line: Line) -> None:
    from matplotlib.patches import Polygon
    colour = (JUMP if line.jumps else LINE)[0]
    axes.plot(*zip(*line.points, strict=True), color=colour, linewidth=1.3 if line.jumps else 1,
              solid_joinstyle="round")
    axes.add_patch(Polygon(tip_of(line.points), facecolor=colour, edgecolor="none", zorder=3))


def put_box(axes: Any, box: Box) -> None:
    card, edge = KINDS[box.kind][0]
    rectangle(axes, box.x, box.y, box.width, box.height, card, edge)
    if box.bar:
        rectangle(axes, *box.bar, edge, "none")
    for x, y, text, size, bold in box.texts():
        words(axes, x, y, text, size, bold, "center")
