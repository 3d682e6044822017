"""A tree of a checkpoint in which one entry is wrong: every entry, in every way."""

import copy
import math

import numpy as np

NUMBERS = (math.nan, math.inf, -math.inf, -1, -0.5, 1e300, 10 ** 60)
OTHERS = (None, "text", True, [], {}, [1], {"a": 1}, np.zeros(2), np.array(1.0))


def entries(tree, path=()):
    """The path of every entry, dicts and lists among them."""
    inside = tree.items() if isinstance(tree, dict) else \
        enumerate(tree) if isinstance(tree, list) else ()
    for name, value in inside:
        yield (*path, name)
        yield from entries(value, (*path, name))


def at(tree, path):
    for name in path:
        tree = tree[name]
    return tree


def other_arrays(a):
    """Arrays that are not quite `a`."""
    others = [a.astype(dtype) for dtype in ("float64", "float32", "int64", str,
                                            a.dtype.newbyteorder())]
    others += [a[None], a.reshape(-1)[:-1], a.reshape(-1)[:0], np.float32(3).reshape(())]
    for bad in (np.nan, np.inf, -np.inf, 1e30) if a.dtype.kind == "f" else (-1,):
        spoilt = a.copy()
        spoilt.reshape(-1)[-1] = bad
        others.append(spoilt)
    yield from (other for other in others if (other.dtype, other.shape) != (a.dtype, a.shape)
                or other.tobytes() != a.tobytes())
    yield a.tolist()


def instead_of(value):
    """What is wrong in the place of `value`, whatever it means."""
    if isinstance(value, np.ndarray):
        yield from other_arrays(value)
        yield from (other for other in OTHERS if not isinstance(other, np.ndarray))
        yield from NUMBERS
        return
    yield from (other for other in OTHERS if type(other) is not type(value))
    if isinstance(value, (int, float)):
        yield from (number for number in NUMBERS if number != value)
        yield -value - 1
        if isinstance(value, int):
            yield value + 0.5
    else:
        yield from NUMBERS
    if isinstance(value, dict):
        yield {name: part for name, part in value.items() if isinstance(name, int)}    # empty
        yield value | {"one more": 1}
    if isinstance(value, list):
        yield [*value, 1]
        yield value[:-1]


def mutations(tree):
    """(path, what was done, the tree with this one entry replaced, left out or doubled)."""
    for path in entries(tree):
        value = at(tree, path)
        for number, other in enumerate(instead_of(value)):
            if type(other) is type(value) and not isinstance(value, np.ndarray) and other == value:
                continue
            yield path, f"{number}: {str(other)[:30]}", replaced(tree, path, other)
        if isinstance(at(tree, path[:-1]), dict):
            yield path, "left out", without(tree, path)


def replaced(tree, path, value):
    tree = shallow(tree, path)
    at(tree, path[:-1])[path[-1]] = value
    return tree


def without(tree, path):
    tree = shallow(tree, path)
    del at(tree, path[:-1])[path[-1]]
    return tree


def shallow(tree, path):
    """A copy whose dicts and lists on the way to `path` are its own."""
    top = here = copy.copy(tree)
    for name in path[:-1]:
        here[name] = copy.copy(here[name])
        here = here[name]
    return top
