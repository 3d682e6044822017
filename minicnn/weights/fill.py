"""Filling a network from a weight file: everything, or nothing and a list of what does not fit."""

from math import prod
from typing import Any, NamedTuple

import numpy as np

from minicnn.backend.arrays import to_device
from minicnn.layers.module import Module
from minicnn.layers.parameter import Parameter
from minicnn.weights.error import DoesNotFit, WeightsError
from minicnn.weights.names import (
    Names,
    Shape,
    no_such_names,
    of_other_variants,
    published_names,
)
from minicnn.weights.read import WeightFile, read
from minicnn.weights.stored import Entry

COUNTERS = "num_batches_tracked"                   # files from before PyTorch 0.4.1 lack them
MOST_SHOWN = 8


class Wrong(NamedTuple):
    """One array that does not fit: its name in the file, and what is wrong with it."""

    name: str
    what: str
    shape: bool = False                            # there on both sides, in different shapes

    def __str__(self) -> str:
        return f"{self.name}: {self.what}"


def load(model: Module, path: Any, names: str | None = None, head: str = "same",
         part: str | None = None) -> Module:
    """Fill `model` from a weight file, under our names or under published ones.

    path  : of a file as minicnn.load reads it
    names : "minicnn", or whose names the file has, "torchvision" or "timm"; None finds it out
    head  : "same", or "new": the last layer keeps its own values where the file has another number
            of classes
    part  : of a trainer's file; see minicnn.load

    All arrays are held against the network first: if one is missing, left over or of another shape,
    the network stays as it was, and a WeightsError lists them.  Returns the model.
    """
    if not isinstance(model, Module):
        raise TypeError(f"weights.load: expected a network, got a {type(model).__name__}; "
                        "minicnn.load(path) reads a file without one")
    if head not in ("same", "new"):
        raise ValueError(f"weights.load: head is 'same' or 'new', got {head!r}")
    file, own = read(path, part), dict(model.saved())
    matched, wrong = match(model, own, file, names)
    if head == "new":
        kept = head_of(own, matched, file)
        matched = {name: theirs for name, theirs in matched.items() if name not in kept}
        wrong = [one for one in wrong if one.name not in kept]
    if wrong:
        raise misfit(model, own, file, wrong)
    try:
        arrays = {name: fitting(file.entries[theirs], own[name])
                  for name, theirs in matched.items()}
    except WeightsError as problem:
        raise WeightsError(f"{file.path}: {problem}; the network is unchanged") from problem
    for name, array in arrays.items():
        own[name].data = to_device(array, own[name].device)
    return model


def match(model: Module, own: dict[str, Parameter], file: WeightFile, names: str | None
          ) -> tuple[dict[str, str], list[Wrong]]:
    """{our name: the file's} by the names that fit best, and what does not fit."""
    published = published_names(model)
    if names and names not in ("minicnn", *published):
        raise ValueError(f"weights.load: {no_such_names(model, names)}")
    ways = {"minicnn": {name: name for name in own}}
    for library, table in published.items():
        ways[library] = table.by_their_name(own)
    tried = [ways[names]] if names else list(ways.values())
    found = [compared(own, shapes_of(file), way) for way in tried]
    return min(found, key=lambda one: len(one[1]))


def shapes_of(file: WeightFile) -> dict[str, Shape]:
    return {name: entry.shape for name, entry in file.entries.items()}


def compared(own: dict[str, Parameter], shapes: dict[str, Shape], way: dict[str, str]
             ) -> tuple[dict[str, str], list[Wrong]]:
    """{our name: the file's} and what does not fit, where `way` gives our name of theirs."""
    matched = {way[theirs]: theirs for theirs in shapes if theirs in way}
    theirs_of = {ours: theirs for theirs, ours in way.items()}
    wrong = [Wrong(theirs_of[ours], "missing") for ours in own if ours not in matched
             and ours in theirs_of and not ours.endswith(COUNTERS)]
    wrong += [Wrong(theirs, "unexpected") for theirs in shapes if theirs not in way]
    wrong += [Wrong(theirs, f"{shapes[theirs]} in the file, {own[ours].shape} in the network", True)
              for ours, theirs in matched.items()
              if without_ones(shapes[theirs]) != without_ones(own[ours].shape)]
    return matched, wrong


