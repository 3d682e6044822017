"""The pocket detector: a small SSD that finds drawn shapes, in less than 500 kB.

    python examples/pocket_detector.py                 trains it first, in two minutes of one core
    python examples/pocket_detector.py --run DIR       takes a run of that training that is there

It trains ssd300's small form as `python -m minicnn train` does, on 4,000 scenes that minicnn draws,
rounds its weights to float16, measures the average precision with those, and writes
minicnn/demo/pocket_detector.npz: the network of the third tab of `python -m minicnn demo`.

Training is not repeatable to the last bit on another BLAS, so the file is kept.
"""

import sys
from argparse import ArgumentParser
from pathlib import Path

import numpy as np

from minicnn import Tensor, no_grad, set_threads
from minicnn.__main__ import main as command
from minicnn.cli.arguments import whole
from minicnn.data import shapes
from minicnn.demo import pocket_detector as pocket
from minicnn.training.metrics.detection import DetectionMetric
from minicnn.training.testtime import load_run

TRAIN = ["train", "ssd300", "--variant", "small", "--data", "shapes", "--limit", "4000",
         "--epochs", "4", "--lr", "0.003", "--seed", "0", "--threads", "1"]

settings = ArgumentParser(description="Train the pocket detector, and round it to float16.",
                          epilog="example: python examples/pocket_detector.py --run out/detector")
option = settings.add_argument
option("--run", type=Path, metavar="DIR", help="folder of a run that is there (it trains one)")
option("--tested", type=whole, default=300, help="scenes of seed 1 to measure on (300)")
option("--out", type=Path, default=pocket.FILE, help="the file (that of the package)")


@no_grad()
def average_precision(see, scenes):
    """COCO's AP in percent; see(images) answers as a detector does."""
    metric = DetectionMetric(scenes.classes)
    for start in range(0, len(scenes), 50):
        found = see(scenes.images[start:start + 50])
        for one, truth in zip(found, scenes.targets[start:start + 50], strict=True):
            metric.add(one, truth)
    return 100 * metric.result()["ap"]


def main():
    args = settings.parse_args()
    set_threads(1)
    folder = args.run or Path("out/pocket-detector")
    if args.run is None and (status := command([*TRAIN, "--out", str(folder)])):
        sys.exit(status)
    run, test = load_run(folder), shapes(args.tested, 1)
    mean, std = (255 * q for q in (run.transforms.mean, run.transforms.std))         # (3,)

    def see(images):
        x = (images - mean[:, None, None]) / std[:, None, None]
        return run.model(Tensor(x.astype(np.float32)))

    before = average_precision(see, test)
    run.model.load_state_dict({name: value.astype(np.float16).astype(np.float32)
                               for name, value in run.model.state_dict().items()})
    after = average_precision(see, test)
    pocket.write(args.out, run.model, mean, std, after)
    print(f"AP on {len(test)} scenes of seed 1: {before:.2f} % as trained, {after:.2f} % in "
          f"float16\n{args.out}, {args.out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
