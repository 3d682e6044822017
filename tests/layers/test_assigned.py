"""What is assigned to a Module is learnt, or refused at once with what to write instead."""

import copy
import re
from collections import OrderedDict, deque
from functools import partial

import numpy as np
import pytest

from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.layers.activations import ReLU
from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.containers import ModuleDict, ModuleList, ParameterList, Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.dropout import Dropout
from minicnn.layers.linear import Linear
from minicnn.layers.module import Buffer, Module, Parameter
from minicnn.models import MODELS
from minicnn.optim import SGD


class Net(Module):
    def __init__(self):
        self.conv, self.fc = Conv2d(1, 2, 3), Linear(2, 2)

    def forward(self, x):
        return self.fc(self.conv(x).mean((2, 3)))


class Holder:
    """A plain object."""

    def __init__(self, held):
        self.held = held


OUTSIDE = Linear(2, 2)
X = Tensor(np.ones((2, 1, 4, 4), np.float32))


def names(net):
    return [name for name, _ in net.named_parameters()]


def later(kind, put):
    """A container that is filled after it was assigned."""
    def assign(net):
        net.more = kind()
        put(net.more)
    return assign


# --- learnt: in every container that has an order, whenever it is filled --------------------------

@pytest.mark.parametrize("assign, where", [
    (lambda net: setattr(net, "more", [[Linear(2, 2)], [ReLU(), Linear(2, 2)]]), "0.0 1.1"),
    (lambda net: setattr(net, "more", (Linear(2, 2), Linear(2, 2))), "0 1"),
    (lambda net: setattr(net, "more", {"a": Linear(2, 2), "b": [Linear(2, 2)]}), "a b.0"),
    (lambda net: setattr(net, "more", OrderedDict(a=Linear(2, 2))), "a"),
    (lambda net: setattr(net, "more", deque([Linear(2, 2)])), "0"),
    (lambda net: setattr(net, "more", ModuleList([Linear(2, 2)])), "0"),
    (lambda net: setattr(net, "more", ModuleDict({"a": Linear(2, 2)})), "a"),
    (lambda net: setattr(net, "more", [Sequential(Linear(2, 2))]), "0.0"),
    (later(list, lambda x: x.append(Linear(2, 2))), "0"),
    (later(list, lambda x: x.append([Linear(2, 2)])), "0.0"),
    (later(dict, lambda x: x.update(a=Linear(2, 2))), "a"),
    (later(deque, lambda x: x.append(Linear(2, 2))), "0")])
def test_layers_are_learnt_by_names(assign, where):
    net, before = Net(), names(Net())
    assign(net)
    found = [f"more.{path}.{name}" for path in where.split() for name in ("weight", "bias")]
    assert names(net) == before + found
    assert set(found) <= set(net.state_dict())
    assert all(not part.training for part in net.eval().modules())
    twin = copy.deepcopy(net)
    assert names(twin) == names(net) and not set(map(id, twin.parameters())) & set(
        map(id, net.parameters()))


@pytest.mark.parametrize("value, where", [
    ([Parameter((2,)), [Parameter((3,))]], ["0", "1.0"]), ((Parameter((2,)),), ["0"]),
    ({"a": Parameter((2,))}, ["a"]), (ParameterList([Parameter((2,))]), ["0"])])
def test_parameters_are_learnt_by_names(value, where):
    net = Net()
    net.more = value
    found = [f"more.{path}" for path in where]
    assert set(names(net)) == {*names(Net()), *found} and net.get_parameter(found[0]).size() == (2,)


def test_what_comes_before_init_is_learnt_too():
    class Early(Module):
        def __init__(self):
            self.scale = Parameter((1,))
            super().__init__()
            self.fc = Linear(1, 1)

    assert names(Early()) == ["scale", "fc.weight", "fc.bias"]


# --- refused: what parameters() would not find ----------------------------------------------------

