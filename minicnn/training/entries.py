"""The entries of a checkpoint, each looked at before the first value is put back.

A file can be packed well and be wrong all the same: weights of another dtype, a learning rate that
is no number, half of an optimiser's memory.  Every function here raises CheckpointError, which
names the entry, what it is and what was expected; none of them changes anything.
"""

from collections.abc import Collection
from math import inf
from typing import Any

import numpy as np

from minicnn.backend.arrays import sum_dtype
from minicnn.backend.messages import type_name
from minicnn.data.loader import Loader
from minicnn.layers.module import Module
from minicnn.layers.parameter import Parameter
from minicnn.optim.adagrad import Adagrad
from minicnn.optim.adam import Adam
from minicnn.optim.optimizer import Optimizer
from minicnn.optim.rmsprop import RMSprop
from minicnn.schedule.schedule import Schedule

SQUARES = {Adagrad: "s", Adam: "v", RMSprop: "s"}      # of gradients: their root is drawn
LARGEST_SEED = 2 ** 128                        # what the operating system hands out is below it
LARGEST = 1e20                                 # no network that learns has such a weight
NAMED = 8                                      # entries that a message names


class CheckpointError(ValueError):
    """The file is no checkpoint, is damaged, or holds what does not belong here."""


# --- one entry --------------------------------------------------------------------------------

def shown(value: Any) -> str:
    """The value in a few words, for a message."""
    if isinstance(value, np.ndarray):
        return f"an array {value.shape} of {value.dtype}"
    if isinstance(value, (dict, list)):
        return f"a {type_name(value)} of {len(value)}"
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:30]}... ({type_name(value)})"


def check_kind(entry: str, value: Any, kind: type) -> None:
    if type(value) is not kind:
        raise CheckpointError(f"{entry} is {shown(value)}, expected a {kind.__name__}")


def check_number(entry: str, value: Any, kind: type, least: float = -inf, most: float = inf
                 ) -> None:
    """A finite number of that kind, int or float, in these bounds; True is none."""
    kinds = (int,) if kind is int else (int, float)
    if type(value) in kinds and abs(value) < inf and least <= value <= most:
        return
    bounds = "" if least == -inf else f" from {least:g} on" if most == inf else \
        f" from {least:g} to {most:g}"
    raise CheckpointError(f"{entry} is {shown(value)}, expected a "
                          f"{'whole' if kind is int else 'finite'} number{bounds}")


def check_array(entry: str, value: Any, shape: tuple[int, ...], dtype: Any, least: float = -inf
                ) -> None:
    """An array of that shape and dtype, of finite numbers that a network may have."""
    if not isinstance(value, np.ndarray) or value.shape != shape or value.dtype != dtype:
        raise CheckpointError(f"{entry} is {shown(value)}, expected an array {shape} of "
                              f"{np.dtype(dtype)}")
    if not np.isfinite(value).all():
        raise CheckpointError(f"{entry} holds values that are no numbers, or infinite")
    if value.size and np.abs(value).max() > LARGEST:
        raise CheckpointError(f"{entry} holds values beyond {LARGEST:g}")
    if value.size and least > -inf and value.min() < least:
        raise CheckpointError(f"{entry} goes down to {value.min():g}, expected at least {least:g}")


def check_names(entry: str, values: Any, wanted: Collection[str]) -> None:
    """A dict with these names and no others; `entry` is "" for the whole file."""
    where = f"{entry}: " if entry else ""
    if not isinstance(values, dict):
        raise CheckpointError(f"{entry} is {shown(values)}, expected a dict of {len(wanted)}")
    wrong = [f"{name} is missing" for name in wanted if name not in values]
    wrong += [f"{name} is unknown" for name in map(str, values) if name not in wanted]
    if wrong or len(values) != len(wanted):
        more = f", and {len(wrong) - NAMED} more" if len(wrong) > NAMED else ""
        raise CheckpointError(f"{where}{', '.join(wrong[:NAMED])}{more}")


def check_same(entry: str, value: Any, own: Any) -> None:
    if not same(value, own):
        raise CheckpointError(f"{entry} is {shown(value)}, expected {shown(own)}")


def same(a: Any, b: Any) -> bool:
    """Equal, kinds included: True is not 1."""
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and np.array_equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[name], b[name]) for name in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


# --- one part ---------------------------------------------------------------------------------

