"""examples/transfer_learning.py and examples/nearest_neighbours.py as a student runs them."""

import json
import re
import runpy
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import minicnn
from minicnn.models import build
from tests.test_examples import environment

ROOT = Path(__file__).parents[1]
TINY = ["--sizes", 2, "--seeds", 2, "--base", 1, "--passes", 20, "--images", 64, "--test", 20]


def example(name, options, env):
    return subprocess.run([sys.executable, ROOT / "examples" / name, *map(str, options)], env=env,
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def refused(name, options, capsys, monkeypatch):
    """The one line with which the example ends at once, exit status 2."""
    monkeypatch.setattr(sys, "argv", [name, *map(str, options)])
    monkeypatch.setattr(signal, "signal", lambda *_: None)     # pytest keeps its own Ctrl-C
    with pytest.raises(SystemExit) as stop:
        runpy.run_path(str(ROOT / "examples" / name), run_name="__main__")
    assert stop.value.code == 2
    err = capsys.readouterr().err
    assert "Traceback" not in err
    line = err.rstrip("\n").split("\n")[-1]
    assert line.startswith(f"{name}: error: "), line
    return line


@pytest.fixture
def alone(drawn_digits, monkeypatch):
    """No network, no real data; the digits that the session has drawn."""
    for name, value in environment(drawn_digits).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("MINICNN_DATA", raising=False)
    return environment(drawn_digits)


def test_tables_and_pictures(tmp_path, alone):
    out = tmp_path / "out"
    run = example("transfer_learning.py", [*TINY, "--out", out], alone)
    assert run.returncode == 0, run.stdout
    assert "CIFAR-10 is not here" in run.stdout
    assert "similar: 5, 6, 7, 8, 9; 5,000 of digits drawn by minicnn" in run.stdout
    for words in ("from scratch", "linear on conv3", "linear on top (conv7)",
                  "fine-tune a few (conv6, conv7)", "fine-tune more"):
        assert len(re.findall(rf"^{re.escape(words)} +\d+\.\d ± \d+\.\d$", run.stdout,
                              re.M)) == 2, words
    assert len(re.findall(r"the slide says .*as on the slide", run.stdout)) == 4
    assert re.search(r"^AnB( +\d+\.\d){8}$", run.stdout, re.M)
    assert {path.name for path in out.glob("*.png")} == {"transfer.png", "base_a_base_b.png"}
    known = json.loads((out / "cells.json").read_text())
    assert len(known["cells"]) == 2 * 2 * 6 + 2 * 8
    assert known["cells"]["A0B"] == known["cells"]["B0B"]      # nothing copied: the same network



@pytest.mark.slow
def test_a_rerun_measures_nothing_twice(tmp_path, alone):
    out = tmp_path / "out"
    example("transfer_learning.py", [*TINY, "--out", out], alone)
    known = json.loads((out / "cells.json").read_text())
    known["cells"]["similar | 2 | scratch | 0"] = 12.25        # what is there is not measured anew
    del known["cells"]["B7B"]
    (out / "cells.json").write_text(json.dumps(known))
    again = example("transfer_learning.py", [*TINY, "--out", out], alone)
    assert again.returncode == 0, again.stdout
    found = json.loads((out / "cells.json").read_text())["cells"]
    assert found["similar | 2 | scratch | 0"] == 12.25 and len(found) == 40
    assert "had run already" in again.stdout
    other = example("transfer_learning.py", [*TINY, "--passes", 50, "--out", out], alone)
    assert other.returncode == 2 and "passes 20, now 50" in other.stdout
    assert other.stdout.count("\n") < 9 and "Traceback" not in other.stdout


@pytest.mark.slow
def test_stopped_it_keeps_the_cells_that_are_known(tmp_path, alone):
    options = [*TINY, "--passes", 400, "--out", tmp_path]
    process = subprocess.Popen([sys.executable, ROOT / "examples" / "transfer_learning.py",
                                *map(str, options)], env=alone, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    cells = tmp_path / "cells.json"
    while process.poll() is None and not (cells.exists() and "scratch" in cells.read_text()):
        pass
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)[0]
    assert process.returncode == 130 and "Traceback" not in said, said
    assert said.endswith("saved; the same command goes on from there\n")
    assert 0 < len(json.loads(cells.read_text())["cells"]) < 24


@pytest.mark.parametrize("name", ["transfer_learning.py", "nearest_neighbours.py"])
def test_help(name, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", [name, "--help"])
    with pytest.raises(SystemExit):
        runpy.run_path(str(ROOT / "examples" / name), run_name="__main__")
    said = capsys.readouterr().out
    assert "example: python examples/" in said
    assert len(said.splitlines()) < 45 and max(map(len, said.splitlines())) <= 80


@pytest.mark.parametrize("options, words", [
    (["--sizes", 9999], "--sizes 9999: of the similar data one class has only"),
    (["--data", "cifar"], "did you mean cifar10"),
    (["--weights", "no.pth"], "no.pth")])
def test_transfer_refuses(options, words, alone, tmp_path, capsys, monkeypatch):
    line = refused("transfer_learning.py", [*options, "--out", tmp_path], capsys, monkeypatch)
    assert words in line


@pytest.fixture(scope="module")
def efficientnet_file(tmp_path_factory):
    minicnn.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "lite0.safetensors"
    minicnn.save(build("efficientnet_lite0"), path)
    return path


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Pictures of two classes, and something else."""
    folder, rng = tmp_path_factory.mktemp("photos"), np.random.default_rng(0)
    for name, colour in (("red", (255, 0, 0)), ("blue", (0, 0, 255))):
        (folder / name).mkdir()
        for number in range(5):
            pixels = (np.array(colour) * rng.uniform(0.5, 1, (40, 50, 1))).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    (folder / "notes.txt").write_text("no picture")
    (folder / ".hidden.png").write_text("no picture")
    return folder


@pytest.mark.slow
def test_transfer_from_published_weights(tmp_path, alone, efficientnet_file, photos):
    run = example("transfer_learning.py", [
        "--data", photos, "--weights", efficientnet_file, "--side", 32, "--sizes", 2, "--seeds", 1,
        "--passes", 8, "--test", 10, "--out", tmp_path / "out"], alone)
    assert run.returncode == 0, run.stdout
    assert "EfficientNet-Lite0 (ImageNet); test errors in percent" in run.stdout
    assert "similar data: blue, red" in run.stdout and "different data: 5, 6, 7" in run.stdout
    assert "linear on top (head)" in run.stdout and "base B" not in run.stdout


def test_neighbours_of_digits(tmp_path, alone):
    options = ["--known", 300, "--queries", 60, "--epochs", 1, "--rows", 3, "--out",
               tmp_path / "near.png"]
    run = example("nearest_neighbours.py", options, alone)
    assert run.returncode == 0, run.stdout
    features, pixels = (float(found) for found in re.findall(r"^  \w+ +(\d+\.\d) %$", run.stdout,
                                                             re.M))
    assert 10 <= features <= 100 and 40 < pixels <= 100        # digits alike in ink are alike
    assert (tmp_path / "near.png").stat().st_size > 10_000


@pytest.mark.slow
def test_neighbours_of_own_photos(tmp_path, alone, efficientnet_file, photos):
    run = example("nearest_neighbours.py", [
        "--data", photos, "--model", "efficientnet_lite0", "--weights", efficientnet_file,
        "--layer", "stage2", "--rows", 2, "--count", 30, "--out", tmp_path / "near.png"], alone)
    assert run.returncode == 0, run.stdout
    assert f"{photos}: 10 pictures, 1 other files" in run.stdout
    assert (tmp_path / "near.png").stat().st_size > 10_000


@pytest.mark.parametrize("options, words", [
    (["--data", "PHOTOS"], "photos of your own need a network that knows photographs"),
    (["--weights", "a.pth"], "--model NAME and --weights FILE go together"),
    (["--model", "resnet20"], "--model NAME and --weights FILE go together"),
    (["--data", "cifa"], "no data set and no folder is called 'cifa'"),
    (["--run", "nowhere"], "no nowhere"),
    (["--out", "a.txt"], "expected the name of a picture")])
def test_neighbours_refuses(options, words, alone, photos, tmp_path, capsys, monkeypatch):
    options = [photos if option == "PHOTOS" else option for option in options]
    if "--out" not in options:
        options += ["--out", tmp_path / "near.png"]
    assert words in refused("nearest_neighbours.py", options, capsys, monkeypatch)


def test_photos_in_a_folder_without_any(tmp_path, alone, capsys, monkeypatch):
    line = refused("nearest_neighbours.py", ["--data", tmp_path, "--run", "x", "--out",
                                             tmp_path / "a.png"], capsys, monkeypatch)
    assert f"{tmp_path} has 0 pictures, expected 2 or more" in line
