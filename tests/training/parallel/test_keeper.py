"""What outlives a process that is killed, without MPI; with it: test_mpi.py."""

import os
import signal

import numpy as np
import pytest

from minicnn import Sequential
from minicnn.layers import Dropout
from minicnn.training import checkpoint, fit
from minicnn.training.lock import Lock
from minicnn.training.parallel import heir, keeper
from minicnn.training.parallel.keeper import Keeper
from minicnn.training.parallel.team import Unequal
from minicnn.training.rescue import Diverged, kept
from tests.thread_world import ThreadWorld, together
from tests.training.test_loop import without_times
from tests.training.tiny import IN_SHAPE, RECIPE, colours, network

pytestmark = pytest.mark.skipif(os.name != "posix", reason="no child is started there")


class Pair(ThreadWorld):
    """Process 0 of two, which meets nobody."""

    def __init__(self):
        self.rank, self.size = 0, 2


class Folder:
    """What a Keeper asks of Records."""

    def __init__(self, path):
        self.folder, self.lock = path, Lock(path)


def tree(number):
    """Each kind of entry that a checkpoint has; arrays in each order."""
    many = np.arange(24, dtype=np.float32).reshape(2, 3, 4) + number
    return {"step": number, "a": many, "b": many.T, "c": many.transpose(1, 2, 0),
            "d": np.array(number), "e": np.zeros((0, 3)), "f": [True, None, 0.1, "ä"]}


def same(one, other):
    """To the bit, with dtype, shape and the order in memory."""
    assert one.keys() == other.keys()
    for name, value in one.items():
        if isinstance(value, np.ndarray):
            assert (value.dtype, value.shape) == (other[name].dtype, other[name].shape)
            assert value.strides == other[name].strides or value.size == 0
            assert value.tobytes() == other[name].tobytes()
        else:
            assert value == other[name]


