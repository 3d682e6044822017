"""Checkpoints: what goes in comes out, and what else is refused."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from minicnn.backend.seeds import random_state
from minicnn.layers import Conv2d
from minicnn.optim import SGD
from minicnn.training import checkpoint
from minicnn.training.checkpoint import load, save

ROOT = Path(__file__).parents[2]
TREE = {"model": {"C1.weight": np.arange(12.0).reshape(3, 4), "C1.bias": np.float32([1, 2])},
        "epoch": 3, "history": [{"loss": 0.5}]}


def same(a, b):
    """Equal to the last bit, kinds and dtypes included; NaN equals NaN."""
    if isinstance(a, np.ndarray):
        return (isinstance(b, np.ndarray) and a.dtype == b.dtype and a.shape == b.shape
                and a.tobytes() == b.tobytes())
    if isinstance(a, dict):
        return isinstance(b, dict) and list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return isinstance(b, list) and len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and (a == b or a != a and b != b)


def there_and_back(tree, folder):
    save(folder / "run.npz", tree)
    return load(folder / "run.npz")


@pytest.mark.parametrize("tree", [
    {},
    {"none": None, "yes": True, "no": False, "text": "Žluťoučký\n\x00 数字", "": ""},
    {"floats": [0.1, -0.0, 1e-310, float("nan"), float("inf"), -float("inf")]},
    {"random": random_state(), "huge": -10 ** 40},
    {3: "number as a key", "nested": {"lists": [[], [1, [2, {"deep": [np.zeros(2)]}]], {}]}},
    {"tuple": (1, (2, np.ones(1)))},
    {"dict": {"list": [1], "array": "array0", "dict": {}}, "tree": np.ones(3)},
], ids=lambda tree: "-".join(map(str, tree)) or "empty")
def test_round_trip(tree, tmp_path):
    assert same(tree, there_and_back(tree, tmp_path))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int64", "int32", "uint8",
                                   "bool", ">f4"])
def test_round_trip_of_arrays(dtype, tmp_path, rng):
    a = rng.integers(0, 200, (4, 6)).astype(dtype)
    read_only = np.frombuffer(a.tobytes(), a.dtype)
    arrays = [a, a[::-1, ::2], a.T, np.asfortranarray(a), a[:0], np.array(a[0, 0]), read_only,
              np.broadcast_to(a[0], (3, 6))]
    before = [array.copy() for array in arrays]
    assert same(before, there_and_back({"arrays": arrays}, tmp_path)["arrays"])
    assert all(map(np.array_equal, arrays, before))


def test_round_trip_of_unusual_numbers(tmp_path):
    values = np.array([np.nan, np.inf, -np.inf, -0.0, 5e-324])
    assert same({"a": values}, there_and_back({"a": values}, tmp_path))
    assert there_and_back({"a": np.float32(0.5), "b": np.int64(7), "c": np.bool_(True)}, tmp_path) \
        == {"a": 0.5, "b": 7, "c": True}


def test_arrays_of_both_libraries(xp, tmp_path):
    a = np.arange(6, dtype="float32").reshape(2, 3)
    assert same({"a": a}, there_and_back({"a": xp.asarray(a)}, tmp_path))


def test_numpy_reads_it_too(tmp_path):
    save(tmp_path / "run.npz", TREE)
    with np.load(tmp_path / "run.npz") as members:
        assert np.array_equal(members["array0"], TREE["model"]["C1.weight"])


@pytest.mark.parametrize("value", [{1, 2}, b"bytes", 1j, object(), np.array([None, {}]), len],
                         ids=lambda value: type(value).__name__)
def test_other_kinds_are_refused(value, tmp_path):
    save(tmp_path / "run.npz", TREE)
    with pytest.raises(TypeError, match="checkpoint: cannot save a .*; dicts, lists, numbers"):
        save(tmp_path / "run.npz", {"x": [value]})
    assert same(TREE, load(tmp_path / "run.npz"))
    assert os.listdir(tmp_path) == ["run.npz"]


def test_collect_and_restore(tmp_path):
    layer = Conv2d(1, 2, 3)
    parts = {"model": layer, "optimizer": SGD(layer.parameters(), lr=0.1, momentum=0.9)}
    tree = there_and_back(checkpoint.collect(parts, epochs=12), tmp_path)
    assert list(tree) == ["model", "optimizer", "random", "epochs"] and tree["epochs"] == 12
    weight = layer.weight.numpy().copy()
    layer.weight.data = layer.weight.data + 1
    checkpoint.restore(tree, parts)
    assert np.array_equal(layer.weight.numpy(), weight)


# --- writing that fails -----------------------------------------------------------------------

@pytest.mark.parametrize("module, name, error", [
    (os, "replace", PermissionError(errno.EACCES, "Permission denied")),
    (os, "fsync", OSError(errno.ENOSPC, "No space left on device")),
    (np, "savez", KeyboardInterrupt()),
])
def test_failure_keeps_the_old_file(module, name, error, tmp_path, monkeypatch):
    """Hazard 38."""
    save(tmp_path / "run.npz", TREE)

    def fail(*args, **kwargs):
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(module, name, fail)
        with pytest.raises(type(error)):
            save(tmp_path / "run.npz", {"epoch": 4})
    assert os.listdir(tmp_path) == ["run.npz"]
    assert same(TREE, load(tmp_path / "run.npz"))


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() == 0, reason="root may write anywhere")
def test_read_only_folder(tmp_path):
    tmp_path.chmod(0o555)
    with pytest.raises(PermissionError, match=str(tmp_path)):
        save(tmp_path / "run.npz", TREE)
    tmp_path.chmod(0o755)


def test_folders_are_made(tmp_path):
    save(tmp_path / "výstup 数字" / "a" / "run.npz", TREE)
    assert same(TREE, load(str(tmp_path / "výstup 数字" / "a" / "run.npz")))


KILLED = """
import os, random, signal, sys, time
from pathlib import Path
import numpy as np
from minicnn.training.checkpoint import load, save

folder, last, in_the_middle = Path(sys.argv[1]), -1, 0
path = folder / "run.npz"
random.seed(0)
for round in range(50):
    ready, tell = os.pipe()
    child = os.fork()
    if child == 0:                                     # saves until it is killed
        for number in range(last + 1, 10 ** 9):
            save(path, {"number": number, "arrays": [np.full(20_000, number)] * 4})
            os.write(tell, b".")
    os.read(ready, 1)                                  # the first file is there
    time.sleep(random.uniform(0, 0.02))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(ready), os.close(tell)
    for leftover in folder.glob(".*.part"):
        in_the_middle += 1
        leftover.unlink()
    tree = load(path)
    if any((array != tree["number"]).any() for array in tree["arrays"]) or tree["number"] <= last:
        sys.exit(f"round {round}: old and new mixed")
    last = tree["number"]
print(in_the_middle)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_killed_at_any_moment(tmp_path):
    """Hazard 38: after kill -9 the file is the old one or the new one."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    run = subprocess.run([sys.executable, "-W", "error", "-c", KILLED, tmp_path], env=environment,
                         capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert int(run.stdout) > 5                         # so many of the 50 were hit while saving
