"""Lines of a run, and what is kept of it."""

import errno
import sys

import numpy as np
import pytest

from minicnn.analysis import pictures
from minicnn.training import checkpoint
from minicnn.training.records import Records, line_of, listed, peak_memory, plan_of, two_of_each
from minicnn.training.transforms import Transforms
from tests.training.tiny import IN_SHAPE, RECIPE, colours, network

LINE = {"epoch": 3, "lr": 0.05, "loss": 1.25, "train_error": 40.0, "val_loss": 1.0, "error": 37.5,
        "top5": 2.5, "seconds": 9.87, "test_seconds": 1.0}


@pytest.fixture
def transforms():
    return Transforms.measured(IN_SHAPE, colours().images, RECIPE)


def test_line_of():
    assert line_of(LINE, 40) == ("epoch 3/40   lr 0.05   loss 1.2500   training error 40.00 %   "
                                 "test error 37.50 % (top-5 2.50 %)   9.9 + 1.0 s")
    assert "top-5" not in line_of({name: LINE[name] for name in LINE if name != "top5"}, 40)


def test_the_plan_survives_a_checkpoint(tmp_path):
    recipe = RECIPE._replace(schedule=("MultiStepLR", {"milestones": (0.5, 0.75)}))
    plan = listed(plan_of(recipe, colours(), colours(5), IN_SHAPE, 7))
    checkpoint.save(tmp_path / "a.npz", {"plan": plan})
    assert checkpoint.load(tmp_path / "a.npz", plan)["plan"] == plan
    assert plan["seed"] == 7 and plan["input"] == [3, 6, 6] and plan["recipe"] == "tiny"
    assert "source" not in plan                            # words that change no number


def test_only_a_new_lowest_error_is_kept(tmp_path, transforms):
    records, net = Records(tmp_path, {}, transforms, ("a", "b", "c")), network()
    history = []
    for error, best in ((50, 1), (60, 1), (40, 3), (40, 3), (30, 5)):
        history.append(LINE | {"epoch": len(history) + 1, "error": error})
        records.keep_best(history, net)
        kept = checkpoint.load(tmp_path / "best.npz")
        assert kept["history"][-1]["epoch"] == best
    assert np.array_equal(kept["mean"], transforms.mean) and kept["classes"] == ["a", "b", "c"]


def test_no_folder_no_files(tmp_path, monkeypatch, transforms):
    monkeypatch.chdir(tmp_path)
    records = Records(None, {}, transforms, ("a",))
    records.save({"history": [LINE]})
    records.keep_best([LINE], network())
    records.finish([LINE], network(), colours(), RECIPE, "cpu")
    assert records.last() is None and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("method, arguments", [
    ("save", ({"history": [LINE]},)), ("keep_best", ([LINE], network())), ("draw", ([LINE],))])
def test_a_full_disk_is_named(tmp_path, monkeypatch, transforms, method, arguments):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    records = Records(tmp_path, {}, transforms, ("a", "b", "c"))
    monkeypatch.setattr(checkpoint, "save", full)
    monkeypatch.setattr(pictures, "learning_curves", full)
    with pytest.raises(OSError, match=rf"into the folder {tmp_path} \(No space left on device\)"):
        getattr(records, method)(*arguments)


def test_two_of_each():
    labels = np.array([1, 0, 1, 1, 3, 0, 3])
    assert two_of_each(labels, 4).tolist() == [1, 5, 0, 2, 4, 6]           # there is no 2
    assert two_of_each(labels, 2).tolist() == [1, 5, 0, 2]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="read from /proc")
def test_peak_memory():
    before = peak_memory()
    block = np.ones(20_000_000)                            # 160 MB
    assert peak_memory() >= max(before, block.nbytes)
