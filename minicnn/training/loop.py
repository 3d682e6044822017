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

from minicnn.backend.messages import as_html, plural
from minicnn.data.dataset import Dataset, check_dataset
from minicnn.data.scenes import Scenes, check_scenes
from minicnn.layers.module import Module, Shape
from minicnn.optim.clipping import clip_grad_norm_
from minicnn.schedule.plateau import ReduceLROnPlateau
from minicnn.training.agreement import DIVERGED
from minicnn.training.build import optimizer_of, schedule_of
from minicnn.training.evaluate import check_whole, own_input
from minicnn.training.interrupt import Stop
from minicnn.training.outcome import finish, lacking
from minicnn.training.parallel.keeper import Keeper
from minicnn.training.parallel.stopping import finish_same_step
from minicnn.training.parallel.team import Team
from minicnn.training.parallel.world import ALONE, World
from minicnn.training.plan import about, check_brightness, plan_of
from minicnn.training.recipes import Recipe
from minicnn.training.records import Records, line_of, said
from minicnn.training.rescue import Beginning, Diverged, kept, to_be_tested
from minicnn.training.scene_transforms import SceneTransforms
from minicnn.training.tasks import Task, task_for
from minicnn.training.transforms import Transforms


class Result(NamedTuple):
    """history : one dict an epoch, as in history.csv;  finished : False after Ctrl-C

    transforms : what the network's pictures are made by
    signal : the number of what stopped it: 2 of Ctrl-C, 15 of SIGTERM; 0 if nothing did
    """

    history: list[dict[str, float]]
    finished: bool
    transforms: Transforms | SceneTransforms
    signal: int = 0

    @property
    def best(self) -> dict[str, float]:
        """The epoch with the lowest error, the first of them."""
        return min(self.history, key=lambda line: line["error"])

    def __repr__(self) -> str:
        if not self.history:
            return "<stopped before the first epoch was over>"
        best = self.best
        return (f"<{self.title()}; the best was {best['epoch']:.0f}, with a {said(best)}; .history "
                "has them all>")

    def title(self) -> str:
        return f"{'finished' if self.finished else 'stopped'} after epoch {len(self.history)}"

    def _repr_html_(self) -> str:
        heads = [*self.history[0]] if self.history else ["epoch"]
        rows = [[f"{line[name]:.4g}" for name in heads] for line in self.history]
        return as_html(self.title(), heads, rows, ())


class Epoch:
    """What is counted until the epoch is over; arrays on the device, so that nobody waits.

    wrong : of pictures that have one label each; other tasks leave it at 0
    """

    def __init__(self, lr: float, loss: Any = 0.0, wrong: Any = 0, seen: int = 0,
                 seconds: float = 0.0):
        self.lr, self.loss, self.wrong, self.seen, self.seconds = lr, loss, wrong, seen, seconds

    def saved(self) -> dict[str, Any]:
        return {"lr": self.lr, "loss": float(self.loss), "wrong": int(self.wrong),
                "seen": self.seen, "seconds": self.seconds}


