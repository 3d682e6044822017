"""Hazard 39: a run that went on from a checkpoint ends, to the bit, as one that never stopped."""

import numpy as np
import pytest

from minicnn import Tensor, manual_seed
from minicnn.backend.seeds import random_state, set_random_state
from minicnn.data import Loader, augment, digits, normalise
from minicnn.layers import BatchNorm1d, Conv2d, Dropout, Flatten, Linear, ReLU
from minicnn.layers.containers import Sequential
from minicnn.losses import cross_entropy
from minicnn.optim import SGD
from minicnn.schedule import CosineAnnealingLR
from minicnn.training import checkpoint

EPOCHS, BATCH = 3, 16
DRAWN = digits(72)                                         # 5 batches an epoch, the last of 8
IMAGES = normalise(DRAWN.images)


def shifted(x, rng):
    return augment.warp(x, rng, shift=2, fill=-0.1)


def run(until, state=None, without=""):
    """Train up to that many steps; what a checkpoint would hold, through a file or not."""
    manual_seed(1 if state else 0)                         # a new process knows nothing of the old
    model = Sequential(Conv2d(1, 4, 5, stride=3), ReLU(), Flatten(), BatchNorm1d(256), Dropout(0.3),
                       Linear(256, 10))
    optimizer = SGD(model.parameters(), lr=0.05, momentum=0.9)
    parts = {"model": model, "optimizer": optimizer,
             "schedule": CosineAnnealingLR(optimizer, T_max=5 * EPOCHS),
             "loader": Loader(IMAGES, DRAWN.labels, BATCH, seed=0, transform=shifted)}
    if state:
        if without == "random":
            state = {**state, "random": random_state()}
        checkpoint.restore(state, {name: part for name, part in parts.items() if name != without})
    loader = parts["loader"]
    steps = 5 * loader.epoch + loader.position
    while loader.epoch < EPOCHS and steps < until:
        for x, labels in loader:
            loss = cross_entropy(model(Tensor(x)), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            parts["schedule"].step()
            steps += 1
            if steps == until:
                return checkpoint.collect(parts)
    return checkpoint.collect(parts)


def different(a, b):
    """Names of the parts of two checkpoints that differ in a bit."""
    def leaves(tree):
        if isinstance(tree, dict):
            return [leaf for value in tree.values() for leaf in leaves(value)]
        if isinstance(tree, list):
            return [leaf for value in tree for leaf in leaves(value)]
        return [tree.tobytes() if isinstance(tree, np.ndarray) else tree]

    return [name for name in a if leaves(a[name]) != leaves(b[name])]


@pytest.fixture(scope="module")
def whole():
    return run(5 * EPOCHS)


@pytest.mark.parametrize("stop", [1, 4, 5, 7, 14])
def test_resumed_is_uninterrupted(stop, whole, tmp_path):
    """In the middle of an epoch, after its last batch, and after one step."""
    checkpoint.save(tmp_path / "run.npz", run(stop))
    assert different(run(5 * EPOCHS, checkpoint.load(tmp_path / "run.npz")), whole) == []


def test_stopped_twice(whole, tmp_path):
    state = None
    for stop in (3, 8, 5 * EPOCHS):
        checkpoint.save(tmp_path / "run.npz", run(stop, state))
        state = checkpoint.load(tmp_path / "run.npz")
    assert different(state, whole) == []


@pytest.mark.parametrize("without", ["model", "optimizer", "schedule", "loader", "random"])
def test_every_part_is_needed(without, whole):
    """The test above would notice a checkpoint that leaves one of them out."""
    assert "model" in different(run(5 * EPOCHS, run(7), without), whole)


def test_the_random_state_survives_what_happens_in_between():
    before = random_state()
    manual_seed(5)
    set_random_state(before)
    assert random_state() == before
