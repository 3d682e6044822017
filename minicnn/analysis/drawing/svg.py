"""A drawing as SVG, written by hand: no program is needed to make it, and any browser shows it.

Each box is a group with a <title>, which browsers show where one points, and data-path, by which a
page finds the box of a layer.  Colours follow the reader's choice of light or dark.
"""

from xml.sax.saxutils import escape, quoteattr

from minicnn.analysis.drawing.colours import INK, JUMP, KINDS, LINE, PAPER
from minicnn.analysis.drawing.compose import Drawing
from minicnn.analysis.drawing.legend import NOTE, legend_of
from minicnn.analysis.drawing.sketch import Box, Caption, Frame, Line

ROUND = 6.0                            # of the corners of lines


class SVG(str):
    """Text of a picture, which a notebook shows."""

    def _repr_svg_(self) -> str:
        return str(self)


def as_svg(drawing: Drawing) -> SVG:
    entries, height = legend_of(drawing)
    width = drawing.width
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="minicnn" role="img" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}" '
        f"aria-label={quoteattr(drawing.alt)}>",
        f"<title>{escape(drawing.title)}</title><desc>{escape(drawing.alt)}</desc>",
        f"<style>{style(0)}@media (prefers-color-scheme: dark){{{style(1)}}}</style>",
        f'<rect class="paper" width="{width:.0f}" height="{height:.0f}"/>',
        *map(frame, drawing.sheet.frames), *map(line, drawing.sheet.lines),
        *map(box, drawing.sheet.boxes), *map(caption, drawing.sheet.captions)]
    for kind, said, x, y in entries:
        if kind == NOTE:
            parts.append(caption(Caption(x, y + 10, said)))
        else:
            parts.append(f'<rect class="{kind}" x="{n(x)}" y="{n(y)}" width="16" height="12" '
                         f'rx="2"/>{caption(Caption(x + 22, y + 10, said))}')
    return SVG("\n".join([*parts, "</svg>", ""]))


def style(dark: int) -> str:
    """The rules for light paper (0) or dark (1)."""
    rules = [f".minicnn .paper{{fill:{PAPER[dark]}}}",
             f".minicnn text{{fill:{INK[dark]};font-family:DejaVu Sans,Verdana,sans-serif}}",
             f".minicnn .line{{fill:none;stroke:{LINE[dark]};stroke-width:1.4}}",
             f".minicnn .jump{{stroke:{JUMP[dark]};stroke-width:1.8}}",
             f".minicnn .tip{{fill:{LINE[dark]};stroke:none}}",
             f".minicnn .tip.jump{{fill:{JUMP[dark]}}}",
             f".minicnn .frame{{fill:none;stroke:{LINE[dark]};stroke-dasharray:4 3}}"]
    for kind, colours in KINDS.items():
        card, edge = colours[dark]
        rules += [f".minicnn .{kind}{{fill:{card};stroke:{edge}}}",
                  f".minicnn .bar.{kind}{{fill:{edge};stroke:none}}"]
    return "".join(rules)


def n(value: float) -> str:
    """A number without a superfluous digit."""
    return f"{value:.1f}".removesuffix(".0")


def box(box: Box) -> str:
    times = f' data-times="{box.times}"' if box.times > 1 else ""
    rows = f" data-row={quoteattr('|'.join(box.rows))}" if box.rows else ""
    parts = [f"<g data-path={quoteattr(box.path)}{rows}{times}><title>{escape(box.title)}</title>"
             f'<rect class="{box.kind}" x="{n(box.x)}" y="{n(box.y)}" width="{n(box.width)}" '
             f'height="{n(box.height)}" rx="4"/>']
    if box.bar:
        left, top, width, height = map(n, box.bar)
        parts.append(f'<rect class="bar {box.kind}" x="{left}" y="{top}" width="{width}" '
                     f'height="{height}"/>')
    for x, y, words, size, bold in box.texts():
        weight = ' font-weight="bold"' if bold else ""
        parts.append(f'<text x="{n(x)}" y="{n(y)}" font-size="{n(size)}" text-anchor="middle"'
                     f"{weight}>{escape(words)}</text>")
    return "".join(parts) + "</g>"


def line(line: Line) -> str:
    jump = " jump" if line.jumps else ""
    tip = " ".join(f"{n(x)},{n(y)}" for x, y in tip_of(line.points))
    return (f'<path class="line{jump}" data-from={quoteattr(line.source.path)} '
            f'data-to={quoteattr(line.target.path)} d="{rounded(line.points)}"/>'
            f'<polygon class="tip{jump}" points="{tip}"/>')


def tip_of(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The three corners of the arrow's head."""
    (x0, y0), (x1, y1) = points[-2:]
    far = max(abs(x1 - x0) + abs(y1 - y0), 1e-9)
    dx, dy = (x1 - x0) / far, (y1 - y0) / far
    return [(x1, y1), (x1 - 6 * dx + 3 * dy, y1 - 6 * dy - 3 * dx),
            (x1 - 6 * dx - 3 * dy, y1 - 6 * dy + 3 * dx)]


def rounded(points: list[tuple[float, float]]) -> str:
    """The path with round corners."""
    said = [f"M{n(points[0][0])} {n(points[0][1])}"]
    for before, (x, y), after in zip(points, points[1:], points[2:], strict=False):
        into, out = towards((x, y), before), towards((x, y), after)
        said.append(f"L{n(into[0])} {n(into[1])}Q{n(x)} {n(y)} {n(out[0])} {n(out[1])}")
    return "".join(said) + f"L{n(points[-1][0])} {n(points[-1][1])}"


def towards(a: tuple[float, float], b: tuple[float, float]) -> tuple[float, float]:
    """The point ROUND away from a, at most half the way to b."""
    far = abs(b[0] - a[0]) + abs(b[1] - a[1])
    share = min(ROUND, far / 2) / far if far else 0.0
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share


def frame(frame: Frame) -> str:
    said = f'<text x="{n(frame.x - 4)}" y="{n(frame.y + frame.height / 2 + 5)}" font-size="14" ' \
           f'text-anchor="end" font-weight="bold">{escape(frame.said)}</text>' if frame.said else ""
    return (f'<rect class="frame" x="{n(frame.x)}" y="{n(frame.y)}" width="{n(frame.width)}" '
            f'height="{n(frame.height)}" rx="6"/>{said}')


def caption(caption: Caption) -> str:
    weight = ' font-weight="bold"' if caption.bold else ""
    return (f'<text x="{n(caption.x)}" y="{n(caption.y)}" font-size="{n(caption.size)}"{weight}>'
            f"{escape(caption.text)}</text>")
