"""Sharing work out: everything is done once, sums have one order, errors come through."""

import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from minicnn import Tensor, set_threads
from minicnn.backend import threads
from minicnn.backend.arrays import to_cpu, to_device
from minicnn.backend.cpu import tiled_convolution as way
from minicnn.layers import Conv2d
from tests import standin
from tests.several import several_threads


def blas_threads():
    return {part["num_threads"] for part in threadpool_info() if part["user_api"] == "blas"}


def test_set_threads_takes_the_blas_down_and_none_puts_it_back():
    before = blas_threads()
    if not before:
        pytest.skip("threadpoolctl does not know this BLAS")
    for count in (2, 1, 3):
        with several_threads(count):
            assert blas_threads() == {1} and threads.thread_count() == count
    assert blas_threads() == before and threads.thread_count() == 1


@pytest.mark.parametrize("kind, count", [
    (ValueError, 0), (ValueError, -1), (ValueError, 1025), (ValueError, 10 ** 30),
    (TypeError, 1.5), (TypeError, True), (TypeError, "2"), (TypeError, float("nan")),
    (TypeError, [2])])
def test_set_threads_refuses(kind, count):
    with several_threads(2):
        with pytest.raises(kind, match="set_threads: a whole number from 1 on, or None"):
            set_threads(count)
        assert threads.thread_count() == 2


def test_without_threadpoolctl(monkeypatch):
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    with pytest.raises(ImportError, match="set_threads needs threadpoolctl.*; pip install"):
        set_threads(2)


def test_while_another_thread_works():
    """Neither a pool that is gone, nor work that is done twice or not at all."""
    problems, stop = [], threading.Event()

    def work():
        try:
            while not stop.is_set():
                if threads.at_once(lambda n: n * n, [1, 2, 3, 4]) != [1, 4, 9, 16]:
                    problems.append("wrong")
        except BaseException as problem:
            problems.append(problem)

    with several_threads(2):
        other = threading.Thread(target=work)
        other.start()
        for number in range(60):
            set_threads(1 + number % 4)
            threads.at_once(str, [1, 2])
        stop.set()
        other.join()
    assert problems == []


def test_the_threads_of_before_come_to_an_end():
    """They are not shut down, but nobody needs them any more."""
    with several_threads(4):
        barrier = threading.Barrier(4)
        threads.at_once(lambda n: barrier.wait(10), [1, 2, 3, 4])
        before = [one for one in threading.enumerate() if one.name.startswith("minicnn")]
    assert len(before) >= 3
    for one in before:
        one.join(10)
        assert not one.is_alive()


def run(script, **environment):
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True,
                          env=os.environ | environment)


def test_the_environment_says_it_too():
    script = "from minicnn.backend import threads; print(threads.thread_count())"
    assert run(script, MINICNN_THREADS="3").stdout == "3\n"
    assert run(script, MINICNN_THREADS="").stdout == "1\n"


@pytest.mark.parametrize("text", ["0", "two", "-1", "1.5", "nan", " ", "\u0663", "1025",
                                  "9" * 5000], ids=lambda text: text[:9])
def test_the_environment_is_checked(text, monkeypatch):
    monkeypatch.setenv("MINICNN_THREADS", text)
    with pytest.raises(ValueError, match=f"MINICNN_THREADS is '{text[:20]}', expected a whole "
                                         "number from 1 on, at most 1,024; correct it, or unset"):
        threads._from_environment()


def test_the_environment_is_heeded_at_the_start():
    answer = run("import minicnn", MINICNN_THREADS="two")
    assert answer.returncode == 1 and "MINICNN_THREADS is 'two'" in answer.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_process_has_threads_of_its_own():
    answer = run("""
import os, warnings
warnings.simplefilter("ignore")
from minicnn import set_threads
from minicnn.backend import threads
set_threads(3)
threads.at_once(print, [])
assert threads.at_once(str, [1, 2, 3]) == ["1", "2", "3"]
child = os.fork()
if child == 0:
    os._exit(threads.at_once(str, [1, 2, 3]) != ["1", "2", "3"])
os._exit(os.waitpid(child, 0)[1])
""")
    assert answer.returncode == 0, answer.stderr


@pytest.mark.parametrize("count", [1, 2, 3])
def test_at_once_keeps_the_order_of_the_answers(count):
    with several_threads(count):
        assert threads.at_once(lambda n: n * n, list(range(20))) == [n * n for n in range(20)]
        assert threads.at_once(lambda n: n, []) == []


