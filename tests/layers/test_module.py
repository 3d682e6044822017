"""Module and Sequential: what belongs to them, state dicts, modes, moving, and names in errors."""

import copy
import sys

import numpy as np
import pytest

from minicnn.autograd.tensor import Tensor
from minicnn.backend.seeds import manual_seed
from minicnn.layers.activations import ReLU, ScaledTanh, Sigmoid, Tanh
from minicnn.layers.avgpool import AvgPool2d
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.module import Buffer, Module, Parameter


class Net(Module):
    """A bit of everything: a layer, layers in a list, one of them shared, a buffer, a parameter."""

    def __init__(self):
        self.conv = Conv2d(1, 2, 3, padding=1)
        self.blocks = [Conv2d(2, 2, 1, bias=False), Sequential(act=ReLU(), pool=AvgPool2d(2))]
        self.again = self.blocks[0]
        self.scale = Parameter((2, 1, 1), lambda rng, shape: np.full(shape, 2, np.float32))
        self.steps = Buffer((1,))
        self.fc = Linear(8, 3)
        self.note = "not a layer"

    def forward(self, x):
        x = self.blocks[1](self.again(self.blocks[0](self.conv(x)))) * self.scale
        return self.fc(x.flatten(1))

    def out_shape(self, in_shape):
        shape = self.again.shape(self.blocks[0].shape(self.conv.shape(in_shape)))
        return self.fc.shape((int(np.prod(self.blocks[1].shape(shape))),))


def lenet():
    return Sequential(C1=Conv2d(1, 3, 3, padding=1), R1=ReLU(), S2=AvgPool2d(2), flat=Flatten(),
                      F3=Linear(12, 4))


NAMES = ["scale", "steps", "conv.weight", "conv.bias", "blocks.0.weight", "fc.weight", "fc.bias"]


# --- what belongs to a Module -----------------------------------------------------------------

def test_parameters_in_order_of_assignment():
    net = Net()
    assert [name for name, _ in net.named_state()] == NAMES
    assert [name for name, _ in net.named_parameters()] == [n for n in NAMES if n != "steps"]
    assert [p.shape for p in net.parameters()] == [(2, 1, 1), (2, 1, 3, 3), (2,), (2, 2, 1, 1),
                                                   (3, 8), (3,)]
    assert [name for name, _ in net.named_parts()] == [
        "conv", "blocks.0", "blocks.1", "again", "fc"]
    everything = ["", "conv", "blocks.0", "blocks.1", "blocks.1.act", "blocks.1.pool", "fc"]
    assert [path for path, _ in net.named_modules()] == everything
    assert [path for path, _ in net.named_modules(remove_duplicate=False)] == [
        *everything[:-1], "again", "fc"]
    assert net.num_parameters() == 2 + 18 + 2 + 4 + 24 + 3


def test_nothing_is_drawn_by_counting_and_following_shapes():
    drawn = []

    class Big(Module):
        def __init__(self):
            self.w = Parameter((10**6, 10**6), lambda rng, shape: drawn.append(shape))

        def forward(self, x):
            return x

    net = Sequential(a=Big(), b=Big())
    assert net.num_parameters() == 2 * 10**12                  # 8 TB
    assert net.shape((3,)) == (3,) and "Big" in repr(net)
    net.to(dtype=np.float64)
    net.train()
    net.zero_grad()
    assert [p.shape for p in net.parameters()] == [(10**6, 10**6)] * 2 and drawn == []


def test_one_seed_one_network_in_whatever_order_it_is_read(xp, device):
    manual_seed(7)
    forwards = lenet().state_dict()
    manual_seed(7)
    net = lenet()
    for parameter in reversed(list(net.parameters())):
        assert parameter.data is parameter.data                # drawn once
    manual_seed(7)
    moved = lenet().to(device)
    manual_seed(8)
    other = lenet().state_dict()
    for name, values in forwards.items():
        assert (net.state_dict()[name] == values).all()
        assert (moved.state_dict()[name] == values).all()
        assert (other[name] != values).any()
    assert moved.C1.weight.device == device


def test_parameters_of_one_network_differ():
    net = Sequential(Linear(4, 4), Linear(4, 4))
    assert (net[0].weight.data != net[1].weight.data).all()


