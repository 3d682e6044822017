"""Training that is stopped, at whatever moment, goes on as if nothing had happened."""

import os
import signal

import numpy as np
import pytest

from minicnn import manual_seed
from minicnn.data import Loader
from minicnn.training import checkpoint
from minicnn.training import loop as loop_file
from minicnn.training.loop import Epoch
from minicnn.training.records import Records
from minicnn.training.tasks import classification
from tests.training.test_loop import trained, without_times
from tests.training.tiny import RECIPE


def same_weights(a, b):
    a, b = checkpoint.load(a)["model"], checkpoint.load(b)["model"]
    return a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize("change", [
    {}, {"optimizer": ("AdamW", {})}, {"schedule": ("ReduceLROnPlateau", {"patience": 0})},
    {"warmup": 1.5, "clip": 0.1, "smoothing": 0.1}], ids=["sgd", "adamw", "plateau", "more"])
@pytest.mark.parametrize("step", [1, 4, 5, 11])
def test_a_resumed_run_gives_the_same_numbers(tmp_path, monkeypatch, step, change):
    """Interrupted in the middle of an epoch, at its end, in another one: bit for bit the same."""
    recipe = RECIPE._replace(augment=("crop", "flip", "jitter", "lighting"), **change)
    whole = trained(tmp_path / "whole", recipe)
    interrupt_at(monkeypatch, step)
    first = trained(tmp_path / "parts", recipe)
    assert not first.finished and len(first.history) <= (step - 1) // 4
    monkeypatch.undo()
    manual_seed(99)                                        # a fresh process is at no known place
    lines = []
    second = trained(tmp_path / "parts", recipe, log=lines.append)
    assert "going on from" in lines[0]
    assert without_times(second.history) == without_times(whole.history)
    for name in ("last.npz", "best.npz"):
        assert same_weights(tmp_path / "whole" / name, tmp_path / "parts" / name)


def interrupt_at(monkeypatch, call, name="batch_loss"):
    """Ctrl-C during that call of one of the task's functions; batch_loss is called once a step."""
    original, calls = getattr(classification, name), []

    def pressed(*arguments):
        calls.append(1)
        if len(calls) == call:
            os.kill(os.getpid(), signal.SIGINT)
        return original(*arguments)

    monkeypatch.setattr(classification, name, pressed)


@pytest.mark.parametrize("epoch", [1, 3])
def test_stopped_during_the_test(tmp_path, monkeypatch, epoch):
    """What was learnt in the epoch is kept, and only its test is done again."""
    whole = trained(tmp_path / "whole")
    interrupt_at(monkeypatch, epoch, "evaluate")
    first = trained(tmp_path / "parts")
    assert not first.finished and first.signal == signal.SIGINT and len(first.history) == epoch - 1
    saved = checkpoint.load(tmp_path / "parts/last.npz")["loader"]
    assert (saved["epoch"], saved["position"]) == (epoch - 1, 4)       # all of the batches
    learnt = []
    step = classification.batch_loss
    monkeypatch.setattr(classification, "batch_loss", lambda *arguments: (
        learnt.append(1), step(*arguments))[1])
    second = trained(tmp_path / "parts")
    assert len(learnt) == 4 * (3 - epoch)
    assert without_times(second.history) == without_times(whole.history)
    assert same_weights(tmp_path / "whole/last.npz", tmp_path / "parts/last.npz")


@pytest.mark.parametrize("word", ["save", "keep_best", "draw"])
def test_ctrl_c_twice_while_it_saves(tmp_path, monkeypatch, word):
    """Nothing is lost, nothing half written, and the run goes on to the same end."""
    whole = trained(tmp_path / "whole")
    original = getattr(Records, word)

    def pressed(*arguments):
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        return original(*arguments)

    if word == "draw":                                     # which is done when it has been stopped
        interrupt_at(monkeypatch, 6)
    monkeypatch.setattr(Records, word, pressed)
    first = trained(tmp_path / "parts")
    monkeypatch.undo()
    assert not first.finished and len(first.history) == 1
    assert {path.name for path in (tmp_path / "parts").iterdir()} == {
        "last.npz", "best.npz", "history.csv", "learning_curves.png"}
    second = trained(tmp_path / "parts")
    assert without_times(second.history) == without_times(whole.history)


def fails_at(monkeypatch, call, name="batch_loss", harm=lambda model: None):
    """That call of one of the task's functions does its work, and then fails."""
    original, calls = getattr(classification, name), []

    def failing(model, *arguments):
        calls.append(1)
        answer = original(model, *arguments)
        if len(calls) == call:
            harm(model)
            raise ValueError("a picture is odd")
        return answer

    monkeypatch.setattr(classification, name, failing)


