import threading
from contextlib import contextmanager

import numpy as np
import pytest

from minicnn import Sequential, Tensor, manual_seed
from minicnn.data import Loader, shapes
from minicnn.layers import BatchNorm2d, Conv2d, Flatten, GlobalAvgPool2d, Linear, ReLU
from minicnn.models import build
from minicnn.training import checkpoint, fit
from minicnn.training.interrupt import Stop
from minicnn.training.parallel import stopping
from minicnn.training.parallel.team import Team
from minicnn.training.parallel.world import ALONE
from tests.thread_world import together
from tests.training.tiny import IN_SHAPE, RECIPE, colours

BUILDING = threading.Lock()        # manual_seed's stream is the threads' common one
SHORT = RECIPE._replace(epochs=2)


def built(make, seed=0):
    """A network whose weights are drawn here and now."""
    with BUILDING:
        manual_seed(seed)
        model = make()
        for _, value in model.named_state():
            value.data = value.data.copy()
    return model


def network():
    """Without dropout: its random numbers are one stream for all threads."""
    return Sequential(Conv2d(3, 4, 3, padding=1), BatchNorm2d(4), ReLU(), GlobalAvgPool2d(),
                      Flatten(), Linear(4, 3))


def segmenter():
    return Sequential(Conv2d(3, 6, 3, padding=1), BatchNorm2d(6), ReLU(), Conv2d(6, 4, 1))


def fitted(world, train, val, out=None, make=network, recipe=SHORT, in_shape=IN_SHAPE, **more):
    model = built(make)
    result = fit(model, train, val, recipe, in_shape=in_shape, log=lambda line: None, out=out,
                 world=world, sync_norms=True, **more)
    return {name: value.numpy().copy() for name, value in model.named_state()}, result


def far(one, other):
    return max(np.abs(one[name] - other[name]).max() / max(np.abs(one[name]).max(), 1e-9)
               for name in one)


def without_times(history):
    return [{name: value for name, value in line.items() if "seconds" not in name}
            for line in history]


@pytest.mark.parametrize("size", [2, 3])
@pytest.mark.parametrize("count", [30, 27, 25])             # with a rest of 6, of 3, of 1
def test_processes_learn_what_one_learns(size, count):
    train, val = colours(count), colours(11, 1)
    one, alone = fitted(ALONE, train, val)
    for many, result in together(size, lambda world: fitted(world, train, val)):
        assert far(one, many) < 1e-4
        for mine, right in zip(*map(without_times, (result.history, alone.history)), strict=True):
            assert mine == pytest.approx(right, rel=1e-4)


@pytest.mark.parametrize("make, in_shape, lr", [
    (segmenter, (3, 32, 32), 0.01),
    (lambda: build("ssd300", variant="small"), (3, 64, 64), 1e-5)],     # its AP follows last digits
    ids=["segmenter", "detector"])
def test_maps_and_boxes_too(make, in_shape, lr):
    train, val = shapes(10, 0, size=in_shape[1]), shapes(5, 1, size=in_shape[1])
    recipe = SHORT._replace(batch=4, epochs=1, lr=lr, augment=("flip",))
    one, alone = fitted(ALONE, train, val, make=make, in_shape=in_shape, recipe=recipe)
    for many, result in together(2, lambda world: fitted(world, train, val, make=make,
                                                         in_shape=in_shape, recipe=recipe)):
        assert far(one, many) < 1e-3
        assert result.history[0]["loss"] == pytest.approx(alone.history[0]["loss"], rel=1e-4)
        assert result.history[0]["error"] == pytest.approx(alone.history[0]["error"], abs=0.5)


def test_the_first_alone_writes_and_all_go_on(tmp_path):
    """Saved by two, gone on by three and by one: the same as never stopped."""
    train, val = colours(24), colours(9, 1)
    never, whole = fitted(ALONE, train, val, recipe=SHORT._replace(epochs=4))
    recipe = SHORT._replace(epochs=4)
    steps = []

    def stopped(world):
        def stopping(line):
            steps.append(line)
        model = built(network)
        with stops(world, after=4):
            result = fit(model, train, val, recipe, in_shape=IN_SHAPE, log=stopping,
                         out=tmp_path / str(world.rank), world=world, sync_norms=True)
        return result.finished, len(result.history)

    with patched(stopping):
        assert together(2, stopped) == [(False, 1)] * 2
    assert (tmp_path / "0" / "last.npz").exists() and not (tmp_path / "1").exists()
    assert checkpoint.load(tmp_path / "0" / "last.npz")["machine"]["processes"] == 2
    said = []

    def on(world):
        model = built(network, seed=9)                     # another network, until it is restored
        model.load_state_dict(built(network).state_dict())
        fit(model, train, val, recipe, in_shape=IN_SHAPE, log=said.append, out=tmp_path / "0",
            world=world, sync_norms=True)
        return {name: value.numpy().copy() for name, value in model.named_state()}

    for many in together(3, on):
        assert far(never, many) < 1e-3
    assert any("going on from" in line for line in said)
    assert any("processes 2, now 3" in line for line in said)


