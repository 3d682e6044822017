"""A network is filled by all of a file, or not at all and told why."""

import numpy as np
import pytest

from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.linear import Linear
from minicnn.layers.module import Module
from minicnn.weights import Names, WeightsError, load, save
from tests.weights.pth import described, ordered, zip_file


class Net(Module):
    published = {"torchvision": Names((r"^first\.", "conv1."), (r"^norm\.", "bn1."))}

    def __init__(self, classes=3, channels=2):
        self.first, self.norm = Conv2d(1, channels, 3), BatchNorm2d(channels)
        self.fc = Linear(4, classes)


def values(net):
    return {name: parameter.data.copy() for name, parameter in net.saved()}


def unchanged(net, before):
    return all(np.array_equal(before[name], parameter.data) for name, parameter in net.saved())


@pytest.fixture
def theirs():
    """What torchvision would save of Net."""
    rng = np.random.default_rng(0)
    shapes = {"conv1.weight": (2, 1, 3, 3), "conv1.bias": (2,), "bn1.weight": (2,),
              "bn1.bias": (2,), "bn1.running_mean": (2,), "bn1.running_var": (2,),
              "fc.weight": (3, 4), "fc.bias": (3,)}
    return {name: rng.standard_normal(shape).astype("f") for name, shape in shapes.items()}


def written(arrays, path):
    entries, blobs = described(arrays)
    path.write_bytes(zip_file(ordered(entries), blobs))
    return path


@pytest.mark.parametrize("names", [None, "torchvision"])
def test_published_names(names, theirs, tmp_path):
    """From before num_batches_tracked, which is not missed."""
    net = Net()
    assert load(net, written(theirs, tmp_path / "w.pth"), names) is net
    assert np.array_equal(net.first.weight.data, theirs["conv1.weight"])
    assert np.array_equal(net.norm.running_var.data, theirs["bn1.running_var"])
    assert net.first.weight.data.flags.owndata and net.first.weight.data.flags.writeable


def test_types_are_those_of_the_network(theirs, tmp_path):
    net = Net().to(dtype=np.float64)
    load(net, written({name: q.astype("f2") for name, q in theirs.items()}, tmp_path / "w.pth"))
    assert net.fc.bias.dtype == np.float64
    assert np.array_equal(net.fc.bias.data, theirs["fc.bias"].astype("f2"))


def test_a_matrix_that_is_a_1x1_convolution_there(theirs, tmp_path):
    theirs["fc.weight"] = theirs["fc.weight"][:, :, None, None]
    net = load(Net(), written(theirs, tmp_path / "w.pth"))
    assert np.array_equal(net.fc.weight.data, theirs["fc.weight"][:, :, 0, 0])


def refused(net, path, reason, **options):
    before = values(net)
    with pytest.raises(WeightsError, match=reason):
        load(net, path, **options)
    assert unchanged(net, before)


def test_what_does_not_fit_is_listed_and_nothing_changes(theirs, tmp_path):
    path = tmp_path / "w.pth"
    wrong = dict(theirs, more=np.ones(1, "f"))
    del wrong["conv1.bias"]
    wrong["bn1.bias"] = np.ones(3, "f")
    refused(Net(), written(wrong, path),
            r"w\.pth does not fit Net: conv1\.bias: missing; more: unexpected; "
            r"bn1\.bias: \(3,\) in the file, \(2,\) in the network; the network is unchanged\.")
    refused(Net(), written({"x": np.ones(2, "f")}, path),
            r"and \d more; the network is unchanged\. The file has 1 arrays with 2 numbers, the "
            r"network 9 with 44: they are different networks")


def test_another_number_of_classes(theirs, tmp_path):
    path = written(theirs, tmp_path / "w.pth")
    refused(Net(classes=5), path, r"Only a last layer differs: the file is for another number of "
                                  r"classes; head='new' keeps the network's own")
    net = Net(classes=5)
    head = net.fc.weight.data.copy()
    load(net, path, head="new")
    assert np.array_equal(net.fc.weight.data, head)
    assert np.array_equal(net.first.weight.data, theirs["conv1.weight"])
    refused(Net(classes=5, channels=3), path, "in the file", head="new")
    with pytest.raises(ValueError, match="head is 'same' or 'new', got 'none'"):
        load(net, path, head="none")


def test_a_damaged_number_is_found_before_anything_changes(theirs, tmp_path):
    path = written(theirs, tmp_path / "w.pth")
    content = path.read_bytes()
    path.write_bytes(content.replace(theirs["fc.bias"].tobytes(), bytes(12)))
    refused(Net(), path, "is damaged: its check sum is another; the network is unchanged")


def test_other_things(tmp_path):
    save(Net(), tmp_path / "w.npz")
    with pytest.raises(TypeError, match="expected a network, got a str"):
        load("w.npz", tmp_path / "w.npz")
    with pytest.raises(ValueError, match="no names of 'timm' are known for this Net; there are "
                                         "minicnn, torchvision"):
        load(Net(), tmp_path / "w.npz", names="timm")
    assert Sequential(Linear(2, 2)) is not None