def test_at_once_really_runs_two_at_a_time():
    with several_threads(2):
        both = threading.Barrier(2, timeout=20)            # opens only when two stand before it
        threads.at_once(lambda n: both.wait(), [0, 1])


def test_work_within_work_is_not_shared_out_again():
    with several_threads(2):
        inner = threads.at_once(lambda n: threads.at_once(lambda m: threads.thread_count(), [0, 1]),
                                [0, 1, 2])
        assert inner == [[1, 1]] * 3 and threads.thread_count() == 2


@pytest.mark.parametrize("number", [0, 3])
def test_an_error_comes_through_and_the_threads_stay_usable(number):
    def work(n):
        time.sleep(0.01)
        if n == number:
            raise ZeroDivisionError(f"part {n}")

    with several_threads(2):
        with pytest.raises(ZeroDivisionError, match=f"part {number}"):
            threads.at_once(work, [0, 1, 2, 3])
        assert threads.at_once(abs, [-1, -2]) == [1, 2]
        assert threads.thread_count() == 2


@pytest.mark.parametrize("size, count", [(10, 3), (2, 5), (1, 1), (0, 4), (7, 7)])
def test_stretches_cover_everything_once(size, count):
    parts = threads.stretches(size, count)
    assert [n for part in parts for n in range(size)[part]] == list(range(size))
    assert max(part.stop - part.start for part in parts) <= -(-size // count) + 1


@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("nbytes", [0, 1000, 1 << 20, 1 << 26])
def test_in_blocks_covers_everything_once(count, nbytes):
    seen = np.zeros(37, int)
    parts = []

    def work(part):
        seen[part] += 1
        parts.append(part)

    with several_threads(count):
        threads.in_blocks(work, 37, nbytes)
    assert (seen == 1).all()
    assert len(parts) == min(37, count * max(1, -(-nbytes // (count * threads.sizes.block)))) \
        if nbytes > threads.sizes.block else len(parts) == 1


def test_tiles_hold_what_a_block_holds(monkeypatch):
    monkeypatch.setattr(threads.sizes, "block", 100)
    here = np.zeros(0)
    assert threads.tiles(10, 30, 1, here) == threads.stretches(10, 4)       # 3 at a time
    assert threads.tiles(10, 30, 5, here) == threads.stretches(10, 2)       # 5 are wanted
    assert threads.tiles(10, 0, 1, here) == [slice(0, 10)]
    with several_threads(2):
        assert len(threads.tiles(10, 30, 1, here)) == 4
        assert len(threads.tiles(10, 1, 10, here)) == 2    # nobody stays idle
        assert len(threads.tiles(1, 1, 1, here)) == 1


@pytest.mark.parametrize("count", [1, 2, 3])
def test_sum_over_has_one_order(count):
    parts = [np.float32([10.0 ** n, 1]) for n in (8, 0, -3, 8, 5, -8, 2)]
    with several_threads(count):
        sums = [threads.sum_over(lambda n: parts[n].copy(), list(range(7))) for _ in range(20)]
    assert all((one == sums[0]).all() for one in sums)
    assert np.allclose(sums[0], np.sum(parts, axis=0))


def test_a_gpu_works_in_one_thread(monkeypatch, rng):
    """cuBLAS's handle belongs to its thread; the stand-in refuses what a second one does."""
    monkeypatch.setitem(sys.modules, "cupy", standin)
    x = Tensor(rng.standard_normal((2, 4, 9, 9)), requires_grad=True)
    layer = Conv2d(4, 6, 3, padding=1).to(dtype=np.float64)
    dy = rng.standard_normal((2, 6, 9, 9))
    ends = []
    for device in ("cpu", "cuda"):
        layer.to(device)
        arrays = [to_device(array, device) for array in (x.data, layer.weight.data,
                                                         layer.bias.data, dy)]
        with several_threads(2), monkeypatch.context() as patched:
            patched.setattr(way, "tiles", lambda size, *_: threads.stretches(size, 4))
            y, backward = way.tiled_convolution(*arrays[:3], layer.window, 1, (True,) * 3)
            ends.append([to_cpu(array) for array in (y, *backward(arrays[3]))])
    for ours, right in zip(*ends, strict=True):
        assert np.allclose(ours, right)
    image = to_device(x.data, "cuda")                      # what would happen without
    with several_threads(2), pytest.raises(RuntimeError, match="a second thread works on arrays"):
        threads.at_once(lambda part: image[part] * 2, threads.stretches(2, 2))
