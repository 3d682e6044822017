"""Sequential, ModuleList, ModuleDict, ParameterList: Python's list and dict, name by name."""

from collections import OrderedDict

import numpy as np
import pytest

from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import to_cpu
from minicnn.layers.activations import ReLU
from minicnn.layers.containers import Identity, ModuleDict, ModuleList, ParameterList, Sequential
from minicnn.layers.linear import Linear
from minicnn.layers.module import Module, Parameter


def names(net):
    return [name for name, _ in net.named_parameters()]


def layers():
    return [Linear(2, 3), ReLU(), Linear(3, 1)]


def test_sequential():
    relu = ReLU()
    net = Sequential(Linear(2, 3), relu, last=Linear(3, 1))
    assert len(net) == 3 and net[1] is relu and net[-1] is net.last
    assert [name for name, _ in net.named_parameters()] == ["0.weight", "0.bias", "last.weight",
                                                            "last.bias"]
    assert net(Tensor([[1.0, 2.0]])).shape == (1, 1) and net.shape((2,)) == (1,)
    assert repr(net) == ("Sequential(\n  0: Linear 2 -> 3\n  1: ReLU\n  last: Linear 3 -> 1\n)")
    x = Tensor([[1.0]])
    assert Sequential()(x) is x and Sequential().shape((1,)) == (1,)
    with pytest.raises(TypeError, match="Sequential: part 1 must be a Module, got function"):
        Sequential(relu, lambda x: x)


def test_two_networks_may_share_a_layer():
    shared = Linear(2, 2)
    net = Sequential(shared, shared)
    assert net.num_parameters() == 6 and list(net.state_dict()) == ["0.weight", "0.bias"]
    net(Tensor([[1.0, 1.0]])).sum().backward()
    w, b = shared.weight.data, shared.bias.data
    h = w @ np.ones(2, np.float32) + b
    expected = np.outer(w.sum(0), np.ones(2)) + np.tile(h, (2, 1))
    assert np.allclose(to_cpu(shared.weight.grad), expected)


def test_an_ordered_dict_gives_the_names():
    a, b = ReLU(), Linear(2, 2)
    for given in (OrderedDict(first=a, second=b), {"first": a, "second": b}):
        net = Sequential(given)
        assert (net.first, net[1]) == (a, b) and names(net) == ["second.weight", "second.bias"]


# --- what is true of a list is true of them -------------------------------------------------------

@pytest.mark.parametrize("kind", [lambda parts: Sequential(*parts), ModuleList])
def test_they_are_lists(kind):
    """Every operation of a list, beside the list itself."""
    parts, extra = layers(), [ReLU() for _ in range(4)]
    net, plain = kind(parts), list(parts)
    for change in (lambda x: x.append(extra[0]), lambda x: x.insert(1, extra[1]),
                   lambda x: x.insert(-1, extra[2]), lambda x: x.__setitem__(-1, extra[3]),
                   lambda x: x.__delitem__(0), lambda x: x.__delitem__(slice(1, 3)),
                   lambda x: x.extend([parts[0], parts[2]]), lambda x: x.pop(), lambda x: x.pop(0),
                   lambda x: x.__iadd__(kind([extra[0]]))):
        change(net)
        change(plain)
        assert list(net) == plain and len(net) == len(plain)
        assert [name for name, _ in net.named_children()] == [str(n) for n in range(len(plain))]
        assert [net[n] for n in range(-len(plain), len(plain))] == plain * 2
        assert plain[0] in net and Identity() not in net and list(reversed(net)) == plain[::-1]
    assert list(net[1:]) == plain[1:] and list(net[::-1]) == plain[::-1]
    assert type(net[1:]) is type(net) and list(net + net[:1]) == plain + plain[:1]
    assert bool(net) and not net[:0] and net != kind(plain) and hash(net) == hash(net)
    with pytest.raises(IndexError, match=f"no part {len(plain)}, there are {len(plain)}"):
        net[len(plain)]
    with pytest.raises(TypeError, match=r"parts are numbered, net\[0\], and attributes"):
        net["0"]
    with pytest.raises(TypeError, match="share their weights"):
        2 * net


