"""How fast this machine multiplies and copies, and who else is at work on it."""

import os
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from minicnn.analysis import speed
from minicnn.backend.threads import _Threads, set_threads


@pytest.fixture(params=[1, 2])
def threads(request, monkeypatch):
    """So many Python threads, and one again afterwards."""
    monkeypatch.setattr(_Threads, "count", 1)
    monkeypatch.setattr(_Threads, "pool", None)
    if request.param > 1:
        set_threads(request.param)
    yield request.param
    if _Threads.pool is not None:
        _Threads.pool.shutdown()


def test_speeds_are_measured(threads, device):
    assert 0.001 < speed.gigaflops(64, 2, device) < 1e6
    assert 0.001 < speed.gigabytes(400_000, 2, device) < 1e6


@pytest.mark.parametrize("dtype, computed", [("float16", "float32"), ("float32", "float32"),
                                             ("float64", "float64")])
def test_dtype(dtype, computed, monkeypatch):
    """float16 is multiplied in float32: so do the layers."""
    seen = []
    monkeypatch.setattr(speed, "fastest", lambda work, y, rounds: seen.append(y.dtype) or 1.0)
    speed.gigaflops(8, dtype=dtype)
    assert seen == [computed]


def test_by_hand(monkeypatch):
    """A product of two 10 x 10 matrices is 2,000 operations; a copy reads and writes."""
    monkeypatch.setattr(speed, "fastest", lambda work, y, rounds: 1e-6)
    assert speed.gigaflops(10) == pytest.approx(2)
    assert speed.gigabytes(4_000_000) == pytest.approx(8_000)


def test_all_rows_are_worked_on_and_the_fastest_round_counts(threads, monkeypatch):
    clock = iter([0, 5, 10, 12, 20, 29])
    monkeypatch.setattr(speed, "time", SimpleNamespace(perf_counter=lambda: next(clock)))
    y = np.zeros((7, 1))

    def work(rows):
        y[rows] += 1

    assert speed.fastest(work, y, 3) == 2
    assert (y == 3).all()


def test_threads_at_work(monkeypatch, threads):
    monkeypatch.setattr(speed, "blas_threads", lambda: 1)
    assert speed.threads_at_work() == {1: "1 Python thread, 1 BLAS thread",
                                       2: "2 Python threads, 1 BLAS thread"}[threads]
    monkeypatch.setattr(speed, "blas_threads", lambda: 4)
    assert speed.threads_at_work().endswith(", 4 BLAS threads")
    monkeypatch.setattr(speed, "blas_threads", lambda: 0)
    assert speed.threads_at_work() in ("1 Python thread", "2 Python threads")


def test_blas_threads(monkeypatch):
    assert speed.blas_threads() >= 0
    parts = [{"user_api": "openmp", "num_threads": 9}, {"user_api": "blas", "num_threads": 3}]
    monkeypatch.setitem(sys.modules, "threadpoolctl",
                        SimpleNamespace(threadpool_info=lambda: parts))
    assert speed.blas_threads() == 3
    parts.clear()
    assert speed.blas_threads() == 0
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)        # import raises ImportError
    assert speed.blas_threads() == 0


def pretend_system(monkeypatch, *moments, cores=(0, 2), own=(3.0, 13.0)):
    """/proc/stat at two moments, ten seconds apart; this process works for ten seconds."""
    stat, clock, times = iter(moments), iter([100.0, 110.0]), iter(own)
    monkeypatch.setattr(speed, "usable_cores", lambda: set(cores))
    monkeypatch.setattr(speed.Path, "read_text", lambda path: next(stat))
    monkeypatch.setattr(speed, "time", SimpleNamespace(perf_counter=lambda: next(clock)))
    monkeypatch.setattr(os, "times", lambda: (next(times), 0.0, 0.0, 0.0, 7.0))
    monkeypatch.setattr(os, "sysconf", lambda name: 100, raising=False)


def test_other_programs_by_hand(monkeypatch):
    """Idle and iowait are no work; core 1 is not ours, and guest time is in user already."""
    pretend_system(
        monkeypatch,
        "cpu 9 9 9 9 9 9 9 9 9 9\ncpu0 100 0 0 5 5 0 0 0 0 0\ncpu1 0 0 0 0 0 0 0 0 0 0\n"
        "cpu2 0 0 0 0 0 0 0 0 0 0\nintr 12 13\n",
        "cpu 9 9 9 9 9 9 9 9 9 9\ncpu0 900 50 50 99 99 50 25 25 70 0\ncpu1 999 0 0 0 0 0 0 0 0 0\n"
        "cpu2 500 0 0 500 0 0 0 0 0 0")
    # 10 s on core 0 and 5 s on core 2, of which 10 s were ours
    assert speed.OtherPrograms().cores() == pytest.approx(0.5)


def test_other_programs_never_take_less_than_nothing(monkeypatch):
    pretend_system(monkeypatch, "cpu0 0 0 0 0 0 0 0 0 0 0", "cpu0 0 0 0 0 0 0 0 0 0 0")
    assert speed.OtherPrograms().cores() == 0


def test_other_programs_on_this_machine():
    others = speed.OtherPrograms()
    assert others.cores() == 0                                     # too little time has gone by
    if others.start is not None:
        others.start = others.start[0] - 100, others.start[1] - 50
        assert others.cores() == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("stat", ["cpu0 1 2", "cpu0 a b c d e f g h"])
def test_other_programs_where_the_system_speaks_otherwise(stat, monkeypatch):
    pretend_system(monkeypatch, stat, stat)
    assert speed.OtherPrograms().cores() == 0


def test_other_programs_where_the_system_does_not_tell(monkeypatch):
    def missing(path):
        raise FileNotFoundError(path)

    monkeypatch.setattr(speed.Path, "read_text", missing)
    assert speed.OtherPrograms().cores() == 0


@pytest.mark.parametrize("ours, theirs, spare", [(1, 4, 0), (1, 1, 3), (2, 1, 2), (1, 0, 0),
                                                 (8, 1, 0)])
def test_spare_cores(ours, theirs, spare, monkeypatch):
    monkeypatch.setattr(speed, "usable_cores", lambda: {0, 1, 2, 3})
    monkeypatch.setattr(speed, "thread_count", lambda: ours)
    monkeypatch.setattr(speed, "blas_threads", lambda: theirs)
    assert speed.spare_cores() == spare


def test_cores(monkeypatch):
    assert 1 <= speed.physical_cores() <= len(speed.usable_cores())
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)    # as on Windows and macOS
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert speed.usable_cores() == {0}


def test_twins_are_one_core(monkeypatch):
    twins = {0: "0,2\n", 1: "1,3\n", 2: "0,2\n", 3: "1,3\n"}
    monkeypatch.setattr(speed, "usable_cores", lambda: {0, 1, 2, 3})
    monkeypatch.setattr(speed.Path, "read_text",
                        lambda path: twins[int(path.parts[-3].removeprefix("cpu"))])
    assert speed.physical_cores() == 2
    monkeypatch.setattr(speed, "usable_cores", lambda: {0, 1})
    assert speed.physical_cores() == 2
    monkeypatch.setattr(speed, "usable_cores", lambda: {0, 2})
    assert speed.physical_cores() == 1


def test_a_system_that_does_not_tell_twins(monkeypatch):
    def missing(path):
        raise FileNotFoundError(path)

    monkeypatch.setattr(speed, "usable_cores", lambda: {0, 1, 2})
    monkeypatch.setattr(speed.Path, "read_text", missing)
    assert speed.physical_cores() == 3
