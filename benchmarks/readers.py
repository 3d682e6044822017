"""Pictures of a folder, read ahead by other processes: `python -m benchmarks.readers`.

It writes photographs of noise into a folder of its own and takes epochs through them, without
readers and with 1, 2, ...: once only reading, and once with a step of a small ResNet for each
batch.  All take turns; shown is the best of the rounds.  docs/scale.md explains the figures.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.machine import Watch, machine
from benchmarks.tables import aligned
from minicnn import Tensor, manual_seed, set_threads
from minicnn.cli.arguments import whole
from minicnn.data import Loader
from minicnn.data.pictures import Pictures
from minicnn.losses import cross_entropy
from minicnn.models import build
from minicnn.optim import SGD
from minicnn.training.recipes import recipe_for
from minicnn.training.transforms import Transforms

BATCH, READ = 32, (3, 32, 32)                              # of the network


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="python -m benchmarks.readers", description=__doc__,
                                      formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--pictures", type=whole, default=640, help="in the folder (640)")
    options.add_argument("--side", type=whole, default=320, help="pixels of a photograph (320)")
    options.add_argument("--most", type=whole, default=2, help="readers, at most (2)")
    options.add_argument("--rounds", type=whole, default=3, help="turns of each (3)")
    return options


def written(folder: Path, count: int, side: int) -> Pictures:
    """JPEG files: a blurred pattern and noise, so that they are packed as photographs are."""
    rng, paths = np.random.default_rng(0), []
    for number in range(count):
        coarse = Image.fromarray(rng.integers(0, 255, (12, 12, 3), dtype=np.uint8))
        smooth = np.asarray(coarse.resize((side, side), Image.Resampling.BICUBIC), float)
        noisy = (smooth + rng.normal(0, 8, smooth.shape)).clip(0, 255).astype(np.uint8)
        paths.append(folder / f"{number}.jpg")
        Image.fromarray(noisy).save(paths[-1], quality=90)
    return Pictures(paths, round(READ[1] * 1.15))


def epoch(pictures: Pictures, transform: Callable[..., Any], readers: int, learning: bool
          ) -> tuple[float, float]:
    """(seconds until the first batch, pictures a second from there on)"""
    manual_seed(0)
    labels = np.arange(len(pictures)) % 10
    loader = Loader(pictures, labels, BATCH, transform=transform)
    loader.readers = readers
    model = build("resnet20")
    optimizer = SGD(model.parameters(), lr=1e-3, momentum=0.9)
    begin, first = time.perf_counter(), 0.0
    for x, y in loader:
        first = first or time.perf_counter()
        if learning:
            loss = cross_entropy(model(Tensor(x)), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return first - begin, (len(pictures) - BATCH) / (time.perf_counter() - first)


def main() -> None:
    args = parser().parse_args()
    set_threads(1)
    watch = Watch()
    with tempfile.TemporaryDirectory() as folder:
        pictures = written(Path(folder), args.pictures, args.side)
        transform = Transforms.measured(READ, pictures, recipe_for("resnet20")).train
        contestants = [(readers, learning) for learning in (False, True)
                       for readers in range(args.most + 1)]
        found: dict[tuple[int, bool], list[tuple[float, float]]] = {one: [] for one in contestants}
        for _ in range(args.rounds):
            for one in contestants:
                found[one].append(epoch(pictures, transform, *one))
    rows = [["readers", "what is done", "pictures/s", "s to the first batch"]]
    for (readers, learning), turns in found.items():
        rows.append([str(readers), "read and learn" if learning else "read",
                     f"{max(speed for _, speed in turns):.0f}",
                     f"{min(first for first, _ in turns):.2f}"])
    print(f"{args.pictures} JPEG of {args.side}x{args.side}, read as {READ[1]}x{READ[2]}, batches "
          f"of {BATCH}, ResNet-20 with one thread\n\n{aligned(rows)}\n\n{machine()}\n"
          f"cores kept busy by others, on average: {watch.others()}")


if __name__ == "__main__":
    main()
