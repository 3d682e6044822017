"""A saved run with one wrong entry, whichever, is refused, and nothing is changed."""

import os

import numpy as np
import pytest

from minicnn import manual_seed
from minicnn.backend.seeds import random_state
from minicnn.data import Loader
from minicnn.training import checkpoint
from minicnn.training.agreement import check_counts, check_history, check_memory, check_rates
from minicnn.training.build import optimizer_of, schedule_of
from minicnn.training.entries import CheckpointError
from minicnn.training.interrupt import Stop
from minicnn.training.loop import Epoch, learn
from minicnn.training.parallel.team import Team
from minicnn.training.parallel.world import ALONE
from minicnn.training.plan import about
from minicnn.training.records import Records
from minicnn.training.rescue import Beginning
from minicnn.training.tasks import Classification
from tests.training.mutations import at, mutations, replaced, without
from tests.training.tiny import IN_SHAPE, RECIPE, colours, network

TRAIN, TEST = colours(20), colours(6, seed=1)
RECIPES = {
    "sgd": RECIPE._replace(warmup=1.5),
    "adam": RECIPE._replace(optimizer=("AdamW", {}), schedule=("", {})),
    "rmsprop": RECIPE._replace(optimizer=("RMSprop", {"momentum": 0.9}), lr=0.01,
                               schedule=("ReduceLROnPlateau", {"patience": 0})),
}
COUNTS = ("lr", "loss", "wrong", "seen", "seconds")
LINE = {"lr": 0.1, "loss": 1.25, "train_error": 40.0, "val_loss": 1.0, "error": 37.5,
        "seconds": 0.5, "test_seconds": 0.25}


def fresh(recipe):
    """A network, and all that learns with it, as they are before the first step."""
    net = network()
    task = Classification(net, TRAIN, TEST, recipe, IN_SHAPE)
    loader = task.loader(seed=0)
    optimizer = optimizer_of(recipe, net.parameters())
    schedule = schedule_of(recipe, optimizer, len(loader))
    parts = {"model": net, "optimizer": optimizer, "loader": loader}
    return parts | ({"schedule": schedule} if schedule else {}), task


def saved(folder, recipe, position):
    """A run of one epoch and `position` steps; what it saved."""
    parts, task = fresh(recipe)
    loader, optimizer, schedule = (parts.get(name) for name in ("loader", "optimizer", "schedule"))
    known = about({"name": "x", "data": "colours", "lr": [0.1, True]}, TRAIN, TEST, task.transforms)
    epoch, team = Epoch(optimizer.lr), Team(ALONE, parts["model"], loader)
    assert learn(task, team, optimizer, schedule, epoch, Stop(),
                 Beginning(parts["model"], loader))
    history = [LINE | {"epoch": 1, "lr": epoch.lr}]
    if recipe.schedule[0] == "ReduceLROnPlateau":
        schedule.step(LINE["error"])
    epoch = Epoch(optimizer.lr)
    if position:
        stop = Stop()
        stop.signal = 2                                    # after one step
        assert not learn(task, team, optimizer, schedule, epoch, stop,
                         Beginning(parts["model"], loader))
    with Records(folder, known) as records:
        records.save(parts, history, epoch.saved())
    return records


def everything(parts):
    """All bits that a resumed run could change."""
    def bits(node):
        if isinstance(node, dict):
            return [(name, bits(value)) for name, value in node.items()]
        if isinstance(node, list):
            return [bits(value) for value in node]
        return node.tobytes() if isinstance(node, np.ndarray) else repr(node)
    return bits(checkpoint.collect(parts))


def is_a_loss(path, tree):
    """Any number is one: a network may have a loss of its own."""
    value = at(tree, path[:-1]).get(path[-1]) if "loss" in str(path[-1]) else None
    return type(value) in (int, float) and abs(value) < 1e6


@pytest.mark.parametrize("kind, position, through_a_file", [
    ("sgd", 1, False), pytest.param("sgd", 1, True, marks=pytest.mark.slow),
    *[pytest.param(kind, position, False, marks=pytest.mark.slow)
      for kind, position in (("sgd", 0), ("adam", 0), ("adam", 1), ("rmsprop", 0), ("rmsprop", 1))]
    ])
def test_every_entry_wrong_in_every_way(tmp_path, monkeypatch, kind, position, through_a_file):
    recipe = RECIPES[kind]
    records = saved(tmp_path, recipe, position)
    path = tmp_path / "last.npz"
    tree = checkpoint.load(path)
    parts, _ = fresh(recipe)
    untouched = everything(parts)
    monkeypatch.setattr(os, "fsync", lambda _: None)       # thousands of files
    tried = 0
    for place, what, wrong in mutations(tree):
        if is_a_loss(place, wrong):
            continue
        if through_a_file:
            checkpoint.save(path, wrong)
        else:
            monkeypatch.setattr(checkpoint, "load", lambda _, tree=wrong: tree)
        try:
            records.resume(parts, recipe.epochs)
            pytest.fail(f"{place} {what}: went on")
        except CheckpointError as problem:
            said = str(problem)
        assert str(path) in said and "\n" not in said and len(said) < 700, said
        assert any(str(name) in said for name in place) or \
            place[0] == "plan" and "belongs to a run with" in said, (place, what, said)
        tried += 1
    assert tried > 1000 and everything(parts) == untouched
    monkeypatch.undo()
    checkpoint.save(path, tree)
    manual_seed(5)
    assert records.resume(parts, recipe.epochs)["loader"]["epoch"] == 1        # whole, it goes on
    assert everything(parts) != untouched


