"""A module in full: its boxes from top to bottom, equal units folded into the first of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

from minicnn.analysis.drawing.cells import Cell
from minicnn.analysis.drawing.grid import Grid, Item, Link
from minicnn.analysis.drawing.nodes import Node
from minicnn.analysis.drawing.sketch import LEADING, PAD, SIZE, Box, Frame, Line, Sheet
from minicnn.analysis.drawing.tracks import set_depths, set_tracks
from minicnn.analysis.drawing.words import widest
from minicnn.layers.steps import Step

CHANNEL, GAP, NARROWEST, MARGIN = 16.0, 12.0, 44.0, 40.0
MANY = 16                              # boxes from which chains share one
GROWING = 4                            # units that differ in their maps alone, from which they fold


@dataclass(eq=False)
class Chain:
    """Boxes drawn as one: mostly a single one.  `title` where it stands for what comes in."""

    nodes: list[Node]
    title: str = ""
    sources: list["Chain"] = field(default_factory=list)


@dataclass
class Unit:
    """The boxes of one unit of a stage.

    times : so many follow each other that are alike;  folded : the boxes of those not drawn
    """

    name: str
    nodes: list[Node]
    times: int = 1
    folded: list[Node] = field(default_factory=list)


def form(nodes: Sequence[Node], exact: bool) -> tuple:
    """What makes two units, or two modules, alike."""
    number = {node: place for place, node in enumerate(nodes)}
    outside: dict[Node, int] = {}
    found = []
    for node in nodes:
        read = tuple(number[source] if source in number
                     else -1 - outside.setdefault(source, len(outside)) for source in node.sources)
        said = (node.words, tuple(node.last.shape)) if exact else ()
        found.append((node.form, said, node.runs, read))
    return tuple(found)


def units_of(nodes: Sequence[Node]) -> list[Unit]:
    """The units of a module in their order, those that repeat folded."""
    units = in_pairs([Unit(name, list(group))
                      for name, group in groupby(nodes, key=lambda n: n.unit)])
    folded: list[Unit] = []
    for unit in units:
        last = folded[-1] if folded else None
        if last and unit.name and last.name and form(unit.nodes, True) == form(last.nodes, True) \
                and follows(unit, last.nodes + last.folded):
            last.times += 1
            last.folded += unit.nodes
        else:
            folded.append(unit)
    return grown(folded)


def in_pairs(units: list[Unit]) -> list[Unit]:
    """Where two kinds of units take turns, two of them as one."""
    forms = [form(unit.nodes, True) for unit in units]
    if len(units) < 4 or len(units) % 2 or not all(unit.name for unit in units) \
            or forms[:2] * (len(units) // 2) != forms or forms[0] == forms[1]:
        return units
    return [Unit(a.name, a.nodes + b.nodes)
            for a, b in zip(units[::2], units[1::2], strict=True)]


def follows(unit: Unit, before: Sequence[Node]) -> bool:
    own, read = set(unit.nodes), set(before)
    return all(source in own or source in read for node in unit.nodes for source in node.sources)


def grown(units: list[Unit]) -> list[Unit]:
    """Of many units that differ in their maps alone: two, and the others folded into the third."""
    found: list[Unit] = []
    for _, group in groupby(units, key=lambda u: (u.times, form(u.nodes, False), bool(u.name))):
        alike = list(group)
        if alike[0].name and alike[0].times == 1 and len(alike) >= GROWING:
            third, others = alike[2], alike[3:]
            third.times = len(alike) - 2
            third.folded = [node for unit in others for node in unit.nodes]
            alike = alike[:3]
        found += alike
    return found


def module_form(cell: Cell) -> tuple:
    """Of modules that need one panel together."""
    return tuple((bool(unit.name), form(unit.nodes, False)) for unit in units_of(cell.nodes))


def panel(cell: Cell, names: dict[Node, str]) -> Sheet:
    """names : of the cells that boxes outside stand in"""
    units = units_of(cell.nodes)
    chains, chain_of = chains_of(units, names)
    items = {chain: item_of(chain) for chain in chains}
    sources = {items[chain]: [items[source] for source in chain.sources] for chain in chains}
    ordered = list(items.values())
    set_depths(ordered, sources)
    set_tracks(ordered, sources)
    grid = Grid(ordered, [(source, item) for item in ordered for source in sources[item]],
                CHANNEL, GAP)
    margin = MARGIN if any(unit.times > 1 for unit in units) else 0.0
    sheet = Sheet(margin + grid.across, grid.along)
    boxes = {item: box_of(item, cell.row, margin) for item in ordered}
    sheet.boxes = list(boxes.values())
    sheet.lines = [line_of(link, boxes, margin, passes(link, sources)) for link in grid.links]
    for unit in units:
        box = {node: boxes[items[chain_of[node]]] for node in unit.nodes}
        for node in unit.nodes:
            box[node].times = unit.times
            sheet.shown.update(dict.fromkeys([*node.steps, *node.again], box[node]))
        for number, node in enumerate(unit.folded):
            twin = unit.nodes[number % len(unit.nodes)]
            sheet.shown.update(dict.fromkeys([*node.steps, *node.again], box[twin]))
        if unit.times > 1:
            inside = [items[chain_of[node]] for node in unit.nodes]
            top, end = min(item.start for item in inside), max(item.end for item in inside)
            sheet.frames.append(Frame(margin - 4, top - 6, grid.across + 8, end - top + 12,
                                      f"× {unit.times}"))
    return sheet


def chains_of(units: Sequence[Unit], names: dict[Node, str]
              ) -> tuple[list[Chain], dict[Node, Chain]]:
    """What is drawn, each behind its sources, and in which chain each box is found."""
    nodes = [node for unit in units for node in unit.nodes]
    twin = {node: unit.nodes[number % len(unit.nodes)]
            for unit in units for number, node in enumerate(unit.folded)}
    read = {node: list(dict.fromkeys(twin.get(source, source) for source in node.sources))
            for node in nodes}
    readers: dict[Node, list[Node]] = {}
    for node in nodes:
        for source in read[node]:
            readers.setdefault(source, []).append(node)
    chains: list[Chain] = []
    chain_of: dict[Node, Chain] = {}
    for node in nodes:
        for source in read[node]:
            if source not in chain_of:                     # it comes from outside
                name = names[source]
                known = next((chain for chain in chains if chain.title == name), None)
                chain_of[source] = known or Chain([source], name)
                chains += [] if known else [chain_of[source]]
        before = read[node][0]
        if len(nodes) > MANY and len(read[node]) == 1 and len(readers[before]) == 1 \
                and before in readers and not chain_of[before].title \
                and before.unit == node.unit and "join" not in (before.kind, node.kind):
            chain_of[before].nodes.append(node)
            chain_of[node] = chain_of[before]
            continue
        found = list(dict.fromkeys(chain_of[source] for source in read[node]))
        chain_of[node] = Chain([node], "", found)
        chains.append(chain_of[node])
    return chains, chain_of


def lines_of(chain: Chain) -> list[str]:
    if chain.title:
        return [chain.title, times_of(chain.nodes[-1].last)]
    if len(chain.nodes) == 1:
        node = chain.nodes[0]
        words = f"{node.words}, on {node.runs} maps" if node.runs > 1 else node.words
        if node.kind == "join" and len(node.after) < 8:
            return [f"{words}  {node.after}".strip()]
        return [line for line in (node.before, words, node.after) if line]
    said = [node.words for node in chain.nodes]
    half = len(said) // 2
    if half and said[:half] == said[half:]:
        return [*said[:half], "twice"]
    return said


def times_of(step: Step) -> str:
    return "x".join(map(str, step.shape))


def titled(steps: Sequence[Step]) -> str:
    """What a browser shows of a box where one points: each layer, its settings and its output."""
    return "; ".join(f"{step.path}: {step.layer.heading()}, {times_of(step)}" for step in steps)


def item_of(chain: Chain) -> Item:
    lines = lines_of(chain)
    across = widest(lines, SIZE) + 2 * PAD
    return Item(chain, LEADING * len(lines) + PAD + 2, max(across, NARROWEST))


def box_of(item: Item, row: str, margin: float) -> Box:
    chain: Chain = item.what
    first = chain.nodes[0]
    steps = [step for node in chain.nodes for step in node.steps]
    title = f"{chain.title}, which comes in" if chain.title else titled(steps)
    return Box(margin + item.near, item.start, item.across, item.along,
               "input" if chain.title else first.kind, lines_of(chain), title, first.path,
               [] if chain.title else [row], [] if chain.title else steps)


def passes(link: Link, sources: dict[Item, list[Item]]) -> bool:
    """Whether another way leads from its source to its target: then it is a shortcut."""
    seen: set[Item] = set()
    waiting = [item for item in sources[link.target] if item is not link.source]
    while waiting:
        item = waiting.pop()
        if item is link.source:
            return True
        if item not in seen and item.depth > link.source.depth:
            seen.add(item)
            waiting += sources[item]
    return False


def line_of(link: Link, boxes: dict[Item, Box], margin: float, jumps: bool) -> Line:
    points = [(margin + across, along) for along, across in link.points]
    return Line(points, boxes[link.source], boxes[link.target], jumps)
