"""Ctrl-C where several processes train together: all of them stop at the same step, or none does.

A signal reaches the processes at different moments.  One that stopped by itself would leave the
others waiting for its gradients; so each tells the others what it has heard, and all act on that.
"""

from typing import Any

import numpy as np

from minicnn.training.interrupt import SIGNALS, Stop
from minicnn.training.parallel.world import World


class Agreed(Stop):
    """True once all processes have heard that one of them was asked to stop.

    own : what this process has heard.  A process that stopped by itself would leave the others
          waiting for its gradients
    """

    def __init__(self, own: Stop) -> None:
        super().__init__()
        self.own = own

    def saving(self) -> Any:
        return self.own.saving()


def agreed(stop: Stop, world: World) -> Stop:
    return stop if world.size == 1 else Agreed(stop)


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

