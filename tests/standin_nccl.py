"""NCCL as CuPy hands it on, for tests/standin.py: cards are threads, as late as a GPU may be.

A sum is made when somebody looks whether it is there; who does not wait reads what was before it.
"""

import ctypes
import sys
import threading
from types import SimpleNamespace

import numpy as np

from tests import standin_counts, standin_gpu
from tests.thread_world import Meeting

NCCL_SUM, NCCL_FLOAT32, NCCL_FLOAT64 = 0, 7, 8             # of nccl.h
KINDS = {NCCL_FLOAT32: np.float32, NCCL_FLOAT64: np.float64}
available = True
groups: dict = {}
streams: dict = {}
lock = threading.Lock()


def get_unique_id():
    return np.random.default_rng().bytes(128)


class Event:
    def __init__(self, stream):
        self.stream = stream

    @property
    def done(self):
        while self.stream.work:
            self.stream.work.pop(0)()
        return True


class Stream:
    def __init__(self, non_blocking=False):
        self.work, self.waits, self.ptr = [], 0, id(self)
        streams[self.ptr] = self

    def record(self):
        return Event(self)

    def wait_event(self, event):
        self.waits += 1


class NcclCommunicator:
    def __init__(self, ndev, commId, rank):
        if len(commId) != 128:
            raise ValueError("the id has 128 bytes")
        with lock:
            self.meeting = groups.setdefault(commId, Meeting(ndev))
        self.rank, self.sums = rank, 0
        self.meeting.exchange(rank, None)

    def allReduce(self, sendbuf, recvbuf, count, datatype, op, stream):  # noqa: N802
        self.sums += 1
        if streams[stream].waits < self.sums:
            raise RuntimeError("the array may not have been filled yet")
        if op != NCCL_SUM:
            raise ValueError(f"the operation is {op}")
        dtype = np.dtype(KINDS[datatype])

        def memory(pointer):
            return np.frombuffer((ctypes.c_byte * (count * dtype.itemsize)).from_address(pointer),
                                 dtype)

        def work():
            parts = self.meeting.exchange(self.rank, memory(sendbuf).copy())
            memory(recvbuf)[...] = np.sum(parts, axis=0, dtype=dtype)

        streams[stream].work.append(work)

    def check_async_error(self):
        pass


own = threading.local()


def get_current_stream():
    own.stream = getattr(own, "stream", None) or Stream()
    return own.stream


def give(patch, module, cards):
    """CuPy's stand-in gets NCCL, and so many cards; each of our threads is a process."""
    runtime = SimpleNamespace(**vars(standin_gpu.cuda.runtime))
    runtime.getDeviceCount = lambda: cards
    runtime.deviceGetPCIBusId = lambda number: f"0000:{number:02}:00.0"
    for name, value in {"nccl": sys.modules[__name__], "Stream": Stream, "runtime": runtime,
                        "get_current_stream": get_current_stream}.items():
        patch.setattr(standin_gpu.cuda, name, value, raising=False)
    patch.setitem(sys.modules, "cupy", module)
    patch.setitem(sys.modules, "cupy.cuda", standin_gpu.cuda)
    patch.setattr(standin_counts, "refuse_a_second_thread", lambda: None)
