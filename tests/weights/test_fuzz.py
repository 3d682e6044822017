"""Files with a few bytes changed: a clear error or the right arrays, nothing else."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minicnn.weights import WeightsError, save
from minicnn.weights.read import load
from tests.weights.pth import both

ARRAYS = {"w": np.arange(6, dtype="f4").reshape(2, 3), "b": np.array([1, 2], "i8"),
          "half": np.array([0.5], "f2")}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """name -> the bytes of a file with ARRAYS."""
    folder, found = tmp_path_factory.mktemp("files"), dict(both(ARRAYS))
    for name in ("w.safetensors", "w.npz"):
        save(ARRAYS, folder / name)
        found[name] = (folder / name).read_bytes()
    return found


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("changed") / "weights"


CHANGES = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)),
                   min_size=1, max_size=4)
INSERTED = st.tuples(st.floats(0, 1), st.binary(max_size=12), st.integers(0, 12))


@pytest.mark.parametrize("name", ["PyTorch zip", "PyTorch legacy", "w.safetensors", "w.npz"])
@settings(max_examples=150, deadline=None, derandomize=True)
@given(changes=CHANGES, inserted=INSERTED)
def test_changed_bytes(name, files, path, changes, inserted):
    content = bytearray(files[name])
    for place, value in changes:
        content[int(place * len(content))] = value
    where, more, fewer = inserted
    at = int(where * len(content))
    content[at:at + fewer] = more
    path.write_bytes(bytes(content))
    try:
        found = load(path)
    except WeightsError:
        return
    for array in found.values():                   # every number can be read; none lies elsewhere
        assert array.nbytes <= 2 * len(content)
        array.sum()
    if name in ("PyTorch zip", "w.npz"):           # these have check sums
        for key in found.keys() & ARRAYS.keys():
            assert np.array_equal(found[key], ARRAYS[key])
