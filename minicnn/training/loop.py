"""fit: a network learns from a data set as a recipe says, and nothing of it is lost.

    for each epoch:  for each batch:  forward, loss, zero, backward, step
                     test, write a line, save

The loss is summed where it was computed and read once an epoch: to read a number, a GPU must stop.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import to_device
from minicnn.data.dataset import Dataset
from minicnn.data.loader import Loader
from minicnn.layers.module import Module, Shape
from minicnn.optim import clip_grad_norm_
from minicnn.schedule import ReduceLROnPlateau
from minicnn.training import checkpoint
from minicnn.training.build import optimizer_of, schedule_of
from minicnn.training.evaluate import batch_loss, check_answers, evaluate, own_input
from minicnn.training.interrupt import Stop, finish_step
from minicnn.training.recipes import Recipe
from minicnn.training.records import Records, line_of, plan_of
from minicnn.training.transforms import Transforms

DIVERGED = 1e6          # a loss that no network has which still learns; to guess costs log(classes)


class Result(NamedTuple):
    """history : one dict an epoch, as in history.csv;  finished : False after Ctrl-C"""

    history: list[dict[str, float]]
    finished: bool
    transforms: Transforms

    @property
    def best(self) -> dict[str, float]:
        """The epoch with the lowest error, the first of them."""
        return min(self.history, key=lambda line: line["error"])


class Epoch:
    """What is counted until the epoch is over; arrays on the device, so that nobody waits."""

    def __init__(self, lr: float, loss: Any = 0.0, wrong: Any = 0, seen: int = 0,
                 seconds: float = 0.0):
        self.lr, self.loss, self.wrong, self.seen, self.seconds = lr, loss, wrong, seen, seconds

    def saved(self) -> dict[str, Any]:
        return {"lr": self.lr, "loss": float(self.loss), "wrong": int(self.wrong),
                "seen": self.seen, "seconds": self.seconds}


def fit(model: Module, train: Dataset, val: Dataset, recipe: Recipe, *, seed: int = 0,
        device: str = "cpu", out: str | Path | None = None, patience: int | None = None,
        in_shape: Shape | None = None, plan: dict[str, Any] | None = None,
        log: Callable[[str], object] = print) -> Result:
    """Train `model` on `train`, test it on `val` after every epoch.

    Parameters
    ----------
    train, val : Dataset         uint8 pictures of one size; `recipe` says what is made of them
    recipe : Recipe              see minicnn.training.recipes; recipe._replace(epochs=5) changes it
    seed : int                   of the order and the distortions; manual_seed is for the weights
    out : folder, optional       for the files of minicnn/training/records.py; if last.npz is there,
                                 training goes on from it as if it had never stopped;
                                 CheckpointError if the settings differ
    patience : int, optional     stop after so many epochs without a new lowest error
    in_shape : (C, H, W)         of what the network reads, if not its own input_shape
    plan : dict, optional        more settings that a resumed run must share
    log : callable               receives a line an epoch

    ValueError if the network does not fit the data, or if the loss grows beyond all bounds.
    """
    if not isinstance(recipe, Recipe):
        raise TypeError(f"fit: recipe is {recipe!r}; give recipe_for(\"resnet20\", small=True), or "
                        "recipe_named(...) of minicnn.training.recipes")
    if in_shape is not None and np.ndim(in_shape) != 1:
        raise TypeError(f"fit: in_shape is (C, H, W), as in (3, 32, 32), got {in_shape!r}")
    in_shape = tuple(in_shape or own_input(model))
    check_answers(model, in_shape, len(train.classes))
    if val.classes != train.classes:
        raise ValueError(f"fit: classes {', '.join(train.classes)} to learn but "
                         f"{', '.join(val.classes)} to test")
    transforms = Transforms.measured(in_shape, train.images, recipe,
                                   getattr(model, "standardised", True))
    model.to(device).train()
    N = len(train.labels)
    alone = N % recipe.batch == 1 < N          # a batch norm learns nothing from a single picture
    loader = Loader(train.images, train.labels, recipe.batch, seed=seed, drop_last=alone,
                    transform=transforms.train)
    optimizer = optimizer_of(recipe, model.parameters())
    schedule = schedule_of(recipe, optimizer, len(loader))
    parts = {"model": model, "optimizer": optimizer, "loader": loader}
    parts |= {"schedule": schedule} if schedule else {}
    records = Records(out, plan_of(recipe, train, val, in_shape, seed) | (plan or {}), transforms,
                      train.classes)
    history, epoch = restored(records, parts)
    known = len(history)
    if history and loader.epoch >= recipe.epochs:
        log(f"{records.folder}: all {recipe.epochs} epochs were over already")
    elif history or epoch.seen:
        log(f"going on from {records.folder}, epoch {loader.epoch + 1}")

    def save() -> None:
        records.save(checkpoint.collect(parts, history=history, epoch=epoch.saved()))

    with finish_step() as stop, np.errstate(over="ignore", invalid="ignore"):
        while loader.epoch < recipe.epochs and not given_up(history, patience):
            if not learn(model, loader, recipe, optimizer, schedule, epoch, stop):
                save()
                records.draw(history)
                return Result(history, False, transforms)
            start = time.perf_counter()
            tested = evaluate(model, val, transforms)
            line = {"epoch": loader.epoch, "lr": epoch.lr,
                    "loss": float(epoch.loss) / epoch.seen,
                    "train_error": 100 * int(epoch.wrong) / epoch.seen,
                    "val_loss": tested.pop("loss"), **tested,
                    "seconds": epoch.seconds, "test_seconds": time.perf_counter() - start}
            for name in ("loss", "val_loss"):
                if not line[name] < DIVERGED:              # also where it is not a number
                    raise ValueError(f"fit: the loss of epoch {loader.epoch} is {line[name]:.3g}; "
                                     f"lr {recipe.lr:g} is probably too high for this network")
            history.append(line)
            if isinstance(schedule, ReduceLROnPlateau):
                schedule.step(line["error"])
            epoch = Epoch(optimizer.lr)
            records.keep_best(history, model)
            save()
            log(line_of(line, recipe.epochs))
    if len(history) > known or not records.told():         # else this process has measured nothing
        records.finish(history, model, val, recipe, device)
    return Result(history, True, transforms)


def restored(records: Records, parts: dict[str, Any]) -> tuple[list[dict[str, float]], Epoch]:
    """The history and the epoch at work, the parts put back to where the run in the folder was."""
    state = records.last()
    if not state:
        return [], Epoch(parts["optimizer"].lr)
    try:
        checkpoint.restore(state, parts)
        for line in state["history"]:
            for name in ("epoch", "loss", "error", "seconds"):
                if not isinstance(line[name], (int, float)):
                    raise ValueError(f"{name} is {line[name]!r} in its history")
        return state["history"], Epoch(**state["epoch"])
    except (LookupError, TypeError, AttributeError, ValueError) as problem:
        raise checkpoint.CheckpointError(
            f"{records.folder}/last.npz is of another run, or is damaged ({problem}); remove it "
            "and train again") from None


def learn(model: Module, loader: Loader, recipe: Recipe, optimizer: Any, schedule: Any,
          epoch: Epoch, stop: Stop) -> bool:
    """What is left of one epoch; False if it was interrupted."""
    from tqdm import tqdm
    device = next(model.parameters()).device
    start, before = time.perf_counter(), epoch.seconds
    bar = tqdm(loader, f"epoch {loader.epoch + 1}/{recipe.epochs}", initial=loader.position,
               unit_scale=recipe.batch, unit=" images", leave=False, disable=None)
    for images, labels in bar:
        x = Tensor(images).to(device)                                  # (N, C, H, W)
        loss, scores = batch_loss(model, x, labels, recipe.smoothing, recipe.aux)  # forward, loss
        optimizer.zero_grad()                                                      # zero
        loss.backward()                                                            # backward
        if recipe.clip:
            clip_grad_norm_(optimizer.parameters, recipe.clip)
        optimizer.step()                                                           # step
        if schedule and not isinstance(schedule, ReduceLROnPlateau):
            schedule.step()
        epoch.loss = epoch.loss + loss.detach() * len(labels)
        predicted = scores.data.argmax(axis=1)
        epoch.wrong = epoch.wrong + (predicted != to_device(labels, device)).sum()
        epoch.seen += len(labels)
        epoch.seconds = before + time.perf_counter() - start
        if loader.position % 50 == 1:                # seldom: to read a number, a GPU must stop
            bar.set_postfix_str(f"loss {loss.item():.3f}", refresh=False)
        if stop:
            return False
    return True


def given_up(history: list[dict[str, float]], patience: int | None) -> bool:
    """Has the lowest error stood for `patience` epochs?"""
    if not patience or not history:
        return False
    lowest = min(range(len(history)), key=lambda number: history[number]["error"])
    return len(history) - 1 - lowest >= patience