def test_a_parameter_keeps_its_shape():
    parameter = Parameter((2, 3))
    assert parameter.shape == (2, 3) and parameter.numel() == 6 and parameter.ndim == 2
    assert repr(parameter) == "Parameter(shape=(2, 3), dtype=float32)"
    with pytest.raises(ValueError, match=r"shape \(2, 3\) cannot take values of shape \(3, 2\)"):
        parameter.data = np.zeros((3, 2))


def test_an_unused_list_and_other_attributes_are_no_children():
    net = Module()
    net.sizes, net.note, net.nothing = [1, 2, 3], "text", None
    assert net.named_parts() == [] and list(net.parameters()) == []


# --- state dicts --------------------------------------------------------------------------------

def test_state_dict_there_and_back(xp, device):
    manual_seed(1)
    source = Net().to(device)
    values = source.state_dict()
    assert list(values) == NAMES
    assert all(type(v) is np.ndarray and v.dtype == np.float32 for v in values.values())
    manual_seed(2)
    target = Net().to(device)
    target.load_state_dict(values)
    assert all((target.state_dict()[name] == values[name]).all() for name in NAMES)
    assert all(p.device == device for p in target.parameters())
    x = Tensor(xp.asarray(np.random.default_rng(0).standard_normal((2, 1, 4, 4), np.float32)))
    assert (target(x).numpy() == source(x).numpy()).all()


def test_a_state_dict_is_a_copy():
    net = Linear(2, 2)
    values = net.state_dict()
    values["weight"][:] = 9
    assert (net.weight.data != 9).all()
    net.load_state_dict(values)
    values["weight"][:] = 5
    assert (net.weight.data == 9).all()


def test_loading_keeps_the_dtype_of_the_network():
    net = Linear(2, 2).to(dtype=np.float64)
    net.load_state_dict(Linear(2, 2).state_dict())
    assert net.weight.dtype == net.weight.data.dtype == np.float64


@pytest.mark.parametrize("damage, message", [
    (lambda v: v.pop("F3.bias"), "missing: F3.bias; nothing was changed"),
    (lambda v: v.update(extra=np.zeros(1)), "unexpected: extra; nothing was changed"),
    (lambda v: v.update({"F3.bias": np.zeros(5)}), r"F3.bias: \(5,\) given, \(4,\) needed"),
    (lambda v: v.update({"F3.bias": np.zeros((4, 1))}), r"F3.bias: \(4, 1\) given, \(4,\) needed"),
    (lambda v: v.update({"F3.bias": np.array(list("abcd"))}), "could not convert")])
def test_loading_all_or_nothing(damage, message):
    net = lenet()
    before = net.state_dict()
    values = {name: v + 1 for name, v in before.items()}
    damage(values)
    with pytest.raises(ValueError, match=message):
        net.load_state_dict(values)
    assert all((net.state_dict()[name] == before[name]).all() for name in before)


def test_loading_a_part():
    net = lenet()
    bias = np.arange(4, dtype=np.float32)
    missing, unexpected = net.load_state_dict({"F3.bias": bias, "other": np.zeros(3)}, strict=False)
    assert (net.F3.bias.data == bias).all()
    assert missing == ["C1.weight", "C1.bias", "F3.weight"] and unexpected == ["other"]
    assert repr(net.load_state_dict(net.state_dict())) == "<all names matched>"
    with pytest.raises(ValueError, match=r"\(5,\) given"):
        net.load_state_dict({"F3.bias": np.zeros(5)}, strict=False)


def test_a_long_list_of_differences_is_cut():
    with pytest.raises(ValueError, match="; and 3 more; nothing was changed"):
        Linear(1, 1).load_state_dict({str(i): np.zeros(1) for i in range(9)})


# --- modes, gradients, moving -------------------------------------------------------------------

def test_train_and_eval_reach_everything():
    net = Net()
    assert all(part.training for part in net.modules())
    assert net.eval() is net and not any(part.training for part in net.modules())
    net.blocks[1].train()
    assert net.blocks[1].act.training and not net.training and not net.conv.training
    assert net.train() is net and all(part.training for part in net.modules())