@pytest.mark.parametrize("value, message", [
    ({Linear(2, 2)}, "more: parts in a set have no order, so no names; keep them in a list"),
    (frozenset([Linear(2, 2)]), "parts in a frozenset have no order"),
    ([{Linear(2, 2)}], "more.0: parts in a set"),
    (Holder(Linear(2, 2)), r"Net.more: parts inside a .*Holder would not be learnt; assign them"),
    (Holder([Parameter((2,))]), "parts inside a .*Holder would not be learnt"),
    (lambda x, inner=OUTSIDE: inner(x), "parts inside a function would not be learnt"),
    (lambda x: OUTSIDE(x), "parts inside a function would not be learnt"),
    ((lambda inner: lambda x: inner(x))(OUTSIDE), "parts inside a function would not be learnt"),
    (OUTSIDE.forward, "parts inside a method would not be learnt"),
    (partial(OUTSIDE), "parts inside a functools.partial would not be learnt"),
    (np.array([OUTSIDE, None]), "parts inside a numpy.ndarray would not be learnt"),
    ((layer for layer in [OUTSIDE]), "a generator is used up after one pass; keep a list"),
    (map(Linear, [2], [2]), "a map is used up after one pass"),
    (Tensor([1.0], requires_grad=True), "more: a Tensor that .* no Parameter, would not be learnt"),
    ([Tensor([1.0], requires_grad=True)], "more.0: a Tensor that requires a gradient"),
    ({"a": Tensor([1.0], requires_grad=True)}, r"more.a: .* assign Parameter\(values\)")])
def test_what_would_not_be_learnt_is_refused(value, message):
    net = Net()
    with pytest.raises(TypeError, match=message):
        net.more = value
    assert "more" not in vars(net) and names(net) == names(Net())


def test_a_set_that_is_filled_later_is_refused_when_it_is_looked_into():
    net = Net()
    net.more = set()
    net.more.add(Linear(2, 2))
    with pytest.raises(TypeError, match="more: parts in a set"):
        SGD(net.parameters(), 0.1)


def test_what_holds_no_part_of_its_own_may_be_assigned():
    net = Net()
    for value in (Linear, lambda c: Linear(c, c), Holder(3), np.ones(2), {1, 2}, [1, [2]], None,
                  net.fc.forward, lambda x: net.fc(x), Holder(net.fc), SGD(net.parameters(), 0.1),
                  Tensor([1.0]), partial(Linear, 2), Holder(ReLU()), range(3), np, "text"):
        net.more = value
        assert net.more is value and names(net) == names(Net())


def test_a_forward_may_keep_what_it_has_seen():
    class Keeps(Module):
        def forward(self, x):
            self.seen, self.square = x, x * x
            return self.square

    net, x = Keeps(), Tensor([3.0], requires_grad=True)
    for _ in range(2):
        net(x)
    assert net.seen is x and list(net.parameters()) == [] and "_replaced" not in vars(x)


# --- in the place of a part -----------------------------------------------------------------------

@pytest.mark.parametrize("statement, message", [
    ("net.conv.weight = net.conv.weight * 0.5", r"Conv2d.weight is a Parameter, and this Tensor .* "
     r"not be learnt; .*weight.data = array, to replace it weight = Parameter\(values\)"),
    ("net.conv.weight = np.zeros((2, 1, 3, 3))", "and this numpy.ndarray in its place"),
    ("net.conv.weight = Buffer((2, 1, 3, 3))", "and this Buffer in its place"),
    ("net.conv.weight = [Parameter((1,))]", "and this list in its place"),
    ("net.fc = lambda x: x", "Net.fc is a part, Linear, and this function in its place"),
    ("net.fc = [net.fc]", "and this list in its place"),
    ("net.bn.running_mean = np.zeros(2)", r"BatchNorm2d.running_mean is a Buffer, .* not be saved; "
     r"write running_mean.data = array, or assign Buffer\(values\)"),
    ("net.bn.running_mean = net.conv.weight * 1", r"has no gradient; assign values.detach\(\)")])
def test_another_kind_is_refused(statement, message):
    net = Net()
    net.bn = BatchNorm2d(2)
    before = net.state_dict()
    with pytest.raises(TypeError, match=message):
        exec(statement, {"net": net, "np": np, "Buffer": Buffer, "Parameter": Parameter})
    assert list(net.state_dict()) == list(before)


def test_what_may_stand_there():
    net = Net()
    net.bn = BatchNorm2d(2)
    net.conv.weight = Parameter(net.conv.weight * 0.5)
    net.bn.running_mean = net.bn.running_mean * 0.5 + 1
    assert type(net.bn.running_mean) is Buffer and net.bn.running_mean.tolist() == [1, 1]
    net.conv.bias = None
    assert names(net) == ["conv.weight", "fc.weight", "fc.bias", "bn.weight", "bn.bias"]
    net.fc = None
    del net.bn
    assert names(net) == ["conv.weight"] and net.conv(X).shape == (2, 2, 2, 2)


