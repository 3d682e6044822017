"""Which network a weight file is for: told by the names and shapes of its arrays.

    best_fits({"conv1.weight": (64, 3, 7, 7), ...}, NETWORKS)[0].call    "build('resnet18')"

Networks are built for it, but no weight of theirs is drawn.
"""

import inspect
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from minicnn.layers.module import Module
from minicnn.layers.parameter import Parameter
from minicnn.weights.fill import COUNTERS, recognised, without_ones
from minicnn.weights.names import Shape, of_other_variants, published_names

# Options that change shapes and have published weights.
SIZES: dict[str, list[dict[str, Any]]] = {
    "shufflenet_v2": [{"width": width} for width in (0.5, 1.5, 2.0)],
    "res2net50": [{"width": width, "scale": scale}
                  for width, scale in ((48, 2), (14, 8), (26, 6), (26, 8))],
}
FEWEST = 6                     # arrays of the smallest network, inception_naive_example


class Fit(NamedTuple):
    """A network, and how well the arrays fit into it.

    options : of build
    named   : arrays that find a place of their name and shape; `shaped`, of their shape
    total   : arrays of the network, or of the file, where it has more
    """

    name: str
    options: dict[str, Any]
    named: int
    shaped: int
    total: int

    @property
    def call(self) -> str:
        """How it is built: "build('resnet50', variant='torchvision')"."""
        return f"build({', '.join([repr(self.name), *said(self.options)])})"

    def __str__(self) -> str:
        whole = "all" if self.named == self.total else f"{self.named} of"
        what = f"{whole} {self.total} arrays fit" if self.named else \
            f"by their shapes alone {self.shaped} of {self.total} arrays could"
        return f"{self.call}: {what}"


def said(options: dict[str, Any]) -> list[str]:
    return [f"{option}={value!r}" for option, value in options.items()]


def best_fits(shapes: dict[str, Shape], models: Mapping[str, Callable[..., Module]],
            most: int = 3) -> list[Fit]:
    """The networks that fit best, the best first; [] if none has half of these shapes.

    shapes : of the file's arrays, by their names
    models : name -> constructor, minicnn.models.NETWORKS;  most : so many networks at most

    All 180 take some five seconds; of a network that fits wholly, the search ends with it.
    """
    found = []
    shapes = {name: shape for name, shape in shapes.items() if not name.endswith(COUNTERS)}
    if len(shapes) < FEWEST:
        return []
    for name, constructor in models.items():
        for options in [{}, *SIZES.get(name, [])]:
            found.append(fit(name, constructor, options, shapes))
            if found[-1].named == found[-1].total:
                return found[-1:]
    found = [one for one in found if 2 * max(one.named, one.shaped) >= one.total]
    return sorted(found, key=lambda one: (one.shaped / one.total, one.named / one.total),
                  reverse=True)[:most]


def fit(name: str, constructor: Callable[..., Module], options: dict[str, Any],
        shapes: dict[str, Shape]) -> Fit:
    """The variant of the network that these arrays are published for, else the usual one."""
    model = constructor(**options)
    known = inspect.signature(constructor).parameters
    for names in of_other_variants(model).values():
        if "variant" in known and recognised(names, own_of(model), shapes):
            options = {**options, "variant": names.variant}
            model = constructor(**options)
            break
    if any(names.is_head(theirs) for names in published_names(model).values() for theirs in shapes):
        options = {**options, "aux": True}
        model = constructor(**options)
    own = own_of(model)
    ways = [{name: name for name in own},
            *(names.by_their_name(own) for names in published_names(model).values())]
    named = max(sum(theirs in way and
                    without_ones(shape) == without_ones(own[way[theirs]].shape)
                    for theirs, shape in shapes.items()) for way in ways)
    wanted = Counter(without_ones(shape) for shape in shapes.values())
    offered = Counter(without_ones(parameter.shape) for parameter in own.values())
    return Fit(name, options, named, (wanted & offered).total(), max(len(shapes), len(own)))


def own_of(model: Module) -> dict[str, Parameter]:
    return {name: parameter for name, parameter in model.saved() if not name.endswith(COUNTERS)}
