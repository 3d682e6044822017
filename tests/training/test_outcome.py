"""result.json and the pictures, when a run is over."""

import json
import sys

import numpy as np
import pytest

from minicnn.analysis import pictures
from minicnn.training import fit
from minicnn.training.outcome import peak_memory, two_of_each
from tests.training.tiny import IN_SHAPE, RECIPE, colours, network


def trained(out):
    return fit(network(), colours(), colours(6, seed=1), RECIPE._replace(epochs=1), out=out,
               in_shape=IN_SHAPE, log=lambda line: None)


def test_a_picture_that_fails_costs_nothing(tmp_path, monkeypatch):
    """The numbers are there already, and the next start draws without training."""
    def broken(*_, **__):
        raise RuntimeError("no ink")

    with monkeypatch.context() as patched:
        patched.setattr(pictures, "learning_curves", broken)
        with pytest.raises(RuntimeError, match="no ink"):
            trained(tmp_path)
    told = (tmp_path / "result.json").read_text()
    assert json.loads(told)["epochs"] == 1
    last = (tmp_path / "last.npz").read_bytes()
    assert trained(tmp_path).finished
    assert (tmp_path / "learning_curves.png").exists()
    assert (tmp_path / "result.json").read_text() == told
    assert (tmp_path / "last.npz").read_bytes() == last


def test_two_of_each():
    labels = np.array([1, 0, 1, 1, 3, 0, 3])
    assert two_of_each(labels, 4).tolist() == [1, 5, 0, 2, 4, 6]           # there is no 2
    assert two_of_each(labels, 2).tolist() == [1, 5, 0, 2]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="read from /proc")
def test_peak_memory():
    before = peak_memory()
    block = np.ones(20_000_000)                            # 160 MB
    assert peak_memory() >= max(before, block.nbytes)
