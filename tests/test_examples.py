"""examples/lenet_mnist.py as a student runs it, on the built-in digits, and what it promises."""

import os
import re
import runpy
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from minicnn.__main__ import main
from minicnn.training import checkpoint
from tests.data.real import REAL, needs_mnist
from tests.locale_c import LC_ALL

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "lenet_mnist.py"
PICTURES = {"confusion.png", "feature_maps.png", "filters.png", "learning_curves.png",
            "misclassified.png"}
SPECIAL = ("DISPLAY", "WAYLAND_DISPLAY", "MPLBACKEND", "MINICNN_DATA", "OPENBLAS_CORETYPE")


def environment(cache, *without, **more):
    """A student without network, display and real data, for whom every warning is an error."""
    kept = {name: value for name, value in os.environ.items() if name not in (*SPECIAL, *without)}
    return kept | {"MINICNN_OFFLINE": "1", "MINICNN_CACHE": str(cache), "PYTHONPATH": str(ROOT),
                   "PYTHONWARNINGS": "error", "PYTHONUNBUFFERED": "1",
                   "OPENBLAS_NUM_THREADS": "1", **more}


def example(options, env):
    return subprocess.run([sys.executable, EXAMPLE, *map(str, options)], env=env, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def check_pictures(folder):
    assert {path.name for path in folder.glob("*.png")} == PICTURES
    assert all(path.read_bytes().startswith(b"\x89PNG") and path.stat().st_size > 5_000
               for path in folder.glob("*.png"))


def learnt(folder):
    """All that a run ended with, but the seconds that it took."""
    tree = checkpoint.load(folder / "last.npz")
    del tree["epoch"]["seconds"]
    for line in tree["history"]:
        del line["seconds"]
    return tree


def differences(a, b, path=""):
    """Where two trees differ in a bit."""
    if isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys():
        return [place for key in a for place in differences(a[key], b[key], f"{path}/{key}")]
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        return [place for i in range(len(a)) for place in differences(a[i], b[i], f"{path}/{i}")]
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and a.dtype == b.dtype:
        return [] if a.tobytes() == b.tobytes() else [path]
    return [] if a == b else [path]


def refused(options, capsys, monkeypatch):
    """The one line with which the example ends at once, exit status 2."""
    monkeypatch.setattr(sys, "argv", [str(EXAMPLE), *map(str, options)])
    monkeypatch.setattr(signal, "signal", lambda *_: None)     # pytest keeps its own Ctrl-C
    with pytest.raises(SystemExit) as stop:
        runpy.run_path(str(EXAMPLE), run_name="__main__")
    assert stop.value.code == 2
    out, err = capsys.readouterr()
    assert "epoch" not in out and "Traceback" not in err
    line = err.rstrip("\n").split("\n")[-1]
    assert line.startswith(("lenet_mnist.py: error: ", "minicnn lenet_mnist.py: "))
    return line


def test_two_lines_make_it_parallel():
    marked = [line.strip() for line in EXAMPLE.read_text().splitlines() if "# parallel:" in line]
    assert [line.split("(")[0] for line in marked] == ["team = Team", "with team.step"]


def test_a_run_and_one_that_is_interrupted_and_resumed(tmp_path, drawn_digits, capsys, monkeypatch):
    """Hazards 22, 39 and 40: Ctrl-C in the middle of an epoch changes not one bit of the result."""
    env = environment(drawn_digits)
    options = ["--images", "1500", "--epochs", "4", "--batch", "32"]
    whole = tmp_path / "whole"
    run = example([*options, "--out", whole], env)
    assert run.returncode == 0, run.stdout
    check_output(run.stdout)
    check_pictures(whole)

    parted = tmp_path / "in two parts"
    process = subprocess.Popen([sys.executable, EXAMPLE, *options, "--out", parted], env=env,
                               text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    for line in process.stdout:
        if line.startswith("epoch  2"):
            break
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)[0]
    assert process.returncode == 130 and "Traceback" not in said, said
    assert learnt(parted)["loader"]["epoch"] == 2
    assert 0 < learnt(parted)["loader"]["position"] < 47
    assert differences(learnt(whole), learnt(parted))
    assert said.endswith("saved; the same command goes on from there\n")
    resumed = example([*options, "--out", parted], env)
    assert resumed.returncode == 0, resumed.stdout
    assert f"\ngoing on from {parted}, epoch 3\n" in resumed.stdout
    assert "twenty digits" not in resumed.stdout and "note:" not in resumed.stdout
    check_pictures(parted)
    assert differences(learnt(whole), learnt(parted)) == []
    result = run.stdout.index("\ntest error")
    assert run.stdout[result:].split("\n")[1] in resumed.stdout

    for name, value in environment(drawn_digits).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("MINICNN_DATA", raising=False)
    check_commands(whole, run.stdout, capsys)
    for other in (["--epochs", 5], ["--lr", 0.01], ["--batch", 16], ["--seed", 1],
                  ["--images", 1400], ["--variant", "visualiser"], ["--augment"]):
        line = refused([*options, *other, "--out", whole], capsys, monkeypatch)
        assert "belongs to a run " in line and "or anew in this one (--fresh" in line, line
    again = example([*options, "--out", whole], env)           # it is over: only drawn once more
    assert again.returncode == 0 and "epoch  " not in again.stdout
    assert f"{whole}: all 4 epochs were over already; --fresh begins anew" in again.stdout
    (whole / "last.npz").write_bytes(b"<html>")
    assert "damaged" in refused([*options, "--out", whole], capsys, monkeypatch)


def check_commands(folder, said, capsys):
    """`test` and `compare` know the folder, and come to the error that the example has printed."""
    error = re.search(r"^test error (\d+\.\d+) %", said, re.M)[1]
    for weights, epoch in (("last", 4), ("best", r"\d")):
        assert main(["test", str(folder), "--weights", weights]) == 0
        tested = capsys.readouterr().out
        assert re.match(rf"{re.escape(str(folder))} \(epoch {epoch}\): test error ", tested), tested
        assert weights == "best" or f"test error {error} %" in tested
    assert main(["compare", str(folder), "--out", str(folder / "compare.pdf")]) == 0
    assert re.search(rf"lenet5 slide +{error} %", capsys.readouterr().out)


def check_output(text):
    lines = text.split("\n")
    data, = (line for line in lines if line.startswith("data: "))
    assert "1,500" in data and "built-in digits (drawn by minicnn, not MNIST)" in data
    assert "61,706 parameters, 416,520 MACs" in text
    assert re.search(r"^untrained loss:? +2\.[23]\d+ +\(ln 10 = 2\.303", text, re.M)
    assert re.search(r"^gradient of C1: right", text, re.M)
    assert re.search(r"^twenty digits: 20 .*by heart after \d+ steps$", text, re.M)
    epochs = re.findall(r"^epoch +(\d+) +loss (\d+\.\d+) +test error (\d+\.\d+) % +\d+\.\d s$",
                        text, re.M)
    assert [int(epoch) for epoch, _, _ in epochs] == [1, 2, 3, 4]
    losses = [float(loss) for _, loss, _ in epochs]
    assert losses == sorted(losses, reverse=True) and losses[-1] < 0.6
    error, wrong = re.search(r"^test error (\d+\.\d+) %: (\d+) of 2,000 wrong.*not MNIST",
                             text, re.M).groups()
    assert float(error) == float(epochs[-1][2]) < 20
    assert abs(float(error) - int(wrong) / 20) <= 0.005
    assert "0.95 %" in text and "0.8 %" in text
    assert set(re.split(r"[\s,]+", lines[-2])) >= PICTURES


def test_the_paper_without_a_home(tmp_path, drawn_digits):
    """Hazard 41: no HOME, no display, an ASCII locale, a non-ASCII folder."""
    out = tmp_path / "výsledky 数字"
    env = environment(drawn_digits, "HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", LC_ALL=LC_ALL,
                      MPLCONFIGDIR=str(tmp_path / "settings"))
    run = example(["--variant", "paper", "--images", 500, "--epochs", 1, "--batch", 20,
                   "--out", out], env)
    assert run.returncode == 0, run.stdout
    assert "60,000 parameters (and 840 not learnt: codes), 325,680 MACs" in run.stdout
    assert re.search(r"^twenty digits: 20 ", run.stdout, re.M)
    check_pictures(out)


def test_the_visualiser_with_distorted_digits(tmp_path, drawn_digits):
    env = environment(drawn_digits, MPLBACKEND="TkAgg")
    run = example(["--variant", "visualiser", "--augment", "--images", 500, "--epochs", 1,
                   "--batch", 20, "--out", tmp_path], env)
    assert run.returncode == 0, run.stdout
    assert "63,802 parameters, 418,600 MACs" in run.stdout
    assert re.search(r"^twenty digits: 20 ", run.stdout, re.M)
    check_pictures(tmp_path)


@pytest.mark.parametrize("options, name", [
    ([], "lenet"), (["--variant", "paper"], "lenet-paper"),
    (["--augment", "--variant", "visualiser"], "lenet-visualiser-augment")])
def test_every_kind_of_run_has_a_folder_of_its_own(options, name, tmp_path, drawn_digits, capsys,
                                                   monkeypatch):
    """The commands of docs/results.md, one after the other, are not in one another's way."""
    for key, value in environment(drawn_digits).items():
        monkeypatch.setenv(key, value)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "out" / name / "last.npz").mkdir(parents=True)         # so that it ends at once
    assert f"folder out/{name} (last.npz there is no file" in refused(
        [*options, "--images", "100"], capsys, monkeypatch)


