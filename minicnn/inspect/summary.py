"""The lecture's table of a network: shapes, parameters, cost, memory, field, slide's figure.

MACs are multiply-accumulate operations of convolutions and fully connected layers for one image;
memory is what one image's outputs take, every layer counted.
"""

import csv
import io
import json
from dataclasses import asdict, dataclass
from typing import Any

from minicnn.geometry import is_whole, times
from minicnn.inspect.field import receptive_fields, trace
from minicnn.module import Module, Shape, Windowed
from minicnn.table import TableNet

FOOTNOTE = "1 MAC = one multiplication and one addition; papers and slides often say FLOPs for it."


@dataclass
class Line:
    """One layer of the table; sizes are for one image."""

    row: str                   # the slide's label, on the first layer of a row
    path: str                  # the layer's name in the network
    layer: str                 # its class
    output: str                # "6x28x28"
    kernel: str
    stride: str
    parameters: int
    macs: int
    memory: int                # bytes of the output
    field: str                 # "5x5" input pixels
    slide: str = ""            # what the slide prints for this row
    remark: str = ""           # where the slide and this network differ


@dataclass
class Summary:
    """The table as data: `.lines`, and .text(), .markdown(), .csv(), .json()."""

    title: str
    lines: list[Line]
    parameters: int
    buffers: int
    macs: int
    memory: int

    def cells(self) -> tuple[list[str], list[list[str]]]:
        """Headings and rows as a reader sees them; columns that say nothing are left out."""
        heads = ["row", "layer", "output", "kernel", "stride", "parameters", "MACs", "memory",
                 "field", "slide or paper", "remark"]
        rows = [[line.row, line.layer, line.output, line.kernel, line.stride,
                 f"{line.parameters:,}", f"{line.macs:,}", kilobytes(line.memory), line.field,
                 line.slide, line.remark]
                for line in self.lines]
        used = [i for i in range(len(heads)) if any(cells[i] for cells in rows)]
        return [heads[i] for i in used], [[cells[i] for i in used] for cells in rows]

    def totals(self) -> str:
        buffers = f" (and {self.buffers:,} values not learnt)" if self.buffers else ""
        return (f"{self.parameters:,} parameters{buffers}, {self.macs:,} MACs, "
                f"{kilobytes(self.memory)} of outputs and {kilobytes(4 * self.parameters)} of "
                "parameters for one image in float32")

    def text(self) -> str:
        heads, rows = self.cells()
        widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
        numbers = {"parameters", "MACs", "memory"}
        out = [self.title, ""]
        for cells in [heads, ["-" * width for width in widths], *rows]:
            out.append("  ".join(cell.rjust(width) if head in numbers else cell.ljust(width)
                                 for cell, width, head in zip(cells, widths, heads, strict=True)))
        return "\n".join(line.rstrip() for line in [*out, "", self.totals(), FOOTNOTE])

    def markdown(self) -> str:
        heads, rows = self.cells()
        table = [heads, ["---"] * len(heads), *rows]
        lines = ["| " + " | ".join(cells) + " |" for cells in table]
        return "\n".join([f"**{self.title}**", "", *lines, "", self.totals(), "", FOOTNOTE])

    def csv(self) -> str:
        out = io.StringIO()
        writer = csv.DictWriter(out, asdict(self.lines[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(line) for line in self.lines)
        return out.getvalue().rstrip("\n")

    def json(self) -> str:
        return json.dumps(asdict(self), indent=1)


def summary(model: Module, in_shape: Shape | None = None) -> Summary:
    """The table of any network; nothing is computed and no weight is drawn.

    in_shape : (C, H, W) of one image; if left out, the one that the network was made for

    >>> from minicnn.models import LeNet5
    >>> table = summary(LeNet5())
    >>> table.parameters, table.macs, table.lines[0].output
    (61706, 416520, '6x28x28')
    """
    in_shape = in_shape or getattr(model, "input_shape", None)
    if in_shape is None:
        raise ValueError(f"summary: {type(model).__name__} does not say which image size it was "
                         "made for; give one: summary(model, (3, 32, 32))")
    if not isinstance(in_shape, (tuple, list)) or not all(map(is_whole, in_shape)):
        raise TypeError(f"summary: in_shape is the size of one image, (C, H, W), got {in_shape!r}")
    if len(in_shape) == 4:
        raise ValueError(f"summary: {tuple(in_shape)} has a batch axis; give one image's size, "
                         f"{tuple(in_shape[1:])}")
    steps = trace(model, in_shape)
    fields = receptive_fields(steps)
    lines, seen = [], set()
    for step in steps:
        own = 0 if id(step.layer) in seen else step.layer.num_parameters()   # shared: counted once
        seen.add(id(step.layer))
        size = 1
        for length in step.shape:
            size *= length
        window = step.layer.window if isinstance(step.layer, Windowed) else None
        lines.append(Line(
            row="", path=step.path, layer=type(step.layer).__name__, output=times(step.shape),
            kernel=times(window.kernel) if window else "",
            stride=one_if_equal(window.stride) if window else "",
            parameters=own, macs=step.layer.macs(step.in_shapes[0], step.shape), memory=4 * size,
            field=times(fields[id(step)][0])))
    if isinstance(model, TableNet):
        add_slide(model, lines)
    variant = getattr(model, "variant", "")
    total = sum(value.size for _, value in model.named_state())
    return Summary(
        title=f"{type(model).__name__} {variant}".strip() + f", input {times(in_shape)}",
        lines=lines, parameters=model.num_parameters(), buffers=total - model.num_parameters(),
        macs=sum(line.macs for line in lines), memory=sum(line.memory for line in lines))


def add_slide(model: TableNet, lines: list[Line]) -> None:
    """Write the slide's label and figures beside the layers of each row, and where they differ."""
    by_path = {line.path: line for line in lines}
    names = iter(name for name, _ in model.children())
    for label, layers, slide in model.rows:
        row = [by_path[next(names)] for _ in layers]
        main = by_path[label]
        row[0].row = label
        activation = row[-1].layer.lower() if len(row) > 1 else row[-1].layer
        here = {"output": main.output, "kernel": main.kernel, "stride": main.stride,
                "activation": activation, "parameters": sum(line.parameters for line in row)}
        main.slide = ", ".join(shown(key, value) for key, value in slide.items())
        main.remark = "; ".join(f"{key}: {value} there, {here[key]} here" for key, value
                                in slide.items() if str(value) != str(here[key]))


def shown(key: str, value: Any) -> str:
    """A slide's figure with as much of its column's name as it needs to be understood."""
    return {"stride": f"stride {value}", "parameters": f"{value:,} parameters" if
            isinstance(value, int) else value}.get(key, str(value))


def one_if_equal(sizes: tuple[int, int]) -> str:
    return str(sizes[0]) if sizes[0] == sizes[1] else times(sizes)


def kilobytes(size: int) -> str:
    """Bytes in decimal units: 1 KB = 1,000 bytes."""
    if size < 1000:
        return f"{size} B"
    return f"{size / 1e6:,.1f} MB" if size >= 1e6 else f"{size / 1e3:,.1f} KB"
