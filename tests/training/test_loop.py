"""Training: the steps written out, what is kept, how it goes on."""

import csv
import json
import os

import numpy as np
import pytest

from minicnn import Sequential, Tensor, manual_seed
from minicnn.analysis import summary
from minicnn.layers import BatchNorm1d, Flatten, Linear
from minicnn.losses import cross_entropy, rbf_loss
from minicnn.models import LeNet5, build
from minicnn.models.capsnet import capsnet_small
from minicnn.optim import SGD
from minicnn.training import checkpoint, fit, outcome
from minicnn.training import loop as loop_file
from minicnn.training.entries import CheckpointError
from minicnn.training.lock import FolderInUse
from minicnn.training.tasks import classification
from minicnn.training.transforms import Transforms
from tests.training.tiny import IN_SHAPE, RECIPE, colours, network

TRAIN, TEST = colours(30), colours(15, seed=1)
TIMES = ("seconds", "test_seconds")


def quiet(_):
    pass


def trained(out=None, recipe=RECIPE, **more):
    settings = {"in_shape": IN_SHAPE, "log": quiet, "out": out} | more
    return fit(network(), TRAIN, TEST, recipe, **settings)


def without_times(history):
    return [{name: value for name, value in line.items() if name not in TIMES} for line in history]


def test_one_epoch_is_the_steps_written_out():
    """Without distortions and in order, fit does what the five lines of every example do."""
    recipe = RECIPE._replace(augment=(), schedule=("", {}), epochs=1, batch=30)
    net, own = network(), network()
    result = fit(net, TRAIN, TEST, recipe, in_shape=IN_SHAPE, log=quiet)
    manual_seed(0)
    own = network()
    order = np.random.default_rng(np.random.SeedSequence([0, 0, 0])).permutation(30)
    x = Transforms.measured(IN_SHAPE, TRAIN.images, recipe).test(TRAIN.images)[order]
    optimizer = SGD(own.parameters(), lr=0.1, momentum=0.9)
    loss = cross_entropy(own(Tensor(x)), TRAIN.labels[order])
    loss.backward()
    optimizer.step()
    assert result.history[0]["loss"] == pytest.approx(loss.item(), abs=1e-6)
    for a, b in zip(net.parameters(), own.parameters(), strict=True):
        assert np.array_equal(a.numpy(), b.numpy())


