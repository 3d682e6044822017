"""One process of benchmarks/scale.py: some steps of training, alone or with others by mpiexec.

    python -m benchmarks.scale_turn NETWORK BATCH STEPS THREADS overlap|after
"""

import json
import statistics
import sys
import time
from typing import Any

import numpy as np

from benchmarks.models import build
from benchmarks.networks import NETWORKS
from minicnn import Tensor, manual_seed, set_threads
from minicnn.data import Loader
from minicnn.losses import cross_entropy
from minicnn.models import LeNet5
from minicnn.optim import SGD
from minicnn.training.parallel import Team, World, processes

SIDES = {"lenet": (1, 32, 32), "resnet20": (3, 32, 32)}
WARM = 3                    # steps before the first that counts
MANY = 200                  # small sums that are timed


def measured(world: World, name: str, batch: int, steps: int, overlap: bool) -> dict[str, Any]:
    manual_seed(0)
    shape = SIDES.get(name, (3, 224, 224))
    model = LeNet5() if name == "lenet" else build(name, NETWORKS[name](shape))
    rng = np.random.default_rng(0)
    images = rng.standard_normal((batch, *shape), np.float32)
    loader = Loader(images, rng.integers(0, 10, batch), batch)
    optimizer = SGD(model.parameters(), lr=1e-3, momentum=0.9)
    team = Team(world, model, loader, overlap=overlap)
    times, backward = [], []
    for _ in range(WARM + steps):
        start = time.perf_counter()
        for x, labels in loader:
            with team.step():
                loss = cross_entropy(model(Tensor(x)), labels)
                optimizer.zero_grad()
                loss.backward()
                done = time.perf_counter()
            optimizer.step()
        times.append(time.perf_counter() - start)
        backward.append(time.perf_counter() - done)
    small, large = sums(world)
    return {"seconds": statistics.median(times[WARM:]), "best": min(times[WARM:]),
            "after backward": statistics.median(backward[WARM:]),
            "bytes": team.gradients.bytes // (WARM + steps), "buckets": len(team.gradients.buckets),
            "small sum": small, "bytes a second": large}


def sums(world: World) -> tuple[float, float]:
    """(seconds of a sum of one number, bytes a second of a large one)"""
    one, large = np.zeros(1), np.zeros(1 << 20, np.float32)
    world.gather(None)
    start = time.perf_counter()
    for _ in range(MANY):
        world.start_sum(one).wait()
    latency = (time.perf_counter() - start) / MANY
    start = time.perf_counter()
    for _ in range(10):
        world.start_sum(large).wait()
    return latency, 10 * large.nbytes / max(time.perf_counter() - start, 1e-9)


if __name__ == "__main__":
    network, *numbers, how = sys.argv[1:]
    size, count, threads = map(int, numbers)
    set_threads(threads)
    with processes() as here:
        found = measured(here, network, size, count, how == "overlap")
        if here.is_first:
            print(json.dumps(found), flush=True)
