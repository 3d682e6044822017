"""torch.nn.functional: each function is the layer of its name, with weights as they are given."""

import numpy as np
import pytest

from minicnn import Parameter, Tensor, functions, layers, losses, nn
from minicnn import functions as F
from minicnn.analysis import activations, trace
from minicnn.autograd import functions as elementary
from minicnn.autograd.checks import ValuesNeeded
from minicnn.backend.seeds import random_state
from minicnn.layers.module import Module
from minicnn.nn.elsewhere import LAYERS

IMAGES = np.random.default_rng(0).standard_normal((2, 4, 7, 6)).astype("f")
ROWS = IMAGES.reshape(2, -1)

LOSSES = ("binary_cross_entropy_with_logits", "cross_entropy", "mse_loss", "smooth_l1_loss")

SAME = {                                                   # function, layer, input
    "max_pool2d": (lambda x: F.max_pool2d(x, 3, 2, 1, ceil_mode=True),
                   layers.MaxPool2d(3, 2, 1, ceil_mode=True), IMAGES),
    "max_unpool2d": (
        lambda x: F.max_unpool2d(*F.max_pool2d(x, 2, return_indices=True), 2, output_size=x.shape),
        lambda x: layers.MaxUnpool2d(2)(*layers.MaxPool2d(2, return_indices=True)(x), (7, 6)),
        IMAGES),
    "interpolate": (lambda x: F.interpolate(x, scale_factor=1.5, mode="bilinear"),
                    layers.Upsample(scale_factor=1.5, mode="bilinear"), IMAGES),
    "avg_pool2d": (lambda x: F.avg_pool2d(x, (2, 3), padding=1, count_include_pad=False),
                   layers.AvgPool2d((2, 3), padding=1, count_include_pad=False), IMAGES),
    "adaptive_avg_pool2d": (lambda x: F.adaptive_avg_pool2d(x, (3, 1)),
                            layers.AdaptiveAvgPool2d((3, 1)), IMAGES),
    "leaky_relu": (lambda x: F.leaky_relu(x, 0.2), layers.LeakyReLU(0.2), IMAGES),
    "gelu": (lambda x: F.gelu(x, approximate="tanh"), layers.GELU("tanh"), IMAGES),
    "silu": (F.silu, layers.SiLU(), IMAGES),
    "softmax": (lambda x: F.softmax(x, dim=0), layers.Softmax(0), ROWS),
    "log_softmax": (lambda x: F.log_softmax(x, dim=1), layers.LogSoftmax(1), ROWS),
}


@pytest.mark.parametrize("name", SAME)
def test_what_has_no_weights_is_the_layer(name):
    function, layer, array = SAME[name]
    x, twin = (Tensor(array, requires_grad=True) for _ in range(2))
    y, same = function(x), layer(twin)
    dy = np.arange(y.numel(), dtype="f").reshape(y.shape)
    y.backward(dy)
    same.backward(dy)
    assert np.array_equal(y.numpy(), same.numpy()) and np.array_equal(x.grad, twin.grad)


def test_the_list_is_whole():
    held = {*SAME, *elementary.__all__, "conv2d", "conv_transpose2d", "linear", "dropout",
            "dropout2d", *LOSSES}
    assert {*F.__all__} == held
    assert all(getattr(F, name) is getattr(losses, name) for name in LOSSES)
    assert {*LAYERS.values()} <= {*layers.elsewhere.ELSEWHERE, *layers.__all__}


@pytest.mark.parametrize("biased", [True, False])
@pytest.mark.parametrize("groups", [1, 2])
def test_conv2d_and_its_gradients(groups, biased):
    layer = layers.Conv2d(4, 6, (3, 2), 2, 1, 1, groups, bias=biased)
    x, twin = (Tensor(IMAGES, requires_grad=True) for _ in range(2))
    w = Parameter(layer.weight.data.copy())
    b = Parameter(layer.bias.data.copy()) if biased else None
    y, same = F.conv2d(x, w, b, stride=2, padding=1, groups=groups), layer(twin)
    dy = np.cos(np.arange(y.numel(), dtype="f")).reshape(y.shape)
    y.backward(dy)
    same.backward(dy)
    assert np.array_equal(y.numpy(), same.numpy()) and np.array_equal(x.grad, twin.grad)
    assert np.array_equal(w.grad, layer.weight.grad)
    assert not biased or np.array_equal(b.grad, layer.bias.grad)


