"""A GPU without memory, or lost, ends a training run in one clear error; nothing learnt is lost."""

import sys

import numpy as np
import pytest

from minicnn import Tensor, manual_seed
from minicnn.backend.devices import gpu_error
from minicnn.backend.seeds import random_state
from minicnn.cli.door import REFUSED, told
from minicnn.data import Loader
from minicnn.layers import BatchNorm2d, Conv2d, Dropout, Sequential
from minicnn.optim.optimizer import Optimizer
from minicnn.training import fit
from minicnn.training.rescue import Beginning, StepOutOfMemory
from tests import standin, standin_counts, standin_gpu
from tests.training.test_loop import IN_SHAPE, RECIPE, TEST, TRAIN, network, trained, without_times

THREE_STEPS = RECIPE._replace(epochs=2, batch=10)


@pytest.fixture(autouse=True)
def cp(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", standin)


def ended(folder, monkeypatch, steps):
    """The error of a run whose memory ends in the middle of the step after so many."""
    net, calls = network(), []
    forward = net.forward

    def counted(x):
        calls.append(net.training)
        if sum(calls) == steps + 1:
            standin_counts.reset()
            monkeypatch.setattr(standin_counts, "memory_ends_at", 20)
        return forward(x)

    monkeypatch.setattr(net, "forward", counted)
    with pytest.raises(MemoryError, match="Out of memory allocating 1,024 bytes") as stop:
        fit(net, TRAIN, TEST, THREE_STEPS, in_shape=IN_SHAPE, log=lambda line: None, out=folder,
            device="cuda")
    monkeypatch.setattr(standin_counts, "memory_ends_at", None)
    return stop.value


@pytest.mark.parametrize("steps", [2, 3, 5])               # of 3 in an epoch
def test_the_run_goes_on_from_the_step_that_did_not_fit(steps, tmp_path, monkeypatch, capsys):
    whole = trained(tmp_path / "whole", THREE_STEPS, device="cuda")
    problem = ended(tmp_path / "cut", monkeypatch, steps)
    assert f"step {steps % 3 + 1} of epoch {steps // 3 + 1}: Out of memory" in str(problem)
    assert f"the steps before it are kept in {tmp_path / 'cut'}" in str(problem)
    assert told("train", problem) == REFUSED               # what the command line makes of it
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "try a smaller --batch" in said
    lines = []
    again = trained(tmp_path / "cut", THREE_STEPS, device="cuda", log=lines.append)
    assert lines[0] == f"going on from {tmp_path / 'cut'}, epoch {steps // 3 + 1}"
    assert without_times(again.history) == without_times(whole.history)


def test_a_step_that_is_half_taken_is_not_kept(tmp_path, monkeypatch):
    """Memory ends while weights are changed, in step 2 of epoch 2: it goes on from epoch 2."""
    whole = trained(tmp_path / "whole", THREE_STEPS, device="cuda")
    calls, step = [], Optimizer.step

    def cut(self, closure=None):
        calls.append(self)
        if len(calls) == 5:
            standin_counts.reset()
            monkeypatch.setattr(standin_counts, "memory_ends_at", 3)
        return step(self, closure)

    monkeypatch.setattr(Optimizer, "step", cut)
    with pytest.raises(MemoryError, match="Out of memory"):
        fit(network(), TRAIN, TEST, THREE_STEPS, in_shape=IN_SHAPE, log=lambda line: None,
            out=tmp_path / "cut", device="cuda")
    monkeypatch.setattr(standin_counts, "memory_ends_at", None)
    lines = []
    again = trained(tmp_path / "cut", THREE_STEPS, device="cuda", log=lines.append)
    assert lines[0] == f"going on from {tmp_path / 'cut'}, epoch 2"
    assert without_times(again.history) == without_times(whole.history)


def test_where_nothing_was_learnt_nothing_is_kept(tmp_path, monkeypatch):
    problem = ended(tmp_path / "cut", monkeypatch, 0)
    assert isinstance(problem, StepOutOfMemory) and "kept" not in str(problem)
    assert not (tmp_path / "cut" / "last.npz").exists()


def test_a_step_that_did_not_fit_has_not_been():
    manual_seed(0)
    net = Sequential(Conv2d(1, 2, 3), BatchNorm2d(2), Dropout(0.5))
    loader = Loader(np.ones((6, 1, 5, 5), np.float32), np.arange(6), 2)
    began, norm = Beginning(net, loader), net[1]
    batches = iter(loader)
    for _ in range(2):
        x, _ = next(batches)
        with began.step():
            net(Tensor(x))
    before = norm.running_mean.data.copy(), random_state(), loader.state_dict()
    x, _ = next(batches)
    with pytest.raises(StepOutOfMemory, match="step 3 of epoch 1: main memory is full"), \
            began.step():
        net(Tensor(x + 1))
        raise MemoryError
    assert (norm.running_mean.data == before[0]).all() and int(norm.num_batches_tracked.data) == 2
    assert random_state() == before[1] and loader.state_dict() == before[2]


# --- errors of the GPU itself ---------------------------------------------------------------------

ERRORS = [("cudaErrorLaunchFailure: unspecified launch failure", "start the same command again"),
          ("cudaErrorMemoryAllocation: out of memory", "take a smaller batch"),
          ("CUBLAS_STATUS_ALLOC_FAILED", "take a smaller batch"),
          ("cudaErrorInsufficientDriver: CUDA driver version is insufficient", "update it"),
          ("cudaErrorNoKernelImageForDevice: no kernel image", "the card is too old")]


@pytest.mark.parametrize("text, cure", ERRORS)
def test_an_error_of_the_gpu_says_what_to_do(text, cure, capsys):
    problem = standin_gpu.CUDARuntimeError(text)
    assert text in gpu_error(problem) and cure in gpu_error(problem)
    assert told("train", problem) == REFUSED
    said = capsys.readouterr().err
    assert said.startswith(f"minicnn train: the GPU reports {text}; ") and said.count("\n") == 1
    assert gpu_error(RuntimeError(text)) is None


def test_a_gpu_that_is_lost_ends_a_run_by_name(tmp_path, monkeypatch):
    net = network()
    forward = net.forward

    def lost(x):
        if x.is_shape:
            return forward(x)
        raise standin_gpu.CUDARuntimeError("cudaErrorLaunchFailure: unspecified launch failure")

    monkeypatch.setattr(net, "forward", lost)
    with pytest.raises(RuntimeError, match="it is lost to this program: start the same command"):
        fit(net, TRAIN, TEST, THREE_STEPS, in_shape=IN_SHAPE, log=lambda line: None,
            out=tmp_path / "run", device="cuda")
