"""A stand-in for MPI: each process is a thread, and what they send lies in a list they share."""

import threading

import numpy as np

from minicnn.training.parallel.world import World


class Meeting:
    """Where the threads of one world leave what they send, and wait for one another."""

    def __init__(self, size):
        self.slots, self.barrier = [None] * size, threading.Barrier(size)

    def exchange(self, rank, value):
        self.slots[rank] = value
        self.barrier.wait(30)
        found = list(self.slots)
        self.barrier.wait(30)
        return found


class ThreadWorld(World):
    def __init__(self, rank, meeting):
        self.rank, self.size, self.meeting = rank, len(meeting.slots), meeting
        self.sums, self.ended = 0, None

    def start_sum(self, array):
        self.sums += 1
        return Later(self, array)

    def gather(self, value):
        return self.meeting.exchange(self.rank, value)

    def leave_to_first(self, status, text):
        pass

    def abort(self, status):
        self.ended = status
        self.meeting.barrier.abort()


class Later:
    """A sum that is made when somebody waits for it, as late as possible."""

    def __init__(self, world, array):
        self.world, self.array = world, array

    def test(self):
        return False

    def wait(self):
        parts = self.world.meeting.exchange(self.world.rank, self.array.copy())
        self.array[...] = np.sum(parts, axis=0, dtype=self.array.dtype)


def together(size, work):
    """[work(world) of rank 0, of rank 1, ...]; the first error that one of them has met is raised.

    An error in one breaks the barrier, so that the others end with BrokenBarrierError.
    """
    meeting, answers, problems = Meeting(size), [None] * size, []

    def run(rank):
        try:
            answers[rank] = work(ThreadWorld(rank, meeting))
        except BaseException as problem:
            problems.append(problem)
            meeting.barrier.abort()

    threads = [threading.Thread(target=run, args=(rank,)) for rank in range(size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    if problems:
        raise next((one for one in problems if not isinstance(one, threading.BrokenBarrierError)),
                   problems[0])
    return answers
