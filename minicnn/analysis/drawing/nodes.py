"""From the layers that shapes pass to the boxes of a drawing.

A box has one main layer and the small ones around it: norms, activations, dropout.  It belongs to
a row, the table's, and to a unit of that row, such as the third residual unit of a stage.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from minicnn.analysis.drawing.words import form_of, is_small, kind_of, short, words_of
from minicnn.autograd.switches import record_shapes
from minicnn.layers.module import Module, Shape
from minicnn.layers.steps import Step, TracedShape
from minicnn.models.table import TableNet

LARGE = 12                             # modules of a part that is a stage


class Image:
    """What stands in the place of a layer for the image itself."""

    def heading(self) -> str:
        return "the image"


@dataclass(eq=False)
class Node:
    """One box to be.

    sources : the boxes that it reads
    again   : the steps of the same layers where they run `runs` times beside each other
    """

    row: str
    unit: str
    steps: list[Step]
    main: Step | None = None
    sources: list["Node"] = field(default_factory=list)
    again: list[Step] = field(default_factory=list)
    runs: int = 1

    @property
    def shown(self) -> Step:
        return self.main or self.steps[0]

    @property
    def last(self) -> Step:
        return self.steps[-1]

    @property
    def path(self) -> str:
        return self.shown.path

    @property
    def kind(self) -> str:
        return kind_of(self.shown.layer)

    @property
    def form(self) -> str:
        """What it does, whatever the number of maps."""
        return " ".join([form_of(step.layer) for step in self.steps])

    @property
    def words(self) -> str:
        return words_of(self.shown.layer, self.shown.shape)

    @property
    def before(self) -> str:
        """The small layers before the main one: "BN, ReLU"."""
        return shortly(self.steps[:self.steps.index(self.shown)])

    @property
    def after(self) -> str:
        """Those behind it."""
        return shortly(self.steps[self.steps.index(self.shown) + 1:])


def shortly(steps: Sequence[Step]) -> str:
    return ", ".join(short(step.layer) for step in steps
                     if type(step.layer).__name__ not in ("Flatten", "Same"))


def trace_from(model: Module, in_shape: Shape) -> list[Step]:
    """As receptive_field.trace, and first the image itself: what reads it has it as a source."""
    image = TracedShape(in_shape)
    steps = [Step("input", Image(), (), image, ())]
    image.sources = (steps[0],)
    with record_shapes(steps):
        model.shape(image)
    return steps


def place_of(model: Module, path: str) -> tuple[str, str]:
    """The row and the unit of a layer.

    A network without a table has a row for each of its parts, and for the parts of those that are
    large; a table inside it has its own rows.
    """
    part, above, depth = model, "", 0
    while True:
        rest = path[len(above):]
        below = dict(part.named_parts())
        if isinstance(part, TableNet):
            name = rest.partition(".")[0]
            label = next((row for row, members, _ in part.row_names if name in members), name)
            return above + label, unit_of(rest)
        if depth > 1 and not any(map(is_stage, below.values())):
            return above.rstrip("."), unit_of(path[len(above) - len(name) - 1:])
        name = next(key for key in below if f"{rest}.".startswith(f"{key}."))
        part, depth = below[name], depth + 1
        if not part.named_parts() or name == rest:
            kind = "_" + type(part).__name__.lower()       # as in TableNet: conv1_relu
            return (above + name).removesuffix(kind), ""
        if is_stage(part):
            return above + name, unit_of(rest)
        above += f"{name}."


def is_stage(part: Module) -> bool:
    """Units in a row, all numbered."""
    inside = part.named_parts()
    return len(inside) > 0 and all(name.isdigit() for name, _ in inside) \
        and len(list(part.modules())) > LARGE


def unit_of(path: str) -> str:
    """"stage1.0" of stage1.0.body.conv; a layer is no unit of its own."""
    names = path.split(".")
    return ".".join(names[:2]) if len(names) > 2 and names[1].isdigit() else ""


def nodes_of(model: Module, steps: Sequence[Step]) -> list[Node]:
    """The boxes, in the order in which shapes pass them."""
    readers = Counter(source for step in steps for source in step.sources)
    places = {path: place_of(model, path) for path in {step.path for step in steps[1:]}}
    owner: dict[Step, Node] = {}
    nodes = []
    for step in steps:
        row, unit = places.get(step.path, ("input", ""))
        node = owner[step.sources[0]] if len(step.sources) == 1 else None
        if node and node.kind != "input" and readers[step.sources[0]] == 1 \
                and step.count == node.last.count and (is_small(step.layer) or node.main is None) \
                and ((node.row, node.unit) == (row, unit) or not isinstance(model, TableNet)
                     and row == step.path and is_small(step.layer)):
            node.steps.append(step)
            node.main = node.main or (None if is_small(step.layer) else step)
        else:
            sources = list(dict.fromkeys(owner[source] for source in step.sources))
            main = None if is_small(step.layer) else step
            node = Node(row, unit, [step], main, sources)
            nodes.append(node)
        owner[step] = node
    return shared(nodes)


def shared(nodes: list[Node]) -> list[Node]:
    """Boxes of the same layers that do not read each other become one, as heads that run on several
    maps; `runs` says on how many.
    """
    groups: dict[tuple, list[Node]] = {}
    for node in nodes:
        groups.setdefault((node.row, tuple(step.path for step in node.steps)), []).append(node)
    repeated = [group for group in groups.values() if len(group) > 1 and group[0].kind != "join"]
    if not repeated:
        return nodes
    above: dict[Node, int] = {}                            # the boxes that it depends on, as bits
    for number, node in enumerate(nodes):
        above[node] = 1 << number
        for source in node.sources:
            above[node] |= above[source]
    bit = {node: 1 << number for number, node in enumerate(nodes)}
    stands_for: dict[Node, Node] = {}
    for group in repeated:
        if any(above[a] & bit[b] for a in group for b in group if a is not b):
            continue
        first, *others = group
        for node in others:
            stands_for[node] = first
            first.again += node.steps
            first.sources += node.sources
            first.runs += 1
    kept = [node for node in nodes if node not in stands_for]
    for node in kept:
        node.sources = list(dict.fromkeys(stands_for.get(source, source)
                                          for source in node.sources))
    return in_order(kept) if stands_for else kept


def in_order(nodes: list[Node]) -> list[Node]:
    """Each behind all that it reads, else as they came."""
    done: dict[Node, None] = {}
    waiting = nodes
    while waiting:
        late = []
        for node in waiting:
            if all(source in done for source in node.sources):
                done[node] = None
            else:
                late.append(node)
        if len(late) == len(waiting):
            raise ValueError("a drawing needs an order, and these layers go round in a circle")
        waiting = late
    return list(done)
