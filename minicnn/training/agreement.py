"""The parts of a saved run held to one another: they speak of the same moment.

    epochs in the history = epochs of the loader        pictures seen = batches handed out
    the schedule, run again over the history, arrives at the learning rate that was saved
    of no parameter what the optimiser remembers is missing

Every function raises CheckpointError, and changes nothing.
"""

from collections.abc import Collection
from math import inf, isclose
from typing import Any

from minicnn.data.loader import Loader
from minicnn.optim.optimizer import Optimizer
from minicnn.schedule.plateau import ReduceLROnPlateau
from minicnn.training.entries import (
    CheckpointError,
    check_kind,
    check_names,
    check_number,
    check_same,
    remembered,
)

DIVERGED = 1e6          # a loss, or a rate, that no network has which still learns
LONG = 1e9              # seconds; thirty years

# (kind, least, most) of a column of the history, and of what an epoch counts until it is over.
COLUMNS = {"epoch": (int, 1, inf), "lr": (float, 0, DIVERGED), "loss": (float, -DIVERGED, DIVERGED),
           "train_error": (float, 0, 100), "val_loss": (float, -DIVERGED, DIVERGED),
           "error": (float, 0, 100), "top5": (float, 0, 100), **dict.fromkeys(
               ("miou", "dice", "pixel_accuracy", "ap", "ap50", "ap75", "mask_ap", "f1",
                "precision", "recall"), (float, 0, 100)),
           "seconds": (float, 0, LONG), "test_seconds": (float, 0, LONG)}
LABELLED = ("epoch", "lr", "loss", "train_error", "val_loss", "error", "top5", "seconds",
            "test_seconds")                        # the columns where each picture has one label
COUNTS = {"lr": (float, 0, DIVERGED), "loss": (float, -inf, inf), "wrong": (int, 0, inf),
          "seen": (int, 0, inf), "seconds": (float, 0, LONG)}


def check_history(history: Any, columns: Collection[str]) -> None:
    """One line an epoch, from epoch 1 on."""
    check_kind("history", history, list)
    for number, line in enumerate(history, 1):
        entry = f"history: line {number}"
        check_names(entry, line, columns)
        for name in columns:
            check_number(f"{entry}: {name}", line[name], *COLUMNS[name])
        check_same(f"{entry}: epoch", line["epoch"], number)
        if "top5" in line and line["top5"] > line["error"]:
            raise CheckpointError(f"{entry}: top5 is {line['top5']}, more than error, "
                                  f"{line['error']}")


def check_counts(epoch: Any, counts: Collection[str], loader: Loader, position: int) -> None:
    """What the epoch at work has counted so far, after `position` batches."""
    check_names("epoch", epoch, counts)
    for name in counts:
        check_number(f"epoch: {name}", epoch[name], *COUNTS[name])
        if name != "lr" and position == 0 and epoch[name]:
            raise CheckpointError(f"epoch: {name} is {epoch[name]} before the first batch")
    seen = min(position * loader.batch_size, loader.count)
    check_number("epoch: loss", epoch["loss"], float, -DIVERGED * seen, DIVERGED * seen)
    if "seen" in counts:
        check_same("epoch: seen", epoch["seen"], seen)
    if "wrong" in counts:
        check_number("epoch: wrong", epoch["wrong"], int, 0, seen)


def check_run(tree: dict[str, Any], parts: dict[str, Any], epochs: int) -> None:
    """History, loader, schedule and optimiser, each of which has passed its own check."""
    loader, history, saved = parts["loader"], tree["history"], tree["loader"]
    done, position = saved["epoch"], saved["position"]
    if len(history) != done:
        raise CheckpointError(f"history has {len(history)} lines, but loader: epoch is {done}")
    if done > epochs or done == epochs and position:
        raise CheckpointError(f"loader: {done} epochs and {position} batches are over, the run has "
                              f"{epochs} epochs")
    check_rates(tree, parts)
    check_memory(tree, parts["optimizer"], done * len(loader) + position)


def check_rates(tree: dict[str, Any], parts: dict[str, Any]) -> None:
    """Every learning rate that was saved, against the schedule run over the same epochs."""
    optimizer, loader = parts["optimizer"], parts["loader"]
    schedule: Any = parts.get("schedule")
    before = schedule.state_dict() if schedule else {}
    plateau = isinstance(schedule, ReduceLROnPlateau)

    def steps(count: int) -> None:
        for _ in range(0 if plateau or not schedule else count):
            schedule.step()

    try:
        for number, line in enumerate(tree["history"], 1):
            check_rate(f"history: line {number}: lr", line.get("lr", optimizer.lr), optimizer.lr)
            steps(len(loader))
            if plateau:
                schedule.step(line["error"])
        check_rate("epoch: lr", tree["epoch"].get("lr", optimizer.lr), optimizer.lr)
        steps(tree["loader"]["position"])
        check_arrived("optimizer", tree["optimizer"], {
            name: group["lr"] for name, group in optimizer.rates().items()})
        if schedule:
            check_arrived("schedule", tree["schedule"], schedule.state_dict())
    finally:
        if schedule:
            schedule.load_state_dict(before)


def check_arrived(entry: str, values: Any, own: Any) -> None:
    if isinstance(own, dict):
        for name, value in own.items():
            check_arrived(f"{entry}: {name}", values[name], value)
    elif isinstance(own, list):
        for number, value in enumerate(own):
            check_arrived(f"{entry}: number {number}", values[number], value)
    elif values != own:
        check_rate(entry, values, own)


def check_rate(entry: str, value: float, own: float) -> None:
    """Equal but for the last digits: cosines differ between machines."""
    if not isclose(value, own, rel_tol=1e-9, abs_tol=1e-15):
        raise CheckpointError(f"{entry} is {value}, but this run comes to {own} there")


def check_memory(tree: dict[str, Any], optimizer: Optimizer, steps: int) -> None:
    """Of no parameter what was remembered has got lost: it would begin at 0 again."""
    count = memories(optimizer, tree["optimizer"])
    check_number("remembered", tree["remembered"], int, 0)
    if tree["remembered"] != count:
        raise CheckpointError(f"optimizer: it has {count} memories, but remembered is "
                              f"{tree['remembered']}")
    for name, _ in remembered(optimizer):
        if name.startswith("t.") and name in tree["optimizer"]:
            check_number(f"optimizer: {name}", tree["optimizer"][name], int, 1, steps)


def memories(optimizer: Optimizer, state: dict[str, Any]) -> int:
    """How many entries of its state_dict are memories; a parameter without a gradient has none."""
    return len(state) - len(optimizer.rates())