def without_ones(shape: Shape) -> Shape:
    """(F, C, 1, 1), a 1x1 convolution, is (F, C), a matrix; so is (1, L, D), (L, D)."""
    return tuple(size for size in shape if size != 1)


def fitting(entry: Entry, own: Parameter) -> np.ndarray:
    """The file's array with the dtype and shape of ours, in memory of its own, row by row."""
    return np.array(entry.read().reshape(own.shape), dtype=own.dtype, order="C")


def head_of(own: dict[str, Parameter], matched: dict[str, str], file: WeightFile) -> set[str]:
    """Our and the file's names of the classifier, if all that differs is its number of classes.

    Auxiliary classifiers differ in the same way: GoogLeNet has three.
    """
    names, classes = set[str](), set[tuple[int, int]]()
    for ours, theirs in matched.items():
        mine, found = own[ours].shape, file.entries[theirs].shape
        if without_ones(mine)[1:] == without_ones(found)[1:] and mine[:1] != found[:1]:
            names |= {ours, theirs}
            classes.add((mine[0], found[0]))
    last = [ours for ours in own if own[ours].learnt][-1]
    return names if len(classes) == 1 and last in names else set()


def misfit(model: Module, own: dict[str, Parameter], file: WeightFile, wrong: list[Wrong]
           ) -> DoesNotFit:
    """What does not fit, and what the likely cause is."""
    reason = cause(model, own, file, wrong)
    have = sum(prod(entry.shape) for entry in file.entries.values())
    need = sum(prod(parameter.shape) for parameter in own.values())
    counts = (f"The file has {len(file.entries)} arrays with {have:,} numbers, the network "
              f"{len(own)} with {need:,}: they are different networks, or variants of one "
              "(variant=..., --variant ...)") if len(wrong) > len(own) // 2 else ""
    shown = "; ".join(map(str, wrong[:MOST_SHOWN]))
    more = f"; and {len(wrong) - MOST_SHOWN} more" if len(wrong) > MOST_SHOWN else ""
    return DoesNotFit(f"{file.path} does not fit {type(model).__name__}: {shown}{more}; the network"
                      f" is unchanged. {reason or counts}".rstrip(), shapes_of(file), bool(reason))


def cause(model: Module, own: dict[str, Parameter], file: WeightFile, wrong: list[Wrong]
          ) -> str:
    """The likely reason and its cure, as a sentence, or nothing."""
    for library, names in of_other_variants(model).items():
        if recognised(names, own, shapes_of(file)):
            heads = any(names.is_head(theirs) for theirs in file.entries)
            return (f"These are {library}'s {type(model).__name__}: use variant="
                    f"{names.variant!r}{', aux=True' if heads else ''} (--variant {names.variant})")
    if any(all(names.is_head(one.name) for one in wrong)
           for names in published_names(model).values()):
        found = wrong[0].what == "unexpected"
        return (f"The file has {'' if found else 'no '}auxiliary classifiers, which count in "
                f"training only: use aux={found}")
    if wrong and only_shapes(wrong):
        return ("Only a last layer differs: the file is for another number of classes; "
                "head='new' keeps the network's own")
    return ""


def only_shapes(wrong: list[Wrong]) -> bool:
    """Whether the names fit, and nearly all shapes: the last layer is for other classes."""
    return len(wrong) <= 4 and all(one.shape for one in wrong)


def recognised(names: Names, own: dict[str, Parameter], shapes: dict[str, Shape]) -> bool:
    """Whether arrays of these names and shapes are of the variant that has these names."""
    if names.sign:
        return all(shapes.get(name) == shape for name, shape in names.sign.items())
    return only_shapes(compared(own, shapes, names.by_their_name(own))[1])