def test_a_part_of_a_network_is_a_network():
    net = Sequential(*layers())
    x = Tensor([[1.0, 2.0]])
    head = net[:2].eval()
    assert head(x).shape == (1, 3) and not head.training and not net[1].training and net.training
    assert names(net[1:]) == ["2.weight", "2.bias"]        # as the whole knows them
    assert [name for name, _ in net[2:].append(ReLU()).named_children()] == ["2", "1"]
    with pytest.raises(ValueError, match=r"^2 \(Linear 3 -> 1\)"):
        net[1:](x)


def test_names_stay_where_they_were_given():
    net = Sequential(first=Linear(1, 1), last=ReLU())
    net.insert(1, Linear(1, 1))
    net.append(ReLU())
    assert [name for name, _ in net.named_children()] == ["first", "2", "last", "3"]
    del net[0]
    assert [name for name, _ in net.named_children()] == ["2", "last", "3"]


def test_a_mistake_changes_nothing():
    for net in (Sequential(*layers()), ModuleList(layers())):
        before = list(net)
        for mistake in (lambda n: n.append(3), lambda n: n.extend([ReLU(), 3]),
                        lambda n: n.insert(0, None), lambda n: n.__setitem__(0, Linear)):
            with pytest.raises(TypeError, match="must be a Module|build one"):
                mistake(net)
            assert list(net) == before


@pytest.mark.parametrize("make, message", [
    (lambda: Sequential([ReLU()]), r"one list of them; unpack it: Sequential\(\*layers\)"),
    (lambda: Sequential(part for part in [ReLU()]), "one generator of them; unpack it"),
    (lambda: Sequential(ReLU), r"part 0 is the class ReLU; build one: ReLU\(\)"),
    (lambda: Sequential(3), "part 0 must be a Module, got int"),
    (lambda: Sequential(ReLU(), None), "part 1 must be a Module, got NoneType"),
    (lambda: Sequential(pop=ReLU()), "name 'pop' is taken, by the method Sequential.pop"),
    (lambda: ModuleDict({"keys": ReLU()}), "name 'keys' is taken, by the method ModuleDict.keys"),
    (lambda: Sequential(ReLU()) + ReLU(), r"Sequential \+ ReLU: .* single layer is appended"),
    (lambda: ModuleList([ReLU()])(Tensor([1.0])), "called part by part: for part in parts"),
    (lambda: ModuleDict({"a": ReLU()})(Tensor([1.0])), r"part by part: parts\[name\]\(x\)"),
    (lambda: ModuleDict({"a": 3}), "a name and a Module belong together, got 'a' and int"),
    (lambda: ParameterList([3]), "part 0 must be a Parameter, got int")])
def test_what_they_refuse(make, message):
    with pytest.raises(TypeError, match=message):
        make()
    for name in ("a.b", ""):
        with pytest.raises(ValueError, match="cannot be the name of a part; it is a word without"):
            Sequential({name: ReLU()})


def test_a_module_dict_is_a_dict():
    age, kind = Linear(4, 1), Linear(4, 3)
    heads = ModuleDict({"age": age})
    heads["kind"] = kind
    plain = {"age": age, "kind": kind}
    assert list(heads) == list(heads.keys()) == list(plain) and heads.items() == [*plain.items()]
    assert dict(heads) == plain and heads.values() == [*plain.values()] and len(heads) == 2
    assert "age" in heads and "sex" not in heads and heads["kind"] is heads.kind is kind
    assert names(heads) == ["age.weight", "age.bias", "kind.weight", "kind.bias"]
    assert heads.pop("age") is age and list(heads) == ["kind"]
    heads.update({"age": age})
    del heads["kind"]
    with pytest.raises(KeyError, match="no part 'kind', there are age"):
        heads["kind"]
    heads.clear()
    assert len(heads) == 0


def test_a_parameter_list_is_learnt():
    class Scaled(Module):
        def __init__(self):
            self.scales = ParameterList([Parameter((2,)), np.ones(3, np.float32)])
            self.scales.append(Parameter([5.0]))

        def forward(self, x):
            return x * self.scales[-1]

    net = Scaled()
    assert names(net) == ["scales.0", "scales.1", "scales.2"] and len(net.scales[:2]) == 2
    assert repr(net.scales) == "ParameterList (2,), (3,), (1,)"
    net(Tensor([2.0])).sum().backward()
    assert net.scales[2].grad.tolist() == [2.0] and net.num_parameters() == 6


def test_identity_takes_the_place_of_any_layer():
    x = Tensor([[1.0]])
    assert Identity()(x) is x and Identity(54, bias=False).shape((3, 2)) == (3, 2)