def test_it_learns_and_writes(tmp_path):
    lines = []
    result = trained(tmp_path, RECIPE._replace(epochs=12), log=lines.append)
    assert result.finished and result.history[-1]["error"] == 0
    assert len(lines) == 12
    assert lines[-1].startswith("epoch 12/12") and "test error 0.00 %" in lines[-1]
    with open(tmp_path / "history.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["epoch"]) for row in rows] == list(range(1, 13))
    assert {name: float(value) for name, value in rows[-1].items()} == result.history[-1]
    assert list(rows[0]) == ["epoch", "lr", "loss", "train_error", "val_loss", "error", *TIMES]
    assert (tmp_path / "learning_curves.png").read_bytes().startswith(b"\x89PNG")
    told = json.loads((tmp_path / "result.json").read_text())
    assert told["parameters"] == network().num_parameters()
    assert told["macs"] == 3 * 4 * 9 * 36 + 4 * 3 and told["error"] == 0 and told["epochs"] == 12
    best = checkpoint.load(tmp_path / "best.npz")
    assert best["history"][-1]["epoch"] == told["lowest_epoch"] == result.best["epoch"]
    assert best["classes"] == ["a", "b", "c"]


def test_without_a_folder_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    trained()
    assert list(tmp_path.iterdir()) == []


def test_two_runs_in_one_folder(tmp_path):
    """The second is refused while the first is at work, and neither before nor after."""
    refused = []

    def second(line):
        with pytest.raises(FolderInUse, match=f"process {os.getpid()} on .* trains into it"):
            trained(tmp_path)
        refused.append(line)

    trained(tmp_path, log=second)
    assert len(refused) == 3
    assert trained(tmp_path).finished


def test_begun_anew(tmp_path):
    trained(tmp_path)
    (tmp_path / "mine.txt").write_text("mine")
    lines = []
    result = trained(tmp_path, RECIPE._replace(epochs=2), fresh=True, log=lines.append)
    assert len(result.history) == 2 and lines[0].startswith("epoch 1/2")
    assert json.loads((tmp_path / "result.json").read_text())["epochs"] == 2
    assert (tmp_path / "mine.txt").exists()


def test_a_batch_larger_than_the_data_is_told():
    lines = []
    trained(recipe=RECIPE._replace(batch=64, epochs=1), log=lines.append)
    assert lines[0] == "note: 30 pictures to learn from, batches of 64: every epoch is one batch " \
        "of 30"


def test_a_finished_run_is_not_repeated(tmp_path, monkeypatch):
    first = trained(tmp_path)
    before = (tmp_path / "last.npz").stat().st_mtime_ns
    told = (tmp_path / "result.json").read_text()
    monkeypatch.setattr(outcome, "peak_memory", lambda: 1)
    said = []
    again = trained(tmp_path, log=said.append)
    assert again.history == first.history
    assert said == [f"{tmp_path}: its 3 epochs had run already"]
    assert (tmp_path / "last.npz").stat().st_mtime_ns == before
    assert (tmp_path / "result.json").read_text() == told  # of the process that has learnt
    (tmp_path / "result.json").unlink()
    trained(tmp_path)
    assert json.loads((tmp_path / "result.json").read_text())["epochs"] == 3


def test_other_settings_do_not_go_on(tmp_path):
    trained(tmp_path)
    with pytest.raises(CheckpointError, match="epochs 3, not 4.*into another folder"):
        trained(tmp_path, RECIPE._replace(epochs=4))
    with pytest.raises(CheckpointError, match="seed 0, not 1"):
        trained(tmp_path, seed=1)


def test_a_damaged_checkpoint_is_named(tmp_path):
    trained(tmp_path)
    content = (tmp_path / "last.npz").read_bytes()
    (tmp_path / "last.npz").write_bytes(content[:-100])
    with pytest.raises(CheckpointError, match="last.npz is not a minicnn checkpoint.*--fresh"):
        trained(tmp_path)


def never_better(monkeypatch):
    monkeypatch.setattr(classification, "evaluate", lambda *_: {"loss": 1.0, "error": 50.0})


def test_early_stop(tmp_path, monkeypatch):
    never_better(monkeypatch)
    recipe = RECIPE._replace(epochs=20)
    result = trained(tmp_path, recipe, patience=2)
    assert result.finished and len(result.history) == 3
    assert len(trained(tmp_path, recipe, patience=2).history) == 3         # and stays so
    assert len(trained(recipe=recipe._replace(epochs=5)).history) == 5


@pytest.mark.parametrize("patience, errors, over", [
    (None, [5, 5, 5], False), (2, [5, 4], False), (2, [5, 4, 4], False), (2, [5, 4, 4, 6], True),
    (1, [], False), (1, [3, 3], True)])
def test_given_up(patience, errors, over):
    assert loop_file.given_up([{"error": error} for error in errors], patience) is over


def test_plateau_divides_the_learning_rate(monkeypatch):
    never_better(monkeypatch)
    schedule = "ReduceLROnPlateau", {"factor": 0.1, "patience": 0}
    recipe = RECIPE._replace(epochs=4, schedule=schedule)
    lrs = [line["lr"] for line in trained(recipe=recipe).history]
    assert lrs == pytest.approx([0.1, 0.1, 0.01, 0.001])     # the first is the best


def test_a_last_batch_of_one_picture_is_left_out():
    """A batch norm over one number has no variance."""
    net = Sequential(Flatten(), Linear(108, 4), BatchNorm1d(4), Linear(4, 3))
    result = fit(net, colours(9), TEST, RECIPE, in_shape=IN_SHAPE, log=quiet)
    assert len(result.history) == 3


def test_auxiliary_heads_are_trained_and_cost_nothing_at_test_time(tmp_path):
    manual_seed(0)
    net = build("googlenet_small", aux=True, classes=3)
    heads = {name: value.numpy().copy() for name, value in net.named_parameters() if "aux" in name}
    assert heads
    recipe = RECIPE._replace(epochs=1, lr=0.01)
    fit(net, TRAIN, TEST, recipe, in_shape=(3, 32, 32), log=quiet, out=tmp_path)
    assert all(not np.array_equal(value.numpy(), heads[name])
               for name, value in net.named_parameters() if name in heads)
    told = json.loads((tmp_path / "result.json").read_text())
    assert net.training and told["macs"] == summary(net.eval(), (3, 32, 32)).macs


def test_lenet_s_distances():
    manual_seed(0)
    data = colours(10, classes=8).replace(classes=tuple("0123456789"))
    recipe = RECIPE._replace(epochs=1, lr=1e-3, batch=10, augment=(), schedule=("", {}))
    net, same = LeNet5("paper"), LeNet5("paper")
    same.load_state_dict(net.state_dict())
    result = fit(net, data, data, recipe, log=quiet)
    y = same(Tensor(result.transforms.test(data.images)))
    line = result.history[0]
    assert line["loss"] == pytest.approx(rbf_loss(y, data.labels).item(), rel=1e-5)
    assert line["train_error"] == 100 * (y.numpy().argmin(axis=1) != data.labels).mean()


def test_capsnet_is_trained_with_its_reconstruction(tmp_path, monkeypatch):
    """One step: the loss and the error are those of model.loss, from a single pass."""
    manual_seed(0)
    net, same = capsnet_small(3), capsnet_small(3)
    same.load_state_dict(net.state_dict())
    passes = []
    monkeypatch.setattr(net.conv1, "forward", lambda x, conv=net.conv1.forward: (
        passes.append(len(x)), conv(x))[1])
    recipe = RECIPE._replace(epochs=1, lr=1e-3, batch=30, augment=(), schedule=("", {}),
                             optimizer=("Adam", {}))
    result = fit(net, TRAIN, TEST, recipe, log=quiet, out=tmp_path)
    assert passes[:2] == [30, 15]                          # to learn, and to test
    x = result.transforms.test(TRAIN.images)
    assert 0 <= x.min() < x.max() <= 1 and x.dtype == np.float32
    loss, lengths = same.loss(Tensor(x), TRAIN.labels)
    line = result.history[0]
    assert line["loss"] == pytest.approx(loss.item(), rel=1e-5)
    assert line["train_error"] == pytest.approx(
        100 * (lengths.numpy().argmax(axis=1) != TRAIN.labels).mean())
    tested = net.loss(Tensor(result.transforms.test(TEST.images)), TEST.labels)[0]
    assert line["val_loss"] == pytest.approx(tested.item(), rel=1e-5)
    fc3 = net.decoder.fc3.weight.numpy()
    assert not np.array_equal(fc3, same.decoder.fc3.weight.numpy())
    assert (tmp_path / "reconstructions.png").read_bytes().startswith(b"\x89PNG")


def test_only_a_decoder_draws(tmp_path):
    net = capsnet_small(3)
    net.decoder = None
    fit(net, TRAIN, TEST, RECIPE._replace(epochs=1, lr=1e-3), log=quiet, out=tmp_path)
    assert (tmp_path / "learning_curves.png").exists()
    assert not (tmp_path / "reconstructions.png").exists()


def test_on_both_libraries(device, tmp_path):
    """The same numbers wherever it is computed, and a run saved by one goes on with it."""
    recipe = RECIPE._replace(clip=1.0)
    there = trained(device=device, recipe=recipe, out=tmp_path)
    here = trained(recipe=recipe)
    for a, b in zip(there.history, here.history, strict=True):
        assert a["loss"] == pytest.approx(b["loss"], abs=1e-4)
        assert a["error"] == b["error"]
    assert trained(device=device, recipe=recipe, out=tmp_path).history == there.history
