"""Times, work and memory of each layer in training steps."""

import importlib
from types import SimpleNamespace

import numpy as np
import pytest

from minicnn.analysis import profile, watch
from minicnn.autograd.switches import state
from minicnn.backend.seeds import random_state
from minicnn.layers import (
    Add,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    GlobalAvgPool2d,
    Linear,
    ReLU,
    Shortcut,
)
from minicnn.layers.containers import Sequential
from minicnn.layers.module import Module
from minicnn.losses import mse_loss
from minicnn.models import LeNet5, build
from tests.analysis.test_watch import Block, Slow

module = importlib.import_module("minicnn.analysis.profile")    # not the function of that name


@pytest.fixture(autouse=True)
def machine(monkeypatch):
    """The speed of the machine is tested in test_speed.py, and what else runs on it."""
    monkeypatch.setattr(module, "OtherPrograms", lambda: SimpleNamespace(cores=lambda: 1.75))
    monkeypatch.setattr(module, "spare_cores", lambda: 1)
    monkeypatch.setattr(module, "gigaflops", lambda **settings: 200.0)
    monkeypatch.setattr(module, "gigabytes", lambda **settings: 40.0)


class Residual(Module):
    def __init__(self, C, F, stride):
        self.conv1 = Conv2d(C, F, 3, stride, padding=1, bias=False)
        self.bn1, self.relu = BatchNorm2d(F), ReLU()
        self.conv2 = Conv2d(F, F, 3, padding=1)
        self.shortcut, self.add = Shortcut(C, F, stride, "B"), Add()

    def forward(self, x):
        y = self.conv2(self.relu(self.bn1(self.conv1(x))))
        return self.relu(self.add(y, self.shortcut(x)))


def resnet():
    return Sequential(Residual(3, 4, 1), Residual(4, 4, 1), Dropout(0.5), GlobalAvgPool2d(),
                      Flatten(), Linear(4, 5))


def close(parts, whole):
    return sum(part.time for part in parts) == pytest.approx(whole.time)


# --- by hand ----------------------------------------------------------------------------------

@pytest.fixture
def clock(monkeypatch):
    made = SimpleNamespace(now=0.0)
    made.perf_counter = lambda: made.now
    monkeypatch.setattr("minicnn.analysis.watch.time", made)
    return made


def test_by_hand(clock):
    """Seconds that the layers take by a clock of their own; every one of them is somewhere."""
    model = Sequential(a=Slow(clock, 5, 6), block=Block(clock))
    table = profile(model, (2, 2, 2), batch=3, rounds=2,
                    loss=lambda y: Slow(clock, 50, 60)(y).mean())
    assert [(line.layer, line.kind, line.output, line.forward, line.backward)
            for line in table.lines] == [
        ("a", "Slow", "2x2x2", 5_000, 6_000), ("block", "Block", "2x2x2", 110_000, 20_000),
        ("block.first", "Slow", "2x2x2", 1_000, 2_000),
        ("block.second", "Slow", "2x2x2", 3_000, 4_000)]
    layers, between, loss, update, step = table.totals
    assert (layers.forward, layers.backward) == (119_000, 32_000)
    assert (between.time, update.time) == (0, 0)
    assert (loss.forward, loss.backward) == (50_000, 60_000)
    assert (step.forward, step.backward, step.share) == (169_000, 92_000, 1)
    assert [line.share for line in table.lines] == [11 / 261, 130 / 261, 3 / 261, 7 / 261]
    assert table.kinds == pytest.approx({"Block": 130 / 261, "Slow": 21 / 261})
    assert table.unwatched == 261_000
    first = table.lines[0]
    assert first.output_bytes == 4 * 3 * 8
    assert first.forward_gbytes == pytest.approx(2 * 96 / 5 / 1e9)
    assert first.backward_gbytes == pytest.approx(2 * 96 / 6 / 1e9)


def test_what_lies_between(clock):
    class Net(Module):
        def __init__(self):
            self.slow = Slow(clock, 1, 2)

        def forward(self, x):
            clock.now += 10
            return self.slow(x)

    table = profile(Net(), (4,), rounds=1, forward_only=True)
    assert [(line.layer, line.time) for line in table.lines] == [("slow", 1_000)]
    assert [(line.layer, line.time) for line in table.totals] == [
        ("all layers", 1_000), ("between the layers", 10_000), ("one forward pass", 11_000)]


