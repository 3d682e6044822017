"""Sums over cards: a communicator of one on a real one, of several on the stand-in, by threads."""

import sys
import threading
import warnings

import numpy as np
import pytest

from minicnn import Sequential, Tensor, manual_seed
from minicnn.autograd.hooks import record
from minicnn.backend import card
from minicnn.backend.arrays import gpu_problem, to_cpu, to_device
from minicnn.backend.cuda import nccl
from minicnn.layers import Linear, ReLU
from minicnn.training.parallel.gradients import Gradients, average_gradients
from tests import standin, standin_gpu, standin_nccl
from tests.thread_world import together

BUILDING = threading.Lock()            # manual_seed's stream is the threads' common one


@pytest.fixture
def cards(monkeypatch):
    """cards(n): a machine with so many."""
    def give(count):
        standin_nccl.give(monkeypatch, standin, count)
    monkeypatch.setattr(standin_nccl, "groups", {})
    return give


def at_its_place(work):
    """Each process of the machine takes its card, as MPIWorld has it do."""
    def placed(world):
        card.stand_at(world.rank)
        return work(world)
    return placed


# --- which card -----------------------------------------------------------------------------------

@pytest.mark.parametrize("count, expected", [(3, [0, 1, 2]), (2, [0, 1, 0]), (1, [0, 0, 0])])
def test_each_process_takes_a_card(cards, count, expected):
    cards(count)

    def work(world):
        there = to_device(np.ones(2, np.float32), "cuda")
        return card.own(), there.device.id, standin_gpu.Device().id

    assert together(3, at_its_place(work)) == [(number,) * 3 for number in expected]
    assert card.own() == 0


# --- sums -----------------------------------------------------------------------------------------

@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_sum(cards, size, dtype):
    cards(size)

    def work(world):
        arrays = [to_device(np.arange(4, dtype=dtype) * 10 ** world.rank + n, "cuda")
                  for n in range(3)]
        adder, problem = nccl.connect(world.rank, world.gather, world.wait)
        sums = [adder.start_sum(array) for array in arrays]            # several on their way
        for one in sums:
            one.wait()
        return problem, [array.get().tolist() for array in arrays]

    ones = sum(10 ** rank for rank in range(size))
    assert together(size, at_its_place(work)) == [
        ("", [[ones * i + size * n for i in range(4)] for n in range(3)])] * size


@pytest.mark.parametrize("library", ["cupy"])
def test_a_communicator_of_one_on_a_real_card(library):
    """What several do is the same calls; nobody has run them on more than one."""
    if gpu_problem():
        pytest.skip(gpu_problem())
    if not __import__("cupy.cuda.nccl", fromlist=["available"]).available:
        pytest.skip("NCCL is not installed: pip install nvidia-nccl-cu13, or nvidia-nccl-cu12")

    def wait(done):
        while not done():
            pass

    adder, problem = nccl.connect(0, lambda value: [value], wait)
    assert problem == "" and adder is not None
    for dtype in (np.float32, np.float64):
        array = to_device(np.linspace(-1, 1, 1 << 20, dtype=dtype), library and "cuda")
        array *= 2                                         # on its way when the sum begins
        adder.start_sum(array).wait()
        np.testing.assert_array_equal(to_cpu(array), 2 * np.linspace(-1, 1, 1 << 20, dtype=dtype))


# --- gradients ------------------------------------------------------------------------------------

def network(device):
    with BUILDING:
        manual_seed(0)
        model = Sequential(Linear(3, 4), ReLU(), Linear(4, 4), ReLU(), Linear(4, 2))
        return model.to(dtype="float64").to(device)


def gradients_of(x, world, device, start, stop, **options):
    model = network(device)
    gradients = Gradients(model.parameters(), world, **options)
    for _ in range(3):
        model.zero_grad()
        gradients.begin((stop - start) / len(x))
        part = Tensor(to_device(x[start:stop], device))
        with record(gradients):
            ((model(part) ** 2).sum() / (stop - start)).backward()
        gradients.finish()
    return [to_cpu(parameter.grad) for parameter in model.parameters()], gradients


PARTS = [(0, 1), (1, 3), (3, 6)]


@pytest.mark.parametrize("options", [{}, {"overlap": True, "bucket": 100}])
def test_they_are_those_of_the_batch_and_stay_on_the_cards(cards, options, rng):
    cards(3)
    x = rng.normal(size=(6, 3))
    right = network("cpu")
    ((right(Tensor(x)) ** 2).sum() / 6).backward()

    def work(world):
        found, gradients = gradients_of(x, world, "cuda", *PARTS[world.rank], **options)
        return found, {type(bucket.values) for bucket in gradients.buckets}, world.sums

    first, *others = together(3, at_its_place(work))
    for grad, parameter in zip(first[0], right.parameters(), strict=True):
        np.testing.assert_allclose(grad, parameter.grad, rtol=1e-12, atol=1e-14)
    for grads, kinds, sums_by_mpi in (first, *others):
        assert all(map(np.array_equal, grads, first[0]))
        assert kinds == {standin.ndarray} and sums_by_mpi == 0


@pytest.mark.parametrize("count, machines, there, said", [
    (1, 1, True, "there are more processes than GPUs"),
    (2, 2, True, "the GPUs are on several machines"),
    (2, 1, False, "CuPy finds no NCCL (pip install nvidia-nccl-cu13, or nvidia-nccl-cu12)")])
def test_else_they_go_through_main_memory_and_it_is_said_once(cards, count, machines, there, said,
                                                              rng, monkeypatch):
    cards(count)
    x, own = rng.normal(size=(6, 3)), threading.local()
    monkeypatch.setattr(nccl.socket, "gethostname", lambda: f"machine {own.rank % machines}")
    monkeypatch.setattr(standin_nccl, "available", there)

    def work(world):
        own.rank = world.rank
        found, gradients = gradients_of(x, world, "cuda", 3 * world.rank, 3 * world.rank + 3)
        for parameter in gradients.parameters:             # another time: nobody asks again
            parameter.grad = to_device(np.ones(parameter.shape), "cuda")
        average_gradients(gradients.parameters, world)
        return found, {type(bucket.values) for bucket in gradients.buckets}, world.sums

    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        first, second = together(2, at_its_place(work))
    assert [str(one.message) for one in heard] == [
        f"gradients are added in main memory, by MPI: {said}"]
    one = together(1, at_its_place(lambda world: gradients_of(x, world, "cpu", 0, 6)[0]))[0]
    for grad, right in zip(first[0], one, strict=True):
        np.testing.assert_allclose(grad, right, rtol=1e-12, atol=1e-14)
    assert first[1] == second[1] == {np.ndarray} and first[2] == second[2] == 4


def test_cupy_is_not_asked_where_gradients_are_in_main_memory(monkeypatch, rng):
    monkeypatch.setitem(sys.modules, "cupy", None)
    work = lambda world: gradients_of(rng.normal(size=(4, 3)), world, "cpu", 0, 4)     # noqa: E731
    assert len(together(2, work)) == 2