@pytest.mark.parametrize("call, name, at", [
    (3, "batch_loss", (0, 2)), (5, "batch_loss", (1, 0)), (8, "batch_loss", (1, 3)),
    (2, "evaluate", (1, 4))])
def test_nothing_is_lost_but_the_step_that_failed(tmp_path, monkeypatch, call, name, at):
    """Nor what it has moved: running averages, random numbers."""
    recipe = RECIPE._replace(augment=("crop", "flip", "jitter"))
    whole = trained(tmp_path / "whole", recipe)
    fails_at(monkeypatch, call, name)
    lines = []
    with pytest.raises(ValueError, match="^a picture is odd$"):
        trained(tmp_path / "parts", recipe, log=lines.append)
    monkeypatch.undo()
    assert lines[-1] == (f"what was learnt before is kept in {tmp_path / 'parts'}, and the same "
                         "command goes on from there")
    saved = checkpoint.load(tmp_path / "parts/last.npz")["loader"]
    assert (saved["epoch"], saved["position"]) == at
    assert not (tmp_path / "parts/running").exists()
    manual_seed(99)
    assert without_times(trained(tmp_path / "parts", recipe).history) == \
        without_times(whole.history)
    assert same_weights(tmp_path / "whole/last.npz", tmp_path / "parts/last.npz")


def test_a_batch_that_cannot_be_made_loses_no_step(tmp_path, monkeypatch):
    whole, job = trained(tmp_path / "whole"), Loader.job

    def failing(self, chosen, epoch, batch):
        if (epoch, batch) == (1, 2):
            raise OSError("a file is gone")
        return job(self, chosen, epoch, batch)

    monkeypatch.setattr(Loader, "job", failing)
    with pytest.raises(OSError, match="a file is gone"):
        trained(tmp_path / "parts")
    monkeypatch.undo()
    saved = checkpoint.load(tmp_path / "parts/last.npz")["loader"]
    assert (saved["epoch"], saved["position"]) == (1, 2)
    assert without_times(trained(tmp_path / "parts").history) == without_times(whole.history)


def test_weights_that_are_no_numbers_are_not_saved(tmp_path, monkeypatch):
    def harm(model):
        next(model.parameters()).data[...] = np.nan

    fails_at(monkeypatch, 7, harm=harm)
    with pytest.raises(ValueError, match="a picture is odd"):
        trained(tmp_path)
    saved = checkpoint.load(tmp_path / "last.npz")["loader"]
    assert (saved["epoch"], saved["position"]) == (1, 0)


def test_ctrl_c_when_all_is_over_changes_nothing(tmp_path, monkeypatch):
    original = loop_file.finish
    monkeypatch.setattr(loop_file, "finish", lambda *arguments: (
        os.kill(os.getpid(), signal.SIGINT), original(*arguments))[1])
    assert trained(tmp_path).finished
    assert (tmp_path / "result.json").exists() and (tmp_path / "learning_curves.png").exists()


def test_a_loss_beyond_all_bounds_is_not_saved(tmp_path, monkeypatch):
    """Ctrl-C in an epoch whose loss is no number: what was saved before stays."""
    trained(tmp_path, log=interrupt_after(1))
    before = (tmp_path / "last.npz").read_bytes()
    interrupt_at(monkeypatch, 2)
    monkeypatch.setattr(Epoch, "__init__", lambda self, lr, *_, **__: vars(self).update(
        lr=lr, loss=float("nan"), wrong=0, seen=0, seconds=0.0))
    with pytest.raises(ValueError, match="fit: the loss of epoch 2 is nan; lr 0.1 is probably"):
        trained(tmp_path)
    assert (tmp_path / "last.npz").read_bytes() == before


def interrupt_after(epoch):
    """A log during which Ctrl-C is pressed."""
    def log(line):
        if line.startswith(f"epoch {epoch}/"):
            os.kill(os.getpid(), signal.SIGINT)
    return log


def test_what_was_printed_is_saved(tmp_path):
    """And so is the picture, where Ctrl-C ended the run."""
    def pressed(line):
        assert len(checkpoint.load(tmp_path / "last.npz")["history"]) == int(line[6])
        os.kill(os.getpid(), signal.SIGINT)

    assert not trained(tmp_path, log=pressed).finished
    assert (tmp_path / "learning_curves.png").exists()
    assert not (tmp_path / "result.json").exists()
