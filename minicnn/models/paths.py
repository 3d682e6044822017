"""The paths of an Inception module, written as data, and how they become layers.

A module is a dict, name of a path -> path.  A path is a list of steps, the first reads the input of
the module, the last gives the maps that are stacked with those of the other paths:

    (maps, kernel)                     a convolution; kernel is 3 for 3 x 3, or ROW or COLUMN
    (maps, kernel, stride)
    (maps, kernel, stride, padding)
    [(maps, kernel), ...]              convolutions side by side, their maps stacked
    "avg", "max"                       a pooling: a name in `pools`

Inception v2, v3, v4, Inception-ResNet and PolyNet are tables of such paths.  They differ in what a
convolution brings along (the `unit`) and in their poolings (the `pools`).
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from minicnn.layers.avgpool import AvgPool2d
from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.containers import Sequential
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.module import Module
from minicnn.models.network import Branches, conv_unit

Path = list[Any]
Paths = dict[str, Path]
Unit = Callable[..., Module]           # called as unit(in_channels, *step)
Pools = Mapping[str, Callable[[], Module]]

ROW, COLUMN = (1, 7), (7, 1)           # one after the other they see what a 7 x 7 filter sees


def without_border(unit: Unit) -> Unit:
    """The same unit, but at a stride above 1 it pads only if a step says so.

    So do the convolutions that halve the maps in Inception v3 and its successors.
    """
    def made(in_channels: int, maps: int, kernel: Any = 1, stride: int = 1,
             padding: Any = None) -> Module:
        if stride > 1 and padding is None:
            padding = 0
        return unit(in_channels, maps, kernel, stride, padding)
    return made


# Those of Inception v3, v4 and Inception-ResNet.
convolution = without_border(partial(conv_unit, norm=partial(BatchNorm2d, eps=1e-3)))
POOLS: Pools = {"avg": partial(AvgPool2d, 3, 1, 1), "max": partial(MaxPool2d, 3, 2)}


def path(channels: int, steps: Path, unit: Unit = convolution, pools: Pools = POOLS) -> Sequential:
    """The steps one after the other; `channels` come in."""
    parts: list[Module] = []
    for step in steps:
        if isinstance(step, str):
            parts.append(pools[step]())
        elif isinstance(step, list):
            parts.append(Branches(*[unit(channels, *one) for one in step]))
            channels = sum(maps for maps, *_ in step)
        else:
            parts.append(unit(channels, *step))
            channels = step[0]
    return Sequential(*parts)


def branches(channels: int, paths: Paths, unit: Unit = convolution,
             pools: Pools = POOLS) -> Branches:
    """The module with these paths; a path of one step is that step's layer itself."""
    built = {name: path(channels, steps, unit, pools) for name, steps in paths.items()}
    return Branches(**{name: part if len(part) > 1 else part[0] for name, part in built.items()})


def maps_of(paths: Iterable[Path]) -> int:
    """How many maps paths give together that end with a convolution each.

    >>> maps_of([[(32, 1), (64, 3)], [(32, 1)]])
    96
    """
    return sum(steps[-1][0] for steps in paths)


def narrow(paths: Any, divisor: int) -> Any:
    """The same paths, path or step with fewer maps.

    >>> narrow({"one": [(64, 1)], "pool": ["avg", (32, 1)]}, 8)
    {'one': [(8, 1)], 'pool': ['avg', (4, 1)]}
    """
    if isinstance(paths, dict):
        return {name: narrow(steps, divisor) for name, steps in paths.items()}
    if isinstance(paths, list):
        return [narrow(step, divisor) for step in paths]
    return paths if isinstance(paths, str) else (paths[0] // divisor, *paths[1:])
