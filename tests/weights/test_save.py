"""Writing: what is read back is what was there, bit for bit, and a failure leaves the old file."""

import numpy as np
import pytest

import minicnn
from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.conv import Conv2d
from minicnn.layers.module import Module
from minicnn.weights import Names, load, read, save
from minicnn.weights.read import load as arrays_in

SUFFIXES = [".safetensors", ".npz"]
STORED = np.random.default_rng(0).standard_normal((4, 6))
ODD = {"rows": STORED, "Fortran": np.asfortranarray(STORED), "turned": STORED.T,
       "every second": STORED[::2, 1::2], "backwards": STORED[::-1], "big": STORED.astype(">f4"),
       "half": STORED.astype("f2"), "counter": np.array(3), "none": STORED[:0],
       "mask": STORED > 0, "short": np.arange(-3, 3, dtype=">i2"), "read only": STORED[0]}
ODD["read only"] = np.broadcast_to(np.float32(2), (3, 2))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_round_trip_is_exact(suffix, tmp_path):
    path = save(ODD, tmp_path / f"weights{suffix}")
    found = arrays_in(path)
    assert found.keys() == ODD.keys()
    for name, array in ODD.items():
        assert found[name].dtype == array.dtype.newbyteorder("=") and found[name].dtype.isnative
        assert found[name].shape == array.shape and np.array_equal(found[name], array), name


def test_the_package_safetensors_reads_it(tmp_path):
    numpy_side = pytest.importorskip("safetensors.numpy", reason="needs the package safetensors")
    found = numpy_side.load_file(save(ODD, tmp_path / "weights.safetensors"))
    assert all(np.array_equal(found[name], array) for name, array in ODD.items())


class Net(Module):
    published = {"torchvision": Names((r"^first\.", "features.0."), (r"^norm\.", "features.1."),
                                      shapes={r"^reduce$": "F C 1 1"}, absent=r"^own$")}

    def __init__(self):
        self.first, self.norm = Conv2d(1, 2, 3), BatchNorm2d(2)
        self.reduce, self.own = minicnn.Parameter(STORED[:2, :3]), minicnn.Parameter(STORED[0])


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_network_under_our_names_and_under_theirs(suffix, tmp_path):
    net, other = Net(), Net()
    path = save(net, tmp_path / f"ours{suffix}")
    assert sorted(read(path).entries) == sorted(name for name, _ in net.saved())
    load(other, path)
    for (name, mine), (_, loaded) in zip(net.saved(), other.saved(), strict=True):
        assert np.array_equal(mine.data, loaded.data), name
    path = save(net, tmp_path / f"theirs{suffix}", names="torchvision")
    assert {name: entry.shape for name, entry in read(path).entries.items()} == {
        "features.0.weight": (2, 1, 3, 3), "features.0.bias": (2,), "features.1.weight": (2,),
        "features.1.bias": (2,), "features.1.running_mean": (2,), "features.1.running_var": (2,),
        "features.1.num_batches_tracked": (), "reduce": (2, 3, 1, 1)}
    net = Net()
    load(net, path)
    assert np.array_equal(net.first.weight.data, other.first.weight.data)


def test_what_save_refuses(tmp_path):
    net = Net()
    for name in ("weights.pth", "weights", "weights.safetensors.gz"):
        with pytest.raises(ValueError, match=r"must end in \.safetensors or \.npz"):
            save(net, tmp_path / name)
    with pytest.raises(ValueError, match="no names of 'timm' are known for this Net; there are "
                                         "minicnn, torchvision"):
        save(net, tmp_path / "w.npz", names="timm")
    with pytest.raises(ValueError, match="needs a network"):
        save({"w": STORED}, tmp_path / "w.npz", names="torchvision")
    with pytest.raises(TypeError, match="save: w is object"):
        save({"w": np.array([None])}, tmp_path / "w.safetensors")
    with pytest.raises(TypeError, match="save: w is <U1"):
        save({"w": np.array(["a"])}, tmp_path / "w.npz")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_failure_leaves_the_old_file(suffix, tmp_path, monkeypatch):
    path = save({"w": STORED}, tmp_path / f"weights{suffix}")
    before = path.read_bytes()

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="No space"):
        save({"w": STORED * 2}, path)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]