def check_parts(tree: dict[str, Any], parts: dict[str, Any]) -> None:
    """What `collect` put together, against the parts that are to take it over."""
    for name, part in parts.items():
        if name not in tree:
            raise CheckpointError(f"{name} is missing")
        if isinstance(part, Module):
            check_model(name, part, tree[name])
        elif isinstance(part, Optimizer):
            check_optimizer(name, part, tree[name])
        elif isinstance(part, Schedule):
            check_schedule(name, tree[name], part.state_dict())
        elif isinstance(part, Loader):
            check_loader(name, part, tree[name])
        elif hasattr(part, "check_state"):
            part.check_state(tree[name])
    if "random" not in tree:
        raise CheckpointError("random is missing")
    check_random(tree["random"])


def check_model(entry: str, model: Module, values: Any) -> None:
    own = dict(model.saved())
    check_names(entry, values, own)
    for name, parameter in own.items():
        check_array(f"{entry}: {name}", values[name], parameter.shape, parameter.dtype,
                    0 if name.endswith("running_var") or parameter.dtype.kind == "i" else -inf)


def remembered(optimizer: Optimizer) -> list[tuple[str, Parameter]]:
    """("v.0", its parameter), ...: all that an optimiser remembers once it is at work."""
    groups = [(parameter, optimizer.remembered(group.data)) for group in optimizer.param_groups
              for parameter in group["params"]]
    return [(f"{name}.{number}", parameter) for number, (parameter, names) in enumerate(groups)
            for name in names]


def check_optimizer(entry: str, optimizer: Optimizer, values: Any) -> None:
    """Of each parameter all that is remembered or, before its first step, nothing."""
    started = {str(key).partition(".")[2] for key in values} if isinstance(values, dict) else set()
    rates = optimizer.rates()
    wanted = [(name, parameter) for name, parameter in remembered(optimizer)
              if name.partition(".")[2] in started]
    check_names(entry, values, [*rates, *(name for name, _ in wanted)])
    for name in rates:
        check_number(f"{entry}: {name}", values[name], float, 0)
    for name, parameter in wanted:
        if name.startswith("t."):
            check_number(f"{entry}: {name}", values[name], int, 1)
        else:
            square = any(isinstance(optimizer, kind) and name.startswith(f"{root}.")
                         for kind, root in SQUARES.items())
            check_array(f"{entry}: {name}", values[name], parameter.shape,
                        sum_dtype(parameter.dtype), 0 if square else -inf)


def check_schedule(entry: str, values: Any, own: dict[str, Any]) -> None:
    check_names(entry, values, own)
    for name, value in own.items():
        where = f"{entry}: {name}"
        if isinstance(value, dict):
            check_schedule(where, values[name], value)
        elif isinstance(value, list):
            if not isinstance(values[name], list) or len(values[name]) != len(value):
                raise CheckpointError(f"{where} is {shown(values[name])}, expected a list of "
                                      f"{len(value)}")
            for number, rate in enumerate(values[name]):
                check_number(f"{where}: number {number}", rate, float, 0)
        elif name != "best" or not same(values[name], value):      # infinite before the first step
            check_number(where, values[name], type(value), -inf if name == "best" else 0)


def check_loader(entry: str, loader: Loader, values: Any) -> None:
    own = loader.state_dict()
    check_names(entry, values, own)
    for name in own.keys() - {"epoch", "position"}:
        check_same(f"{entry}: {name}", values[name], own[name])
    check_number(f"{entry}: epoch", values["epoch"], int, 0, 10 ** 9)
    check_number(f"{entry}: position", values["position"], int, 0, len(loader))


def check_random(values: Any) -> None:
    """The seed, and the stream of numbers that began with it."""
    check_names("random", values, ("generator", "entropy", "spawned"))
    check_number("random: entropy", values["entropy"], int, 0, LARGEST_SEED)
    check_number("random: spawned", values["spawned"], int, 0, 2 ** 32)
    fresh = np.random.default_rng(values["entropy"]).bit_generator
    own, theirs = dict(fresh.state), values["generator"]
    check_names("random: generator", theirs, own)
    check_same("random: generator: bit_generator", theirs["bit_generator"], own["bit_generator"])
    check_names("random: generator: state", theirs["state"], own["state"])
    check_number("random: generator: state: state", theirs["state"]["state"], int, 0, 2 ** 128 - 1)
    check_same("random: generator: state: inc", theirs["state"]["inc"], own["state"]["inc"])
    check_number("random: generator: has_uint32", theirs["has_uint32"], int, 0, 1)
    check_number("random: generator: uinteger", theirs["uinteger"], int, 0, 2 ** 32 - 1)
