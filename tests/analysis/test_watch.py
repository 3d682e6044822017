"""What a watched training step takes: time, multiplications, bytes, layer by layer."""

from types import SimpleNamespace

import numpy as np
import pytest

from minicnn.analysis import watch
from minicnn.analysis.watch import Visit, Watch, root, traffic
from minicnn.autograd.engine import Function
from minicnn.autograd.switches import no_grad, state
from minicnn.autograd.tensor import Tensor
from minicnn.layers import Conv2d, Flatten, Linear, ReLU
from minicnn.layers.containers import Sequential
from minicnn.layers.module import Module


@pytest.fixture
def clock(monkeypatch):
    """A clock that only the layers of a test move on, in seconds."""
    made = SimpleNamespace(now=0.0)
    made.perf_counter = lambda: made.now
    monkeypatch.setattr(watch, "time", made)
    return made


class SlowFn(Function):
    """y = 2 x, which takes so long."""

    def __init__(self, clock, forward, backward):
        self.clock, self.seconds = clock, (forward, backward)

    def forward(self, x):
        self.clock.now += self.seconds[0]
        return 2 * x

    def backward(self, dy):
        self.clock.now += self.seconds[1]
        return 2 * dy


class Slow(Module):
    def __init__(self, *settings):
        self.settings = settings

    def forward(self, x):
        return SlowFn(*self.settings)(x)


class Block(Module):
    """A residual block that computes between its layers, too."""

    def __init__(self, clock):
        self.clock = clock
        self.first, self.second = Slow(clock, 1, 2), Slow(clock, 3, 4)

    def forward(self, x):
        y = self.second(self.first(x))
        y = SlowFn(self.clock, 10, 20)(y)
        self.clock.now += 100                              # of Python
        return y + x


def taken(visits):
    return {visit.path: (visit.forward, visit.backward) for visit in visits.values()}


def test_times_by_hand(clock):
    """Each second counts once: for the layer that spent it, not for those around it."""
    model, x = Sequential(a=Slow(clock, 5, 6), block=Block(clock)), Tensor([1.0, 2.0])
    x.requires_grad = True
    watching = Watch(model, "cpu")
    for _ in range(2):
        with watching.clocks():
            SlowFn(clock, 50, 60)(model(x)).sum().backward()
    assert taken(watching.visits) == {
        "Sequential": ([0, 0], [0, 0]), "a": ([5, 5], [6, 6]), "block": ([110, 110], [20, 20]),
        "block.first": ([1, 1], [2, 2]), "block.second": ([3, 3], [4, 4])}
    assert watching.outside.backward == [60, 60]
    assert x.grad.tolist() == [2 * 2 * (2 * (4 * 2 + 1))] * 2


def test_a_layer_that_runs_twice(clock):
    class Twice(Module):
        def __init__(self):
            self.slow = Slow(clock, 1, 2)

        def forward(self, x):
            return self.slow(self.slow(x))

    model = Twice()
    watching = Watch(model, "cpu")
    with watching.clocks():
        model(Tensor([1.0], requires_grad=True)).backward()
    assert taken(watching.visits) == {
        "Twice": ([0], [0]), "slow": ([1], [2]), "slow#2": ([1], [2])}


def test_networks_of_others_are_left_out(clock):
    """A loss may have a network of its own; it is no part of the one that is watched."""
    model, other = Slow(clock, 1, 2), Slow(clock, 10, 20)
    watching = Watch(model, "cpu")
    with watching.clocks():
        other(model(Tensor([1.0], requires_grad=True))).backward()
    assert taken(watching.visits) == {"Slow": ([1], [2])}
    assert watching.outside.backward == [20]


def test_the_hook_is_taken_off():
    watching = Watch(ReLU(), "cpu")
    with watching.clocks():
        assert len(state.hooks) == 1
    assert state.hooks == ()


@pytest.mark.parametrize("count", [True, False])
def test_the_hook_is_taken_off_after_an_error(count):
    model = Sequential(Linear(3, 2), ReLU())
    with pytest.raises(ValueError, match="put Flatten"), Watch(model, "cpu").clocks(count):
        model(Tensor(np.zeros((2, 1, 3, 1), np.float32)))
    assert state.hooks == ()


# --- what is counted --------------------------------------------------------------------------

def counted(model, x):
    watching = Watch(model, "cpu")
    with watching.clocks(count=True):
        model(x).sum().backward()
    return {visit.path: visit for visit in watching.visits.values()}


def test_multiplications_by_hand():
    rng = np.random.default_rng(0)
    model = Sequential(Conv2d(2, 3, 3), ReLU(), Conv2d(3, 5, 1), Flatten(), Linear(60, 7))
    visits = counted(model, Tensor(rng.standard_normal((2, 2, 5, 6)).astype(np.float32)))
    assert [visits[name].macs for name in "01234"] == [3 * 12 * 2 * 9, 0, 5 * 12 * 3, 0, 60 * 7]
    assert [visits[name].products for name in "024"] == [1, 2, 2]      # images need no gradient
    assert [visits[name].shape for name in "034"] == [(3, 3, 4), (60,), (7,)]
    assert [visits[name].output for name in "034"] == [4 * 2 * 36, 4 * 2 * 60, 4 * 2 * 7]
    assert visits["Sequential"].macs == 0                              # those inside have counted
    assert [visits[name].functions for name in "01234"] == [1] * 5
    assert all(not visit.forward and not visit.backward for visit in visits.values())


