"""Training in parallel over the data: n processes learn what one would learn.

    team = Team(processes(), model, loader)
    for x, y in loader:                            # this process's pictures of the batch
        with team.step():                          # in it, losses and dropout know of the others
            loss = ...
            optimizer.zero_grad()
            loss.backward()
        optimizer.step()                           # with the gradient of the whole batch

Each process has the whole network, and a part of every batch.  As the gradients they step with are
the same, their weights stay the same: nobody has to send weights.

Batch norm takes its mean and variance from the pictures of its own process, as is usual, or with
`sync_norms` from those of all.  Running averages are then of the own pictures, too; for a test and
for saving the mean over the processes is taken.  As they move by a fixed share of each batch, it is
what they would be if every batch's mean had been averaged.
"""

import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np

from minicnn.autograd.hooks import record
from minicnn.backend.arrays import to_cpu
from minicnn.backend.together import sharing
from minicnn.data.loader import Loader
from minicnn.layers.module import Module
from minicnn.training.checkpoint import restore
from minicnn.training.interrupt import SIGNALS, Stop
from minicnn.training.parallel.gradients import BUCKET, Gradients
from minicnn.training.parallel.stopping import asked, heard
from minicnn.training.parallel.world import World

OVERLAP = False             # see docs/scale.md for what it gained where it was measured


class Unequal(RuntimeError):
    """The processes' weights differ: since when, nobody knows."""


class Team:
    """A network, its loader, and the processes that share them; ValueError if they cannot."""

    def __init__(self, world: World, model: Module, loader: Loader, sync_norms: bool = False,
                 overlap: bool = OVERLAP, bucket: int = BUCKET) -> None:
        self.world, self.model, self.loader, self.sync_norms = world, model, loader, sync_norms
        loader.share(world.rank, world.size)
        self.gradients = Gradients(model.parameters(), world, overlap, bucket)
        self.check_same("at the start")

    @contextmanager
    def step(self) -> Iterator[None]:
        """Around forward and backward; afterwards gradients are those of the whole batch."""
        if self.world.size == 1:
            yield
            return
        with ExitStack() as inside:
            inside.enter_context(sharing(self.loader.rows, self.world.sum, self.sync_norms))
            if self.gradients.listens:
                inside.enter_context(record(self.gradients))
            self.gradients.begin(self.weight())
            yield
        self.gradients.finish()

    def weight(self) -> float:
        """n_r / N; where all have the same pictures, those of process 0 count."""
        rows = self.loader.rows
        return float(self.world.is_first) if rows.alike else rows.count / rows.total

    def counted(self, loss: Any, seen: int, wrong: Any, stop: Stop) -> tuple[Any, int, Any]:
        """(loss, pictures, wrong answers) of the whole batch; all of them hear who wants to stop.

        ValueError, on all of them, if the loss of one is not a number.
        """
        world, rows = self.world, self.loader.rows
        if world.size == 1:
            return loss, seen, wrong
        mean, weight = float(loss), self.weight()
        fine = np.isfinite(mean)
        own = np.zeros(2 + len(SIGNALS) + world.size)      # loss, wrong, who wants to stop, NaN
        own[0] = mean * weight if fine else 0.0
        own[1] = float(wrong) * (weight > 0)
        own[2:-world.size] = asked(stop)
        own[world.rank - world.size] = not fine
        every = world.sum(own)
        bad = np.flatnonzero(every[-world.size:]).tolist()
        if bad:
            raise ValueError(f"fit: the loss of process {', '.join(map(str, bad))} of 0 to "
                             f"{world.size - 1} is not a number, in batch {self.loader.position} "
                             f"of epoch {self.loader.epoch + 1}; a smaller lr may help")
        heard(stop, every[2:-world.size])
        return float(every[0]), rows.total, int(every[1])

    def restored(self, state: dict[str, Any] | None, parts: dict[str, Any]
                 ) -> dict[str, Any] | None:
        """What process 0 has read from a checkpoint and put into its parts: into those of all."""
        if self.world.size > 1:
            own, state = state, self.world.from_first(state)
            if state and not own:
                restore(state, parts)
        return state

    def settle(self) -> None:
        """Before a test, and before saving: all have the same network, running averages, too."""
        if self.world.size == 1:
            return
        for name, value in self.model.named_buffers():
            if name.endswith(("running_mean", "running_var")):
                value.data = self.world.sum(value.data) * (1 / self.world.size)
        self.check_same(f"after {self.loader.epoch} epochs and {self.loader.position} batches")

    def check_same(self, when: str) -> None:
        """RuntimeError if the processes' weights differ in a single bit."""
        if self.world.size == 1:
            return
        own = 0
        for parameter in self.model.parameters():
            own = zlib.crc32(np.ascontiguousarray(to_cpu(parameter.data)).data, own)
        found = self.world.gather(own)
        other = [rank for rank, value in enumerate(found) if value != found[0]]
        if other:
            raise Unequal(f"{when} the weights of process {', '.join(map(str, other))} are not "
                          "those of process 0: they began with another seed, or their machines "
                          "add in another order; give all of them one seed, one kind of machine "
                          "and as many threads")
