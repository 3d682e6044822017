"""The folder of a run: what is written, in which order, and what stands in the way."""

import csv
import errno
import os
import shutil
import sys

import numpy as np
import pytest

from minicnn.analysis import pictures
from minicnn.training import checkpoint, records
from minicnn.training.entries import CheckpointError
from minicnn.training.lock import FolderInUse
from minicnn.training.plan import about
from minicnn.training.records import Records, epoch_of, is_best, line_of
from minicnn.training.transforms import Transforms
from tests.training.test_agreement import RECIPES, fresh, saved
from tests.training.tiny import IN_SHAPE, RECIPE, colours, network

LINE = {"epoch": 3, "lr": 0.05, "loss": 1.25, "train_error": 40.0, "val_loss": 1.0, "error": 37.5,
        "top5": 2.5, "seconds": 9.87, "test_seconds": 1.0}
EPOCH = {"lr": 0.1, "loss": 0.0, "wrong": 0, "seen": 0, "seconds": 0.0}


def opened(folder, **plan):
    transforms = Transforms.measured(IN_SHAPE, colours().images, RECIPE)
    return Records(folder, about(plan, colours(), colours(6), transforms))


def test_line_of():
    assert line_of(LINE, 40) == ("epoch 3/40   lr 0.05   loss 1.2500   training error 40.00 %   "
                                 "test error 37.50 % (top-5 2.50 %)   9.9 + 1.0 s")
    assert "top-5" not in line_of({name: LINE[name] for name in LINE if name != "top5"}, 40)


def test_only_a_new_lowest_error_is_kept(tmp_path):
    net, history = network(), []
    with opened(tmp_path) as records:
        for error, best in ((50, 1), (60, 1), (40, 3), (40, 3), (30, 5)):
            history.append(LINE | {"epoch": len(history) + 1, "error": error})
            records.keep_best(history, net)
            kept = checkpoint.load(tmp_path / "best.npz")
            assert kept["history"][-1]["epoch"] == best == epoch_of(tmp_path / "best.npz")
    assert kept["mean"].shape == (3,) and kept["classes"] == ["a", "b", "c"]
    assert is_best(history) and not is_best(history[:2]) and is_best(history[:1])


@pytest.mark.parametrize("scores, drawn_by", [
    ({}, "learning_curves"), ({"miou": 62.5}, "score_curves"), ({"ap": 62.5}, "score_curves")])
def test_a_history_of_maps_or_boxes_has_scores(scores, drawn_by, tmp_path, monkeypatch):
    drawn = []
    for module, name in ((pictures, "learning_curves"), (records, "score_curves")):
        monkeypatch.setattr(module, name,
                            lambda *given, name=name, **more: drawn.append((name, given[0])))
    with opened(tmp_path) as at_work:
        at_work.draw([LINE | scores])
    assert drawn == [(drawn_by, [LINE | scores])]


def test_no_folder_no_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    parts, _ = fresh(RECIPE)
    with opened(None) as records:
        records.save(parts, [LINE], EPOCH)
        records.keep_best([LINE], network())
        records.draw([LINE])
        assert records.resume(parts, 3) is None
    assert list(tmp_path.iterdir()) == []


def test_nothing_but_the_run_stays(tmp_path):
    saved(tmp_path, RECIPES["sgd"], 1)
    assert {path.name for path in tmp_path.iterdir()} == {"last.npz", "history.csv"}


# --- what stands in the way is said before the first epoch ------------------------------------

@pytest.mark.parametrize("name", records.FILES)
def test_a_folder_where_a_file_belongs(tmp_path, name):
    (tmp_path / name).mkdir()
    with pytest.raises(OSError, match=f"written into the folder .*{name} there is no file, but"):
        opened(tmp_path)
    (tmp_path / name).rmdir()
    (tmp_path / name).symlink_to(tmp_path / "nowhere")
    with pytest.raises(OSError, match=f"{name} there is no file, but"):
        opened(tmp_path)


def test_a_file_where_the_folder_belongs(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=r"folder .*file \(File exists\); choose another"):
        opened(tmp_path / "file")


def test_a_folder_that_nobody_can_write_into():
    if not sys.platform.startswith("linux"):
        pytest.skip("/proc is Linux's")
    with pytest.raises(OSError, match="results cannot be written into the folder /proc"):
        opened("/proc")


