"""The kernels once under an address sanitiser: none reads or writes beside an array."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.host_cuda import COMPILER

SCRIPT = """
import sys
import numpy as np
from tests import host_cuda, standin
sys.modules["cupy"], standin.RawModule = standin, host_cuda.RawModule
host_cuda.FOLDER = host_cuda.Path(sys.argv[1])
if sys.argv[2] == "beside":
    x = standin.ones(5, np.float32)
    from minicnn.backend.cuda.launch import launch
    launch("elements", "silu", (1, 6), x, standin.empty(5, np.float32), 6)
from tests.backend.cuda.test_layers import of_tiles, run_everything, written
run_everything()
x = standin.ones((7, 4, 5, 6), np.float32)     # more images than threads, several stretches
from minicnn.backend.cuda import channels, chance, elements
elements.STRETCH = channels.STRETCH = 20
elements.multiply(x, standin.ones((7, 4, 1, 1), np.float32), needs_grad=(True, True))[1](x)
channels.normalise(x.reshape(4, 1, -1), *standin.ones((2, 4, 1, 1), np.float32), 1e-5)
for shape in ((7, 4, 5, 6), (1,), (200,)):
    chance.drawn(x, shape, 0.5, None)
print("all is well" if set(host_cuda.RawModule.started) == written() - of_tiles else "too few")
"""


def sanitiser():
    """gcc's library, or None."""
    if not COMPILER:
        return None
    path = subprocess.run([COMPILER, "-print-file-name=libasan.so"], capture_output=True,
                          text=True).stdout.strip()
    return path if os.path.isabs(path) else None


@pytest.mark.slow
@pytest.mark.skipif(not sanitiser(), reason="g++ and its address sanitiser are not installed")
@pytest.mark.parametrize("what, said", [("within", "all is well"),
                                        ("beside", "heap-buffer-overflow")])
def test_kernels_stay_within_their_arrays(what, said, tmp_path):
    environment = os.environ | {"KERNELS_SANITISED": "1", "LD_PRELOAD": sanitiser(),
                                "ASAN_OPTIONS": "detect_leaks=0"}
    run = subprocess.run([sys.executable, "-c", SCRIPT, str(tmp_path), what], text=True,
                         capture_output=True, env=environment, cwd=Path(__file__).parents[3])
    assert said in run.stdout + run.stderr
    assert (run.returncode == 0) == (what == "within"), run.stderr[-2000:]