@pytest.mark.slow
def test_built_in_digits(tmp_path, drawn_digits):
    """Hazard 24: the first run of somebody without a network ends with a good result."""
    run = example(["--out", tmp_path], environment(drawn_digits))
    assert run.returncode == 0, run.stdout
    assert float(re.search(r"^test error (\d+\.\d+) %: ", run.stdout, re.M)[1]) <= 4


@pytest.mark.slow
@needs_mnist
def test_two_epochs_of_mnist(tmp_path, drawn_digits):
    run = example(["--data", REAL, "--epochs", 2, "--out", tmp_path], environment(drawn_digits))
    assert run.returncode == 0, run.stdout
    assert re.search(r"^data: MNIST: 60,000 for training, 10,000 for testing", run.stdout, re.M)
    error = float(re.search(r"^test error (\d+\.\d+) %: \d+ of 10,000 wrong", run.stdout, re.M)[1])
    assert error <= 2.0


# --- settings that are wrong ------------------------------------------------------------------

@pytest.mark.parametrize("options, words", [
    (["--epochs", "0"], "--epochs"),
    (["--epochs", "ten"], "'ten'"),
    (["--epochs", "-3"], "--epochs"),
    (["--batch", "0"], "--batch"),
    (["--batch", "1.5"], "'1.5'"),
    (["--images", "-1"], "--images"),
    (["--images", "0"], "--images"),
    (["--images", "10001"], "10001"),
    (["--lr", "nan"], "--lr"),
    (["--lr", "0"], "--lr"),
    (["--lr", "inf"], "--lr"),
    (["--lr=-1"], "--lr"),
    (["--seed=-1"], "--seed"),
    (["--variant", "papers"], "'papers'"),
    (["--device", "tpu"], "'tpu'"),
    (["--device", "cuda"], "CuPy is not installed"),
    (["--data", "nowhere"], "nowhere"),
    (["--data", "."], "train-images-idx3-ubyte"),
    (["--out", "file"], "file"),
    (["--out", "/proc"], "/proc"),
    (["--rate", "0.1"], "--rate"),
])
def test_wrong_settings(options, words, tmp_path, drawn_digits, capsys, monkeypatch):
    """One clear line, exit status 2, no traceback, nothing left behind."""
    if "/proc" in options and not Path("/proc/self").exists():
        pytest.skip("/proc, which nobody can write to, is Linux's")
    for name, value in environment(drawn_digits).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("MINICNN_DATA", raising=False)
    monkeypatch.setattr("minicnn.backend.arrays.gpu_problem", lambda: "CuPy is not installed")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_bytes(b"")
    assert words in refused(options, capsys, monkeypatch)
    assert os.listdir(tmp_path) == ["file"]
