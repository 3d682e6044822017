"""What backward reads must be as forward has left it: else an error, never a wrong gradient."""

import copy

import numpy as np
import pytest

from minicnn import losses, optim
from minicnn.autograd.engine import Function
from minicnn.autograd.tensor import Tensor
from minicnn.gradcheck.cases.table import all_cases
from minicnn.layers.activations import ReLU
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.module import Module

CASES = [case for case in all_cases() if case.inputs]
STALE = "needs the values that forward read"


def leaves_of(case):
    """The function, its inputs and all its leaves, in float64."""
    function = case.make()
    xs = [Tensor(x.copy(), requires_grad=True) for x in case.inputs]
    parameters = []
    if isinstance(function, Module):
        function.to(dtype=np.float64)
        parameters = function.parameters()
        for number, parameter in enumerate(parameters):
            drawn = np.random.default_rng(number).standard_normal(parameter.shape)
            parameter.data = 1 + 0.3 * drawn
    return function, xs, [*xs, *parameters]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.name}, {case.option}")
def test_a_changed_leaf_is_refused_or_does_not_matter(case, mode):
    def gradients(changed):
        """Those of all leaves, when leaf number `changed` is written into after forward."""
        function, xs, leaves = leaves_of(case)
        y = function(*xs)
        dy = np.random.default_rng(0).standard_normal(y.shape)
        if changed is not None:
            leaves[changed].data[...] *= 2
            leaves[changed].mark_written()
        y.backward(dy)
        return [leaf.grad for leaf in leaves]

    right = gradients(None)
    for number in range(len(right)):
        try:
            found = gradients(number)
        except RuntimeError as problem:
            assert STALE in str(problem)
        else:
            for dx, expected in zip(found, right, strict=True):
                assert (dx is None and expected is None) or np.array_equal(dx, expected)


def network():
    return Sequential(Conv2d(1, 2, 3), ReLU(), Flatten(), Linear(8, 3))


@pytest.mark.parametrize("make", [
    lambda p: optim.SGD(p, lr=0.1), lambda p: optim.SGD(p, lr=0.1, momentum=0.9),
    lambda p: optim.Adam(p)], ids=["SGD", "momentum", "Adam"])
def test_a_step_between_forward_and_backward(make, mode):
    net, x = network(), Tensor(np.ones((2, 1, 4, 4), "f"), requires_grad=True)
    optimizer = make(net.parameters())
    losses.cross_entropy(net(x), np.array([0, 1])).backward()
    late = losses.cross_entropy(net(x), np.array([0, 1]))
    optimizer.step()
    with pytest.raises(RuntimeError, match=r"^3: Linear\.backward needs the values that forward "
                       r"read, but its Parameter of shape \(3, 8\) was written into since then, by "
                       r"optimizer\.step\(\) or in place: the gradient would be wrong; call "
                       r"backward\(\) before the step, or compute the loss again after it"):
        late.backward()
    net.zero_grad()
    losses.cross_entropy(net(x), np.array([0, 1])).backward()      # the next round is in order


def test_the_layer_is_named_by_its_path():
    net = Sequential(Conv2d(1, 1, 1), Sequential(Linear(2, 2)))
    y = net[1](Tensor(np.ones((1, 2), "f"), requires_grad=True)).sum()
    net[1][0].weight.data *= 2
    net[1][0].weight.mark_written()
    with pytest.raises(RuntimeError, match=r"^1\.0: Linear\.backward|^0: Linear\.backward"):
        y.backward()


def test_what_backward_does_not_read_may_change():
    """A bias; a weight whose layer's input needs no gradient; a weight that got another array."""
    layer = Linear(3, 2)
    x = Tensor(np.ones((1, 3), "f"), requires_grad=True)
    y = layer(x).sum()
    layer.bias.data += 1
    layer.bias.mark_written()
    y.backward()
    assert np.array_equal(x.grad, layer.weight.data.sum(axis=0, keepdims=True))

    y = layer(x).sum()
    before = layer.weight.data
    layer.load_state_dict({"weight": np.zeros((2, 3), "f"), "bias": np.zeros(2, "f")})
    x.grad = None
    y.backward()                                               # the graph has the former array
    assert np.array_equal(x.grad, before.sum(axis=0, keepdims=True))


def test_a_second_backward_through_a_kept_graph():
    x = Tensor(np.array([2.0, 3.0]), requires_grad=True)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    x.data *= 2
    x.mark_written()
    with pytest.raises(RuntimeError, match=r"^Mul\.backward .* its Tensor of shape \(2,\)"):
        y.backward()


def test_data_without_gradient_count_too():
    images, w = Tensor(np.ones((2, 3))), Tensor(np.ones((3, 1)), requires_grad=True)
    y = (images @ w).sum()
    images.data[...] = 5
    images.mark_written()
    with pytest.raises(RuntimeError, match=STALE):
        y.backward()


def test_what_a_closure_keeps_is_found():
    class Closed(Function):
        def forward(self, x):
            kept = {"a list of": [x[1:]]}
            self.backward = lambda dy: dy * np.concatenate([kept["a list of"][0][:1],
                                                            kept["a list of"][0]])
            return x * 1.0

    x = Tensor(np.ones(3), requires_grad=True)
    y = Closed()(x).sum()
    x.data *= 2
    x.mark_written()
    with pytest.raises(RuntimeError, match=STALE):
        y.backward()


def test_a_copy_of_the_network_has_its_own():
    net = network()
    other = copy.deepcopy(net)
    x = Tensor(np.ones((2, 1, 4, 4), "f"))
    y = other(x).sum()
    for parameter in net.parameters():
        parameter.data[...] = 0
        parameter.mark_written()
    y.backward()


@pytest.mark.parametrize("view", [lambda w: w.reshape(2, 2), lambda w: w.reshape(2, 2).T,
                                  lambda w: w[:4].reshape(2, 2).permute(1, 0)])
def test_a_view_of_a_changed_leaf_is_refused(view):
    w = Tensor(np.arange(4.0), requires_grad=True)
    y = view(w) @ Tensor(np.eye(2), requires_grad=True)
    w.data *= 2
    w.mark_written()
    with pytest.raises(RuntimeError, match=STALE):
        y.sum().backward()


def test_a_view_may_change_where_nobody_reads_it():
    w = Tensor(np.arange(4.0), requires_grad=True)
    y = w.reshape(2, 2) + 1
    w.data *= 2
    w.mark_written()
    y.sum().backward()
    assert w.grad.tolist() == [1, 1, 1, 1]