# --- stopping -------------------------------------------------------------------------------------

planned = threading.local()


@contextmanager
def stops(world, after):
    """Process 1 hears Ctrl-C in its step number `after`."""
    planned.steps = after if world.rank == 1 else 10 ** 9
    yield


@contextmanager
def patched(module):
    """A Stop that hears its Ctrl-C when `planned` says so; asked once a step by `counted`."""
    class Planned(Stop):
        @property
        def signal(self):
            planned.steps -= 1
            return 2 if planned.steps < 0 else 0

        @signal.setter
        def signal(self, value):
            pass

    @contextmanager
    def finish(tell=True):
        yield Planned()

    before, module.finish_step = module.finish_step, finish
    try:
        yield
    finally:
        module.finish_step = before


def test_one_that_hears_ctrl_c_stops_all_at_the_same_step():
    def work(world):
        with stops(world, after=6):
            result = fit(built(network), colours(40), colours(9, 1), RECIPE, in_shape=IN_SHAPE,
                         log=lambda line: None, world=world)
        return result.finished, result.signal, len(result.history)

    with patched(stopping):
        first, *others = together(3, work)
    assert first[:2] == (False, 2) and others == [first] * 2


# --- what goes wrong ------------------------------------------------------------------------------

def test_a_nan_in_one_is_an_error_in_all():
    def work(world):
        model = built(network)
        loader = Loader(np.ones((8, *IN_SHAPE), np.float32), np.zeros(8, int), 8)
        team = Team(world, model, loader)
        for images, _ in loader:
            with team.step():
                loss = model(Tensor(images)).sum()
                loss.backward()
            with pytest.raises(ValueError) as problem:
                team.counted(loss.detach() * (float("nan") if world.rank == 1 else 1), 4, 0, None)
        return str(problem.value)

    assert together(2, work) == ["fit: the loss of process 1 of 0 to 1 is not a number, in batch 1 "
                                 "of epoch 1; a smaller lr may help"] * 2


def test_other_weights_are_an_error_at_the_start():
    def work(world):
        model = built(network, seed=world.rank)
        loader = Loader(np.ones((8, *IN_SHAPE), np.float32), np.zeros(8, int), 8)
        with pytest.raises(RuntimeError) as problem:
            Team(world, model, loader)
        return str(problem.value)

    text, = {*together(2, work)}
    assert text.startswith("at the start the weights of process 1 are not those of process 0")


def test_running_averages_of_own_pictures_are_averaged(rng):
    """They move by a fixed share: the mean of the averages is the average of the means."""
    x = rng.normal(size=(8, *IN_SHAPE)).astype(np.float32)

    def work(world):
        model = built(network)
        loader = Loader(x, np.zeros(8, int), 8, shuffle=False)
        team = Team(world, model, loader)
        for images, _ in loader:
            with team.step():
                model(Tensor(images)).sum().backward()
        team.settle()
        return model[1].running_mean.numpy()

    found = together(2, work)
    model = built(network)
    conv = model[0](Tensor(x)).numpy()
    right = 0.1 * (conv[:4].mean((0, 2, 3)) + conv[4:].mean((0, 2, 3))) / 2
    for one in found:
        np.testing.assert_allclose(one, right, rtol=1e-4, atol=1e-6)


def test_alone_a_team_does_nothing(rng):
    model, stop = built(network), Stop()
    team = Team(ALONE, model, Loader(np.ones((8, *IN_SHAPE)), np.zeros(8, int), 8))
    with team.step():
        loss = model(Tensor(np.ones((2, *IN_SHAPE), np.float32))).sum()
        loss.backward()
    assert team.counted(loss, 2, 1, stop) == (loss, 2, 1)
    assert team.restored(None, {}) is None
