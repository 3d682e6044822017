"""Sums over the GPUs of one machine, one for each process, by NCCL.

    adder, problem = connect(rank, gather, wait)
    adder.start_sum(array).wait()           array: the sum of those of all processes, on all of them

NCCL adds from card to card; MPI would have the numbers come through main memory, twice.  It needs a
card of its own for each process, and all cards in one machine.  CuPy has the calls; the library
itself is one more package, nvidia-nccl-cu12 or nvidia-nccl-cu13.

Sources: CuPy, reference "NCCL" (NcclCommunicator); NVIDIA, NCCL user guide, "Creating a
Communicator" and "AllReduce".
"""

import socket
import sys
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

from minicnn.backend import card
from minicnn.backend.arrays import Array

Done = Callable[[], bool]


class Cards:
    """The card of this process, and those that it adds with.

    size, rank : how many processes there are, and which this is
    group      : the same on all of them: what `get_unique_id` has said to the first
    wait       : wait(done) returns once done() is true, or raises
    """

    def __init__(self, size: int, rank: int, group: Any, wait: Callable[[Done], None]) -> None:
        from cupy.cuda import Stream, nccl
        self.nccl, self.wait = nccl, wait
        self.link = nccl.NcclCommunicator(size, group, rank)           # it waits for the others
        self.stream = Stream(non_blocking=True)            # beside the kernels of backward

    def start_sum(self, array: Array) -> "Sum":
        """Replace `array`, float32 or float64 in one piece, by its sum over all, in a while."""
        kind = {"f": self.nccl.NCCL_FLOAT32, "d": self.nccl.NCCL_FLOAT64}[array.dtype.char]
        self.stream.wait_event(current_stream().record())  # until the array has been filled
        self.link.allReduce(array.data.ptr, array.data.ptr, array.size, kind, self.nccl.NCCL_SUM,
                            self.stream.ptr)
        return Sum(self, self.stream.record())


class Sum:
    """A sum that is on its way; `moment` is its end, on the card."""

    def __init__(self, cards: Cards, moment: Any) -> None:
        self.cards, self.moment = cards, moment

    def test(self) -> bool:
        self.cards.link.check_async_error()                # of a card that is lost
        return bool(self.moment.done)

    def wait(self) -> None:
        self.cards.wait(self.test)


def current_stream() -> Any:
    return sys.modules["cupy"].cuda.get_current_stream()


class Connection(NamedTuple):
    """Who adds, or why NCCL cannot."""

    adder: Cards | None
    problem: str = ""


def connect(rank: int, gather: Callable[[Any], list], wait: Callable[[Done], None]) -> Connection:
    """The same on all processes.

    gather : gather(value) -> what each process has given, in the order of ranks
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")                    # CuPy's, that there is none: see below
        from cupy.cuda import nccl
    runtime = sys.modules["cupy"].cuda.runtime
    every = gather((nccl.available, socket.gethostname(), runtime.deviceGetPCIBusId(card.own())))
    if not all(there for there, _, _ in every):
        return Connection(None, "CuPy finds no NCCL (pip install nvidia-nccl-cu13, or "
                                "nvidia-nccl-cu12)")
    if len({machine for _, machine, _ in every}) > 1:
        return Connection(None, "the GPUs are on several machines")
    if len({bus for _, _, bus in every}) < len(every):
        return Connection(None, "there are more processes than GPUs")
    group, *_ = gather(nccl.get_unique_id() if rank == 0 else None)
    return Connection(Cards(len(every), rank, group, wait))