@pytest.mark.parametrize("biased", [True, False])
@pytest.mark.parametrize("groups", [1, 2])
def test_conv_transpose2d_and_its_gradients(groups, biased):
    layer = layers.ConvTranspose2d(4, 6, (3, 2), 2, 1, 1, groups, bias=biased)
    x, twin = (Tensor(IMAGES, requires_grad=True) for _ in range(2))
    w = Parameter(layer.weight.data.copy())
    b = Parameter(layer.bias.data.copy()) if biased else None
    y, same = F.conv_transpose2d(x, w, b, 2, 1, 1, groups), layer(twin)
    dy = np.cos(np.arange(y.numel(), dtype="f")).reshape(y.shape)
    y.backward(dy)
    same.backward(dy)
    assert np.array_equal(y.numpy(), same.numpy()) and np.array_equal(x.grad, twin.grad)
    assert np.array_equal(w.grad, layer.weight.grad)
    assert not biased or np.array_equal(b.grad, layer.bias.grad)


def test_linear_and_its_gradients():
    rng = np.random.default_rng(1)
    for lead in ((5,), (2, 5), ()):
        x, w, b = (Tensor(rng.standard_normal(shape), requires_grad=True)
                   for shape in ((*lead, 3), (4, 3), (4,)))
        y = F.linear(x, w, b)
        assert np.allclose(y.numpy(), x.data @ w.data.T + b.data)
        dy = rng.standard_normal(y.shape)
        y.backward(dy)
        flat, rows = dy.reshape(-1, 4), x.data.reshape(-1, 3)
        assert np.allclose(w.grad, flat.T @ rows) and np.allclose(b.grad, flat.sum(0))
        assert np.allclose(x.grad, dy @ w.data)
    assert np.allclose(F.linear(x, w).numpy(), x.data @ w.data.T)


def test_dropout_asks_for_training():
    x = Tensor(np.ones((50, 8, 2, 2), "f"))
    assert F.dropout(x, 0.5, training=False) is x
    assert {*np.unique(F.dropout(x).numpy())} == {0.0, 2.0}
    y = F.dropout2d(x, 0.25).numpy()
    assert (y == y[:, :, :1, :1]).all() and 0 < (y == 0).mean() < 0.5
    with pytest.raises(TypeError, match="mode must be True or False"):
        F.dropout(x, 0.5, training="no")


