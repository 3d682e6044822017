"""What PyTorch's Module offers to look at parts, register them, hook into them and copy them."""

import copy
import pickle

import numpy as np
import pytest

from minicnn.autograd.hooks import record_outputs
from minicnn.autograd.tensor import Tensor
from minicnn.backend.seeds import manual_seed
from minicnn.layers.activations import ReLU
from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.dropout import Dropout
from minicnn.layers.linear import Linear
from minicnn.layers.module import Buffer, Module, Parameter
from minicnn.layers.parts import ELSEWHERE
from minicnn.models import MODELS
from minicnn.optim import SGD, Adam


class Net(Module):
    def __init__(self):
        self.stem = Sequential(conv=Conv2d(1, 2, 3), norm=BatchNorm2d(2), relu=ReLU())
        self.drop, self.fc = Dropout(0.5), Linear(2, 3)
        self.again = self.fc

    def forward(self, x, scale=1.0):
        return self.fc(self.drop(self.stem(x).mean((2, 3)))) * scale


X = Tensor(np.random.default_rng(0).standard_normal((4, 1, 5, 5), np.float32))


# --- looking ------------------------------------------------------------------------------------

def test_children_and_modules_come_once():
    net = Net()
    assert list(net.children()) == [net.stem, net.drop, net.fc]
    assert [name for name, _ in net.named_children()] == ["stem", "drop", "fc"]
    assert list(net.modules()) == [net, net.stem, *net.stem, net.drop, net.fc]
    assert [name for name, _ in net.named_parts()] == ["stem", "drop", "fc", "again"]


def test_paths_lead_to_parts():
    net = Net()
    assert net.get_submodule("stem.conv") is net.stem.conv and net.get_submodule("") is net
    assert net.get_submodule("again") is net.fc
    assert net.get_parameter("again.weight") is net.get_parameter("fc.weight") is net.fc.weight
    assert net.get_buffer("stem.norm.running_mean") is net.stem.norm.running_mean
    for call, message in [
            (lambda: net.get_submodule("stem.cov"), "no part 'stem.cov'; did you mean stem.conv"),
            (lambda: net.get_parameter("fc.wieght"), "no parameter .*did you mean fc.weight"),
            (lambda: net.get_parameter("stem.norm.running_mean"), "no parameter"),
            (lambda: Linear(1, 1).get_buffer("x"), "no buffer 'x'; there are none")]:
        with pytest.raises(AttributeError, match=message):
            call()


def test_recurse_false_stays_on_top():
    net = Net()
    net.scale = Parameter((1,))
    assert [name for name, _ in net.named_parameters(recurse=False)] == ["scale"]
    assert list(net.buffers(recurse=False)) == [] and len(list(net.buffers())) == 3
    assert [name for name, _ in net.named_buffers()] == [
        "stem.norm.running_mean", "stem.norm.running_var", "stem.norm.num_batches_tracked"]


def test_apply_comes_from_the_inside():
    seen = []
    net = Net()
    assert net.apply(seen.append) is net
    assert seen == [*net.stem, net.stem, net.drop, net.fc, net]


def test_freezing():
    net = Net()
    assert net.requires_grad_(False) is net and not any(p.requires_grad for p in net.parameters())
    net.fc.requires_grad_()
    net(X).sum().backward()
    assert net.stem.conv.weight.grad is None and net.fc.weight.grad is not None
    assert not any(buffer.requires_grad for buffer in net.requires_grad_().buffers())


def test_zero_grad_may_leave_zeros():
    net = Net()
    net(X).sum().backward()
    net.zero_grad(set_to_none=False)
    assert net.fc.weight.grad.shape == (3, 2) and not net.fc.weight.grad.any()
    net.zero_grad()
    assert net.fc.weight.grad is None


# --- registering ----------------------------------------------------------------------------------

