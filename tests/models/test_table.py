"""A network as rows of a table."""

import numpy as np
import pytest

from minicnn import Tensor
from minicnn.layers import Conv2d, Flatten, Linear, MaxPool2d, ReLU
from minicnn.models.table import Row, TableNet, row


def net():
    return TableNet(row("C1", Conv2d(1, 2, 3), ReLU(), output="2x4x4"),
                    row("P2", MaxPool2d(2)),
                    row("OUT", Flatten(), Linear(8, 3), output="3"))


def test_row():
    layer = Conv2d(1, 2, 3)
    made = row("C1", layer, output="2x4x4", kernel="3x3")
    assert made == Row("C1", (layer,), {"output": "2x4x4", "kernel": "3x3"})


def test_names():
    """The row's label is the layer with weights; without any, the first; the others add a kind."""
    model = net()
    assert [name for name, _ in model.named_parts()] == ["C1", "C1_relu", "P2", "OUT_flatten",
                                                          "OUT"]
    assert [name for name, _ in model.named_parameters()] == [
        "C1.weight", "C1.bias", "OUT.weight", "OUT.bias"]
    assert model.row_ends == {"C1": "C1_relu", "P2": "P2", "OUT": "OUT"}
    assert [made.label for made in model.rows] == ["C1", "P2", "OUT"]


def test_runs_row_after_row(rng):
    model, x = net(), Tensor(rng.standard_normal((2, 1, 6, 6)).astype("float32"))
    y = x
    for made in model.rows:
        for layer in made.layers:
            y = layer(y)
    assert np.array_equal(model(x).numpy(), y.numpy())
    assert model.shape((1, 6, 6)) == (3,)


def test_errors_begin_with_the_label():
    with pytest.raises(ValueError, match=r"^C1 \(Conv2d 1 -> 2"):
        net()(Tensor(np.zeros((1, 3, 6, 6), np.float32)))


@pytest.mark.parametrize("rows", [
    lambda: (row("C1", Conv2d(1, 1, 1)), row("C1", Conv2d(1, 1, 1))),
    lambda: (row("B", Conv2d(1, 1, 1), ReLU(), ReLU()),),
], ids=["two rows of one label", "two layers of one kind"])
def test_layers_are_not_lost(rows):
    """Every layer needs a name of its own: a dict would silently keep the last one only."""
    with pytest.raises(ValueError, match="TableNet: two layers would be called"):
        TableNet(*rows())


def test_an_empty_row():
    with pytest.raises(ValueError, match="TableNet: row 'C1' has no layers"):
        TableNet(row("C1"))
