"""`python -m minicnn train` trains, stops, goes on and says what is wrong."""

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import minicnn
from minicnn.__main__ import main, parser
from minicnn.cli import train
from minicnn.cli.train import chosen_recipe
from minicnn.models import build
from minicnn.training import checkpoint, loop
from minicnn.training.testtime import load_run
from tests.several import several_threads

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def offline(drawn_digits, monkeypatch):
    monkeypatch.setenv("MINICNN_OFFLINE", "1")
    monkeypatch.delenv("MINICNN_DATA", raising=False)
    monkeypatch.setenv("MINICNN_CACHE", str(drawn_digits))


@pytest.fixture
def pictures(tmp_path):
    for name, colour in (("blue", (0, 0, 200)), ("red", (200, 0, 0))):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for number in range(10):
            Image.new("RGB", (40, 40), colour).save(tmp_path / f"pictures/{name}/{number}.png")
    return tmp_path / "pictures"


def rows(folder):
    with open(folder / "history.csv", newline="") as file:
        return [{name: value for name, value in row.items() if "seconds" not in name}
                for row in csv.DictReader(file)]


def digits(out, *more):
    return ["train", "lenet5", "--data", "digits", "--limit", "256", "--epochs", "2",
            "--out", str(out), *more]


def test_lenet_learns_drawn_digits(tmp_path, capsys):
    assert main(["train", "lenet5", "--data", "digits", "--limit", "2000", "--epochs", "2",
                 "--batch", "32", "--lr", "0.05", "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "lenet5: 61,706 parameters, reads 1x32x32" in said and "recipe lenet-small" in said
    assert "the first 2,000 of digits drawn by minicnn" in said
    assert float(rows(tmp_path)[-1]["error"]) < 25
    assert {path.name for path in tmp_path.iterdir()} == {
        "history.csv", "learning_curves.png", "last.npz", "best.npz", "result.json"}


def test_capsnet_reads_grey_digits_and_draws_them(tmp_path, capsys):
    """Built for the pictures' channels; the paper's own for its own size of digits."""
    assert main(["train", "capsnet_small", "--data", "digits", "--limit", "64", "--epochs", "1",
                 "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "reads 1x32x32" in said and "recipe capsnet-small" in said
    assert (tmp_path / "reconstructions.png").exists()
    run = load_run(tmp_path)
    assert run.model.input_shape == (1, 32, 32) and not run.transforms.mean.any()


def test_the_same_command_goes_on(tmp_path, capsys):
    """Ended by Ctrl-C in a process of its own, then started again: as if nothing had happened.

    One thread here and there: sums in another order differ in the last digit.
    """
    with several_threads(1):
        assert main(digits(tmp_path / "whole", "--epochs", "12", "--variant", "visualiser")) == 0
    command = [sys.executable, "-m", "minicnn", *digits(tmp_path / "parts", "--epochs", "12",
                                                        "--variant", "visualiser")]
    alike = os.environ | {"PYTHONUNBUFFERED": "1", "MINICNN_THREADS": "1"}
    run = subprocess.Popen(command, cwd=ROOT, env=alike, text=True, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE)
    for line in run.stdout:
        if line.startswith("epoch 2/"):
            break
    run.send_signal(signal.SIGINT)
    said, _ = run.communicate(timeout=60)
    assert run.returncode == 130 and "saved; the same command goes on" in said
    assert 2 <= len(rows(tmp_path / "parts")) < 12
    capsys.readouterr()
    with several_threads(1):
        assert main(digits(tmp_path / "parts", "--epochs", "12", "--variant", "visualiser")) == 0
    assert "going on from" in capsys.readouterr().out
    assert rows(tmp_path / "parts") == rows(tmp_path / "whole")


def test_a_run_that_is_over_says_its_result_again(tmp_path, capsys, monkeypatch):
    main(digits(tmp_path))
    last = capsys.readouterr().out.splitlines()[-1]
    monkeypatch.setattr(loop, "learn", None)
    assert main(digits(tmp_path)) == 0
    assert capsys.readouterr().out.splitlines()[-1] == last


def test_a_folder_of_pictures(pictures, tmp_path, capsys):
    command = ["train", "resnet20", "--data", str(pictures), "--size", "8", "--epochs", "2",
               "--batch", "4", "--lr", "0.01", "--out", str(tmp_path / "out")]
    assert main(command) == 0
    assert "reads 3x8x8" in capsys.readouterr().out
    assert checkpoint.load(tmp_path / "out" / "best.npz")["classes"] == ["blue", "red"]
    (pictures / "red" / "bad.png").write_text("bad")
    assert main(command) == 2
    assert "1 of 21 files" in capsys.readouterr().err
    assert main([*command[:-1], str(tmp_path / "other"), "--skip-unreadable"]) == 0


def test_mirrored_digits_are_no_digits(tmp_path):
    main(digits(tmp_path, "--recipe", "resnet-small", "--epochs", "1"))
    assert checkpoint.load(tmp_path / "last.npz")["plan"]["augment"] == ["crop"]


def test_a_limit_above_the_pictures_takes_all(pictures, tmp_path, capsys):
    assert main(["train", "resnet20", "--data", str(pictures), "--size", "8", "--epochs", "1",
                 "--limit", "1000", "--out", str(tmp_path / "run")]) == 0
    said = capsys.readouterr().out
    assert said.startswith("note: --limit is 1,000, there are 16 pictures: all are taken\n")
    assert main(["test", str(tmp_path / "run"), "--limit", "1000"]) == 0
    assert "note: --limit is 1,000, there are 4 pictures: all are taken\n" in \
        capsys.readouterr().out


def test_it_begins_with_published_weights(pictures, tmp_path, capsys):
    """All but the last layer, which is for other classes; with next to no rate they stay."""
    file = minicnn.save(build("resnet20"), tmp_path / "published.npz")
    command = ["train", "resnet20", "--data", str(pictures), "--size", "8", "--epochs", "1",
               "--lr", "1e-9", "--out", str(tmp_path / "run")]
    assert main([*command, "--weights", str(file)]) == 0
    learnt, published = load_run(tmp_path / "run").model.state_dict(), minicnn.load(file)
    assert np.allclose(learnt["conv1.weight"], published["conv1.weight"], atol=1e-6)
    assert learnt["fc.weight"].shape[0] == 2 != published["fc.weight"].shape[0]
    assert main(command) == 2                              # not the same command
    assert main([*command, "--fresh", "--weights", str(tmp_path / "none.npz")]) == 2
    assert "none.npz" in capsys.readouterr().err


def test_auxiliary_heads_are_trained_where_there_are_some(pictures, tmp_path):
    main(["train", "googlenet_small", "--data", str(pictures), "--epochs", "1", "--out",
          str(tmp_path / "out")])
    assert any("aux" in name for name in checkpoint.load(tmp_path / "out/best.npz")["model"])


@pytest.mark.parametrize("data, size, own, name", [
    ("cifar10", None, 224, "resnet-small"), ("cifar10", 64, 224, "resnet-small"),
    ("cifar10", 65, 224, "resnet"), ("pictures", None, 224, "resnet"),
    ("pictures", None, 32, "resnet-small"), ("pictures", 48, 224, "resnet-small")])
def test_small_pictures_get_the_small_form(data, size, own, name):
    args = parser().parse_args(["train", "resnet18", "--data", data]
                               + (["--size", str(size)] if size else []))
    assert chosen_recipe(args, (3, own, own)).name == name


@pytest.mark.parametrize("change, message", [
    (["resnt20", "--data", "digits"], "no network is called 'resnt20'; did you mean resnet20"),
    (["lenet5", "--data", "minst"], "no data set and no folder is called 'minst'"),
    (["lenet5", "--data", "digits", "--recipe", "resnett"], "no recipe is called 'resnett'"),
    (["lenet5", "--data", "digits", "--variant", "x"], "LeNet5: no variant 'x'"),
    (["preact_resnet20", "--data", "digits", "--variant", "x"],
     "preact_resnet20 has no option variant; it has"),
    (["lenet5", "--data", "digits", "--size", "40"], "F6"),
])
def test_errors(change, message, tmp_path, capsys):
    assert main(["train", *change, "--out", str(tmp_path)]) == 2
    said = capsys.readouterr()
    assert message in said.err and said.err.startswith("minicnn train: ")
    assert not (tmp_path / "last.npz").exists()


def test_a_file_is_no_folder_for_results(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main(digits(tmp_path / "file")) == 2
    told = capsys.readouterr().err
    assert f"--out is {str(tmp_path / 'file')!r}, which cannot be written" in told


def test_a_variant_has_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for more in ([], ["--variant", "visualiser"]):
        assert main(["train", "lenet5", "--data", "digits", "--limit", "64", "--epochs", "1",
                     *more]) == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "lenet5-digits", "lenet5-visualiser-digits"}
    result = json.loads((tmp_path / "out/lenet5-visualiser-digits/result.json").read_text())
    assert result["network"] == "lenet5 visualiser"


def test_what_is_said_beforehand(pictures, tmp_path, capsys):
    main(["train", "lenet5", "--data", str(pictures), "--epochs", "1", "--out",
          str(tmp_path / "a"), "--recipe", "resnet-slide", "--size", "32", "--batch", "7"])
    said = capsys.readouterr().out
    assert "recipe resnet-slide: stanford" in said
    assert "SGD momentum 0.9 weight_decay 1e-05; lr 0.1 for batches of 7 (the source: 0.1 for " \
        "256, in proportion 0.00273); ReduceLROnPlateau factor 0.1 patience 5; 1 epoch; " \
        "distortions: resized crop, flip, lighting; " in " ".join(said.split())
    assert "; colours become grey\n" in said
    main(digits(tmp_path / "b", "--recipe", "googlenet-small"))
    said = capsys.readouterr().out
    assert "warm-up 1 epoch;" in " ".join(said.split()) and "grey" not in said


def test_ctrl_c_before_the_first_epoch(monkeypatch, capsys):
    def pressed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(train, "find_data", pressed)
    assert main(["train", "lenet5", "--data", "digits"]) == 130
    assert capsys.readouterr().err == "minicnn train: stopped\n"


def test_other_settings_into_the_same_folder(tmp_path, capsys):
    main(digits(tmp_path))
    assert main(digits(tmp_path, "--seed", "1")) == 2
    told = capsys.readouterr().err
    assert "seed 0, not 1" in told and "or anew in this one (--fresh" in told
    assert main(digits(tmp_path, "--seed", "1", "--fresh")) == 0
    assert checkpoint.load(tmp_path / "last.npz")["plan"]["seed"] == 1


def test_a_folder_whose_pictures_have_changed(pictures, tmp_path, capsys):
    """Hazard: the number of pictures and the name of their folder are what they were."""
    command = ["train", "resnet20", "--data", str(pictures), "--size", "8", "--epochs", "1",
               "--batch", "4", "--lr", "0.01", "--out", str(tmp_path / "out")]
    assert main(command) == 0
    (pictures / "red").rename(pictures / "rouge")
    for change in (None, lambda: Image.new("RGB", (40, 40), (9, 9, 9)).save(
            pictures / "blue/3.png"), lambda: (pictures / "rouge").rename(pictures / "red")):
        capsys.readouterr()
        if change:
            change()
        assert main(command) == 2
        told = capsys.readouterr().err
        assert "belongs to a run that learnt from other pictures, 16 training pictures of " in told
        assert "and a pixel, a label or a class's name differs; train into another folder" in told
    assert main([*command, "--fresh"]) == 0
    capsys.readouterr()
    assert main(["test", str(tmp_path / "out")]) == 0
    assert "note" not in capsys.readouterr().out


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("ctrl_c", [signal.default_int_handler, signal.SIG_IGN])
def test_ended_from_outside(ctrl_c, tmp_path, monkeypatch, capsys):
    """SIGTERM saves as Ctrl-C does; also in a shell's background job, which hears no Ctrl-C."""
    monkeypatch.setattr(loop, "line_of", lambda *_: signal.raise_signal(signal.SIGTERM) or "line")
    before = signal.signal(signal.SIGINT, ctrl_c)
    try:
        assert main(digits(tmp_path)) == 143
        assert signal.getsignal(signal.SIGINT) == ctrl_c
    finally:
        signal.signal(signal.SIGINT, before)
    assert "saved; the same command goes on from there\n" in capsys.readouterr().out
    assert checkpoint.load(tmp_path / "last.npz")["loader"]["epoch"] == 1
    assert not (tmp_path / "running").exists()             # the folder is free for the next


@pytest.mark.parametrize("option", ["--epochs", "--batch", "--limit", "--patience", "--threads"])
def test_options_that_make_no_sense(option):
    with pytest.raises(SystemExit) as caught:
        main(["train", "lenet5", "--data", "digits", option, "0"])
    assert caught.value.code == 2