def test_gradients_reach_every_parameter_and_zero_grad_clears_them(xp, device):
    net = Net().to(device)
    net(Tensor(xp.ones((2, 1, 4, 4), dtype=np.float32))).sum().backward()
    for name, parameter in net.named_parameters():
        assert parameter.grad.shape == parameter.shape, name
        assert parameter.grad.dtype == np.float32
    assert net.steps.grad is None
    net.zero_grad()
    assert all(parameter.grad is None for parameter in net.parameters())


def test_moving(xp, device):
    net = lenet().to(device)
    assert net.to(dtype="float64") is net
    net(Tensor(xp.ones((1, 1, 4, 4)))).sum().backward()
    before = net.state_dict()
    net.to("cpu", np.float16)
    for name, parameter in net.named_parameters():
        assert parameter.dtype == parameter.data.dtype == np.float16 and parameter.device == "cpu"
        assert parameter.grad is None
        assert np.allclose(parameter.data, before[name], atol=1e-2)
    assert net.to(np.float32).F3.bias.dtype == np.float32      # a dtype may come first
    with pytest.raises(TypeError, match="to: dtype must be float16, float32 or float64, got int64"):
        net.to(dtype=int)
    with pytest.raises(TypeError, match="train: mode must be True or False, got 'yes'"):
        net.train("yes")


@pytest.mark.parametrize("device, error", [("gpu", ValueError), ("cuda", RuntimeError)])
def test_moving_where_there_is_nothing(monkeypatch, device, error):
    """An error at once, and the network stays where and what it was."""
    monkeypatch.setitem(sys.modules, "cupy", None)
    net = lenet()
    with pytest.raises(error, match="device"):
        net.to(device, np.float64)
    assert net.C1.weight.device == "cpu" and net.C1.weight.dtype == np.float32


def test_copies_are_independent():
    net = lenet()
    twin = copy.deepcopy(net)
    assert all((twin.state_dict()[name] == v).all() for name, v in net.state_dict().items())
    twin.F3.bias.data += 1
    assert (twin.F3.bias.data != net.F3.bias.data).all()


# --- shapes and errors ---------------------------------------------------------------------------

@pytest.mark.parametrize("make", [Net, lenet])
def test_shape_says_what_forward_does(make):
    net = make()
    y = net(Tensor(np.zeros((5, 1, 4, 4), np.float32)))
    assert (5, *net.shape((1, 4, 4))) == y.shape


def test_errors_name_the_layer():
    net = Sequential(features=Sequential(C1=Conv2d(3, 2, 5)), fc=Linear(2, 2))
    for run in (lambda x: net(Tensor(np.zeros(x, np.float32))), lambda x: net.shape(x[1:])):
        with pytest.raises(ValueError, match=r"^features.C1 \(Conv2d 3 -> 2, kernel 5x5\): .*1 ch"):
            run((1, 1, 9, 9))
        with pytest.raises(ValueError, match=r"^features.C1 \(.*\): a window of 5 pixels does not"):
            run((1, 3, 4, 4))
        with pytest.raises(ValueError, match=r"^features.C1 \(.*got \(N, 9, 9\); one .* x\[None\]"):
            run((3, 9, 9))
        with pytest.raises(ValueError, match=r"^fc \(Linear 2 -> 2\): .*put Flatten\(\) before it"):
            run((1, 3, 5, 5))
    with pytest.raises(ValueError, match="or is a Flatten before it"):
        Sequential(Flatten(), Conv2d(3, 2, 1))(Tensor(np.zeros((1, 3, 4, 4), np.float32)))


def test_lists_number_their_layers():
    class Listed(Module):
        def __init__(self):
            self.stages = [Linear(2, 3), Linear(2, 3)]

        def forward(self, x):
            return self.stages[1](self.stages[0](x))

    with pytest.raises(ValueError, match=r"^stages.1 \(Linear 2 -> 3\): the input has 3 features"):
        Listed()(Tensor([[1.0, 2.0]]))


def test_a_module_without_forward():
    with pytest.raises(TypeError, match="Module has no forward"):
        Module()(Tensor([1.0]))


@pytest.mark.parametrize("make", [lambda: ScaledTanh(150.0, 1.0), lambda: Sigmoid(5),
                                  lambda: Tanh(slope=3)])
def test_arguments_that_a_layer_does_not_have(make):
    """Python's object would ignore them without a word, where __new__ is written."""
    with pytest.raises(TypeError, match="takes no arguments, got (150.0, 1.0|5|slope)"):
        make()
