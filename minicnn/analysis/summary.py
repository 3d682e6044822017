"""The lecture's table of a network: shapes, parameters, cost, memory, field, slide's figure.

MACs are multiply-accumulate operations of convolutions and fully connected layers for one image;
memory is what one image's outputs take, every layer counted.  A row of the slide that stands for
several convolutions, such as an Inception module, has a line of its own above those of its layers,
with their sums beside the slide's figures; by_row() leaves the layers out.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from math import prod
from typing import Any

from minicnn.analysis.figures import DIFFERS, agreement
from minicnn.analysis.receptive_field import receptive_fields, trace
from minicnn.analysis.tables import (
    Shown,
    aligned,
    as_csv,
    lines_of,
    markdown,
    without_empty,
)
from minicnn.backend.windows import is_whole, times
from minicnn.layers.module import Module, Shape
from minicnn.layers.windowed import Windowed
from minicnn.models.table import TableNet

RUNNING = dict.fromkeys(("running_mean", "running_var", "num_batches_tracked"),
                        "running averages of the norms")
FOOTNOTE = "1 MAC = one multiplication and one addition; papers and slides often say FLOPs for it."


@dataclass
class Line:
    """One layer of the table, or one row of the slide; sizes are for one image."""

    row: str                   # the slide's label, on the first layer of a row
    path: str                  # the layer's name in the network
    layer: str                 # its class, or how many layers the row has
    output: str                # "6x28x28"
    kernel: str
    stride: str
    parameters: int
    macs: int
    memory: int                # bytes of the output
    field: str                 # "5x5" input pixels
    slide: str = ""            # what the slide prints for this row
    remark: str = ""           # where the slide and this network differ


@dataclass(repr=False)
class Summary(Shown):
    """The table as data: `.lines`, `.rows`, and .text(), .markdown(), .csv(), .json()."""

    title: str
    lines: list[Line]          # the layers
    rows: list[Line]           # the rows of the slide, or the parts of a network without a table
    parameters: int
    buffers: int
    macs: int
    memory: int                # of every layer's output
    slide_memory: int = 0      # by the slides' rule: see slide_rule; 0 where it does not apply
    not_learnt: str = ""       # what the buffers are

    words = {"row", "layer", "output", "kernel", "stride", "field", "slide or paper", "remark"}

    def by_row(self) -> "Summary":
        """The same with one line for each row instead of one for each layer."""
        return replace(self, lines=self.rows, rows=[])

    def shown_lines(self) -> list[Line]:
        """The layers, with a line above those that make up a row together."""
        composite = {line.row: line for line in self.rows if line.layer.endswith(" layers")}
        shown = []
        for line in self.lines:
            if line.row in composite:
                shown.append(composite[line.row])
                line = replace(line, row="")
            shown.append(line)
        return shown

    def cells(self) -> tuple[list[str], list[list[str]]]:
        """Headings and rows as a reader sees them; columns that say nothing are left out."""
        heads = ["row", "layer", "output", "kernel", "stride", "parameters", "MACs", "memory",
                 "field", "slide or paper", "remark"]
        rows = [[line.row, line.layer, line.output, line.kernel, line.stride,
                 f"{line.parameters:,}", f"{line.macs:,}", kilobytes(line.memory), line.field,
                 line.slide, line.remark]
                for line in self.shown_lines()]
        return without_empty(heads, rows)

    def totals(self) -> str:
        buffers = f" (and {self.buffers:,} not learnt: {self.not_learnt})" if self.buffers else ""
        return (f"{self.parameters:,} parameters{buffers}, {self.macs:,} MACs, "
                f"{kilobytes(self.memory)} of outputs and {kilobytes(4 * self.parameters)} of "
                "parameters for one image in float32")

    def footnotes(self) -> list[str]:
        repeated = next((line.output for line in self.lines if " of " in line.output), "")
        if repeated:
            count = repeated.split()[0]
            return [f'"{repeated}": so many outputs has this layer for one image, one for each of '
                    f"{count} regions; MACs and memory are those of all.", FOOTNOTE]
        if not self.slide_memory:
            return [FOOTNOTE]
        return [f"{kilobytes(self.memory)} counts the output of every layer, a ReLU's too; the "
                "slides' lists count the image and one output a row, as if a ReLU wrote over its "
                f"input: {self.slide_memory:,} bytes here.", FOOTNOTE]

    def text(self) -> str:
        heads, rows = self.cells()
        if "remark" in heads:                              # as lines below the table, being long
            heads, rows = heads[:-1], [cells[:-1] for cells in rows]
        notes = [lines_of(f"{line.row or line.path}: {line.remark}", "  ")
                 for line in self.shown_lines() if line.remark]
        table = aligned(heads, rows, self.words, below="slide or paper")
        notes = ["", "Where the slide or paper differs from this network (why: `python -m minicnn "
                 "slides`):", *notes] if notes else []
        return "\n".join([self.title, "", *table, *notes, "", *map(lines_of, self.notes())])

    def notes(self) -> list[str]:
        return [self.totals(), *self.footnotes()]

    def markdown(self) -> str:
        return "\n".join([f"**{self.title}**", "", *markdown(*self.cells()), "", self.totals(), "",
                          *self.footnotes()])

    def csv(self) -> str:
        return as_csv(self.lines)

    def json(self) -> str:
        return json.dumps(asdict(self), indent=1)


def summary(model: Module, in_shape: Shape | None = None) -> Summary:
    """The table of any model; nothing is computed and no weight is drawn.

    in_shape : (C, H, W) of one image; if left out, the one that the network was made for

    >>> from minicnn.models import LeNet5
    >>> table = summary(LeNet5())
    >>> table.parameters, table.macs, table.lines[0].output
    (61706, 416520, '6x28x28')
    """
    in_shape = size_of_image("summary", model, in_shape)
    if len(in_shape) == 4:
        raise ValueError(f"summary: {tuple(in_shape)} has a batch axis; give one image's size, "
                         f"{tuple(in_shape[1:])}")
    steps = trace(model, in_shape)
    fields = receptive_fields(steps)
    lines, seen = [], set()
    for step in steps:
        own = 0 if id(step.layer) in seen else step.layer.num_parameters()   # shared: counted once
        seen.add(id(step.layer))
        window = step.layer.window if isinstance(step.layer, Windowed) else None
        lines.append(Line(
            row="", path=step.path, layer=kind(step.layer),
            output=f"{step.count} of " * (step.count > 1) + times(step.shape),
            kernel=times(window.kernel) if window else "",
            stride=one_if_equal(window.stride) if window else "", parameters=own,
            macs=step.count * step.layer.macs(step.in_shapes[0], step.shape),
            memory=step.count * 4 * prod(step.shape),
            field=times(fields[id(step)][0])))
    variant = getattr(model, "variant", "")
    buffers = dict(model.named_buffers())
    rows = row_lines(model, lines)
    return Summary(
        title=f"{type(model).__name__} {variant}".strip() + f", input {times(in_shape)}",
        rows=rows, lines=lines, parameters=model.num_parameters(),
        buffers=sum(value.numel() for value in buffers.values()),
        not_learnt=", ".join(dict.fromkeys(RUNNING.get(name, name) for name in (
            path.rpartition(".")[2] for path in buffers))), macs=sum(line.macs for line in lines),
        memory=sum(line.memory for line in lines), slide_memory=slide_rule(model, in_shape, rows))


def slide_rule(model: Module, in_shape: Shape, rows: list[Line]) -> int:
    """Bytes of the image and of each row's last output, as memphis and stanford list VGG's memory.

    0 for networks without rows of a slide, and where a row is a whole stage of layers.
    """
    if not isinstance(model, TableNet) or any(row.layer.endswith(" layers") for row in rows):
        return 0
    return 4 * (prod(in_shape) + sum(prod(map(int, row.output.split("x"))) for row in rows))


def kind(layer: Module) -> str:
    """The class.  A block that writes its own out_shape has one row, and its cost is not known."""
    return type(layer).__name__ + (" (MACs of its parts unknown)" if layer.named_parts() else "")


def size_of_image(name: str, model: Module, in_shape: Shape | None) -> Shape:
    """in_shape or, if left out, the network's own; else an error of the function called `name`."""
    in_shape = in_shape or getattr(model, "input_shape", None)
    if in_shape is None:
        raise ValueError(f"{name}: {type(model).__name__} does not say which image size it was "
                         f"made for; give one: {name}(model, (3, 32, 32))")
    if not isinstance(in_shape, (tuple, list)) or not all(map(is_whole, in_shape)):
        raise TypeError(f"{name}: in_shape is the size of one image, (C, H, W), got {in_shape!r}")
    return in_shape


