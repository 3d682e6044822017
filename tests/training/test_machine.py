"""What computes a run is noted, and a change of it is told."""

import numpy as np
import pytest

from minicnn import plain
from minicnn.backend.threads import set_threads
from minicnn.training import checkpoint, fit
from minicnn.training.machine import machine, other_machine
from tests.training.tiny import IN_SHAPE, RECIPE, colours, network


@pytest.fixture
def back_to_normal():
    yield
    set_threads(None)


def test_what_is_noted(back_to_normal):
    set_threads(2)
    here = machine("cpu")
    assert here["NumPy"] == np.__version__ and here["Python threads"] == 2
    assert here["device"] == "cpu" and here["faster versions"] is True
    with plain():
        assert machine("cpu")["faster versions"] is False


def test_nothing_is_said_of_the_same_machine():
    assert other_machine(machine("cpu"), machine("cpu")) == ""


def test_a_change_is_named():
    here = machine("cpu")
    there = here | {"NumPy": "1.0", "BLAS threads": here["BLAS threads"] + 7}
    assert other_machine(there, here) == (
        f"note: so far with NumPy 1.0, now {np.__version__}; BLAS threads "
        f"{there['BLAS threads']}, now {here['BLAS threads']}: the last digits may differ from "
        "those of a run that was never stopped")


def test_a_resumed_run_says_so(tmp_path):
    def train(epochs_or_log):
        return fit(network(), colours(), colours(6, seed=1), RECIPE, in_shape=IN_SHAPE,
                   out=tmp_path, log=epochs_or_log)

    class Enough(Exception):
        pass

    def stop(line):
        raise Enough

    with pytest.raises(Enough):
        train(stop)                                        # after the first epoch
    tree = checkpoint.load(tmp_path / "last.npz")
    tree["machine"]["BLAS"] = "another"
    checkpoint.save(tmp_path / "last.npz", tree)
    lines = []
    assert train(lines.append).finished
    assert lines[0].startswith("going on from") and "BLAS another, now " in lines[1]
