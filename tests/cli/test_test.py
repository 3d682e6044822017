"""`python -m minicnn test` repeats what a training run has said."""

import re
import shutil

import pytest

from minicnn.__main__ import main
from minicnn.cli import test as cli_test
from minicnn.data import digits, pad
from minicnn.training import checkpoint
from minicnn.training.lock import Lock


@pytest.fixture(scope="module")
def runs(tmp_path_factory, drawn_digits):
    """Two networks for drawn digits, and one for others."""
    root = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MINICNN_OFFLINE", "1")
        patch.setenv("MINICNN_CACHE", str(drawn_digits))
        for name, more in (("a", []), ("b", ["--seed", "1"]), ("c", ["--variant", "visualiser"])):
            assert main(["train", "lenet5", "--data", "digits", "--limit", "1000", "--epochs", "2",
                         "--out", str(root / name), *more]) == 0
        assert main(["train", "resnet20", "--data", "digits", "--limit", "64", "--epochs", "1",
                     "--size", "8", "--out", str(root / "resnet")]) == 0
        yield root


def errors_of(capsys, *arguments):
    """The errors that are printed, in percent."""
    assert main(["test", *map(str, arguments)]) == 0
    return [float(word) for word in re.findall(r"test error ([\d.]+) %", capsys.readouterr().out)]


def test_it_says_what_training_said(runs, capsys):
    history = checkpoint.load(runs / "a/last.npz")["history"]
    assert errors_of(capsys, runs / "a", "--weights", "last") == [
        pytest.approx(history[-1]["error"], abs=0.01)]
    assert errors_of(capsys, runs / "a") == [
        pytest.approx(min(line["error"] for line in history), abs=0.01)]


def test_together(runs, capsys):
    errors = errors_of(capsys, runs / "a", runs / "b", runs / "c", "--limit", "500")
    assert len(errors) == 4 and errors[3] <= max(errors[:3])


def test_mistakes_are_drawn(runs, capsys, tmp_path):
    picture = tmp_path / "mistakes.png"
    assert main(["test", str(runs / "a"), "--limit", "100", "--mistakes", str(picture)]) == 0
    error, said = re.findall(r"test error ([\d.]+) %.*\n(.*)\n", capsys.readouterr().out)[0]
    assert said == f"picture: {picture}" and picture.stat().st_size > 10_000
    assert 0 < float(error) < 60
    assert main(["test", str(runs / "a"), "--mistakes", str(tmp_path / "no" / "m.png")]) == 2
    assert "--mistakes is " in capsys.readouterr().err


def test_ten_crops(runs, capsys):
    """A recipe without crops and flips is pointed out; with crops, but of digits, only flips."""
    assert main(["test", str(runs / "a"), "--crops", "10", "--limit", "100"]) == 0
    note, line = capsys.readouterr().out.splitlines()
    assert note.endswith("a has seen no shifted pictures and no mirror images in training; ten "
                         "crops are such")
    assert re.fullmatch(r".*a \(epoch 2, 10 crops\): test error [\d.]+ %, top-5 .*", line)
    assert main(["test", str(runs / "resnet"), "--crops", "10", "--limit", "20"]) == 0
    assert "resnet has seen no mirror images in training" in capsys.readouterr().out


def test_scales_and_folding(runs, capsys):
    plain = errors_of(capsys, runs / "resnet", "--limit", "100")
    assert main(["test", str(runs / "resnet"), "--limit", "100", "--fold"]) == 0
    said = capsys.readouterr().out
    assert f"test error {plain[0]:.2f} %" in said and "19 batch norms folded" in said
    assert len(errors_of(capsys, runs / "resnet", "--limit", "100", "--scales", "8", "12")) == 1


@pytest.mark.parametrize("arguments, message", [
    (["a", "--scales", "40"], "LeNet5 cannot read 40x40 pictures: F6"),
    (["a", "--scales", "32", "--crops", "10"], "are two ways to look; choose one"),
    (["nowhere"], "nowhere/last.npz; give the folder that a run of the train command named"),
])
def test_errors(runs, capsys, arguments, message):
    assert main(["test", str(runs / arguments[0]), *arguments[1:]]) == 2
    assert message in capsys.readouterr().err


def changed(runs, place, entry, **values):
    """The run `a` with other values in one entry."""
    tree = checkpoint.load(runs / "a/last.npz")
    tree[entry] |= values
    checkpoint.save(place / "last.npz", tree)
    return str(place)


def test_pictures_that_are_not_what_they_were(runs, capsys, tmp_path):
    other = changed(runs, tmp_path, "pictures", test="0" * 16)
    assert main(["test", other, "--limit", "9"]) == 0
    assert re.search(f"note: {tmp_path} was tested on digits drawn by minicnn, test before, now on "
                     "digits drawn by minicnn, test, and these are other pictures; some",
                     capsys.readouterr().out)
    tree = checkpoint.load(runs / "a/last.npz")
    checkpoint.save(tmp_path / "last.npz", tree | {"classes": list("abcdefghij")})
    assert main(["test", str(tmp_path)]) == 2
    assert "knows the classes a, b, c, d, e, f, g, h, i, j, but the data has 0, 1, 2" in (
        capsys.readouterr().err)


def test_pictures_from_another_place_are_the_same(runs, capsys, tmp_path):
    """What they are counts, not what they are called."""
    assert main(["test", changed(runs, tmp_path, "plan", test="5 digits"), "--limit", "9"]) == 0
    assert "note" not in capsys.readouterr().out


def test_pixels_from_0_to_1(runs, capsys, monkeypatch):
    dark = digits(20)
    dark = dark.replace(images=pad(dark.images // 128, 2))
    monkeypatch.setattr(cli_test, "find_data", lambda *_: (dark, dark))
    assert main(["test", str(runs / "a")]) == 2
    assert "the test pictures go up to 1, those for training up to 255; multiply" in (
        capsys.readouterr().err)


def test_while_training(runs, capsys, tmp_path):
    """Reading does not mind a run at work in the folder."""
    shutil.copy(runs / "a/last.npz", tmp_path)
    lock = Lock(tmp_path)
    assert main(["test", str(tmp_path), "--limit", "9"]) == 0
    lock.release()


@pytest.mark.parametrize("name", ["data_name", "test"])
def test_a_run_that_does_not_say_what_its_data_was(runs, capsys, tmp_path, name):
    tree = checkpoint.load(runs / "a/last.npz")
    del tree["plan"][name]
    checkpoint.save(tmp_path / "last.npz", tree)
    assert main(["test", str(tmp_path)]) == 2
    assert f"does not say what it was tested on ('{name}' is missing)" in capsys.readouterr().err


def test_networks_for_different_pictures(runs, capsys, tmp_path):
    other = changed(runs, tmp_path, "pictures", test="0" * 16)
    assert main(["test", str(runs / "a"), other]) == 2
    assert "tested on different pictures" in capsys.readouterr().err
