"""The cells of the overview: a box of a row each, equal neighbours folded, or a whole module.

A row whose boxes follow each other is so many cells; one whose paths part and meet again is a
module: one cell, and a panel of its own below.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from minicnn.analysis.drawing.nodes import Node
from minicnn.layers.parameter import Shape


@dataclass(eq=False)
class Cell:
    """One box of the overview.

    times : equal boxes in a row, of which it is the first;  until : the label of the last of them
    sources : cells that it reads
    """

    label: str
    nodes: list[Node]
    module: bool = False
    times: int = 1
    sources: list["Cell"] = field(default_factory=list)
    until: str = ""

    @property
    def row(self) -> str:
        return self.nodes[0].row

    @property
    def kind(self) -> str:
        return "module" if self.module else self.nodes[0].kind

    @property
    def shape(self) -> Shape:
        return self.nodes[-1].last.shape

    @property
    def rows(self) -> list[str]:
        return list(dict.fromkeys(node.row for node in self.nodes))

    @property
    def layers(self) -> int:
        return sum(len(node.steps) for node in self.nodes)


def cells_of(nodes: Sequence[Node]) -> list[Cell]:
    rows: dict[str, list[Node]] = {}
    for node in nodes:
        rows.setdefault(node.row, []).append(node)
    readers: dict[Node, list[Node]] = {node: [] for node in nodes}
    for node in nodes:
        for source in node.sources:
            readers[source].append(node)
    found = []
    for row, inside in rows.items():
        groups = connected(inside)
        for group in groups:
            made = list(in_cells(group, readers))
            only = len(groups) == 1 and len(made) == 1
            for cell in made:
                first = cell.nodes[0]
                kind = f"_{type(first.shown.layer).__name__.lower()}"
                cell.label = row if only else first.path.removesuffix(kind)
            found += made
    return with_sources(nodes, found)


def connected(nodes: Sequence[Node]) -> list[list[Node]]:
    """The boxes of a row, in groups that hang together."""
    groups: list[list[Node]] = []
    for node in nodes:
        met = [group for group in groups if any(source in group for source in node.sources)]
        groups = [group for group in groups if group not in met]
        groups.append([*(member for group in met for member in group), node])
    order = {node: number for number, node in enumerate(nodes)}
    return [sorted(group, key=lambda node: order[node]) for group in groups]


def in_cells(group: list[Node], readers: dict[Node, list[Node]]) -> Iterator[Cell]:
    """A chain, box by box, equal ones folded; heads; else the whole group as a module."""
    chain = all(
        (node.sources == [before] if before else True)
        and (not after or readers[node] == [after])
        for before, node, after in zip([None, *group], group, [*group[1:], None], strict=False))
    if chain or not any(len(node.sources) > 1 and any(source in group for source in node.sources)
                        for node in group):
        for _, equal in groupby(group, key=same) if chain else ((0, [n]) for n in group):
            nodes = list(equal)
            yield Cell("", nodes, times=len(nodes))
    else:
        yield Cell("", group, module=True)


def across_rows(cells: Sequence[Cell]) -> list[Cell]:
    """Equal neighbours of different rows as one cell too, where there is much to draw."""
    readers: dict[Cell, list[Cell]] = {cell: [] for cell in cells}
    for cell in cells:
        for source in cell.sources:
            readers[source].append(cell)
    stands_for: dict[Cell, Cell] = {}
    found: list[Cell] = []
    for cell in cells:
        last = stands_for.get(cell.sources[0], cell.sources[0]) if len(cell.sources) == 1 else None
        if last and not cell.module and not last.module and readers[cell.sources[0]] == [cell] \
                and last.kind == cell.kind == "conv" \
                and same(last.nodes[0]) == same(cell.nodes[0]):
            last.until = cell.label
            last.nodes, last.times = last.nodes + cell.nodes, last.times + cell.times
            stands_for[cell] = last
        else:
            cell.sources = [stands_for.get(source, source) for source in cell.sources]
            found.append(cell)
    return found


def same(node: Node) -> tuple:
    """What equal neighbours have in common; unpadded convolutions differ in their pixels."""
    return node.before, node.words, node.after, node.last.shape[0], node.runs, node.last.count


def with_sources(nodes: Sequence[Node], cells: list[Cell]) -> list[Cell]:
    """The cells in an order in which each stands behind all that it reads."""
    home = {node: cell for cell in cells for node in cell.nodes}
    for node in nodes:
        cell = home[node]
        for source in node.sources:
            if home[source] is not cell and home[source] not in cell.sources:
                cell.sources.append(home[source])
    done: list[Cell] = []
    waiting = cells
    while waiting:
        ready = [cell for cell in waiting if all(source in done for source in cell.sources)]
        if not ready:                                      # rows that read each other: box by box
            knot = next(cell for cell in waiting if cell.module)
            others = [cell for cell in cells if cell is not knot]
            for cell in cells:
                cell.sources = []
            return with_sources(nodes, [*others, *(Cell(node.path, [node])
                                                   for node in knot.nodes)])
        done += ready
        waiting = [cell for cell in waiting if cell not in done]
    order = {node: number for number, node in enumerate(nodes)}
    return sorted(done, key=lambda cell: max(order[node] for node in cell.nodes))