def row_lines(model: Module, lines: list[Line]) -> list[Line]:
    """A line for each row of the slide; writes labels and the slide's figures beside the layers.

    Figures go to the layer that the row is about, or to the row's own line if several layers share
    its work.
    """
    levels = zip(*([] if isinstance(model, TableNet) else (line.path.split(".") for line in lines)),
                 strict=False)                             # one part that holds all is no table
    depth = 1 + next((n for n, at in enumerate(levels) if len(set(at)) > 1), 0)
    parts: dict[str, list[Line]] = {}                      # by the name of the network's own part
    for line in lines:
        parts.setdefault(".".join(line.path.split(".")[:depth]), []).append(line)
    found = []
    names = iter([name for name, _ in model.named_parts()])
    for label, layers, slide in model.rows if isinstance(model, TableNet) else ():
        inside = [line for _ in layers for line in parts.pop(next(names), [])]
        if not inside:                                     # a block that does nothing in this form
            continue
        whole, main = whole_row(label, inside)
        inside[0].row = label
        whole.slide = ", ".join(shown(key, value) for key, value in slide.items())
        whole.remark = remarks(slide, {
            "output": whole.output, "maps": whole.output.partition("x")[2],
            "kernel": main.kernel, "stride": main.stride,
            "activation": inside[-1].layer.lower() if len(inside) > 1 else main.layer,
            "parameters": whole.parameters, "macs": whole.macs,
            "memory": prod(map(int, whole.output.split("x"))),
            "filters": filters(layers, str(slide.get("filters"))),
            "weights": sum(value.numel() for layer in layers for name, value
                           in layer.named_parameters() if not name.endswith("bias"))})
        if whole.layer == main.layer:
            main.slide, main.remark = whole.slide, whole.remark
        found.append(whole)
    return found + [whole_row(name, inside)[0] for name, inside in parts.items()]


