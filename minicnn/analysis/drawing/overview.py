"""The whole network, a card for each box of a row: from left to right, in lines, or as a U.

The bar on a card is as high as the square root of the map's rows and as wide as the logarithm of
their number; of a vector it is as high as the logarithm of its length.
"""

from collections.abc import Sequence
from math import ceil, log2, sqrt

from minicnn.analysis.drawing.cells import Cell
from minicnn.analysis.drawing.grid import Grid, Item
from minicnn.analysis.drawing.panel import times_of, titled
from minicnn.analysis.drawing.sketch import LEADING, PAD, SIZE, SMALLER, Box, Line, Sheet
from minicnn.analysis.drawing.tracks import set_depths, set_tracks
from minicnn.analysis.drawing.words import folded, widest
from minicnn.layers.parameter import Shape

CHANNEL, GAP = 16.0, 16.0
TALLEST, ROOM = 64.0, 76.0             # of a bar, and for the words of a card
ACROSS = 13                            # cards in a line, if it can be broken
TURN = 16.0                            # height of the way from line to line

Place = tuple[int, int]                # level, and how far below its first track


def overview(cells: Sequence[Cell]) -> Sheet:
    names = labels_of(cells)
    tallest = max(rows_of(cell.shape) for cell in cells)
    items = {cell: item_of(cell, names[cell]) for cell in cells}
    ordered = list(items.values())
    sources = {items[cell]: [items[source] for source in cell.sources] for cell in cells}
    set_depths(ordered, sources)
    if is_u(cells):
        as_u(cells, items)
        return sheet_of(cells, items, tallest)
    sheet, last = Sheet(), None
    for part in parts_of(cells, items):
        inside = {cell: items[cell] for cell in part}
        set_tracks(list(inside.values()), {
            item: [source for source in sources[item] if source in inside.values()]
            for item in inside.values()}, wide=False)
        first = min(item.depth for item in inside.values())
        for item in inside.values():
            item.depth -= first
        below = sheet_of(part, inside, tallest)
        sheet.put(below, 0.0, sheet.height + (TURN * 2 if last else 0.0))
        if last:
            sheet.lines.append(turned(*last, below))
        last = below, part, cells
    return sheet


def parts_of(cells: Sequence[Cell], items: dict[Cell, Item]) -> list[list[Cell]]:
    """The cells line by line, broken where a single line leads on."""
    deepest = max(item.depth for item in items.values())
    breaks = [depth for depth in range(deepest) if sum(
        items[source].depth <= depth < items[cell].depth
        for cell in cells for source in cell.sources) == 1]
    count = ceil((deepest + 1) / ACROSS)
    most = ceil((deepest + 1) / count)
    ends, start = [], 0
    while deepest - start >= ACROSS and (able := [end for end in breaks
                                                   if start < end < start + ACROSS]):
        ends.append(min(able, key=lambda end: abs(end - (start + most - 1))))
        start = ends[-1] + 1
    line = {depth: sum(end < depth for end in ends) for depth in range(deepest + 1)}
    parts: list[list[Cell]] = [[] for _ in range(len(ends) + 1)]
    for cell in cells:
        parts[line[items[cell].depth]].append(cell)
    return parts


def turned(above: Sheet, part: Sequence[Cell], cells: Sequence[Cell], below: Sheet) -> Line:
    """From the end of a line to the beginning of the next."""
    box_of_cell = dict(zip(part, above.boxes, strict=True))
    first = below.boxes[0]
    for cell in cells:
        last = next((box_of_cell[source] for source in cell.sources if source in box_of_cell
                     and cell not in box_of_cell), None)
        if last:
            break
    else:
        raise ValueError("nothing leads from one line of the drawing to the next")
    x, y, to, turn = last.x + last.width / 2, last.y + last.height, first.x + first.width / 2, \
        first.y - TURN
    return Line([(x, y), (x, turn), (to, turn), (to, first.y)], last, first)


def sheet_of(cells: Sequence[Cell], items: dict[Cell, Item], tallest: int) -> Sheet:
    heights = {item.first: max(other.across for other in items.values()
                               if other.first == item.first) for item in items.values()}
    for item in items.values():
        item.across = heights[item.first]
    pairs = [(items[source], items[cell]) for cell in cells for source in cell.sources
             if source in items]
    grid = Grid([items[cell] for cell in cells], pairs, CHANNEL, GAP, beside=-1)
    boxes = {items[cell]: box_of(cell, items[cell], tallest) for cell in cells}
    sheet = Sheet(grid.along, grid.across, list(boxes.values()))
    sheet.lines = [Line(link.points, boxes[link.source], boxes[link.target], link.jumps)
                   for link in grid.links]
    for cell in cells:
        for node in cell.nodes:
            sheet.shown.update(dict.fromkeys([*node.steps, *node.again], boxes[items[cell]]))
    return sheet


# --- the U ----------------------------------------------------------------------------------------

def is_u(cells: Sequence[Cell]) -> bool:
    """Whether maps get small and large again."""
    sizes = [rows_of(cell.shape) for cell in cells if len(cell.shape) == 3]
    return len(cells[-1].shape) == 3 and sizes[-1] >= 3 * min(sizes) and 9 * sizes[-1] >= sizes[0]