def fit(model: Module, train: Dataset | Scenes, val: Dataset | Scenes, recipe: Recipe, *,
        seed: int = 0, device: str = "cpu", out: str | Path | None = None, fresh: bool = False,
        patience: int | None = None, in_shape: Shape | None = None,
        plan: dict[str, Any] | None = None, log: Callable[[str], object] = print,
        world: World = ALONE, sync_norms: bool = False, readers: int = 0) -> Result:
    """Train `model` on `train`, test it on `val` after every epoch.

    Parameters
    ----------
    train, val : Dataset         uint8 pictures of one size; `recipe` says what is made of them.
                                 Scenes, with maps or boxes, for networks that answer with these
    recipe : Recipe              see minicnn.training.recipes; recipe._replace(epochs=5) changes it
    device : "cpu" or "cuda"     where it is trained
    seed : int                   of the order and the distortions; manual_seed is for the weights
    out : folder, optional       for the files of minicnn/training/records.py; if last.npz is there,
                                 training goes on from it as if it had never stopped;
                                 CheckpointError if settings or pictures differ, or if it is damaged
    fresh : bool                 remove the run that is in `out`, and begin anew
    patience : int, optional     stop after so many epochs without a new lowest error
    in_shape : (C, H, W)         of what the network reads, if not its own input_shape
    plan : dict, optional        more settings that a resumed run must share
    log : callable               receives a line an epoch
    world : World                the processes that train together: minicnn/training/parallel/
    sync_norms : bool            batch norms with one mean for all of them, not one for each
    readers : int                processes that make batches ahead: minicnn/data/ahead.py

    ValueError if the network does not fit the data, or if the loss grows beyond all bounds;
    MemoryError if a step does not fit into memory: what was learnt before it is saved in `out`.
    """
    check_arguments(model, train, val, recipe, seed, out, patience, in_shape, plan, log)
    in_shape = tuple(in_shape or own_input(model))
    log = log if world.is_first else silent
    with world:
        task = task_for(model, train)(model, train, val, recipe, in_shape)
        task.world = world
        model.to(device).train()
        loader = task.loader(seed)
        loader.readers = readers
        team = Team(world, model, loader, sync_norms)
        optimizer = optimizer_of(recipe, model.parameters())
        schedule = schedule_of(recipe, optimizer, len(loader))
        parts = {"model": model, "optimizer": optimizer, "loader": loader}
        parts |= {"schedule": schedule} if schedule else {}
        settings = plan_of(recipe, train, val, in_shape, seed) | (plan or {})
        out = out if world.is_first else None
        known = {"classes": train.classes} if out is None else \
            about(settings, train, val, task.transforms, device)
        with Records(out, known, task.columns) as records, finish_same_step(world) as stop, \
                np.errstate(over="ignore", invalid="ignore"), \
                Keeper(world, records, log) as keeper:
            history, epoch = restored(records, parts, recipe, fresh, log, team)
            before = len(history)
            while not over(loader, recipe, history, patience):
                number, line = len(history) + 1, {}
                with kept(records, parts, history, epoch, stop, log, keeper.keep) as began:
                    learnt = learn(task, team, optimizer, schedule, epoch, stop, began)
                    began.whole = False                    # weights may differ: never save such
                    team.settle()
                    began.finished()
                    if learnt:
                        line = tested(task, epoch, number, stop)
                if learnt and not line:                    # stopped: learnt, but still to be tested
                    to_be_tested(loader, history)
                for loss in (float(epoch.loss) / epoch.seen, line.get("val_loss", 0.0)):
                    if not loss < DIVERGED:                # also where it is not a number
                        raise Diverged(f"fit: the loss of epoch {number} is {loss:.3g}; lr "
                                       f"{recipe.lr:g} is probably too high for this network")
                if line:
                    history.append(line)
                    if isinstance(schedule, ReduceLROnPlateau):
                        schedule.step(line["error"])
                    epoch = Epoch(optimizer.lr)
                with stop.saving():
                    records.save(parts, history, epoch.saved())
                    if line:
                        records.keep_best(history, model)
                if line:
                    log(line_of(line, recipe.epochs))
                if stop and not over(loader, recipe, history, patience):
                    with stop.saving():
                        records.draw(history)
                    break
            else:
                if len(history) > before or lacking(records, history):
                    finish(records, history, model, val, task.transforms)
        world.gather(None)                                 # who leaves first ends the others
        finished = over(loader, recipe, history, patience)
    return Result(history, finished, task.transforms, 0 if finished else stop.signal)


def silent(line: str) -> None:
    """What the processes print that are not the first."""


def check_arguments(model: Any, train: Any, val: Any, recipe: Any, seed: int, out: Any,
                    patience: int | None, in_shape: Any, plan: Any, log: Any) -> None:
    """TypeError or ValueError for what can be said of each by itself, before any work is done."""
    for right, text in (
            (isinstance(model, Module), f"model is a {type(model).__name__}, expected a Module, as "
             "build(\"resnet20\") of minicnn.models gives it"),
            (isinstance(recipe, Recipe), f"recipe is {recipe!r}; give recipe_for(\"resnet20\", "
             "small=True), or recipe_named(...) of minicnn.training.recipes"),
            (out is None or isinstance(out, (str, Path)), f"out is {out!r}, expected the path of a "
             "folder"),
            (plan is None or isinstance(plan, dict), f"plan is {plan!r}, expected a dict of "
             "settings"),
            (callable(log), f"log is {log!r}, expected a function that takes a line, as print"),
            (in_shape is None or np.ndim(in_shape) == 1 and len(in_shape) == 3,
             f"in_shape is (C, H, W), as in (3, 32, 32), got {in_shape!r}")):
        if not right:
            raise TypeError(f"fit: {text}")
    check = check_scenes if isinstance(train, Scenes) else check_dataset
    check(train, "fit: train")
    check(val, "fit: val")
    check_whole("fit: seed", seed, 0)
    if patience is not None:
        check_whole("fit: patience", patience)
    for size in in_shape or ():
        check_whole("fit: in_shape has a size that", size)
    if val.classes != train.classes:
        raise ValueError(f"fit: classes {', '.join(train.classes)} to learn but "
                         f"{', '.join(val.classes)} to test")
    check_brightness(val, train)