@pytest.fixture
def own(tmp_path):
    """A Keeper and its child; with no limit to the time that copies take."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keeper, "SHARE", 1e9)
        records = Folder(tmp_path)
        with Keeper(Pair(), records, pytest.fail) as found:
            yield found
        records.lock.release()


def inherited(own, name="other.npz"):
    """The newer half, as the child would write it."""
    half, place, table = heir.newest([one.fileno() for one in own.halves])
    assert half >= 0
    path = own.path.with_name(name)
    heir.save(half, place, table[1], str(path))
    return checkpoint.load(path)


def test_a_half_is_what_a_checkpoint_is(own):
    own.keep(lambda: tree(1))
    checkpoint.save(own.path.with_name("saved.npz"), tree(1))
    same(inherited(own), checkpoint.load(own.path.with_name("saved.npz")))


def test_halves_in_turn_and_a_torn_one_is_refused(own):
    halves = [half.fileno() for half in own.halves]
    assert heir.newest(halves)[0] == -1
    for number in range(5):
        own.keep(lambda number=number: tree(number))
        assert heir.newest(halves)[0] == halves[number % 2]
        assert inherited(own)["step"] == number

    def torn(data):                                        # where a kill may come: before the data
        raise ZeroDivisionError

    own.halves[1] = Watched(own.halves[1], torn)
    with pytest.raises(ZeroDivisionError):
        own.keep(lambda: tree(5))
    assert inherited(own)["step"] == 4
    os.pwrite(halves[0], heir.HEAD.pack(0, 0), 0)
    assert heir.newest(halves)[0] == -1


class Watched:
    def __init__(self, file, write):
        self.file, self.write = file, write

    def __getattr__(self, name):
        return getattr(self.file, name)


def test_copies_take_a_twentieth_of_the_time(tmp_path, monkeypatch):
    now, made = [100.0], []
    monkeypatch.setattr(keeper.time, "perf_counter", lambda: now[0])

    def state():
        made.append(now[0])
        now[0] += 1.0                                      # a copy takes a second
        return tree(0)

    records = Folder(tmp_path)
    with Keeper(Pair(), records, pytest.fail) as own:
        for _ in range(100):
            own.keep(state)
            now[0] += 3.0                                  # a step takes three
        assert np.diff(made).tolist() == [1 + 21] * (len(made) - 1) and len(made) == 15
        count = len(made)
        own.keep(state, always=True)
        assert len(made) == count + 1
    records.lock.release()


@pytest.mark.parametrize("problem, word", [
    (MemoryError(), "main memory is full"), (OSError("no space"), "no space")])
def test_without_memory_training_goes_on(tmp_path, problem, word):
    records, lines = Folder(tmp_path), []

    def full(*_):
        raise problem

    with Keeper(Pair(), records, lines.append) as own:
        if word == "no space":
            half = own.halves[0] = Watched(own.halves[0], full)
            half.close = lambda: (half.file.close(), full())     # it writes what is still to be
            own.keep(lambda: tree(0))
        own.keep(full)
        own.keep(full)
    assert lines == [f"note: what is learnt can be kept no longer ({word}); if process 0 is "
                     "killed, the steps of its epoch are lost"]
    records.lock.release()


def test_without_a_child_training_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(keeper.sys, "executable", str(tmp_path / "no python"))
    records, lines = Folder(tmp_path), []
    with Keeper(Pair(), records, lines.append) as own:
        own.keep(pytest.fail)
    line, = lines
    assert line.startswith("note: no process can be started that keeps what is learnt (")
    records.lock.release()


@pytest.mark.parametrize("problem, found", [
    (None, False), (ValueError("odd"), True), (KeyboardInterrupt(), True),
    (Diverged("too far"), False), (Unequal("others"), False)])
def test_how_it_ends(tmp_path, problem, found, capfd):
    records = Folder(tmp_path)
    try:
        with Keeper(Pair(), records, pytest.fail) as own:
            child = own.child
            assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == set()   # only it is deaf
            own.keep(lambda: tree(7))
            if problem:
                raise problem
    except (Exception, KeyboardInterrupt) as met:
        assert met is problem
    records.lock.release()
    assert child.returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["last.npz"] * found
    assert capfd.readouterr().err == (
        f"minicnn: what was learnt before is kept in {tmp_path}, and the same command goes on from "
        "there\n") * found


def test_a_child_that_hangs_is_ended(tmp_path, monkeypatch):
    """mpiexec would wait for it."""
    monkeypatch.setattr(keeper, "PATIENCE", 0.1)
    records = Folder(tmp_path)
    with Keeper(Pair(), records, pytest.fail) as own:
        child = own.child
        child.send_signal(signal.SIGSTOP)
    assert child.returncode == -signal.SIGKILL
    records.lock.release()


def test_what_is_no_number_is_not_kept():
    model, asked = network(), []
    parts = {"model": model, "loader": Standing()}

    class Counts:
        loss, seen = 1.0, 8

    with kept(None, parts, [], Counts, None, print,
              lambda state, always: asked.append((state, always))) as began:
        next(iter(model.parameters())).data[...] = np.nan
        began.finished()
    (state, always), = asked
    assert began.whole and state() is None and not always


class Standing:
    position = 3


def learnt(folder):
    """By two threads, which share the numbers that dropout draws: so without it."""
    models = [Sequential(*(layer for layer in network() if not isinstance(layer, Dropout)))
              for _ in range(2)]
    return together(2, lambda world: fit(
        models[world.rank], colours(30), colours(15, 1), RECIPE, in_shape=IN_SHAPE, out=folder,
        log=lambda line: None, world=world))[0]


def test_states_that_are_kept_can_be_gone_on_from(tmp_path, monkeypatch):
    """All of the batches, but not yet the test; and the network is the same as without a Keeper."""
    places = []

    class Telling(Keeper):
        def keep(self, state, always=False):
            super().keep(state, always=True)
            if self.child:
                loader = state()["loader"]
                places.append((loader["epoch"], loader["position"], always))
                inherited(self, f"{len(places)}.npz")

    monkeypatch.setattr("minicnn.training.loop.Keeper", Telling)
    (tmp_path / "a").mkdir()
    result = learnt(tmp_path / "a")
    assert places == [(epoch, batch, always) for epoch in range(3) for batch, always in
                      ((1, False), (2, False), (3, False), (4, False), (4, True))]
    monkeypatch.setattr("minicnn.training.loop.Keeper", lambda *_: Keeper(Pair(), Nowhere, print))
    plain = learnt(tmp_path / "b")
    last = [checkpoint.load(tmp_path / name / "last.npz")["model"] for name in "ab"]
    same(*last)
    assert without_times(plain.history) == without_times(result.history)
    for number in (1, 5, 9, 15):
        out = tmp_path / f"from {number}"
        out.mkdir()
        (tmp_path / "a" / f"{number}.npz").rename(out / "last.npz")
        learnt(out)
        found = checkpoint.load(out / "last.npz")["model"]
        for name in found:
            if "running" not in name:                      # of process 0's pictures, not of all
                assert np.array_equal(found[name], last[0][name]), name


class Nowhere:
    folder = lock = None


def test_alone_nothing_is_started(tmp_path):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keeper.subprocess, "Popen", pytest.fail)
        fit(network(), colours(30), colours(15, 1), RECIPE, in_shape=IN_SHAPE, out=tmp_path,
            log=lambda line: None)
