"""Batches made ahead by other processes, from a folder that is too large for memory, through fit
and through the command line."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from minicnn.__main__ import main
from minicnn.data import folder as folders
from minicnn.data import shapes
from minicnn.data.folder import read_folder
from minicnn.data.pictures import Pictures
from minicnn.data.scenes import SceneLoader
from minicnn.training import fit
from minicnn.training.scene_transforms import SceneTransforms
from tests.training.tiny import RECIPE, network

ROOT = Path(__file__).parents[2]
DISTORTED = RECIPE._replace(epochs=1, batch=4, pad=0, augment=("crop", "flip", "jitter"))


@pytest.fixture
def pictures(tmp_path, monkeypatch):
    """A folder that is read batch by batch, for its size is said to be too large."""
    monkeypatch.setattr(folders, "IN_MEMORY", 0)
    rng = np.random.default_rng(0)
    for name in ("blue", "green", "red"):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for number in range(6):
            pixels = rng.integers(0, 255, (9, 9, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / f"pictures/{name}/{number}.png")
    return tmp_path / "pictures"


def test_fit_learns_the_same_whatever_the_number_of_readers(pictures):
    train, val = read_folder(pictures, 9)
    assert isinstance(train.images, Pictures) and len(train) == 15     # batches of 4, 4, 4 and 3

    def learnt(readers):
        model = network()
        fit(model, train, val, DISTORTED, in_shape=(3, 6, 6), log=lambda line: None,
            readers=readers)
        return {name: value.numpy() for name, value in model.named_state()}

    alone, two = learnt(0), learnt(2)
    for name, value in alone.items():
        np.testing.assert_array_equal(two[name], value)


@pytest.mark.slow
def test_scenes_with_their_boxes_too():
    scenes = shapes(9, 0, size=32)
    transform = SceneTransforms.measured((3, 32, 32), scenes, DISTORTED).train

    def batches(readers):
        loader = SceneLoader(scenes, 4, seed=2, transform=transform)
        loader.readers = readers
        return list(loader)

    for (x, targets), (own, own_targets) in zip(batches(1), batches(0), strict=True):
        np.testing.assert_array_equal(x, own)
        for target, right in zip(targets, own_targets, strict=True):
            assert target.keys() == right.keys()
            for name, value in right.items():
                np.testing.assert_array_equal(target[name], value)


def command(pictures, out, *more):
    return ["train", "resnet20", "--data", str(pictures), "--size", "8", "--batch", "4", "--lr",
            "0.01", "--out", str(out), *more]


@pytest.mark.slow
def test_the_command_line_too(pictures, tmp_path, capsys):
    said = []
    for readers in ("0", "1"):
        folder = tmp_path / readers
        assert main(command(pictures, folder, "--epochs", "1", "--readers", readers)) == 0
        lines = (folder / "history.csv").read_text().splitlines()
        said.append([value for name, value in zip(*(line.split(",") for line in lines), strict=True)
                     if "seconds" not in name])
    assert said[0] == said[1]
    with pytest.raises(SystemExit):
        main(command(pictures, tmp_path / "none", "--readers", "-1"))
    assert "--readers: '-1' is not a whole number from 0 on" in capsys.readouterr().err


def children(process):
    return Path(f"/proc/{process}/task/{process}/children").read_text().split()


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs Linux's /proc")
def test_ctrl_c_saves_and_leaves_no_reader(pictures, tmp_path):
    run = subprocess.Popen(
        [sys.executable, "-m", "minicnn", *command(pictures, tmp_path / "out", "--epochs", "1000",
                                                   "--readers", "2")],
        cwd=ROOT, env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"},
        text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    for line in run.stdout:
        if line.startswith("epoch 2/"):
            break
    readers, end = [], time.time() + 30
    while not readers and time.time() < end:                # each epoch starts its own
        readers = children(run.pid)
    run.send_signal(signal.SIGINT)
    said, _ = run.communicate(timeout=60)
    assert readers and run.returncode == 130
    assert "saved; the same command goes on" in said
    assert (tmp_path / "out" / "last.npz").exists()
    end = time.time() + 10
    while any(Path(f"/proc/{reader}").exists() for reader in readers) and time.time() < end:
        time.sleep(0.05)
    assert not any(Path(f"/proc/{reader}").exists() for reader in readers)