def restored(records: Records, parts: dict[str, Any], recipe: Recipe, fresh: bool,
             log: Callable[[str], object], team: Team) -> tuple[list[dict[str, float]], Epoch]:
    """History and epoch at work, the parts put back to where the run in the folder was."""
    state = team.restored(records.resume(parts, recipe.epochs, fresh), parts)
    N, B = parts["loader"].count, recipe.batch
    if B > N:
        log(f"note: {N} pictures to learn from, batches of {B}: every epoch is one batch of {N}")
    if state is None:
        return [], Epoch(parts["optimizer"].lr)
    if parts["loader"].epoch >= recipe.epochs:
        log(f"{records.folder}: its {plural(recipe.epochs, 'epoch')} had run already")
    else:
        log(f"going on from {records.folder}, epoch {parts['loader'].epoch + 1}")
        if team.world.is_first and records.note(state):
            log(records.note(state))
    return state["history"], Epoch(**state["epoch"])


def tested(task: Task, epoch: Epoch, number: int, stop: Stop) -> dict[str, float]:
    """The line of an epoch that has been learnt; {} if it was stopped before it had been tested."""
    start = time.perf_counter()
    found = task.evaluate(stop)
    if not found:
        return {}
    found |= {"epoch": number, "lr": epoch.lr, "loss": float(epoch.loss) / epoch.seen,
              "train_error": 100 * int(epoch.wrong) / epoch.seen, "seconds": epoch.seconds,
              "test_seconds": time.perf_counter() - start}
    return {name: found[name] for name in task.columns if name in found}


def learn(task: Task, team: Team, optimizer: Any, schedule: Any, epoch: Epoch, stop: Stop,
          began: Beginning) -> bool:
    """What is left of one epoch; False if it was interrupted."""
    from tqdm import tqdm
    recipe, loader = task.recipe, team.loader
    start, before = time.perf_counter(), epoch.seconds
    bar = tqdm(loader, f"epoch {loader.epoch + 1}/{recipe.epochs}", initial=loader.position,
               unit_scale=recipe.batch, unit=" images", leave=False,
               disable=None if team.world.is_first else True)
    for batch in bar:
        with began.step():
            with team.step():                          # of all processes, where there are several
                loss, seen, wrong = task.loss(batch)                               # forward, loss
                optimizer.zero_grad()                                              # zero
                loss.backward()                                                    # backward
            mean, seen, wrong = team.counted(loss.detach(), seen, wrong, stop)
        if recipe.clip:
            clip_grad_norm_(optimizer.parameters, recipe.clip)
        optimizer.step()                                                           # step
        if schedule and not isinstance(schedule, ReduceLROnPlateau):
            schedule.step()
        epoch.loss = epoch.loss + mean * seen
        epoch.wrong = epoch.wrong + wrong
        epoch.seen += seen
        epoch.seconds = before + time.perf_counter() - start
        began.finished()
        if loader.position % 50 == 1:                # seldom: to read a number, a GPU must stop
            bar.set_postfix_str(f"loss {loss.item():.3f}", refresh=False)
        if stop:
            return False
    return True


def over(loader: Any, recipe: Recipe, history: list[dict[str, float]], patience: int | None
         ) -> bool:
    return loader.epoch >= recipe.epochs or given_up(history, patience)


def given_up(history: list[dict[str, float]], patience: int | None) -> bool:
    """Has the lowest error stood for `patience` epochs?"""
    if not patience or not history:
        return False
    lowest = min(range(len(history)), key=lambda number: history[number]["error"])
    return len(history) - 1 - lowest >= patience
