"""Ctrl-C where several processes train together: all of them stop at the same step, or none does.

A signal reaches the processes at different moments.  One that stopped by itself would leave the
others waiting for its gradients; so each tells the others what it has heard, and all act on that.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import numpy as np

from minicnn.training.interrupt import SIGNALS, Stop, finish_step
from minicnn.training.parallel.world import World


class Agreed(Stop):
    """True once all processes have heard that one of them was asked to stop.

    own : what this process has heard.  A process that stopped by itself would leave the others
          waiting for its gradients
    world : the processes that agree
    """

    def __init__(self, own: Stop, world: World) -> None:
        super().__init__()
        self.own, self.world = own, world

    def saving(self) -> Any:
        return self.own.saving()

    def leave(self) -> NoReturn:
        self.world.gather(None)                            # who leaves first ends the others
        super().leave()


@contextmanager
def finish_same_step(world: World) -> Iterator[Stop]:
    """As `finish_step`, for all processes; the first says that it has heard Ctrl-C."""
    with finish_step(world.is_first) as own:
        yield own if world.size == 1 else Agreed(own, world)


def early(stop: Any) -> Any:
    """What a process may look at while it works alone; what it then does, `any_stopped` tells."""
    return stop.own if isinstance(stop, Agreed) else stop


def any_stopped(stop: Any, interrupted: bool, world: World) -> bool:
    """Whether one of the processes has left what all of them were at."""
    if world.size == 1:
        return interrupted
    signals = world.sum(np.append(asked(stop), float(interrupted)))
    heard(stop, signals[:-1])
    return bool(signals[-1])


def asked(stop: Any) -> np.ndarray:
    """One number for each of SIGNALS: 1 for the one that this process has heard."""
    heard_here = getattr(early(stop), "signal", 0)
    return np.array([number == heard_here for number in SIGNALS], float)


def heard(stop: Any, counts: np.ndarray) -> None:
    if isinstance(stop, Agreed) and counts.any():
        stop.signal = int(SIGNALS[int(counts.argmax())])

