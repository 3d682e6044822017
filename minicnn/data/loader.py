"""Batches of images and labels, shuffled, and resumable in the middle of an epoch.

Nothing random is remembered: the order of epoch e is drawn from (seed, e), the augmentation of
its batch b from (seed, e, b).  So three numbers are the whole state, and a run that was
interrupted sees exactly the batches that it would have seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import starmap
from typing import Any

import numpy as np

from minicnn.backend.together import Rows, part
from minicnn.data.ahead import ahead
from minicnn.data.by_picture import ByPicture, NotByPicture
from minicnn.data.dataset import Dataset
from minicnn.data.door import as_images, as_labels


class Loader:
    """Hands out `(x, y)` batches, once through the data per loop.

    Parameters
    ----------
    images : (N, ...) array     or what NumPy makes one of: a pandas Series is taken by position
    labels : (N,) integers      from 0 on; handed out as int64
    batch_size : int            the last batch of an epoch is smaller where N does not divide
    shuffle : bool              a new order each epoch; otherwise the order of the data
    seed : int, at least 0      of the orders and of what `transform` draws
    drop_last : bool            leave that smaller last batch out
    transform : callable        transform(x, rng) -> x, per batch, rng a numpy Generator of its own

    `epoch` and `position` count the epochs finished and the batches handed out in the present
    one.  A loop starts at the beginning of its epoch, after `load_state_dict` where that epoch
    was left.  Two loops begun in one epoch, as in zip(loader, loader), hand out the same
    batches.

    Where several processes train together, share(rank, processes) gives each its part of every
    batch; `rows` says which part of the batch that was handed out last: backend/together.py.
    `readers` is the number of processes that make batches ahead: ahead.py.

    >>> loader = Loader(np.zeros((5, 1, 2, 2)), np.arange(5), batch_size=2, shuffle=False)
    >>> [y.tolist() for x, y in loader]
    [[0, 1], [2, 3], [4]]
    """

    rank, processes, readers = 0, 1, 0
    rows = Rows(0, 0, 0)

    def __init__(self, images: Any, labels: Any = None, batch_size: int = 1,
                 shuffle: bool = True, seed: int = 0, drop_last: bool = False,
                 transform: Callable[..., Any] | None = None) -> None:
        if isinstance(images, Dataset):
            raise TypeError("Loader: takes the arrays of a Dataset, not the Dataset: "
                            "Loader(train.images, train.labels, batch_size)")
        images = as_images(images, "Loader")
        labels = as_labels(labels, "Loader", len(images))
        check_numbers(batch_size, seed)
        N = len(labels)
        if N == 0:
            raise ValueError("Loader: no images; was the data set filtered until nothing was left?")
        if drop_last and batch_size > N:
            raise ValueError(f"Loader: {N} images, batch_size {batch_size} and drop_last leave no "
                             "batch at all; lower batch_size or keep the last batch")
        self.images, self.labels, self.count = images, labels, N
        self.batch_size, self.shuffle, self.seed = int(batch_size), shuffle, int(seed)
        self.drop_last, self.transform = drop_last, transform
        self.epoch = self.position = self.start = 0

    def __len__(self) -> int:
        """Batches per epoch."""
        N, B = self.count, self.batch_size
        return N // B if self.drop_last else -(-N // B)

    def __repr__(self) -> str:
        return (f"{type(self).__name__}({self.count:,} images {self.size()} in {len(self):,} "
                f"batches of {self.batch_size}, {'shuffled' if self.shuffle else 'in order'}, seed "
                f"{self.seed}; epoch {self.epoch}, batch {self.position})")

    def size(self) -> str:
        return "x".join(map(str, self.images.shape[1:]))

    def __contains__(self, item: object) -> bool:
        raise TypeError("Loader: `in` is not answered, it would run through the epoch; ask "
                        "loader.labels or loader.images")

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        N, B, epoch = self.count, self.batch_size, self.epoch
        order = self.generator(epoch, 0).permutation(N) if self.shuffle else np.arange(N)   # (N,)
        first, self.start = self.start, 0
        jobs = ((order[batch * B:(batch + 1) * B], epoch, batch)     # (B,), fewer in the last batch
                for batch in range(first, len(self)))
        made = ahead(self, jobs, self.readers) if self.readers else starmap(self.job, jobs)
        for batch, (rows, (x, y)) in enumerate(made, first):
            # Counted before it is handed out: a checkpoint saved inside the loop has this batch
            # behind it.
            if epoch == self.epoch:             # else a loop inside this one has ended meanwhile
                self.position = batch + 1
            self.rows = rows
            yield x, y
        if epoch == self.epoch:
            self.epoch, self.position = epoch + 1, 0

    def job(self, chosen: np.ndarray, epoch: int, batch: int) -> tuple[Rows, Any]:
        """This process's rows of a batch, and what is in them."""
        rows = self.part(len(chosen))
        return rows, self.own(chosen, rows, partial(self.generator, epoch, 1 + batch))

    def share(self, rank: int, processes: int) -> None:
        """Hand out this process's part of each batch; ValueError if a batch is too small."""
        if self.batch_size < processes:
            raise ValueError(f"Loader: batches of {self.batch_size} for {processes} processes; "
                             "each needs a picture at least: raise the batch size, which counts "
                             "the pictures of all processes, or start fewer")
        self.rank, self.processes = rank, processes

    def part(self, total: int) -> Rows:
        """Of a batch of so many pictures; what is left at the end may be all for all of them."""
        return part(total, self.rank, self.processes, whole=total == self.batch_size)

    def own(self, chosen: np.ndarray, rows: Rows, rng: Callable[[], np.random.Generator]) -> Any:
        """This process's rows of a batch; they are distorted as they would be in the whole."""
        if rows.count == rows.total:
            return self.batch(chosen, rng)
        try:
            return self.batch(chosen[rows.start:rows.stop], lambda: ByPicture(rng(), rows))
        except NotByPicture:                    # as it draws, only all pictures give the same
            x, y = self.batch(chosen, rng)
            return x[rows.start:rows.stop], y[rows.start:rows.stop]

    def batch(self, chosen: np.ndarray, rng: Callable[[], Any]) -> Any:
        """Those images and labels; rng() makes the generator of what is random in this batch."""
        x, y = self.images[chosen], self.labels[chosen]
        if self.transform is not None:
            x = self.transform(x, rng())
            if len(x) != len(y):
                raise ValueError(f"Loader: transform made {len(x)} images out of {len(y)}; "
                                 "it must keep their number")
        return x, y

    def generator(self, epoch: int, purpose: int) -> np.random.Generator:
        """The random numbers of an epoch: purpose 0 for the order, 1 + b for batch b."""
        return np.random.default_rng(np.random.SeedSequence([self.seed, epoch, purpose]))

    def state_dict(self) -> dict[str, int]:
        """Where the loader stands, and what must be the same for the rest to be the same."""
        return {"epoch": self.epoch, "position": self.position, **self.plan()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue at `state`; ValueError if this loader would hand out other batches."""
        for name, mine in self.plan().items():
            if state[name] != mine:
                raise ValueError(f"Loader: the saved run had {name} {state[name]}, this one has "
                                 f"{mine}; resume with the same data and settings")
        if not (state["epoch"] >= 0 and 0 <= state["position"] <= len(self)):
            raise ValueError(f"Loader: saved at epoch {state['epoch']}, batch {state['position']}, "
                             f"expected 0 or more and 0 to {len(self)}; the checkpoint is damaged")
        self.epoch = int(state["epoch"])
        self.position = self.start = int(state["position"])

    def plan(self) -> dict[str, int]:
        return {"count": self.count, "batch_size": self.batch_size, "seed": self.seed,
                "shuffle": int(self.shuffle), "drop_last": int(self.drop_last)}


def check_numbers(batch_size: int, seed: int, who: str = "Loader") -> None:
    for name, number, least in (("batch_size", batch_size, 1), ("seed", seed, 0)):
        if isinstance(number, bool) or not isinstance(number, (int, np.integer)):
            raise TypeError(f"{who}: {name} is {number!r}, expected a whole number")
        if number < least:
            raise ValueError(f"{who}: {name} is {number}, expected at least {least}")
