"""Hazard 38: killed at any point, a run goes on and ends to the bit as one that was not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


def crashes(folder, how):
    """How often it was killed."""
    alike = os.environ | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1",
                          "MINICNN_THREADS": "1"}
    run = subprocess.run([sys.executable, "-m", "tests.training.crashing", folder, how], cwd=ROOT,
                         env=alike, text=True, capture_output=True)
    assert run.returncode == 0, run.stderr
    return int(run.stdout)


def test_killed_at_every_point_at_which_a_file_is_written(tmp_path):
    assert crashes(tmp_path, "points") >= 3 * (2 * 2 + 2)


@pytest.mark.slow
def test_killed_at_any_moment(tmp_path):
    assert crashes(tmp_path, "times") >= 1