def test_registering():
    net = Net()
    net.register_buffer("steps", np.zeros(1, np.float32))
    net.register_buffer("cache", Tensor([1.0, 2.0]), persistent=False)
    net.register_buffer("later", None)
    net.register_parameter("scale", Parameter((1,)))
    net.register_parameter("shift", None)
    net.add_module("more", ReLU())
    net.register_module("less", None)
    assert type(net.steps) is type(net.cache) is Buffer and net.later is net.shift is None
    assert "cache" not in net.state_dict() and {"steps", "scale"} <= set(net.state_dict())
    net.load_state_dict(net.state_dict())
    net.steps = net.steps + 1                              # as a forward counts
    net.cache = Tensor([3.0, 4.0])
    assert net.state_dict()["steps"].tolist() == [1] and "cache" not in net.state_dict()
    assert net.to(dtype=np.float64).cache.dtype == np.float64
    net.register_buffer("steps", [5.0])                    # a buffer may come again


@pytest.mark.parametrize("call, error, message", [
    (lambda net: net.register_buffer("fc", np.zeros(1)), ValueError, "Net has a 'fc' already"),
    (lambda net: net.register_parameter("train", None), ValueError, "has a 'train' already"),
    (lambda net: net.add_module("a.b", ReLU()), ValueError, "'a.b' cannot be a name"),
    (lambda net: net.add_module("", ReLU()), ValueError, "'' cannot be a name"),
    (lambda net: net.add_module(3, ReLU()), ValueError, "3 cannot be a name"),
    (lambda net: net.add_module("x", 3), TypeError, "x must be a Module, got int"),
    (lambda net: net.register_parameter("x", np.zeros(1)), TypeError, r"Parameter\(values\) makes"),
    (lambda net: net.register_parameter("x", Buffer((1,))), TypeError, "must be a Parameter, got"),
    (lambda net: net.register_buffer("x", "text"), TypeError, "Buffer: expected a shape"),
    (lambda net: iter(net), TypeError, r"Net is no sequence; write: for part in net.children\(\)"),
    (lambda net: net[0], TypeError, "no sequence; its parts are attributes, such as net.conv1"),
    (lambda net: 3 in net, TypeError, "not iterable|no sequence"),
    (lambda net: len(net), TypeError, "no len"),
    (lambda net: net + net, TypeError, "unsupported operand"),
    (lambda net: int(net), TypeError, "not 'Net'"),
    (lambda net: net.fcc, AttributeError, "Net has no 'fcc'"),
    (lambda net: setattr(net.stem.conv, "stride", 2), AttributeError, "follows from what the layer "
     "was built with; build another one"),
    (lambda net: Conv2d(1, 2, 3, device="cuda"), TypeError, r"device .* layer by layer; .*\.to\(d"),
    (lambda net: Linear(1, 2, dtype=np.float64), TypeError, r"then .to\(dtype=...\)")])
def test_refused(call, error, message):
    with pytest.raises(error, match=message):
        call(Net())


@pytest.mark.parametrize("name", ELSEWHERE)
def test_names_of_pytorch_that_are_written_otherwise(name):
    assert not hasattr(Net(), name)
    with pytest.raises(AttributeError) as told:
        getattr(Net(), name)
    assert f"Net has no {name!r}; {ELSEWHERE[name]}" == str(told.value)


def test_a_network_is_equal_to_itself_alone():
    net = Net()
    assert net == net and net != Net() and hash(net) == hash(net) and bool(net)


# --- hooks ----------------------------------------------------------------------------------------

def test_a_forward_hook_hears_until_it_is_removed():
    net, heard = Net().eval(), []
    handle = net.stem.conv.register_forward_hook(
        lambda module, inputs, y: heard.append((module, len(inputs), y.shape)))
    net(X)
    assert heard == [(net.stem.conv, 1, (4, 2, 3, 3))]
    assert net.shape((1, 5, 5)) == (3,) and len(heard) == 1        # shapes are not values
    handle.remove()
    handle.remove()
    net(X)
    assert len(heard) == 1
    with net.register_forward_hook(lambda *call: heard.append(call)):
        net(X, scale=2.0)
    net(X)
    assert len(heard) == 2


def test_a_hook_is_no_part_of_the_network():
    net = Net()
    before = list(net.named_parameters())
    net.register_forward_hook(Linear(2, 2).register_forward_hook)
    net.register_forward_hook(Linear(3, 3))
    assert list(net.named_parameters()) == before


