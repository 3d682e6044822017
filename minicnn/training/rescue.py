"""Where a step fails, what was learnt before it is kept; a lost GPU is named.

    began = Beginning(model, loader)
    for batch in loader:
        with began.step():               # forward and backward
            ...
        optimizer.step()

If memory ends inside, or anything else goes wrong, also in another of several processes, the step
has not been: its batch is still to come, and the running averages and random numbers are those from
before it.  Weights are changed only after backward; what goes wrong there finds some of them
changed, and nothing is saved: the run goes on from the last finished epoch, or from the copy that
several processes keep after each step (parallel/keeper.py).
"""

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from minicnn.backend.arrays import to_cpu
from minicnn.backend.devices import gpu_error
from minicnn.backend.seeds import random_state, set_random_state
from minicnn.layers.module import Module
from minicnn.training.agreement import DIVERGED
from minicnn.training.interrupt import Stop
from minicnn.training.records import Records


class StepOutOfMemory(MemoryError):
    """A step did not fit, and has been undone."""


class Diverged(ValueError):
    """The loss has grown beyond all bounds: the weights had gone wrong before."""


class Beginning:
    """Where the step at work began.

    whole : no step is half done, so that what was learnt may be saved; finished(), after the
            optimiser's step, says so
    """

    def __init__(self, model: Module, loader: Any) -> None:
        self.model, self.loader, self.buffers = model, loader, list(model.buffers())
        self.whole = False
        self.keep: Callable[[], object] = lambda: None     # a copy, in case process 0 is killed

    def finished(self) -> None:
        """The weights are those of a whole step, and of all processes."""
        self.whole = True
        self.keep()

    @contextmanager
    def step(self) -> Iterator[None]:
        """Running averages are replaced at each step, never written into; so they can be kept."""
        self.whole = False
        before, random = [buffer.data for buffer in self.buffers], random_state()
        try:
            yield
        except Exception as problem:
            if gpu_error(problem) is not None:
                raise
            if isinstance(problem, MemoryError):
                traceback.clear_frames(problem.__traceback__)  # which hold the layers' outputs
            for buffer, data in zip(self.buffers, before, strict=True):
                buffer.data = data
            set_random_state(random)
            self.loader.load_state_dict(self.loader.state_dict() | {
                "position": self.loader.position - 1})
            self.whole = True
            if not isinstance(problem, MemoryError):
                raise
            number, epoch = self.loader.position + 1, self.loader.epoch + 1
            text = str(problem).rstrip(".") or "main memory is full"
            raise StepOutOfMemory(f"step {number} of epoch {epoch}: {text}") from problem

    def may_be_saved(self, epoch: Any) -> bool:
        """Whether a run could go on from here: nothing is half done, and all of it is numbers."""
        return self.whole and float(epoch.loss) < DIVERGED * max(epoch.seen, 1) and all(
            np.isfinite(to_cpu(parameter.data)).all() for parameter in self.model.parameters())


def to_be_tested(loader: Any, history: list[dict[str, float]]) -> None:
    """The loader stands behind the last batch of an epoch that is not in the history yet."""
    loader.load_state_dict(untested(loader, history))


def untested(loader: Any, history: list[dict[str, float]]) -> dict[str, Any]:
    return loader.state_dict() | {"epoch": len(history), "position": len(loader)}


@contextmanager
def kept(records: Records, parts: dict[str, Any], history: list[dict[str, float]], epoch: Any,
         stop: Stop, log: Callable[[str], object], keep: Callable[..., object]
         ) -> Iterator[Beginning]:
    """Inside it an epoch is learnt and tested; if that fails, what was learnt is saved.

    keep : of a Keeper, gets what would be saved after each step, and before the test
    """
    began, loader = Beginning(parts["model"], parts["loader"]), parts["loader"]

    def state() -> dict[str, Any] | None:
        if not began.may_be_saved(epoch):
            return None
        found = records.state(parts, history, epoch.saved())
        return found if loader.position else found | {"loader": untested(loader, history)}

    began.keep = lambda: keep(state, always=loader.position == 0)
    try:
        yield began
    except Exception as problem:
        if (words := gpu_error(problem)) is not None:
            raise RuntimeError(words) from problem
        if records.folder is None or not (history or epoch.seen) or not began.may_be_saved(epoch):
            raise
        if epoch.seen:                                         # else all is saved already
            if loader.position == 0:
                to_be_tested(loader, history)
            with stop.saving():
                records.save(parts, history, epoch.saved())
        place = f"kept in {records.folder}, and the same command goes on from there"
        if isinstance(problem, StepOutOfMemory):
            raise MemoryError(f"{problem}; the steps before it are {place}") from problem
        log(f"what was learnt before is {place}")
        raise
