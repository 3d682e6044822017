"""What the claims are computed from: networks, their tables, their rows.  No weight is drawn."""

from functools import cache
from math import prod
from typing import Any

from minicnn.geometry import Window
from minicnn.inspect.summary import Line, Summary, summary
from minicnn.layers.conv import Conv2d
from minicnn.layers.linear import Linear
from minicnn.models import build
from minicnn.models.network import Branches, Residual
from minicnn.module import Module, Windowed
from minicnn.table import TableNet

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
    """The same as slides write it, maps last: "55x55x96", "1x1x4096"."""
    maps, *sides = output(name, label, **options).split("x")
    return "x".join([*(sides or ["1", "1"]), maps])


def window(name: str, label: str, **options: Any) -> Window:
    """Kernel, stride and padding of a row's convolution or pooling."""
    layer = dict(network(name, **options).children())[label]
    if not isinstance(layer, Windowed):
        raise TypeError(f"slides: {name} has no window in {label}")
    return layer.window


def weights(name: str, *labels: str, **options: Any) -> int:
    """Parameters without biases, of some rows or of all."""
    unknown = set(labels) - set(network(name, **options).row_ends)
    if unknown:
        raise ValueError(f"slides: {name} has no row {', '.join(sorted(unknown))}")
    return sum(value.size for label, layers, _ in network(name, **options).rows
               if label in labels or not labels for layer in layers
               for path, value in layer.named_parameters() if not path.endswith("bias"))


def weight_shape(name: str, label: str, **options: Any) -> tuple[int, ...]:
    """Of the convolution, or of the matrix, that a row consists of."""
    layers = next(row.layers for row in network(name, **options).rows if row.label == label)
    return next(value.shape for layer in layers for path, value in layer.named_parameters()
                if path.endswith("weight"))


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
    return sum(depth(inner) for _, inner in part.children())


def kinds(name: str, kind: type[Module]) -> int:
    """How many layers of a kind a network has."""
    return sum(isinstance(layer, kind) for layer in network(name).modules())
