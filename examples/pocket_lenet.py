"""The pocket LeNet: a network whose every weight is a whole number of hundredths.

    python examples/pocket_lenet.py --data DIR

It trains the visualiser's LeNet-5 (63,802 weights) on MNIST and on digits drawn by minicnn, rounds
every weight and every pixel to two decimals, measures what that costs, and writes
minicnn/explain/pocket_lenet5.npz: what `python -m minicnn explain lenet5` explains.  A person with
a pocket calculator, a book and a blackboard can then use the very numbers that the network uses.

The file has the weights as int8, 63,802 bytes, and ten drawn digits, 7,840 bytes, of which no pixel
is MNIST's.  Training is not repeatable to the last bit on another BLAS, so the file is kept.
"""

import time
from argparse import ArgumentParser
from functools import partial
from pathlib import Path

import numpy as np

from minicnn import Tensor, manual_seed, no_grad, set_threads
from minicnn.cli.arguments import seed, whole
from minicnn.data import Loader, augment, find_digits
from minicnn.data.digits import digits
from minicnn.explain import pocket
from minicnn.losses import cross_entropy
from minicnn.models import LeNet5
from minicnn.optim import SGD
from minicnn.schedule import CosineAnnealingLR

settings = ArgumentParser(description="Train and round the pocket LeNet.",
                          epilog="example: python examples/pocket_lenet.py --epochs 2")
option = settings.add_argument
option("--data", metavar="DIR", help="folder of MNIST's files (or $MINICNN_DATA, cache, download)")
option("--epochs", type=whole, default=20, help="times through the digits (20)")
option("--images", type=whole, help="train on the first so many of MNIST's digits only")
option("--drawn", type=whole, default=10_000, help="digits drawn besides (10,000)")
option("--seed", type=seed, default=0, help="of the weights, shuffling and distortions (0)")
option("--out", type=Path, default=pocket.FILE, help="the file (that of the package)")


@no_grad()
def errors(model, images, labels):
    """How many of the digits it reads wrongly."""
    model.eval()
    answers = np.concatenate([model(Tensor(images[i:i + 500])).numpy().argmax(axis=1)
                              for i in range(0, len(images), 500)])
    model.train()
    return int((answers != labels).sum())


def train(args, x, labels):
    """The network, trained; with distortions that are small, and end before the last epochs do."""
    manual_seed(args.seed)
    model = LeNet5("visualiser")
    bend = partial(augment.warp, shift=1.0, degrees=6, stretch=0.1, scale=0.08, shear=6,
                   elastic_alpha=15, fill=float(x.min()))
    loader = Loader(x, labels, 64, seed=args.seed, transform=bend)
    optimizer = SGD(model.parameters(), lr=0.03, momentum=0.9, weight_decay=5e-4)
    schedule = CosineAnnealingLR(optimizer, T_max=args.epochs * len(loader))
    start = time.process_time()
    while loader.epoch < args.epochs:
        for images, answers in loader:
            loss = cross_entropy(model(Tensor(images)), answers)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        print(f"epoch {loader.epoch:2}   {time.process_time() - start:.0f} s", flush=True)
    return model


def main():
    args = settings.parse_args()
    set_threads(1)
    mnist, test = find_digits(args.data)
    mnist = mnist.subset(args.images) if args.images else mnist
    drawn = digits(args.drawn, seed=args.seed)
    x = pocket.pixels(np.concatenate([mnist.images, drawn.images]), np.float32)   # (N, 1, 32, 32)
    labels = np.concatenate([mnist.labels, drawn.labels])
    x_test, ten = pocket.pixels(test.images, np.float32), digits(1000, seed=1)
    model = train(args, x, labels)
    before = errors(model, x_test, test.labels)
    for parameter in model.parameters():
        parameter.data = np.rint(parameter.data * 100) / np.float32(100)
    after = errors(model, x_test, test.labels)
    first = [int(np.flatnonzero(ten.labels == digit)[0]) for digit in range(10)]
    wrong = errors(model, pocket.pixels(ten.images, np.float32), ten.labels)
    print(f"{test.source}\nwrong of {len(x_test):,}: {before} as trained, {after} in whole "
          f"hundredths; of {len(ten.images):,} other drawn digits {wrong}\nthe ten that go along: "
          f"{errors(model, pocket.pixels(ten.images[first], np.float32), ten.labels[first])} wrong")
    pocket.write(args.out, model, ten.images[first, 0])
    print(args.out)


if __name__ == "__main__":
    main()