def test_a_second_run_in_the_folder(tmp_path):
    with opened(tmp_path), pytest.raises(FolderInUse, match=f"{tmp_path} is in use: process "):
        opened(tmp_path)
    opened(tmp_path).lock.release()


def test_a_plan_that_cannot_be_saved(tmp_path):
    with pytest.raises(TypeError, match="cannot save a object"):
        opened(tmp_path / "out", own=object())
    assert not (tmp_path / "out").exists()


def test_without_matplotlib_nothing_begins(tmp_path, monkeypatch):
    def missing():
        raise ImportError("pictures need matplotlib")

    monkeypatch.setattr(records, "check_drawing", missing)
    with pytest.raises(ImportError, match="pictures need matplotlib"):
        opened(tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_disk_that_is_too_small_for_the_run(tmp_path, monkeypatch):
    parts, _ = fresh(RECIPE)
    weights = 4 * sum(np.prod(value.shape) for _, value in parts["model"].named_state())
    memory = 4 * sum(parameter.numpy().size for parameter in parts["model"].parameters())
    for free, enough in ((3 * weights + 2 * memory, True), (3 * weights + 2 * memory - 1, False)):
        monkeypatch.setattr(shutil, "disk_usage", lambda _, free=free: shutil._ntuple_diskusage(
            free, 0, free))
        with opened(tmp_path) as at_work:
            if enough:
                assert at_work.resume(parts, 3) is None
            else:
                with pytest.raises(OSError, match=r"0 MB are free, 0 MB are needed"):
                    at_work.resume(parts, 3)


def full(*_, **__):
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("module, name", [(checkpoint, "save"), (pictures, "learning_curves"),
                                          (os, "fsync"), (os, "replace")])
def test_a_full_disk_is_named(tmp_path, monkeypatch, module, name):
    parts, _ = fresh(RECIPE)
    with opened(tmp_path) as at_work:
        monkeypatch.setattr(module, name, full)
        with pytest.raises(OSError, match=rf"folder {tmp_path} \(No space left on device\); ch"):
            at_work.save(parts, [LINE], EPOCH)
            at_work.draw([LINE])
        monkeypatch.undo()
    assert not [path for path in tmp_path.iterdir() if path.suffix == ".part"]


def test_a_folder_that_was_removed_meanwhile(tmp_path):
    """What was learnt is kept in a new one, and nobody else can come in."""
    parts, _ = fresh(RECIPE)
    with opened(tmp_path / "out") as at_work:
        shutil.rmtree(tmp_path / "out")
        at_work.save(parts, [LINE], EPOCH)
        assert checkpoint.load(tmp_path / "out/last.npz")["history"] == [LINE]
        with pytest.raises(FolderInUse):
            opened(tmp_path / "out")


# --- going on ---------------------------------------------------------------------------------

def test_weights_and_results_are_not_written_over(tmp_path):
    """Somebody has kept the best weights and removed the large file."""
    parts, _ = fresh(RECIPE)
    for name in ("best.npz", "result.json"):
        (tmp_path / name).write_text("kept")
    with pytest.raises(CheckpointError, match="has result.json, best.npz of a run, but no "):
        opened(tmp_path).resume(parts, 3)
    assert (tmp_path / "best.npz").read_text() == "kept"
    (tmp_path / "mine.txt").write_text("mine")
    with opened(tmp_path) as at_work:              # the one that was refused is out of the way
        assert at_work.resume(parts, 3, fresh=True) is None
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_what_a_killed_run_could_not_write_is_mended(tmp_path):
    recipe = RECIPES["sgd"]
    saved(tmp_path, recipe, 0)
    with open(tmp_path / "history.csv", newline="") as file:
        rows = list(csv.reader(file))
    for name in ("history.csv", "best.npz"):
        (tmp_path / name).write_text("half of")
    parts, transforms = fresh(recipe)
    tree = checkpoint.load(tmp_path / "last.npz")
    with Records(tmp_path, tree_about(tree)) as at_work:
        at_work.resume(parts, recipe.epochs)
    with open(tmp_path / "history.csv", newline="") as file:
        assert list(csv.reader(file)) == rows and len(rows) == 2
    best = checkpoint.load(tmp_path / "best.npz")
    assert best["history"] == tree["history"]
    assert all(np.array_equal(best["model"][name], tree["model"][name]) for name in best["model"])


def tree_about(tree):
    return {name: tree[name] for name in ("plan", "classes", "mean", "std", "machine", "pictures")}