@pytest.mark.parametrize("path, value, said", [
    (("loader", "epoch"), 2, "history has 1 lines, but loader: epoch is 2"),
    (("loader", "position"), 2, "epoch: seen is 8, expected 16"),
    (("loader", "count"), 21, "loader: count is 21, expected 20"),
    (("history", 0, "epoch"), 2, "history: line 1: epoch is 2, expected 1"),
    (("history", 0, "lr"), 0.2, "history: line 1: lr is 0.2, but this run comes to 0.01"),
    (("history", 0, "error"), 100.5, "error is 100.5, expected a finite number from 0 to 100"),
    (("epoch", "wrong"), 9, "epoch: wrong is 9, expected a whole number from 0 to 8"),
    (("epoch", "seen"), 7, "epoch: seen is 7, expected 8"),
    (("epoch", "lr"), 0.1, "epoch: lr is 0.1, but this run comes to 0.0"),
    (("optimizer", "lr"), 0.5, "optimizer: lr is 0.5, but this run comes to "),
    (("schedule", "t"), 5, "schedule: t is 5, but this run comes to 4"),
    (("random", "entropy"), 7, "random: generator: state: inc is "),
    (("plan", "name"), "y", "belongs to a run with name y, not x"),
    (("pictures", "train"), "0" * 16, "belongs to a run that learnt from other pictures, colours"),
    (("classes", 1), "x", "classes is a list of 3"),
    (("model", "0.weight"), np.zeros((4, 3, 3, 2), np.float32), "model: 0.weight is an array "),
])
def test_entries_that_disagree(tmp_path, path, value, said):
    recipe = RECIPES["sgd"]
    records = saved(tmp_path, recipe, 1)
    tree = replaced(checkpoint.load(tmp_path / "last.npz"), path, value)
    checkpoint.save(tmp_path / "last.npz", tree)
    with pytest.raises(CheckpointError) as caught:
        records.resume(fresh(recipe)[0], recipe.epochs)
    assert said in str(caught.value)
    assert "; train into another folder, or anew in this one (--fresh" in str(caught.value)


def test_history_by_hand():
    good = [LINE | {"epoch": number, "top5": 2.5} for number in (1, 2)]
    check_history(good, ["epoch", *LINE, "top5"])
    with pytest.raises(CheckpointError, match=r"line 2: top5 is 50.0, more than error, 37.5"):
        check_history([good[0], good[1] | {"top5": 50.0}], ["epoch", *LINE, "top5"])
    with pytest.raises(CheckpointError, match="line 1: top5 is unknown"):
        check_history(good, ["epoch", *LINE])


def test_counts_by_hand():
    loader = Loader(TRAIN.images, TRAIN.labels, 8)                     # 3 batches: 8, 8, 4
    counted = {"lr": 0.1, "loss": 20.0, "wrong": 3, "seen": 20, "seconds": 1.0}
    check_counts(counted, COUNTS, loader, 3)
    with pytest.raises(CheckpointError, match="epoch: seen is 20, expected 16"):
        check_counts(counted, COUNTS, loader, 2)
    with pytest.raises(CheckpointError, match="epoch: loss is 20.0 before the first batch"):
        check_counts(counted, COUNTS, loader, 0)


@pytest.mark.parametrize("kind", RECIPES)
def test_the_schedule_is_put_back(kind):
    """It is run over the saved epochs to see where it leads, and nobody notices."""
    parts, _ = fresh(RECIPES[kind])
    before = everything(parts)
    tree = checkpoint.collect(parts, history=[], epoch={"lr": parts["optimizer"].lr})
    check_rates(tree, parts)
    assert everything(parts) == before
    with pytest.raises(CheckpointError):
        check_rates(tree | {"history": [LINE | {"lr": 7.0}]}, parts)
    assert everything(parts) == before


def test_what_the_optimiser_remembers_is_counted(tmp_path):
    """Of one parameter all is left out: it would start at 0 again."""
    recipe = RECIPES["adam"]
    saved(tmp_path, recipe, 0)
    tree = checkpoint.load(tmp_path / "last.npz")
    parts, _ = fresh(recipe)
    check_memory(tree, parts["optimizer"], 3)
    with pytest.raises(CheckpointError, match="t.0 is 3, expected a whole number from 1 to 2"):
        check_memory(tree, parts["optimizer"], 2)
    for name in ("t.0", "m.0", "v.0"):
        tree = without(tree, ("optimizer", name))
    with pytest.raises(CheckpointError, match="it has 15 memories, but remembered is 18"):
        check_memory(tree, parts["optimizer"], 3)


def test_nothing_random_is_drawn(tmp_path):
    recipe = RECIPES["sgd"]
    records = saved(tmp_path, recipe, 1)
    parts, _ = fresh(recipe)
    before = random_state()
    records.check(checkpoint.load(tmp_path / "last.npz"), parts, recipe.epochs)
    assert random_state() == before