def test_speed_by_hand(clock):
    class SlowLinear(Linear):
        def forward(self, x):
            clock.now += 2e-6
            return super().forward(x)

    line, = profile(SlowLinear(30, 20), (30,), batch=5, rounds=1).lines
    assert line.macs == 600 and line.forward == pytest.approx(2e-3)
    assert line.forward_gflops == pytest.approx(2 * 600 * 5 / 2e-6 / 1e9)
    assert line.backward_gflops == 0                       # its backward took no time by that clock


@pytest.mark.parametrize("seconds, rounds", [(1e-3, 50), (0.1, 20), (9, 3)])
def test_as_many_rounds_as_there_is_time(seconds, rounds, clock):
    model = Slow(clock, seconds, 0)
    assert f", {rounds} rounds)" in profile(model, (4,)).title


# --- networks ---------------------------------------------------------------------------------

def test_lenet():
    table = profile(LeNet5(), batch=4, rounds=2)
    assert table.title.startswith("LeNet5 slide, input 1x32x32, batch 4: a training step (1 Python")
    assert [line.layer for line in table.lines][:3] == ["C1", "C1_tanh", "S2"]
    assert sum(line.macs for line in table.lines) == table.totals[0].macs == 416_520
    assert all(line.forward > 0 and line.backward > 0 for line in table.lines)
    assert (table.peak, table.copy) == (200, 40)
    assert sum(table.kinds.values()) == pytest.approx(table.totals[0].share)
    assert table.others == 0.75                            # of 1.75 cores 1 was to spare
    assert "other programs took 0.8 of its cores" in table.warning()


def test_a_network_with_branches():
    table = profile(resnet(), (3, 8, 8), batch=2, rounds=3)
    names = [line.layer for line in table.lines]
    assert names[:7] == ["0.conv1", "0.bn1", "0.relu", "0.conv2", "0.shortcut.projection.0",
                         "0.add", "0.relu#2"]
    assert "1.shortcut" not in names                       # the identity computes nothing
    parts = table.totals[1:-1]
    assert close(table.lines, table.totals[0])
    if all(part.time for part in parts):                   # else medians have left less than 0
        assert close([*table.lines, *parts], table.totals[-1])
    assert sum(line.share for line in (*table.lines, *parts)) == pytest.approx(1, abs=0.2)


def test_forward_only():
    table = profile(resnet(), (3, 8, 8), batch=2, rounds=1, forward_only=True)
    assert "a forward pass (" in table.title
    assert "2" not in [line.layer for line in table.lines]         # dropout in test mode
    assert all(line.backward == line.backward_gflops == line.kept_bytes == 0
               for line in (*table.lines, *table.totals))


def test_a_layer_without_weights():
    """Its input gets a gradient: else there would be no backward to time."""
    line, = profile(ReLU(), (2, 3, 3), batch=2, rounds=1).lines
    assert line.layer == line.kind == "ReLU" and line.backward > 0 and line.macs == 0


@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_dtype_of_the_network(dtype):
    table = profile(Sequential(Flatten(), Linear(8, 2)).to(dtype=dtype), (2, 2, 2), 3, rounds=1)
    assert table.lines[1].output_bytes == 3 * 2 * np.dtype(dtype).itemsize


def test_own_loss():
    model = Conv2d(1, 2, 3)
    table = profile(model, (1, 5, 5), batch=2, rounds=1,
                    loss=lambda y: mse_loss(y, np.zeros(y.shape, np.float32)))
    assert table.totals[2].layer == "loss" and table.totals[2].backward > 0


def test_on_both_libraries(device):
    table = profile(resnet().to(device), (3, 8, 8), batch=2, rounds=1)
    assert ("(GPU, " in table.title) == (device == "cuda")
    assert all(line.forward > 0 for line in table.lines)


# --- nothing is left behind -------------------------------------------------------------------

def condition(model):
    return ({name: value.tobytes() for name, value in model.state_dict().items()},
            random_state(), [part.training for part in model.modules()],
            [parameter.grad for parameter in model.parameters()],
            state.hooks)


@pytest.mark.parametrize("forward_only", [True, False])
def test_the_network_stays_as_it_was(forward_only):
    model = resnet()
    model.named_parts()[0][1].eval()                          # one part is frozen
    before = condition(model)
    assert before[-1] == ()
    profile(model, (3, 8, 8), batch=2, rounds=1, forward_only=forward_only)
    assert condition(model) == before


