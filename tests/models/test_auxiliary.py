"""Auxiliary classifiers run in training only, from the rows that they sit on."""

import numpy as np

from minicnn import Tensor
from minicnn.analysis import trace
from minicnn.layers import Conv2d, Flatten, Linear, ReLU
from minicnn.layers.containers import Sequential
from minicnn.models.auxiliary import Supervised
from minicnn.models.network import Network
from minicnn.models.table import row
from tests.models.network_checks import pictures


class Tiny(Network, Supervised):
    def __init__(self, aux=True):
        super().__init__(row("first", Conv2d(1, 2, 3, padding=1), ReLU()),
                         row("second", Conv2d(2, 2, 3)), row("last", Flatten(), Linear(8, 3)),
                         input_shape=(1, 4, 4))
        head = Sequential(flatten=Flatten(), fc=Linear(32, 5))
        self.add_heads({"aux": ("first", head)} if aux else {})


def test_heads_run_in_training_only():
    model = Tiny()
    x = Tensor(pictures(model, 2)[0])
    model.to(dtype="float64")
    y, aux = model(x)
    assert (y.shape, aux.shape) == ((2, 3), (2, 5))
    assert model.shape((1, 4, 4)) == ((3,), (5,))
    # the head sees what the ReLU of its row gives
    first = model.named_parts()[1][1](model.named_parts()[0][1](x))
    np.testing.assert_array_equal(aux.numpy(), model.aux(first).numpy())
    model.eval()
    np.testing.assert_array_equal(model(x).numpy(), y.numpy())
    assert model.shape((1, 4, 4)) == (3,)
    assert [step.path for step in trace(model, (1, 4, 4))][-1] == "last"


def test_gradient_of_a_head_reaches_the_rows_below_it():
    model = Tiny().to(dtype="float64")
    model(Tensor(pictures(model, 2)[0]))[1].sum().backward()
    assert [name for name, value in model.named_parameters() if value.grad is not None] == \
        ["first.weight", "first.bias", "aux.fc.weight", "aux.fc.bias"]


def test_without_heads():
    model = Tiny(aux=False)
    assert model(Tensor(pictures(model, 2)[0].astype("float32"))).shape == (2, 3)
    assert model.shape((1, 4, 4)) == (3,)
