"""Which GPU is this process's: the first; of several processes on one machine, each takes another.

minicnn works on one card in a process.  CuPy's current card is the first until another is chosen,
and that belongs to a thread, as this does.
"""

import threading
from types import ModuleType


class _Own(threading.local):
    place = 0                          # of this process among those of its machine
    card = 0


_own = _Own()


def stand_at(place: int) -> None:
    """Of the processes on this machine, this is the one number `place`, from 0 on."""
    _own.place = place


def choose(cupy: ModuleType) -> None:
    """Make CuPy work on the card of this process; more processes than cards share them."""
    if _own.place and not _own.card:
        _own.card = _own.place % cupy.cuda.runtime.getDeviceCount()
        cupy.cuda.Device(_own.card).use()


def own() -> int:
    """The number of the card, from 0 on."""
    return _own.card
