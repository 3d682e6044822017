import numpy as np
import pytest

from minicnn.backend.together import state
from minicnn.cli.door import Ended
from minicnn.training.parallel import mpi
from minicnn.training.parallel.mpi import processes
from minicnn.training.parallel.world import ALONE, OtherFailed, ending, started_processes
from tests.thread_world import together


def test_alone_everything_is_done_at_once():
    array = np.arange(3)
    assert ALONE.sum(array).tolist() == [0, 1, 2] and ALONE.gather("a") == ["a"]
    assert ALONE.from_first(1) == 1 and ALONE.after_first(lambda: 2) == 2
    assert ALONE.stretch(5) == range(5) and ALONE.is_first and ALONE.cores() == 1
    with pytest.raises(KeyError), ALONE:
        raise KeyError


@pytest.mark.parametrize("size", [1, 2, 3])
def test_what_they_say_to_each_other(size):
    def work(world):
        return (world.gather(world.rank ** 2), world.from_first(f"of {world.rank}"),
                world.sum(np.array([world.rank, 1.0])).tolist(), list(world.stretch(7)))

    for gathered, first, total, _ in (answers := together(size, work)):
        assert gathered == [rank ** 2 for rank in range(size)] and first == "of 0"
        assert total == [sum(range(size)), size]
    assert sum((stretch for *_, stretch in answers), []) == [*range(7)]


def test_a_sum_leaves_its_array():
    def work(world):
        own = np.ones(2)
        return world.sum(own).tolist(), own.tolist()

    assert together(2, work) == [([2, 2], [1, 1])] * 2


def test_the_first_fetches_before_the_others():
    done = []

    def work(world):
        return world.after_first(lambda: done.append(world.rank) or world.rank)

    assert together(3, work) == [0, 1, 2] and done[0] == 0 and len(done) == 3


def test_an_error_ends_all(capsys):
    def work(world):
        try:
            with world:
                assert state.processes == 2
                if world.rank == 0:
                    raise ValueError("the reason")
        except ValueError:
            return world.ended

    assert together(2, work)[0] == 2 and state.processes == 1
    assert capsys.readouterr().err == "minicnn: process 0 of 0 to 1: the reason\n"


@pytest.mark.parametrize("problem, expected", [
    (ValueError("why"), (2, "why")), (KeyError("a"), (2, "KeyError: 'a'")),
    (KeyboardInterrupt(), (130, "stopped")), (SystemExit(3), (3, "")), (SystemExit(), (0, "")),
    (SystemExit("text"), (2, "")), (Ended(15), (143, "stopped")),
    (OtherFailed(3, "process 1: why"), (3, "process 1: why"))])
def test_how_a_process_ends(problem, expected):
    assert ending(problem) == expected


@pytest.mark.parametrize("name, text, count", [
    ("PMI_SIZE", "4", 4), ("OMPI_COMM_WORLD_SIZE", "2", 2), ("PMI_SIZE", "x", 1),
    ("PMI_SIZE", "", 1)])
def test_how_many_were_started(monkeypatch, name, text, count):
    for other in ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "MPI_LOCALNRANKS", "PMIX_SIZE"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(name, text)
    assert started_processes() == count


def test_without_mpi4py_several_do_not_train_each_by_itself(monkeypatch):
    monkeypatch.setenv("PMI_SIZE", "4")
    monkeypatch.setitem(__import__("sys").modules, "mpi4py", None)
    with pytest.raises(ImportError, match=r"has started 4 processes, but mpi4py is not installed"):
        processes()


def test_alone_mpi_is_not_asked(monkeypatch):
    for name in ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "MPI_LOCALNRANKS", "PMIX_SIZE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setitem(__import__("sys").modules, "mpi4py", None)
    assert processes() is ALONE and mpi.own_cores() >= 1