def whole_row(label: str, inside: list[Line]) -> tuple[Line, Line]:
    """The layers of a row as one line, and the layer that the row is about."""
    costly = [line for line in inside if line.macs]
    main = next((line for line in inside if line.path == label), (costly or inside)[0])
    single = len(costly) < 2
    return Line(
        row=label, path=label, layer=main.layer if single else f"{len(inside)} layers",
        output=inside[-1].output, kernel=main.kernel if single else "",
        stride=main.stride if single else "", parameters=sum(line.parameters for line in inside),
        macs=sum(line.macs for line in inside), memory=sum(line.memory for line in inside),
        field=inside[-1].field), main


def filters(layers: Sequence[Module], printed: str) -> str | int | None:
    """Of a row's convolutions, as they are printed: "64, 96, 128" of all of them; 96, or
    "96 of 11x11x3", of the first.
    """
    shapes = [value.shape for layer in layers for _, value in layer.named_parameters()
              if len(value.shape) == 4]
    if not shapes:
        return None
    if "," in printed:
        return ", ".join(str(shape[0]) for shape in shapes)
    F, C, KH, KW = shapes[0]
    return F if printed.isdecimal() else f"{F} of {KH}x{KW}x{C}"


def remarks(slide: dict[str, Any], here: dict[str, Any]) -> str:
    """Where the slide's figures are not those of this network, not even rounded."""
    found = []
    for key, value in slide.items():
        if key in here and agreement(str(value), here[key]) == DIFFERS:
            name = "MACs" if key == "macs" else key
            text = f"{name}: {with_commas(value)} there, {with_commas(here[key])} here"
            if key == "parameters" and str(value).endswith("K"):
                text += f" ({here['weights'] / 1024:,.1f} x 1,024 without biases)"
            found.append(text)
    return "; ".join(found)


def with_commas(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def shown(key: str, value: Any) -> str:
    """A slide's figure with as much of its column's name as it needs to be understood."""
    if key == "filters" and " of " not in str(value):
        return f"{value} filters".replace(",", "")         # commas part the figures of a row
    return {"stride": f"stride {value}", "macs": f"{with_commas(value)} MACs",
            "parameters": f"{with_commas(value)} parameters"}.get(key, str(value))


def one_if_equal(sizes: tuple[int, int]) -> str:
    return str(sizes[0]) if sizes[0] == sizes[1] else times(sizes)


def kilobytes(size: int) -> str:
    """Bytes in decimal units: 1 KB = 1,000 bytes."""
    if size < 1000:
        return f"{size} B"
    return f"{size / 1e6:,.1f} MB" if size >= 1e6 else f"{size / 1e3:,.1f} KB"
