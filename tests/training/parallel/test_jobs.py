import os
import signal
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import active_children

import numpy as np
import pytest

from minicnn import Sequential, Tensor, manual_seed
from minicnn.backend.seeds import generator
from minicnn.backend.threads import set_threads, thread_count
from minicnn.layers import Linear, ReLU
from minicnn.losses import cross_entropy
from minicnn.optim import SGD
from minicnn.training.parallel import map_jobs
from tests.several import all_end
from tests.thread_world import together


def learnt(job):
    """(process, threads, a number of the common stream, the weights after five steps)"""
    seed, lr = job
    drawn = float(generator().random())
    manual_seed(seed)
    model = Sequential(Linear(6, 5), ReLU(), Linear(5, 3))
    optimizer = SGD(model.parameters(), lr=lr)
    rng = np.random.default_rng(seed)
    x, labels = rng.normal(size=(12, 6)).astype(np.float32), rng.integers(0, 3, 12)
    for _ in range(5):
        loss = cross_entropy(model(Tensor(x)), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return os.getpid(), thread_count(), drawn, model[0].weight.numpy().tolist()


def square(job):
    return job * job


def fails(job):
    if job == 1:
        raise ValueError(f"job {job} has no number")
    return job


def is_killed(job):
    if job == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return job


JOBS = [(seed, lr) for seed in (0, 1) for lr in (0.1, 0.01)] + [(0, 0.1)]


def test_two_processes_learn_what_one_learns():
    alone, two = map_jobs(learnt, JOBS, 1), map_jobs(learnt, JOBS, 2)
    assert [one[1:] for one in two] == [one[1:] for one in alone]
    assert {one[0] for one in alone} == {os.getpid()}
    assert os.getpid() not in {one[0] for one in two} and not active_children()
    assert {one[1] for one in two} == {1}
    weights = [np.array(one[3]) for one in two]
    np.testing.assert_array_equal(weights[0], weights[4])             # the same job
    assert not np.array_equal(weights[0], weights[1])
    assert len({one[2] for one in two}) == len(JOBS)                  # each a stream of its own


def test_threads_are_as_before():
    set_threads(3)
    try:
        assert [one[1] for one in map_jobs(learnt, JOBS[:1])] == [1] and thread_count() == 3
    finally:
        set_threads(1)


@pytest.mark.parametrize("size", [2, 3])
def test_processes_of_mpi_share_the_jobs(size):
    ranks = []

    def work(world):
        return map_jobs(lambda job: ranks.append(world.rank) or job * job, range(5), world=world)

    assert together(size, work) == [[0, 1, 4, 9, 16]] * size
    assert sorted(ranks) == sorted(number % size for number in range(5))


def test_of_mpi_all_get_what_was_done_before_ctrl_c():
    def stops(job):
        if job == 2:                                       # the second of process 0
            raise KeyboardInterrupt
        return job * job

    def work(world):
        done = {}
        with pytest.raises(KeyboardInterrupt):
            map_jobs(stops, range(5), world=world, done=done)
        return done, world.ended

    assert together(2, work) == [({0: 0, 1: 1, 3: 9}, None)] * 2


def test_the_first_that_fails_ends_all():
    with pytest.raises(ValueError, match="job 1 has no number"):
        map_jobs(fails, range(3), 1)


@pytest.mark.slow
def test_in_other_processes_too():
    with pytest.raises(ValueError, match="job 1 has no number"):
        map_jobs(fails, range(4), 2)
    assert all_end()
    with pytest.raises(BrokenProcessPool):
        map_jobs(is_killed, range(4), 2)
    assert all_end()


def test_no_jobs_and_bad_numbers():
    assert map_jobs(square, []) == [] and map_jobs(square, iter([3])) == [9]
    with pytest.raises(ValueError, match="processes is 0, expected at least 1"):
        map_jobs(square, [1], 0)
