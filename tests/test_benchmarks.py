import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.workloads import WORKLOADS

ROOT = Path(__file__).parents[1]


def benchmarks(*arguments):
    return subprocess.run([sys.executable, "-W", "error", "-m", "benchmarks", *arguments], cwd=ROOT,
                          text=True, capture_output=True, env={**os.environ, "PYTHONPATH": "."})


def test_medians():
    run = benchmarks("--rounds", "2", "--steps", "1")
    assert run.returncode == 0, run.stderr
    for name in WORKLOADS:
        assert re.search(rf"^{name} +minicnn median +\d+\.\d+ +min +\d+\.\d+$", run.stdout, re.M)


@pytest.mark.parametrize("arguments, words", [
    (["resnet"], "no workload 'resnet'; there are lenet, conv3x3"),
    (["--rounds", "0"], "'0' is not a whole number from 1 on"),
])
def test_mistakes(arguments, words):
    run = benchmarks(*arguments)
    assert run.returncode == 2 and words in run.stderr and "Traceback" not in run.stderr


def test_the_same_workloads_in_pytorch():
    """The other file may not be imported here; it must have the same names."""
    text = (ROOT / "benchmarks" / "torch_workloads.py").read_text()
    for name in WORKLOADS:
        assert f"def {name}():" in text and f'"{name}": {name}' in text
