"""A network as a drawing: the overview, a panel for each module, the legend."""

from collections.abc import Sequence
from dataclasses import dataclass

from minicnn.analysis.drawing.cells import Cell, across_rows, cells_of
from minicnn.analysis.drawing.nodes import Node, nodes_of, trace_from
from minicnn.analysis.drawing.overview import labels_of, overview
from minicnn.analysis.drawing.panel import module_form, panel
from minicnn.analysis.drawing.sketch import LEADING, Caption, Frame, Sheet
from minicnn.analysis.drawing.words import KINDS, folded, text_width
from minicnn.analysis.summary import size_of_image
from minicnn.backend.messages import plural
from minicnn.backend.windows import times
from minicnn.layers.module import Module, Shape
from minicnn.layers.steps import Step

BORDER, BETWEEN, WIDTH = 20.0, 26.0, 1280.0
TITLE, CAPTION = 20.0, 13.0            # sizes of letters


@dataclass
class Drawing:
    """A network as boxes and lines: minicnn.analysis.drawing writes it as SVG or PNG.

    title, alt : what it is, in a line and in a few sentences for who does not see it
    overview, panels : the parts, by name;  sheet : all of them, with their places
    legend     : kinds that occur, and what they are called;  steps : the layers, in order
    """

    title: str
    alt: str
    sheet: Sheet
    overview: Sheet
    panels: dict[str, Sheet]
    legend: dict[str, str]
    steps: list[Step]
    width: float = 0.0
    height: float = 0.0


def draw(model: Module, in_shape: Shape | None = None, name: str = "") -> Drawing:
    """Follow a shape through the network and lay out what it passes; nothing is computed.

    in_shape : (C, H, W) of one image; if left out, the one that the network was made for
    name     : for the title; if left out, that of the class
    """
    in_shape = size_of_image("draw", model, in_shape)
    steps = trace_from(model, in_shape)
    nodes = nodes_of(model, steps)
    cells = cells_of(nodes)
    if any(len(cell.sources) > 1 for cell in cells) or len(ends_of(cells)) > 1:
        cells = across_rows(cells)
    names = labels_of(cells)
    ends = [times(cell.shape) for cell in ends_of(cells)]
    title = f"{name or type(model).__name__}: {times(in_shape)} to " \
        + (" and ".join(ends) if len(ends) < 3 else f"{len(ends)} outputs")
    whole = overview(cells)
    outside = {node: names[cell] for cell in cells for node in cell.nodes}
    panels = panels_of([cell for cell in cells if cell.module], outside, names)
    widest = max([whole.width, *(sheet.width for sheet in panels.values())])
    width = max(widest, min(WIDTH, sum(sheet.width + BETWEEN for sheet in panels.values())), 560.0)
    page = Sheet()
    page.captions.append(Caption(BORDER, BORDER + TITLE * 0.8, title, TITLE, bold=True))
    y = BORDER + TITLE + 14
    page.put(whole, BORDER, y)
    shelve(page, list(panels.values()), width)
    kinds = {box.kind for box in page.boxes}
    legend = {kind: said for kind, said in KINDS.items() if kind in kinds}
    found = Drawing(title, alt_of(title, steps, cells, panels), page, whole, panels, legend, steps)
    found.width = max(width, text_width(title, TITLE, True)) + 2 * BORDER
    found.height = page.height + BORDER
    return found


def ends_of(cells: Sequence[Cell]) -> list[Cell]:
    """What nothing else reads."""
    read = {source for cell in cells for source in cell.sources}
    return [cell for cell in cells if cell not in read]


def shelve(page: Sheet, panels: Sequence[Sheet], width: float) -> None:
    """The panels below, each as high up as it finds room, and then as far to the left."""
    top = page.height + BETWEEN
    placed: list[tuple[float, float, Sheet]] = []
    for sheet in panels:
        spots = []
        for x in [BORDER, *(left + other.width + BETWEEN for left, _, other in placed)]:
            if x + sheet.width <= BORDER + width:
                y = max((above + other.height + BETWEEN for left, above, other in placed
                         if left < x + sheet.width + BETWEEN and x < left + other.width + BETWEEN),
                        default=top)
                spots.append((y, x))
        y, x = min(spots)
        placed.append((x, y, sheet))
        page.put(sheet, x, y)


def panels_of(modules: Sequence[Cell], outside: dict[Node, str], names: dict[Cell, str]
              ) -> dict[str, Sheet]:
    """A panel for each module; where that would be too much, for each form of them."""
    made = {cell: panel(cell, outside) for cell in modules}
    alike = {cell: [cell] for cell in modules}
    if sum(sheet.width + BETWEEN for sheet in made.values()) > WIDTH:
        forms: dict[tuple, Cell] = {}
        alike = {}
        for cell in modules:
            first = forms.setdefault(module_form(cell), cell)
            alike.setdefault(first, []).append(cell)
    return {cell.row: framed(made[cell], names[cell], [names[other] for other in group[1:]])
            for cell, group in alike.items()}


def framed(inner: Sheet, name: str, others: list[str]) -> Sheet:
    """A panel with its name above, and the names of those that have the same form."""
    pad = 12.0
    room = max(inner.width, text_width(name, CAPTION, True), 170.0 if others else 0.0)
    said = folded(f"also {', '.join(others)}", room, 10.0) if others else []
    top = pad + CAPTION + LEADING * len(said) + 10
    sheet = Sheet(room + 2 * pad, top + inner.height + pad)
    sheet.frames.append(Frame(0.0, 0.0, sheet.width, sheet.height))
    sheet.captions.append(Caption(pad, pad + CAPTION * 0.8, name, CAPTION, bold=True))
    sheet.captions += [Caption(pad, pad + CAPTION + LEADING * (number + 0.8), line, 10.0)
                       for number, line in enumerate(said)]
    sheet.put(inner, pad + (room - inner.width) / 2, top)
    sheet.width, sheet.height = room + 2 * pad, top + inner.height + pad
    return sheet


def alt_of(title: str, steps: Sequence[Step], cells: Sequence[Cell], panels: dict[str, Sheet]
           ) -> str:
    """What the drawing shows, in words."""
    rows = ", ".join(f"{' and '.join(cell.rows)} {times(cell.shape)}" for cell in cells[1:])
    jumps = sum(len(step.sources) - 1 for step in steps[1:] if step.sources)
    said = [f"{title}; {plural(len(steps) - 1, 'layer')} in {plural(len(cells) - 1, 'box')}, in "
            f"their order: {rows}."]
    if jumps:
        said.append(f"In {jumps} places another path joins.")
    if panels:
        said.append(f"Drawn in full: {', '.join(panels)}.")
    return " ".join(said).replace("boxs", "boxes")
