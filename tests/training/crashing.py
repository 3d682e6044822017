"""A run that is killed again and again, and goes on each time.

    python -m tests.training.crashing FOLDER HOW

    points  once at every file that it forces to the disk, before and after it gets its name
    times   at random moments, by SIGKILL, until it is over
"""

import csv
import os
import random
import signal
import sys
import time
from pathlib import Path

import numpy as np

from minicnn.analysis import pictures
from minicnn.training import checkpoint, fit
from tests.training.tiny import IN_SHAPE, RECIPE, colours, network

FILES = {"last.npz", "best.npz", "history.csv", "result.json", "learning_curves.png"}
EPOCHS = {"points": 2, "times": 120}
REPLACE, FSYNC = os.replace, os.fsync


def train(out, epochs):
    fit(network(), colours(), colours(15, seed=1), RECIPE._replace(epochs=epochs, lr=0.02),
        in_shape=IN_SHAPE, out=out, log=lambda line: None)


def quick_picture(history, path, **_):
    path.write_text(f"{len(history)} epochs")


def dies_at(point):
    """The process ends, without tidying up, at that point; the number of points if at none."""
    passed = 0

    def pass_point():
        nonlocal passed
        passed += 1
        if passed == point:
            os._exit(9)

    def replace(*paths):
        pass_point()
        REPLACE(*paths)
        pass_point()

    def fsync(file):
        pass_point()
        FSYNC(file)

    os.replace, os.fsync = replace, fsync
    return lambda: passed


def in_a_child(work):
    """The status of a process of its own."""
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def outcome(out, epochs):
    """All that a run has come to, but the times; and no more files than there should be."""
    last, best = (checkpoint.load(out / name) for name in ("last.npz", "best.npz"))
    with open(out / "history.csv", newline="") as file:
        rows = [{name: value for name, value in row.items() if "seconds" not in name}
                for row in csv.DictReader(file)]
    kept = {path.name for path in out.iterdir() if not path.name.startswith(".")}
    assert kept - {"running"} == FILES, kept
    lines = [{name: value for name, value in line.items() if "seconds" not in name}
             for line in last["history"]]
    assert len(rows) == len(lines) == epochs, rows
    return repr([rows, lines, bits(last["model"]), bits(last["optimizer"]), last["loader"],
                 last["random"], bits(best["model"]), len(best["history"])])


def bits(part):
    return {name: value.tobytes() if isinstance(value, np.ndarray) else value
            for name, value in part.items()}


def points(folder, epochs):
    number = dies_at(0)
    train(folder / "whole", epochs)
    os.replace, os.fsync = REPLACE, FSYNC
    whole = outcome(folder / "whole", epochs)
    for point in range(1, number() + 1):
        out = folder / f"killed at {point}"

        def killed(point=point, out=out):
            dies_at(point)
            train(out, epochs)

        assert in_a_child(killed) == 9, point
        assert in_a_child(lambda out=out: train(out, epochs)) == 0, point
        assert outcome(out, epochs) == whole, point
    print(number())


def times(folder, epochs):
    random.seed(0)
    train(folder / "whole", epochs)
    out, kills = folder / "killed", 0
    while True:
        child = os.fork()
        if child == 0:
            try:
                train(out, epochs)
                os._exit(0)
            finally:
                os._exit(1)
        time.sleep(random.uniform(0.02, 0.2))
        os.kill(child, signal.SIGKILL)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status == 0:
            break
        assert status == -signal.SIGKILL, status
        kills += 1
        for leftover in out.glob(".*.part"):
            leftover.unlink()
    assert outcome(out, epochs) == outcome(folder / "whole", epochs)
    print(kills)


if __name__ == "__main__":
    pictures.learning_curves = quick_picture
    {"points": points, "times": times}[sys.argv[2]](Path(sys.argv[1]), EPOCHS[sys.argv[2]])