def as_u(cells: Sequence[Cell], items: dict[Cell, Item]) -> None:
    """A level for each halving of the maps; to another level it goes straight down or up.

    Where two want the same place, the second stands below it, on the same level.
    """
    levels: dict[Cell, int] = {}
    for cell in cells:
        levels[cell] = level_of(cell, levels)
    spans: dict[int, list[tuple[Place, Place]]] = {}       # taken, by depth
    place: dict[Cell, Place] = {}
    for cell in sorted(cells, key=lambda cell: items[cell].depth):
        known, at = cell.sources, (levels[cell], 0)
        depth = 1 + max((items[source].depth for source in known), default=-1)
        start = place[known[0]] if len(known) == 1 else at
        if start[0] != at[0] and not any(
                low < max(start, at) and high > min(start, at) or low <= at <= high
                for low, high in spans[depth - 1]):
            depth -= 1
        else:
            start = at = start if start[0] == at[0] else at    # a side path stays where it is
            while any(low <= at <= high for low, high in spans.get(depth, [])):
                start = at = (at[0], at[1] + 1)
        items[cell].depth, place[cell] = depth, at
        spans.setdefault(depth, []).append((min(start, at), max(start, at)))
    used = sorted(set(place.values()))
    for cell, item in items.items():
        item.first = item.last = used.index(place[cell])


def level_of(cell: Cell, levels: dict[Cell, int]) -> int:
    """How often the maps have been halved; what a convolution or a crop loses does not count."""
    if not cell.sources:
        return 0
    rows = rows_of(cell.shape)
    near = min(cell.sources, key=lambda source: abs(log2(rows_of(source.shape) / rows)))
    steps = log2(rows_of(near.shape) / rows)
    whole = len(cell.shape) == 3 == len(near.shape) and cell.nodes[0].words != "crop"
    return levels[near] + (round(steps) if whole else 0)


# --- a card ---------------------------------------------------------------------------------------

def labels_of(cells: Sequence[Cell]) -> dict[Cell, str]:
    """What is written on each card: the row, or the end of a long path that only it has."""
    ends: dict[str, set[str]] = {}
    for path in {label for cell in cells for label in (cell.label, cell.until)}:
        for end in endings(path):
            ends.setdefault(end, set()).add(path)

    heads = {path.partition(".")[0] for path in (cell.label for cell in cells[1:])}

    def short(path: str) -> str:
        own = [end for end in endings(path) if len(ends[end]) == 1] or [path]
        return own[-1] if len(path) > 12 or len(heads) == 1 else path.removesuffix(".conv")

    return {cell: short(cell.label) + (f" to {short(cell.until)}" if cell.until else "")
            for cell in cells}


def endings(path: str) -> list[str]:
    """Of a dotted path, those that begin with a name; the longest first.

    >>> endings("block.0.reduce.conv")
    ['block.0.reduce', 'reduce']
    """
    if path.count(".") > 1:
        path = path.removesuffix(".conv")
    names = path.split(".")
    return [".".join(names[number:]) for number, name in enumerate(names)
            if not name[:1].isdigit()]


def lines_of(cell: Cell) -> list[str]:
    """What stands below the name."""
    first = cell.nodes[0]
    words = f"{cell.layers} layers" if cell.module else first.words
    if cell.times > 1:
        words += f" × {cell.times}"
    said = folded(words, ROOM, SMALLER) if words != "image" else []
    if first.runs > 1:
        said += [f"on {first.runs} maps"]
    if first.last.count > 1:
        said += [f"{first.last.count} regions"]
    return [*said, "x".join(map(str, cell.shape))]


def item_of(cell: Cell, name: str) -> Item:
    names, lines = folded(name, ROOM, SIZE, True), lines_of(cell)
    width = max(widest(names, SIZE, True), widest(lines, SMALLER), 30.0) + 2 * PAD
    return Item((names, lines), width, TALLEST + 3 * PAD + LEADING * len(names + lines))


def box_of(cell: Cell, item: Item, tallest: int) -> Box:
    steps = [step for node in cell.nodes for step in [*node.steps, *node.again]]
    first, last = cell.nodes[0], cell.nodes[-1].last
    if cell.module:
        title = f"{cell.row}: {cell.layers} layers, {times_of(last)}"
    else:
        title = titled(first.steps)
    (names, lines), (along, across) = item.what, (item.start, item.near)
    wide, tall = bar_of(cell.shape, tallest)
    bar = (along + (item.along - wide) / 2, across + PAD + TALLEST - tall, wide, tall)
    return Box(along, across, item.along, item.across, cell.kind,
               names + lines, title, cell.row if cell.module else first.path, cell.rows, steps, bar,
               bold=len(names), times=cell.times)


def rows_of(shape: Shape) -> int:
    return shape[1] if len(shape) == 3 else 1


def bar_of(shape: Shape, tallest: int) -> tuple[float, float]:
    """Width and height of what is drawn for an output."""
    if len(shape) == 1:
        return 7.0, max(TALLEST * min(log2(1 + shape[0]) / 13, 1), 4.0)
    if len(shape) == 2:
        return 6 + 4 * log2(shape[1]), max(TALLEST * min(log2(1 + shape[0]) / 13, 1), 4.0)
    return 5 + 4 * log2(shape[0]), max(TALLEST * sqrt(shape[1] / tallest), 4.0)
