"""What test_mpi.py starts by mpiexec:  by_mpi.py same NETWORK...  |  by_mpi.py WHAT FOLDER"""

import json
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np

from minicnn import Sequential, Tensor, manual_seed, set_threads
from minicnn.data import Loader, shapes
from minicnn.data.scenes import SceneLoader
from minicnn.layers import Dropout
from minicnn.losses import cross_entropy
from minicnn.models import build
from minicnn.models.detection.detector import total_loss
from minicnn.optim import SGD
from minicnn.training import fit
from minicnn.training.parallel import ALONE, Team, keeper, processes
from minicnn.training.recipes import Recipe
from minicnn.training.scene_transforms import SceneTransforms
from minicnn.training.tasks.classification import Classification
from minicnn.training.transforms import Transforms
from tests.training.tiny import IN_SHAPE, LONG, colours, network

STEPS, BATCH = 20, 8
SIGNALS = {"kill": signal.SIGKILL, "term": signal.SIGTERM, "stop": signal.SIGSTOP}
SMALL = Recipe("same", "for tests", 0.02, BATCH, 9, ("SGD", {}), pad=4,
               augment=("crop", "flip", "jitter"))


def subject(name, rng):
    """(network, loader, loss of a batch); 22 pictures: two batches of 8 and one of 6."""
    if name == "ssd300":
        scenes, model = shapes(22, 0), build("ssd300", variant="small")
        transform = SceneTransforms.measured(model.input_shape, scenes, SMALL).train
        return (model, SceneLoader(scenes, BATCH, seed=1, transform=transform),
                lambda x, targets: total_loss(model(x, targets)))
    plain = build(name)
    model = Sequential(plain, Dropout(0.3)) if name == "lenet5" else plain
    images = rng.integers(0, 255, (22, *plain.input_shape), dtype=np.uint8)
    transform = Transforms.measured(plain.input_shape, images, SMALL).train
    return (model, Loader(images, rng.integers(0, 10, 22), BATCH, seed=1, transform=transform),
            lambda x, labels: cross_entropy(model(x), labels))


def learnt(world, name, dtype="float64", **options):
    """{name: array} after 20 steps."""
    manual_seed(3)
    model, loader, loss_of = subject(name, np.random.default_rng(0))
    model.to(dtype=dtype).train()
    optimizer = SGD(model.parameters(), lr=0.02, momentum=0.9, weight_decay=1e-4)
    team, steps = Team(world, model, loader, sync_norms=True, **options), 0
    while steps < STEPS:
        for images, answers in loader:
            with team.step():
                loss = loss_of(Tensor(np.asarray(images, dtype)), answers)
                optimizer.zero_grad()
                loss.backward()
            optimizer.step()
            steps += 1
            if steps == STEPS:
                break
    team.settle()
    return {name: value.numpy().copy() for name, value in model.named_state()}


def far(one, other):
    """The largest distance, as a share of each array's largest entry."""
    return max(float(np.abs(one[name] - other[name]).max() / max(np.abs(one[name]).max(), 1e-300))
               for name in one)


def away(one, other):
    """The distance of all weights as one vector, as a share of its length."""
    squares = [(float(((one[name] - other[name]) ** 2).sum()), float((one[name] ** 2).sum()))
               for name in one]
    return float(np.sqrt(np.sum(squares, axis=0)[0] / np.sum(squares, axis=0)[1]))


def same(world, names):
    for name in names:
        found = {}
        # In float32 a ReLU that tips over makes another network of ResNet-20 within 20 steps, as
        # it does between minicnn's definitions and their faster versions in one process.
        for dtype in ("float64", "float32")[:1 + (name == "lenet5")]:
            one = learnt(ALONE, name, dtype) if world.is_first else None
            world.gather(None)
            for overlap in (False, True):
                many = learnt(world, name, dtype, overlap=overlap, bucket=1 << 18)
                if one is not None:
                    found[f"{dtype}{', overlapping' * overlap}"] = \
                        far(one, many) if dtype == "float64" else away(one, many)
        if world.is_first:
            print(json.dumps([name, found]), flush=True)


PLACES = {"step": (Classification, "loss", 20), "test": (Classification, "evaluate", 3),
          "save": (os, "replace", 3)}                      # last.npz is written, not yet in place


def trained(world, what, folder, place="step", rank="1"):
    """A run in which something happens to one process in its third epoch, or all take long.

    what : "nothing" happens, too, and "late": where it does, process 0 is in a step of a minute
    """
    owner, name, number = PLACES[place]
    plain, calls = getattr(owner, name), [0]

    def watched(*arguments):
        calls[0] += place != "save" or Path(arguments[1]).name == "last.npz"
        if what == "interrupt":
            time.sleep(0.05)
        elif what == "late" and calls[0] == number and world.is_first:
            time.sleep(60)
        elif what != "nothing" and calls[0] == number and world.rank == int(rank):
            Path(folder, "happened").write_text(repr(time.time()))
            happens(what, arguments[0])
        return plain(*arguments)

    setattr(owner, name, watched)
    keeper.SHARE = 1e9                                     # a copy after each step, however short
    result = fit(network(), colours(64), colours(9, 1), LONG, out=folder, in_shape=IN_SHAPE,
                 world=world)
    return 0 if result.finished else 128 + result.signal


def happens(what, task):
    if what in ("raise", "late"):
        raise ValueError("something is wrong here")
    if what == "nan":
        for parameter in task.model.parameters():
            parameter.data[...] = np.nan
    else:
        os.kill(os.getpid(), SIGNALS[what])


if __name__ == "__main__":
    set_threads(1)
    with processes(300 if sys.argv[1] == "same" else 4) as here:
        if sys.argv[1] == "same":
            same(here, sys.argv[2:])
        else:
            sys.exit(trained(here, *sys.argv[1:]))
