"""Where a step does not fit into memory, what was learnt before it is kept; a lost GPU is named.

    began = Beginning(model, loader)
    for batch in loader:
        with began.step():               # forward and backward
            ...
        optimizer.step()

If memory ends inside, the step has not been: its batch is still to come, and the running averages
and random numbers are those from before it.  Weights are changed only after backward; if memory
ends there, some have been, and nothing is saved: the run goes on from the last finished epoch.
"""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from minicnn.backend.devices import gpu_error
from minicnn.backend.seeds import random_state, set_random_state
from minicnn.layers.module import Module
from minicnn.training.interrupt import Stop
from minicnn.training.records import Records


class StepOutOfMemory(MemoryError):
    """A step did not fit, and has been undone."""


class Beginning:
    """Where the step at work began."""

    def __init__(self, model: Module, loader: Any) -> None:
        self.loader, self.buffers = loader, list(model.buffers())

    @contextmanager
    def step(self) -> Iterator[None]:
        """Running averages are replaced at each step, never written into; so they can be kept."""
        before, random = [buffer.data for buffer in self.buffers], random_state()
        try:
            yield
        except MemoryError as problem:
            traceback.clear_frames(problem.__traceback__)      # which hold the layers' outputs
            for buffer, data in zip(self.buffers, before, strict=True):
                buffer.data = data
            set_random_state(random)
            self.loader.load_state_dict(self.loader.state_dict() | {
                "position": self.loader.position - 1})
            number, epoch = self.loader.position + 1, self.loader.epoch + 1
            text = str(problem).rstrip(".") or "main memory is full"
            raise StepOutOfMemory(f"step {number} of epoch {epoch}: {text}") from problem


@contextmanager
def kept(records: Records, parts: dict[str, Any], history: list[dict[str, float]], epoch: Any,
         stop: Stop) -> Iterator[None]:
    """Inside it an epoch is learnt; what was learnt is saved if memory ends, where it can be."""
    try:
        yield
    except StepOutOfMemory as problem:
        if records.folder is None or not (history or epoch.seen):
            raise
        if epoch.seen:                                         # else all is saved already
            with stop.saving():
                records.save(parts, history, epoch.saved())
        raise MemoryError(f"{problem}; the steps before it are kept in {records.folder}, and the "
                          "same command goes on from there") from problem
    except Exception as problem:
        if (words := gpu_error(problem)) is None:
            raise
        raise RuntimeError(words) from problem