class Net(Module):
    """Written with functions, as in PyTorch's tutorials."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.filters = Parameter(np.ones((5, 4, 3, 3), "f"))
        self.last = nn.Linear(5 * 1 * 2, 3)
        self.weight = Parameter(np.ones((2, 3), "f"))

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv(x)), 2)
        x = F.leaky_relu(F.conv2d(x, self.filters, padding=1))
        x = F.avg_pool2d(F.pad(x, (0, 1)), (3, 2), (3, 3), 1)
        x = F.dropout(F.flatten(x, 1), 0.3, self.training)
        return F.linear(F.log_softmax(self.last(x), 1), self.weight)


@pytest.mark.parametrize("function", [F.relu, F.leaky_relu, F.silu, F.dropout, F.dropout2d])
def test_in_place_is_taken_and_changes_nothing(function):
    x = Tensor(IMAGES)
    y = function(x, inplace=True)
    assert np.array_equal(x.numpy(), IMAGES) and not np.array_equal(y.numpy(), IMAGES)
    with pytest.raises(TypeError, match="inplace must be True or False"):
        function(x, inplace=1)


def test_a_shape_goes_the_same_way():
    net = Net()
    y = net(Tensor(np.zeros((2, 3, 9, 8), "f")))
    assert net.shape((3, 9, 8)) == y.shape[1:] == (2,)
    assert {*net.state_dict()} == {"conv.weight", "conv.bias", "filters", "last.weight",
                                   "last.bias", "weight"}


def test_functions_have_their_names():
    net, x = Net(), Tensor(np.zeros((1, 3, 9, 8), "f"))
    assert [step.path for step in trace(net, (3, 9, 8))] == [
        "conv", "max_pool2d", "leaky_relu", "avg_pool2d", "dropout", "last"]
    assert {"max_pool2d", "leaky_relu"} <= {*activations(net.eval(), x.numpy())}
    with pytest.raises(ValueError, match=r"^max_pool2d \(MaxPool2d kernel 2x2.*expected images"):
        F.max_pool2d(x[0], 2)


def test_who_asked_for_values():
    class Asks(Module):
        def forward(self, x):
            return x if F.all(x) else -x

    with pytest.raises(ValuesNeeded, match=r"test_functional.py:\d+ asks for .*`return x if F.all"):
        Asks().shape((3,))


def test_functions_draw_no_weights_and_no_seeds():
    before = str(random_state())
    x = Tensor(IMAGES)
    F.conv2d(x, Tensor(np.ones((2, 4, 3, 3), "f")))
    F.linear(x, Tensor(np.ones((2, 6), "f")))
    F.max_pool2d(F.gelu(x), 2)
    assert str(random_state()) == before


@pytest.mark.parametrize("name", F.METHODS)
def test_methods_are_functions(name):
    function, x = getattr(F, name), Tensor([[1.0, 2.0], [4.0, 3.0]])
    arguments = {"gather": (1, np.array([[0], [1]])), "permute": (1, 0), "pow": (2,),
                 "reshape": ((4, 1),), "transpose": (0, 1), "unsqueeze": (0,)}.get(name, ())
    y, same = function(x, *arguments), getattr(x, name)(*arguments)
    assert np.array_equal(np.asarray(y), np.asarray(same)) and function.__name__ == name
    assert function(x.numpy(), *arguments) is not None     # arrays are taken, too


@pytest.mark.parametrize("call, message", [
    (lambda x, w: F.conv2d(x, w[:, :3]), r"conv2d: the images \(2, 4, 7, 6\) have 4 channels, the "
     r"weight \(6, 3, 3, 3\) in 1 groups is for 3"),
    (lambda x, w: F.conv2d(x, w, groups=4), "4 channels, the weight .* in 4 groups is for 16"),
    (lambda x, w: F.conv2d(x[0], w), r"expected images \(N, C, H, W\), got \(4, 7, 6\); .*x\[None"),
    (lambda x, w: F.conv2d(x, w[0]), r"conv2d: the weight has 4 axes, got \(4, 3, 3\)"),
    (lambda x, w: F.conv_transpose2d(x, w), r"conv_transpose2d: the images \(2, 4, 7, 6\) have 4 ch"
     r"annels, the weight \(6, 4, 3, 3\) in 1 groups is for 6; it is \(channels, filters / gr"),
    (lambda x, w: F.conv_transpose2d(x[0], w), r"conv_transpose2d: expected images \(N, C, H, W\)"),
    (lambda x, w: F.conv_transpose2d(x, w[:4], w[:4, 0, 0, 0], groups=2),
     r"conv_transpose2d: the bias must be \(8,\), one number for each output, got \(4,\)"),
    (lambda x, w: F.conv_transpose2d(x, w[:4], output_padding=1), "output_padding 1x1 must be "),
    (lambda x, w: F.conv2d(x, w, w[:1, 0, 0, 0]), r"the bias must be \(6,\), one number .* \(1,\)"),
    (lambda x, w: F.linear(x, w[:, :, 0, 0]), r"linear: the input \(2, 4, 7, 6\) has 6 features, "
     r"the weight \(6, 4\) is for 4; .*\(6, 6\) for this input"),
    (lambda x, w: F.linear(x, w), "linear: the weight has 2 axes"),
    (lambda x, w: F.max_pool2d(x[0], 2), "expected images"),
    (lambda x, w: F.avg_pool2d(x, 9), "AvgPool2d kernel 9x9.*"),
])
def test_what_does_not_fit(call, message):
    with pytest.raises(ValueError, match=message):
        call(Tensor(IMAGES), Tensor(np.ones((6, 4, 3, 3), "f")))


@pytest.mark.parametrize("call", [
    lambda a: F.conv2d(a, Tensor(a)), lambda a: F.linear(Tensor(a), a),
    lambda a: F.conv2d(Tensor(a), Tensor(a), a[:, 0, 0, 0])])
def test_what_is_no_tensor(call):
    with pytest.raises(TypeError, match="must be a Tensor, got numpy.ndarray; wrap it: Te"):
        call(IMAGES)
    assert functions is F


def test_on_either_library(xp):
    x = Tensor(xp.asarray(IMAGES))
    for y in (F.max_pool2d(x, 2), F.conv2d(x, Tensor(xp.ones((2, 4, 3, 3), dtype="float32"))),
              F.dropout(x), F.linear(x, Tensor(xp.ones((2, 6), dtype="float32"))), F.max(x)):
        assert type(y.data) is type(x.data)