@pytest.mark.parametrize("weight, image, products", [
    (True, True, 2), (True, False, 1), (False, True, 1)])
def test_products_of_backward(weight, image, products):
    layer = Linear(3, 2)
    for parameter in layer.parameters():
        parameter.requires_grad = weight
    x = Tensor(np.ones((4, 3), np.float32), requires_grad=image)
    assert counted(layer, x)["Linear"].products == products


class KeepFn(Function):
    """y = 2 x, with things kept: the input, a view of it, something large, a list."""

    def forward(self, x):
        self.x, self.view, self.large, self.listed = x, x[:1], x.repeat(4), [2 * x, "word"]
        return 2 * x

    def backward(self, dy):
        return 2 * dy


class Keep(Module):
    def forward(self, x):
        return KeepFn()(x)


def test_bytes_by_hand():
    """Arrays of 4 numbers, 16 bytes; what two layers keep counts at the first."""
    x = Tensor(np.ones(4, np.float32), requires_grad=True)
    visits = counted(Sequential(a=Keep(), b=Keep()), x)
    for name in "ab":
        assert visits[name].moved_forward == 16 + 16 + (64 + 16)       # x, y, and what was made
        assert visits[name].moved_backward == 16 + (16 + 4 + 64 + 16) + 16       # dy, kept, dx
        assert visits[name].kept == 16 + 64 + 16

    class Both(Module):
        def __init__(self):
            self.a, self.b = Keep(), Keep()

        def forward(self, x):
            return self.a(x) + self.b(x)

    visits = counted(Both(), x)
    assert visits["a"].kept == 96 and visits["b"].kept == 80


def test_weights_do_not_count_as_kept():
    layer = Linear(100, 3)
    visits = counted(layer, Tensor(np.ones((1, 100), np.float32)))
    assert visits["Linear"].kept == 400                    # x; the weight has 1,200 bytes


def test_nothing_is_kept_where_nothing_is_recorded():
    model = Sequential(Keep(), Keep())
    watching = Watch(model, "cpu")
    with watching.clocks(count=True), no_grad():
        model(Tensor(np.ones(4, np.float32)))
    assert [visit.kept for visit in watching.visits.values()] == [0, 0, 0]
    assert [visit.moved_forward for visit in watching.visits.values()] == [0, 112, 112]


def test_root_of_views():
    a = np.arange(12.0)
    windows = np.lib.stride_tricks.sliding_window_view(a.reshape(3, 4)[1:], 2, axis=1)
    assert root(a) is a and root(a[2:][1:].reshape(3, 3).T) is a and root(windows) is a
    assert root(np.frombuffer(b"12345678")).nbytes == 8    # its base is no array


def test_traffic():
    a, b, c = np.zeros(2), np.zeros(3), np.zeros(5)
    assert traffic([a, b], [c]) == 16 + 24 + 40
    assert traffic([a], [a.reshape(1, 2)]) == 0 and traffic([a], [a, a]) == 0
    assert traffic([a], [c, c[1:], b]) == traffic([a], [c[1:], c, b]) == 16 + 40 + 24


def test_several_answers():
    """The first answer stands for all."""
    visit = Visit("heads", ReLU())
    visit.count((Tensor(np.zeros((2, 3), np.float32)),),
                (Tensor(np.zeros((2, 5), np.float32)), Tensor(np.zeros((2, 9), np.float32))))
    assert visit.shape == (5,) and visit.output == 40


def test_on_both_libraries(xp, device):
    model = Sequential(Conv2d(1, 2, 3), ReLU(), Flatten(), Linear(18, 2)).to(device)
    x = Tensor(xp.asarray(np.ones((2, 1, 5, 5), np.float32)))
    watching = Watch(model, device)
    with watching.clocks(count=True):
        model(x).sum().backward()
    with watching.clocks():
        model(x).sum().backward()
    for visit in watching.visits.values():
        assert len(visit.forward) == len(visit.backward) == 1 and visit.forward[0] > 0
    assert [visit.output for visit in watching.visits.values()] == [16, 144, 144, 144, 16]


def test_the_prompt_shows_the_times():
    visit = Visit("conv")
    assert repr(visit) == "<conv>"
    visit.shape, visit.forward, visit.backward = (6, 28, 28), [1e-3, 2e-3, 9e-3], [4e-3]
    assert repr(visit) == "<conv 6x28x28, forward 2.00 ms, backward 4.00 ms>"
    watch = Watch(Sequential(ReLU()), "cpu")
    assert repr(watch) == "<outside the network>"
