"""What the claims are computed from: networks, their tables, their rows.  No weight is drawn.

What a slide prints for a row stands beside the row in the network's own file, and `printed` reads
it there.  Numbers and sizes of filters are the exception: there they are what the network is built
from, so that a claim that read them would compare them with themselves.  Such claims keep a copy of
the slide's figures.
"""

from functools import cache
from math import prod
from typing import Any

from minicnn.analysis.summary import Line, Summary, summary
from minicnn.backend.windows import Window
from minicnn.layers.conv import Conv2d
from minicnn.layers.linear import Linear
from minicnn.layers.module import Module
from minicnn.layers.windowed import Windowed
from minicnn.models import build
from minicnn.models.network import Branches, Residual
from minicnn.models.table import Row, TableNet

MIB = 1.048576                     # bytes in a MiB, in millions


@cache
def network(name: str, **options: Any) -> TableNet:
    model = build(name, **options)
    if not isinstance(model, TableNet):
        raise TypeError(f"slides: {name} has no rows to compare")
    return model


@cache
def table(name: str, **options: Any) -> Summary:
    return summary(network(name, **options))


def parameters(name: str, **options: Any) -> int:
    return network(name, **options).num_parameters()


def macs(name: str, **options: Any) -> int:
    return table(name, **options).macs


def row(name: str, label: str, **options: Any) -> Line:
    """The row of the slide with its sums: .output, .parameters, .macs, .kernel, ..."""
    return next(line for line in table(name, **options).rows if line.row == label)


def printed(name: str, label: str, column: str = "output", **options: Any) -> str:
    """What the slide prints for a row in one of its columns, for example "96x55x55"."""
    return str(row_of(name, label, **options).slide[column])


def printed_volume(name: str, label: str, **options: Any) -> str:
    """The printed output with the maps last: "55x55x96"."""
    return maps_last(printed(name, label, **options))


def printed_side(name: str, label: str, **options: Any) -> str:
    """Of the printed output, one side: "55"; how many neurons, where it has no sides."""
    return printed(name, label, **options).split("x")[-1]


def row_of(name: str, label: str, **options: Any) -> Row:
    return next(row for row in network(name, **options).rows if row.label == label)


def maps_last(output: str) -> str:
    """
    >>> maps_last("96x55x55"), maps_last("4096")
    ('55x55x96', '1x1x4096')
    """
    maps, *sides = output.split("x")
    return "x".join([*(sides or ["1", "1"]), maps])


def map_size(volume: str) -> str:
    """Of the maps alone: "55x55" of "55x55x96"."""
    return volume.rpartition("x")[0]


def output(name: str, label: str, **options: Any) -> str:
    """"96x55x55"."""
    return row(name, label, **options).output


def side(name: str, label: str, **options: Any) -> int:
    """Height of a row's maps."""
    return int(output(name, label, **options).split("x")[1])


def values(name: str, label: str, **options: Any) -> int:
    """How many numbers a row puts out for one image."""
    return prod(map(int, output(name, label, **options).split("x")))


def volume(name: str, label: str, **options: Any) -> str:
    """The output as slides write it, maps last: "55x55x96", "1x1x4096"."""
    return maps_last(output(name, label, **options))


def window(name: str, label: str, **options: Any) -> Window:
    """Kernel, stride and padding of a row's convolution or pooling."""
    layer = dict(network(name, **options).named_parts())[label]
    if not isinstance(layer, Windowed):
        raise TypeError(f"slides: {name} has no window in {label}")
    return layer.window


def weights(name: str, *labels: str, **options: Any) -> int:
    """Parameters without biases, of some rows or of all."""
    unknown = set(labels) - set(network(name, **options).row_ends)
    if unknown:
        raise ValueError(f"slides: {name} has no row {', '.join(sorted(unknown))}")
    return sum(value.numel() for label, layers, _ in network(name, **options).rows
               if label in labels or not labels for layer in layers
               for path, value in layer.named_parameters() if not path.endswith("bias"))


def weight_shape(name: str, label: str, **options: Any) -> tuple[int, ...]:
    """Of the convolution, or of the matrix, that a row consists of."""
    return next(value.shape for layer in row_of(name, label, **options).layers
                for path, value in layer.named_parameters() if path.endswith("weight"))


def layers(name: str, **options: Any) -> int:
    """Layers with weights, as the papers count them."""
    return depth(network(name, **options))


def depth(part: Module) -> int:
    """Convolutions and fully connected layers on the longest way; shortcuts do not count."""
    if isinstance(part, (Conv2d, Linear)):
        return 1
    if isinstance(part, Branches):
        return max(map(depth, part.paths()))
    if isinstance(part, Residual):
        return depth(part.body)
    return sum(depth(inner) for _, inner in part.named_parts())


def kinds(name: str, kind: type[Module]) -> int:
    """How many layers of a kind a network has."""
    return sum(isinstance(layer, kind) for layer in network(name).modules())