def test_in_place_changes_are_those_of_pytorch():
    """weight += 1 and p -= lr g: under no_grad, in the memory that the optimiser knows."""
    net = Net()
    weight, before = net.fc.weight, net.fc.weight.data.copy()
    with pytest.raises(RuntimeError, match="no_grad"):
        net.fc.weight += 1
    net(X).sum().backward()
    with no_grad():
        net.fc.weight += 1
        for p in net.parameters():
            p -= 0.5 * p.grad
    assert net.fc.weight is weight
    assert np.allclose(weight.data, before + 1 - 0.5 * weight.grad)


def test_a_network_is_no_part_of_itself():
    net = Net()
    for owner in (net, net.fc):
        with pytest.raises(ValueError, match="a network cannot be part of itself"):
            owner.parent = net


# --- parameters that were replaced after the optimiser was made -----------------------------------

def trained(change):
    net = Net()
    optimizer = SGD(net.parameters(), 0.1)
    change(net)
    net(X).sum().backward()
    optimizer.step()


@pytest.mark.parametrize("change, name", [
    (lambda net: setattr(net, "fc", Linear(2, 3)), "fc"),
    (lambda net: setattr(net.fc, "weight", Parameter((2, 2))), "fc.weight"),
    (lambda net: setattr(net, "fc", Sequential(Linear(2, 2))), "fc")])
def test_an_optimiser_says_that_it_knows_the_old_ones(change, name):
    with pytest.raises(ValueError, match=re.escape(f"`{name}` was replaced after the optimiser")):
        trained(change)


@pytest.mark.parametrize("change", [
    lambda net: setattr(net, "fc", Sequential(net.fc, Dropout(0.5))),
    lambda net: (net.__setattr__("old", net.fc), setattr(net, "fc", net.old)),
    lambda net: setattr(net, "fc", net.fc), lambda net: copy.deepcopy(net),
    lambda net: [setattr(copy.copy(net), "fc", Linear(2, 2)), setattr(net, "fc", net.fc)][0]])
def test_and_nothing_of_those_that_are_still_there(change):
    trained(change)


# --- names ----------------------------------------------------------------------------------------

METHODS = sorted(name for name in dir(Module)
                 if not name.startswith("_") and callable(getattr(Module, name)))


@pytest.mark.parametrize("name", METHODS)
def test_no_names_hide_a_method(name):
    """Not of a part, nor of a number, nor in a subclass."""
    for value in (ReLU(), [ReLU()], Parameter((1,)), 3, (3, 32, 32), None, True):
        with pytest.raises(TypeError, match=f"name '{name}' is taken, by the method Net.{name}"):
            setattr(Net(), name, value)
    for owner in (Sequential, ModuleDict):
        with pytest.raises(TypeError, match=f"'{name}' is taken, by the method {owner.__name__}"):
            owner({name: ReLU()})
    for value in (3, None, (1,), property(lambda self: 3)):
        with pytest.raises(TypeError, match=f"class Bad: the name '{name}' is taken"):
            type("Bad", (Module,), {name: value})


def test_methods_that_only_minicnn_writes():
    for name in ("shape", "image", "located", "follow"):
        with pytest.raises(TypeError, match=f"'{name}' is taken, .* another method would hide"):
            type("Bad", (Module,), {name: lambda self, x: x})
    for name in ("forward", "extra_repr", "out_shape", "train", "head", "macs"):
        type("Good", (Module,), {name: lambda self, x=None: x})


def test_names_with_dots_are_refused():
    with pytest.raises(ValueError, match="'a.b' cannot be the name of a part; it is a"):
        setattr(Net(), "a.b", ReLU())


def test_names_that_are_free():
    """What students call their parts."""
    net = Net()
    for name in ("head", "detail", "field", "name", "size", "features", "classifier", "parts",
                 "norm", "double", "block", "children_", "append", "pop", "keys", "device"):
        setattr(net, name, Linear(1, 1))
        assert f"{name}.weight" in names(net)
    assert "head: Linear 1 -> 1" in repr(net) and net.shape((1, 4, 4)) == (2,)


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_the_names_in_networks_hide_nothing(name):
    """Building them is the test: a part with the name of a method is refused."""
    for part in MODELS[name]().modules():
        assert not {inner for inner, _ in part.named_parts()} & set(dir(type(part)))
