"""Freed memory is kept for the next step, where the C library can."""

import os
import subprocess
import sys
import threading

import numpy as np
import pytest

from minicnn.backend import memory
from tests import standin


def test_reused_memory_is_the_same_in_one_thread_and_another_in_each():
    like = np.zeros(0, np.float32)
    first = memory.reused("test", 10, like)
    assert memory.reused("test", 5, like).base is first.base
    assert first.dtype == np.float32 and first.size == 10
    assert memory.reused("test", 2, np.zeros(0, np.float16)).dtype == np.float16
    larger = memory.reused("test", 1000, like)
    assert not np.shares_memory(first, larger)
    other = []
    worker = threading.Thread(target=lambda: other.append(memory.reused("test", 10, like)))
    worker.start()
    worker.join()
    assert not np.shares_memory(other[0], larger)


def test_keeping_freed_memory_is_refused_where_the_environment_decides():
    script = "from minicnn.backend import memory; print(memory.keep_freed_memory())"
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True,
                            env=os.environ | {"MALLOC_TRIM_THRESHOLD_": "100000"})
    assert answer.stdout == "False\n", answer.stderr


def test_another_c_library_is_no_error(monkeypatch):
    def missing(name):
        raise OSError("no such library")
    monkeypatch.setattr(memory.ctypes, "CDLL", missing)
    assert memory.keep_freed_memory() is False


def test_more_memory_than_there_is(monkeypatch, tmp_path):
    assert memory.machine_memory() > 1e8
    limit = tmp_path / "limit"
    limit.write_text("2000000000\n")
    monkeypatch.setattr(memory, "LIMITS", (str(limit), str(tmp_path / "missing")))
    monkeypatch.setattr(os, "sysconf", lambda name: 10 ** 6)
    assert memory.machine_memory() == 2e9
    limit.write_text("max\n")                              # as a container without a limit says
    assert memory.machine_memory() == 1e12
    limit.write_text("-1\n")
    assert memory.machine_memory() == 1e12
    memory.check_memory(1e12, "this")
    with pytest.raises(MemoryError, match="this takes about 2,000.0 GB, this machine has 1,000.0"):
        memory.check_memory(2e12, "this")


def test_a_gpu_has_memory_of_its_own(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", standin)      # of 8 GiB
    memory.check_memory(8e9, "a step with batch 64", "cuda", 64)
    with pytest.raises(MemoryError, match="a step with batch 64 takes about 80.0 GB, the GPU has "
                                          "8.6 GB; a batch of 6 would fit"):
        memory.check_memory(8e10, "a step with batch 64", "cuda", 64)
    with pytest.raises(MemoryError, match="the GPU has 8.6 GB$"):
        memory.check_memory(8e12, "a step with batch 64", "cuda", 64)          # not even one


def test_where_nobody_tells(monkeypatch):
    monkeypatch.setattr(memory, "LIMITS", ())
    monkeypatch.delattr(os, "sysconf", raising=False)
    memory.check_memory(1e30, "this")