def test_the_network_stays_as_it_was_after_an_error():
    model = Sequential(BatchNorm2d(3), Dropout(0.5), Flatten(), Linear(3, 2)).eval()
    before = condition(model)
    with pytest.raises(ValueError, match="was built for"):
        profile(model, (3, 2, 2), batch=2)
    assert condition(model) == before


def test_watching_is_cheap(monkeypatch):
    """The clock is read twice for each layer, and where forward, loss, backward, update end."""
    readings, depth, rounds = [], 20, 3
    now = watch.Watch.now
    monkeypatch.setattr(watch.Watch, "now", lambda self: readings.append(1) or now(self))
    profile(Sequential(*(ReLU() for _ in range(depth))), (1,), batch=1, rounds=rounds,
            forward_only=True)
    steps = 1 + 2 * rounds                                 # one warms up; each is timed as a whole
    assert len(readings) == 2 * steps + 2 * rounds * (depth + 1)


def test_progress(monkeypatch, clock):
    bars = []
    tqdm = pytest.importorskip("tqdm")
    monkeypatch.setattr(tqdm, "tqdm", lambda rounds, *text, **settings:
                        bars.append(settings) or rounds)
    profile(Slow(clock, 1, 1), (4,), rounds=2)
    assert not bars
    profile(Slow(clock, 1, 1), (4,), rounds=2, progress=True)
    assert bars[0]["delay"] == 2 and bars[0]["leave"] is False


# --- errors -----------------------------------------------------------------------------------

@pytest.mark.parametrize("settings, kind, words", [
    ({"in_shape": None}, ValueError, r"Sequential does not say which image size it was made for; "
                                     r"give one: profile\(model, \(3, 32, 32\)\)"),
    ({"in_shape": "3x8x8"}, TypeError, r"in_shape is the size of one image, \(C, H, W\), got '3x8"),
    ({"in_shape": (3, 8.5, 8)}, TypeError, r"got \(3, 8.5, 8\)"),
    ({"in_shape": (2, 3, 8, 8)}, ValueError, r"\(2, 3, 8, 8\) has a batch axis; give one image's "
                                             r"size .*: profile\(model, \(3, 8, 8\), batch=2\)"),
    ({"batch": 0}, ValueError, "batch must be a whole number from 1 on, got 0"),
    ({"batch": 2.5}, ValueError, "batch must be a whole number from 1 on, got 2.5"),
    ({"rounds": 0}, ValueError, "rounds must be a whole number from 1 on, got 0"),
    ({"rounds": -3}, ValueError, "rounds must be a whole number from 1 on, got -3"),
])
def test_says_what_is_wrong(settings, kind, words):
    with pytest.raises(kind, match=f"^profile: .*{words}"):
        profile(resnet(), **{"in_shape": (3, 8, 8), **settings})


@pytest.mark.parametrize("name", ["ssd300", "faster_rcnn", "mask_rcnn"])
def test_a_detector_learns_from_made_up_objects(name):
    """A two-stage one goes through its pictures one by one, and its head through regions."""
    table = profile(build(name, variant="small"), batch=2, rounds=1)
    first, *others = [line for line in table.lines if line.kind == "Conv2d"]
    assert first.macs == 3 * 9 * 16 * 64 * 64
    assert all(line.backward > 0 for line in (first, *others))


def test_a_detector_in_test_mode():
    assert profile(build("ssd300", variant="small"), batch=1, rounds=1, forward_only=True).lines


def test_a_network_with_two_answers():
    class Heads(Module):
        def __init__(self):
            self.a, self.b = Linear(3, 2), Linear(3, 4)

        def forward(self, x):
            return self.a(x), self.b(x)

    with pytest.raises(TypeError, match=r"answers with a tuple, not one Tensor; .*loss=lambda y"):
        profile(Heads(), (3,), rounds=1)
    table = profile(Heads(), (3,), rounds=1, loss=lambda y: y[0].sum() + y[1].sum())
    assert [line.output for line in table.lines] == ["2", "4"]
    assert len(profile(Heads(), (3,), rounds=1, forward_only=True).lines) == 2


@pytest.mark.parametrize("forward_only", [False, True])
def test_more_images_than_memory_are_refused_at_once(forward_only):
    with pytest.raises(MemoryError, match="a step with batch 1,000,000,000 takes about .* GB"):
        profile(LeNet5(), batch=10 ** 9, forward_only=forward_only)