def test_hooks_may_change_what_goes_in_and_comes_out():
    net = Net().eval()
    y, taps = net(X), []
    with net.fc.register_forward_pre_hook(lambda module, inputs: inputs[0] * 0):
        assert np.allclose(net(X).data, net.fc.bias.data)
    with net.register_forward_hook(lambda module, inputs, y: y + 1), \
            net.register_forward_hook(lambda module, inputs, y: y * 2), \
            record_outputs(lambda path, layer, y: taps.append((path, y))):
        doubled = net(X)
    assert np.allclose(doubled.data, (y.data + 1) * 2)
    assert taps[-1][0] == "" and taps[-1][1] is doubled    # who records sees what comes out


def test_a_gradient_is_found_through_a_hook():
    """What register_full_backward_hook is asked for: the gradient of a layer's output."""
    net, kept = Net().eval(), []

    def keep(module, inputs, y):
        y.retain_grad()
        kept.append(y)

    net.stem.conv.register_forward_hook(keep)
    net(X).sum().backward()
    assert kept[0].grad.shape == (4, 2, 3, 3)


def test_settings_reach_forward_by_name():
    net = Net().eval()
    assert np.allclose(net(X, scale=3.0).data, 3 * net(X).data)
    with pytest.raises(TypeError, match="unexpected keyword argument 'scael'"):
        net(X, scael=3.0)


# --- copies ---------------------------------------------------------------------------------------

def trained_net():
    """Read and unread parameters, gradients, buffers, a hook, a replaced part."""
    net = Net()
    net.unread = Linear(3, 3)
    net.fc = Linear(2, 3)
    net.again = net.fc
    net.fc.register_forward_hook(seen)
    optimizer = Adam([{"params": net.stem.parameters(), "lr": 0.01},
                      {"params": [*net.fc.parameters(), *net.unread.parameters()]}], lr=0.1)
    net(X).sum().backward()
    optimizer.step()
    return net, optimizer


def seen(module, inputs, y):
    module.calls = getattr(module, "calls", 0) + 1


def step(net, optimizer):
    manual_seed(5)
    optimizer.zero_grad()
    net(X).sum().backward()
    optimizer.step()


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda both: pickle.loads(pickle.dumps(both))])
def test_copies_are_equal_and_independent(copied):
    net, optimizer = trained_net()
    twin, its = copied((net, optimizer))
    assert [id(p) for p in its.parameters] == [
        id(p) for part in (twin.stem, twin.fc, twin.unread) for p in part.parameters()]
    assert twin.again is twin.fc and twin.fc._hooks and repr(twin) == repr(net)
    assert repr(its) == repr(optimizer)
    step(net, optimizer)
    assert twin.fc.calls == 1 and net.fc.calls == 2
    before = {name: value.copy() for name, value in net.state_dict().items()}
    step(twin, its)
    for name, value in twin.state_dict().items():
        assert (value == before[name]).all(), name
    assert {id(p.data) for p in twin.parameters()}.isdisjoint(id(p.data) for p in net.parameters())


def test_a_deep_copy_draws_nothing():
    drawn = []

    def draw(rng, shape):
        drawn.append(shape)
        return rng.standard_normal(shape)

    net = Module()
    net.w = Parameter((2, 3), draw)
    twin = copy.deepcopy(net)
    assert drawn == [] and (twin.w.data == net.w.data).all() and len(drawn) == 2
    assert (pickle.loads(pickle.dumps(net)).w.data == net.w.data).all()
    assert copy.copy(net).w is net.w


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_networks_are_pickled_by_names(name, monkeypatch):
    """Nothing in them, a lambda say, stands against it; the weights are left out here."""
    monkeypatch.setattr(Parameter, "__getstate__", lambda self: {"_shape": self.shape})
    net = MODELS[name]()
    twin = pickle.loads(pickle.dumps(net))
    assert [(path, p.shape) for path, p in twin.named_parameters()] == [
        (path, p.shape) for path, p in net.named_parameters()]


def test_the_state_of_an_optimiser_follows_its_parameters():
    net, optimizer = trained_net()
    alone = copy.deepcopy(optimizer)
    assert set(alone.state) <= set(alone.parameters) and len(alone.state) == 6
    assert SGD(net.parameters(), 0.1) != optimizer
