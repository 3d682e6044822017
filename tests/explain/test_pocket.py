"""The pocket LeNet: whole hundredths, whose printed numbers are the numbers."""

import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

from minicnn import Tensor, no_grad
from minicnn.data import digits
from minicnn.data.mnist import mnist
from minicnn.explain import pocket
from minicnn.explain.explanation import number
from minicnn.models import LeNet5
from tests.data.real import REAL, needs_mnist

SCRIPT = Path(__file__).parents[2] / "examples" / "pocket_lenet.py"


def test_every_weight_is_its_two_decimals():
    model = pocket.pocket_lenet()
    weights = np.concatenate([p.data.reshape(-1) for p in model.parameters()])
    assert weights.size == 63_802 and weights.dtype == np.float64
    assert all(float(f"{w:.2f}") == w for w in weights)
    assert pocket.FILE.stat().st_size < 80_000


def test_pixels_too():
    x = pocket.pixels(np.arange(256, dtype=np.uint8).repeat(784).reshape(256, 1, 28, 28))
    middle = x[:, 0, 16, 16]
    assert all(float(f"{q:.2f}") == q for q in middle)
    assert (middle[0], middle[255], x[9, 0, 0, 0]) == (-0.4, 2.8, -0.4)
    assert number(middle[0]) == "-0.40"


def answers(images):
    with no_grad():
        return pocket.pocket_lenet()(Tensor(pocket.pixels(images))).numpy().argmax(axis=1)


def test_it_reads_its_own_digits_and_others():
    own = np.stack([pocket.pocket_digit(k) for k in range(10)])
    assert answers(own[:, None]).tolist() == list(range(10))
    others = digits(200, seed=5)
    assert (answers(others.images) != others.labels).mean() < 0.06


@needs_mnist
@pytest.mark.slow
def test_its_error_is_what_is_written():
    test = mnist("test", REAL)
    wrong = sum(int((answers(test.images[k:k + 500]) != test.labels[k:k + 500]).sum())
                for k in range(0, 10_000, 500))
    assert wrong == 49 and f"{10_000 - wrong:,} of MNIST's 10,000" in pocket.__doc__


def test_what_does_not_fit_is_refused(tmp_path):
    model = LeNet5("visualiser")
    model.CONV1.weight.data[:] = 1.28
    with pytest.raises(ValueError, match="a weight is above 1.27"):
        pocket.write(tmp_path / "a.npz", model, np.zeros((10, 28, 28), np.uint8))


@pytest.mark.slow
def test_the_script_makes_such_a_file(tmp_path, drawn_digits, capsys, monkeypatch):
    """On few digits, in one epoch; the file of the package stays as it is."""
    path, before = tmp_path / "a.npz", pocket.FILE.read_bytes()
    for name, value in (("MINICNN_OFFLINE", "1"), ("MINICNN_CACHE", str(drawn_digits))):
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("MINICNN_DATA", raising=False)
    monkeypatch.setattr("minicnn.set_threads", lambda count: None)     # of the other tests
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), "--epochs", "1", "--images", "300", "--drawn",
                                      "100", "--out", str(path)])
    runpy.run_path(str(SCRIPT), run_name="__main__")
    said = capsys.readouterr().out
    assert "in whole hundredths" in said and said.rstrip().endswith(str(path))
    with np.load(path) as made, np.load(pocket.FILE) as own:
        assert set(made.files) == set(own.files)
        assert all(made[name].shape == own[name].shape and made[name].dtype == own[name].dtype
                   for name in own.files)
    assert pocket.FILE.read_bytes() == before
