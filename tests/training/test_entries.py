"""Entries of a checkpoint by themselves, and that restoring is all or nothing."""

import math
import re

import numpy as np
import pytest

from minicnn import manual_seed
from minicnn.backend.seeds import random_state
from minicnn.training import checkpoint
from minicnn.training.entries import (
    CheckpointError,
    check_array,
    check_kind,
    check_names,
    check_number,
    check_random,
    check_same,
    same,
    shown,
)
from tests.training.mutations import mutations
from tests.training.test_agreement import RECIPES, everything, fresh


def test_numbers():
    for value in (0, 3, 10):
        check_number("a", value, int, 0, 10)
    check_number("a", 3, float)                            # a whole number is a number
    check_number("a", 10 ** 400, int, 0)
    for value, kind, least, said in (
            (math.nan, float, -math.inf, "a is nan, expected a finite number"),
            (math.inf, float, 0, "a is inf, expected a finite number from 0 on"),
            (-1, int, 0, "a is -1, expected a whole number from 0 on"),
            (1.0, int, 0, "a is 1.0, expected a whole number from 0 on"),
            (True, int, 0, "a is True, expected"), ("1", int, 0, "a is '1', expected"),
            (None, float, 0, "a is None, expected"),
            (np.zeros(2), float, 0, "a is an array (2,) of float64, expected")):
        with pytest.raises(CheckpointError, match=re.escape(said)):
            check_number("a", value, kind, least)
    with pytest.raises(CheckpointError, match="from 0 to 10"):
        check_number("a", 11, int, 0, 10)


def test_arrays():
    check_array("w", np.zeros((2, 3)), (2, 3), "float64", 0)
    check_array("w", np.zeros((0, 3), "int64"), (0, 3), "int64", 0)
    for value, said in (
            (np.zeros((2, 3), "float32"), "w is an array (2, 3) of float32, expected an array "
                                          "(2, 3) of float64"),
            (np.zeros((3, 2)), "w is an array (3, 2) of float64, expected an array (2, 3) of flo"),
            (np.full((2, 3), np.nan), "w holds values that are no numbers, or infinite"),
            (np.full((2, 3), 1e21), "w holds values beyond 1e+20"),
            (np.full((2, 3), -1.0), "w goes down to -1, expected at least 0"),
            ([[0.0] * 3] * 2, "w is a list of 2, expected an array")):
        with pytest.raises(CheckpointError, match=re.escape(said)):
            check_array("w", value, (2, 3), "float64", 0)


def test_names():
    check_names("m", {"a": 1, "b": 2}, ("a", "b"))
    with pytest.raises(CheckpointError, match="^m: b is missing, c is unknown$"):
        check_names("m", {"a": 1, "c": 2}, ("a", "b"))
    with pytest.raises(CheckpointError, match="^a is missing, .*, and 2 more$"):
        check_names("", {}, "abcdefghij")
    with pytest.raises(CheckpointError, match="^m is a list of 0, expected a dict of 1$"):
        check_names("m", [], ("a",))
    with pytest.raises(CheckpointError, match="m: 1 is unknown"):
        check_names("m", {"a": 1, 1: 2}, ("a",))


def test_kinds_and_sameness():
    check_kind("a", "x", str)
    with pytest.raises(CheckpointError, match="a is True, expected a int"):
        check_kind("a", True, int)
    check_same("a", [1, {"b": np.ones(2)}], [1, {"b": np.ones(2)}])
    with pytest.raises(CheckpointError, match="a is 1, expected True"):
        check_same("a", 1, True)
    assert same([1.5, "x", None], [1.5, "x", None]) and not same([1], [1.0])
    assert not same(np.ones(2), np.ones(2, "float32")) and not same({"a": 1}, {"b": 1})


def test_a_message_is_short():
    assert len(shown("x" * 10_000)) < 50 and len(shown(10 ** 400)) < 50
    assert shown({"a": 1}) == "a dict of 1" and shown(None) == "None"


def test_random_states():
    check_random(random_state())
    manual_seed(2 ** 80)
    check_random(random_state())
    state = random_state()
    with pytest.raises(CheckpointError, match="random: generator: state: inc is "):
        check_random(state | {"entropy": 3})


def whole(kind):
    parts, _ = fresh(RECIPES[kind])
    for parameter in parts["model"].parameters():
        parameter.grad = np.ones(parameter.shape, parameter.dtype)
    parts["optimizer"].step()
    return checkpoint.collect(parts)


@pytest.mark.parametrize("kind", ["sgd", pytest.param("adam", marks=pytest.mark.slow)])
def test_restoring_is_all_or_nothing(kind):
    """Whatever one entry is, either it may be so, or nothing at all has changed."""
    parts, _ = fresh(RECIPES[kind])
    untouched, refused, taken = everything(parts), 0, set()
    for place, _, wrong in mutations(whole(kind)):
        try:
            checkpoint.restore(wrong, parts)
        except CheckpointError as problem:
            assert any(str(name) in str(problem) for name in place)
            refused += 1
            continue
        taken.add(place)
        parts, _ = fresh(RECIPES[kind])
    assert refused > 900 and everything(parts) == untouched
    # Here nobody knows how far the schedule had come, nor how many values were remembered.
    taken = {place[-1] for place in taken if str(place[-1])[:2] not in ("v.", "m.", "t.")}
    assert taken <= {"lr", "t", 0}


def test_restoring_names_what_is_missing():
    parts, _ = fresh(RECIPES["sgd"])
    tree = whole("sgd")
    before = everything(parts)
    for name in tree:
        with pytest.raises(CheckpointError, match=f"{name} is missing"):
            checkpoint.restore({key: part for key, part in tree.items() if key != name}, parts)
    assert everything(parts) == before
    checkpoint.restore(tree, parts)
    assert everything(parts) != before


def test_a_part_of_ones_own(tmp_path):
    class Counter:
        count = 0

        def state_dict(self):
            return {"count": self.count}

        def check_state(self, values):
            check_number("counter: count", values["count"], int, 0)

        def load_state_dict(self, values):
            self.count = values["count"]

    parts, _ = fresh(RECIPES["sgd"])
    counter = Counter()
    parts["counter"] = counter
    tree = checkpoint.collect(parts)
    before = everything(parts)
    with pytest.raises(CheckpointError, match="counter: count is -1"):
        checkpoint.restore(whole("sgd") | {"counter": {"count": -1}}, parts)
    assert everything(parts) == before
    checkpoint.restore(tree | {"counter": {"count": 7}}, parts)
    assert counter.count == 7
