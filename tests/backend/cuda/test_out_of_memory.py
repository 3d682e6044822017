"""A GPU that runs out of memory ends a training run in one clear error, and nothing is lost."""

import sys

import pytest

from minicnn.cli.door import REFUSED, told
from tests import standin, standin_counts
from tests.training.test_loop import RECIPE, trained


@pytest.fixture(autouse=True)
def cp(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", standin)


def test_the_run_goes_on_from_the_last_epoch(tmp_path, monkeypatch, capsys):
    recipe = RECIPE._replace(epochs=2)
    whole = trained(tmp_path / "whole", recipe, device="cuda")
    lines = []

    def after_the_first(line):                             # of the epochs, which fit tells
        lines.append(line)
        standin_counts.reset()
        monkeypatch.setattr(standin_counts, "memory_ends_at", 100)

    with pytest.raises(MemoryError, match="Out of memory allocating 1,024 bytes") as stop:
        trained(tmp_path / "cut", recipe, device="cuda", log=after_the_first)
    assert len(lines) == 1
    assert told("train", stop.value) == REFUSED            # what the command line makes of it
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "try a smaller --batch" in said
    monkeypatch.setattr(standin_counts, "memory_ends_at", None)
    again = trained(tmp_path / "cut", recipe, device="cuda")
    losses = [[line["loss"] for line in run.history] for run in (whole, again)]
    assert losses[0] == losses[1] and len(losses[0]) == 2
