"""Paths of Inception modules, written as lists."""

import pytest

from minicnn.layers import AvgPool2d, Conv2d, MaxPool2d
from minicnn.layers.containers import Sequential
from minicnn.models.network import Branches, conv_unit
from minicnn.models.paths import (
    COLUMN,
    ROW,
    branches,
    convolution,
    maps_of,
    narrow,
    path,
    without_border,
)


def windows(part):
    """Kernel, stride and padding of each convolution, first to last."""
    return [(conv.kernel_size, conv.stride, conv.padding) for conv in part.modules()
            if isinstance(conv, Conv2d)]


def test_by_hand():
    """Figure 7 of Inception v3 in small: 1x1; 1x1 and 1x3 beside 3x1; the mean of 3x3 and 1x1."""
    module = branches(8, {"one": [(5, 1)], "split": [(4, 1), [(3, (1, 3)), (2, (3, 1))]],
                          "pool": ["avg", (6, 1)]})
    assert [name for name, _ in module.named_parts()] == ["one", "split", "pool", "concat"]
    assert [name for name, _ in module.named_parameters() if name.endswith("conv.weight")] == [
        "one.conv.weight", "split.0.conv.weight", "split.1.0.conv.weight", "split.1.1.conv.weight",
        "pool.1.conv.weight"]
    assert module.shape((8, 7, 9)) == (5 + 3 + 2 + 6, 7, 9)
    assert isinstance(module.split[1], Branches) and isinstance(module.pool[0], AvgPool2d)


def test_a_step_reads_what_the_step_before_it_puts_out():
    found = path(3, [(4, 1), "max", [(5, 1), (6, 3)], (7, ROW), (8, COLUMN)])
    assert [conv.in_channels for conv in found.modules() if isinstance(conv, Conv2d)] == \
        [3, 4, 4, 11, 7]
    assert found.shape((3, 15, 15)) == (8, 7, 7)


def test_one_step():
    """A path is always a Sequential; in a module a path of one step is that step's layer."""
    assert isinstance(path(3, ["max"]), Sequential)
    assert isinstance(branches(3, {"pool": ["max"]}).pool, MaxPool2d)


@pytest.mark.parametrize("step, stride, padding", [
    ((4, 3), (1, 1), (1, 1)), ((4, 3, 2), (2, 2), (0, 0)), ((4, 3, 2, 1), (2, 2), (1, 1)),
    ((4, 3, 1, 0), (1, 1), (0, 0)), ((4, 3, 3), (3, 3), (0, 0))])
def test_padding(step, stride, padding):
    """The size is kept at stride 1; above 1 there is no border unless one is asked for."""
    assert windows(convolution(2, *step)) == [((3, 3), stride, padding)]
    assert windows(without_border(conv_unit)(2, *step)) == [((3, 3), stride, padding)]


def test_unit_and_pools_are_the_familys():
    module = branches(3, {"a": [(4, 3, 2)], "b": ["last", (5, 1)]}, conv_unit,
                      {"last": lambda: MaxPool2d(2)})
    assert windows(module.a) == [((3, 3), (2, 2), (1, 1))]
    assert module.a.norm.eps == 1e-5 and convolution(3, 4, 1).norm.eps == 1e-3
    assert module.shape((3, 8, 8)) == (9, 4, 4)
    with pytest.raises(KeyError, match="avg"):
        path(3, ["avg"], pools={})


def test_maps_of():
    assert maps_of([[(96, 1), (64, 3, 2)], [(32, 1)]]) == 96


def test_narrow():
    paths = {"a": [(64, 1), "max", [(32, 3), (16, (1, 7), 2)]]}
    assert narrow(paths, 8) == {"a": [(8, 1), "max", [(4, 3), (2, (1, 7), 2)]]}
    assert narrow(list(paths.values()), 8) == list(narrow(paths, 8).values())
    assert paths["a"][0] == (64, 1)
