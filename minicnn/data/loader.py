"""Batches of images and labels, shuffled, and resumable in the middle of an epoch.

Nothing random is remembered: the order of epoch e is drawn from (seed, e), the augmentation of
its batch b from (seed, e, b).  So three numbers are the whole state, and a run that was
interrupted sees exactly the batches that it would have seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

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
    seed : int, at least 0
    drop_last : bool            leave that smaller last batch out
    transform : callable        transform(x, rng) -> x, per batch, rng a numpy Generator of its own

    `epoch` and `position` count the epochs finished and the batches handed out in the present
    one.  A loop starts at the beginning of its epoch, after `load_state_dict` where that epoch
    was left.  Two loops begun in one epoch, as in zip(loader, loader), hand out the same
    batches.

    >>> loader = Loader(np.zeros((5, 1, 2, 2)), np.arange(5), batch_size=2, shuffle=False)
    >>> [y.tolist() for x, y in loader]
    [[0, 1], [2, 3], [4]]
    """

    def __init__(self, images: Any, labels: Any = None, batch_size: int = 1,
                 shuffle: bool = True, seed: int = 0, drop_last: bool = False,
                 transform: Callable[[np.ndarray, np.random.Generator], np.ndarray] | None = None):
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
        self.images, self.labels = images, labels
        self.batch_size, self.shuffle, self.seed = int(batch_size), shuffle, int(seed)
        self.drop_last, self.transform = drop_last, transform
        self.epoch = self.position = self.start = 0

    def __len__(self) -> int:
        """Batches per epoch."""
        N, B = len(self.labels), self.batch_size
        return N // B if self.drop_last else -(-N // B)

    def __repr__(self) -> str:
        N, size = len(self.labels), "x".join(map(str, self.images.shape[1:]))
        return (f"Loader({N:,} images {size} in {len(self):,} batches of {self.batch_size}, "
                f"{'shuffled' if self.shuffle else 'in order'}, seed {self.seed}; epoch "
                f"{self.epoch}, batch {self.position})")

    def __contains__(self, item: object) -> bool:
        raise TypeError("Loader: `in` is not answered, it would run through the epoch; ask "
                        "loader.labels or loader.images")

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        N, B, epoch = len(self.labels), self.batch_size, self.epoch
        order = self.generator(epoch, 0).permutation(N) if self.shuffle else np.arange(N)   # (N,)
        first, self.start = self.start, 0
        for batch in range(first, len(self)):
            chosen = order[batch * B:(batch + 1) * B]           # (B,), fewer in the last batch
            x, y = self.images[chosen], self.labels[chosen]
            if self.transform is not None:
                x = self.transform(x, self.generator(epoch, 1 + batch))
                if len(x) != len(y):
                    raise ValueError(f"Loader: transform made {len(x)} images out of {len(y)}; "
                                     "it must keep their number")
            # Counted before it is handed out: a checkpoint saved inside the loop has this batch
            # behind it.
            if epoch == self.epoch:             # else a loop inside this one has ended meanwhile
                self.position = batch + 1
            yield x, y
        if epoch == self.epoch:
            self.epoch, self.position = epoch + 1, 0

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
        return {"count": len(self.labels), "batch_size": self.batch_size, "seed": self.seed,
                "shuffle": int(self.shuffle), "drop_last": int(self.drop_last)}


def check_numbers(batch_size: int, seed: int) -> None:
    for name, number, least in (("batch_size", batch_size, 1), ("seed", seed, 0)):
        if isinstance(number, bool) or not isinstance(number, (int, np.integer)):
            raise TypeError(f"Loader: {name} is {number!r}, expected a whole number")
        if number < least:
            raise ValueError(f"Loader: {name} is {number}, expected at least {least}")
