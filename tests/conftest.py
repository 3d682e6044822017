"""Every test that touches arrays runs once for each array library: fixtures `xp` and `device`.

NumPy always; a NumPy-backed stand-in for CuPy always (tests/standin.py: it refuses what CuPy
refuses and wraps indices as CuPy does); CuPy itself where there is a GPU.
"""

import os
import signal
import sys
from contextlib import nullcontext

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from minicnn.backend.arrays import gpu_problem
from minicnn.backend.seeds import manual_seed
from minicnn.backend.threads import set_threads
from minicnn.backend.versions import plain
from minicnn.data import find_digits
from tests import standin

# Scripts that need PyTorch, run by hand.
collect_ignore_glob = ["stored/make_*.py", "stored/check_*.py"]

# What the environment says of threads is a user's matter: the tests say themselves how many.
os.environ.pop("MINICNN_THREADS", None)
set_threads(None)
# A job in a shell's background is started deaf to Ctrl-C; some tests press it.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# The workers of `pytest -n auto` have a core each: more threads would wait for one another.
threadpool_limits(1)

LIBRARIES = ["numpy", "standin"] + ([] if gpu_problem() else ["cupy"])


def pytest_addoption(parser):
    parser.addoption("--need-gpu", action="store_true",
                     help="run the tests of arrays on CuPy alone, and fail where there is no GPU")


def always_plain(item):
    """The stand-in has no compiler: it runs the definitions in either mode."""
    chosen = getattr(item, "callspec", None) and item.callspec.params
    return bool(chosen) and chosen.get("xp") == "standin" and chosen.get("mode", "fast") != "fast"


def pytest_collection_modifyitems(config, items):
    items[:] = [item for item in items if not always_plain(item)]
    if config.getoption("--need-gpu"):
        if "cupy" not in LIBRARIES:
            raise pytest.UsageError(f"--need-gpu: {gpu_problem()}")
        items[:] = [item for item in items if "[cupy" in item.nodeid or "-cupy" in item.nodeid]


@pytest.fixture(params=LIBRARIES)
def xp(request, monkeypatch):
    """The array library under test: use xp.asarray(values) to make the inputs of a test."""
    if request.param == "numpy":
        return np
    if request.param == "standin":
        monkeypatch.setitem(sys.modules, "cupy", standin)
        return standin
    return sys.modules["cupy"]


@pytest.fixture
def device(xp):
    """The device of `xp`'s arrays: "cpu" or "cuda"."""
    return "cpu" if xp is np else "cuda"


@pytest.fixture(params=["fast", "plain"])
def mode(request):
    """Once by the faster versions, once by the definitions alone: the numbers are the same."""
    with plain() if request.param == "plain" else nullcontext():
        yield request.param


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture(autouse=True)
def same_seed():
    """Every test starts from seed 0, whatever ran before it."""
    manual_seed(0)


@pytest.fixture(scope="session")
def drawn_digits(tmp_path_factory):
    """A cache with the built-in digits in it, drawn once for all tests of a run."""
    folder = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        folder = folder.parent                         # the workers share it
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("MINICNN_CACHE", str(folder / "drawn"))
        patched.setenv("MINICNN_OFFLINE", "1")
        patched.delenv("MINICNN_DATA", raising=False)
        find_digits(log=lambda line: None)
    return folder / "drawn"
