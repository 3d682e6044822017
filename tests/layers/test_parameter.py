"""What is particular to a Parameter: drawn late, drawn again, at home where its values are.

tests/layers/test_module.py has the rest: order of reading, counting without allocating, one seed.
"""

import numpy as np
import pytest

from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import to_cpu
from minicnn.backend.seeds import manual_seed
from minicnn.init import constant, normal
from minicnn.layers.linear import Linear
from minicnn.layers.parameter import Buffer, Parameter


def test_loading_keeps_the_device_of_assigned_values(xp, device):
    """A parameter lives where its values were put, by move() or by assignment."""
    layer = Linear(2, 1)
    layer.weight.data = xp.asarray(np.ones((1, 2), np.float32))
    layer.load_state_dict({"weight": np.zeros((1, 2)), "bias": np.zeros(1)})
    assert layer.weight.device == device and not to_cpu(layer.weight.data).any()


def test_drawn_again():
    """New values from another child of the seed, and no gradient of the old ones."""
    manual_seed(0)
    parameter = Parameter((3,), normal(1.0))
    before = parameter.data.copy()
    parameter.grad = np.ones(3, np.float32)
    parameter.draw_again(normal(1.0))
    assert parameter.grad is None and not (parameter.data == before).any()
    parameter.draw_again(constant(0.5))
    assert parameter.data.tolist() == [0.5, 0.5, 0.5]


@pytest.mark.parametrize("values", [
    np.array([[1.0, 2.0]], np.float64), np.array([[1.0, 2.0]], np.float32), [[1.0, 2.0]],
    Tensor([[1.0, 2.0]]), Parameter([[1.0, 2.0]]), Tensor([[1.0, 2.0]], requires_grad=True)])
def test_values_make_a_parameter(values):
    parameter = Parameter(values)
    assert parameter.tolist() == [[1.0, 2.0]] and parameter.shape == (1, 2)
    assert parameter.requires_grad and not Parameter(values, requires_grad=False).requires_grad
    assert parameter.dtype == getattr(values, "dtype", np.float32)
    assert not Buffer(values).requires_grad


def test_arrays_are_kept_as_they_are_as_in_pytorch():
    array = np.zeros(3, np.float32)
    assert Parameter(array).data is array
    x = Tensor(array, requires_grad=True)
    parameter = Parameter(x)
    with no_grad():
        parameter += 1
    assert array.tolist() == [1, 1, 1]
    y = x * 2                                              # but what was computed is copied
    assert not np.may_share_memory(Parameter(y).data, y.data)


def test_a_tuple_is_a_shape():
    assert Parameter((2, np.int64(3))).shape == (2, 3) and Parameter(()).shape == ()
    assert Buffer((3,)).tolist() == [0, 0, 0] and Parameter((0, 2)).numel() == 0
    assert Buffer(np.array([3])).dtype == np.int64         # whole numbers, which nobody learns


@pytest.mark.parametrize("make, error, message", [
    (lambda: Parameter((0.5, 0.5)), TypeError, r"a tuple is a shape, .* values come in a list"),
    (lambda: Parameter((2, -1)), ValueError, r"no size of a shape is below 0, got \(2, -1\)"),
    (lambda: Parameter(3), TypeError, r"expected a shape, such as \(3,\), or values, .*, got 3"),
    (lambda: Parameter(None), TypeError, "expected a shape"),
    (lambda: Parameter("weights"), TypeError, "expected a shape"),
    (lambda: Parameter(np.zeros(3, int)), TypeError, "whole numbers cannot be learnt, got int64"),
    (lambda: Parameter(np.zeros(3), False), TypeError, "got False; write requires_grad= before"),
    (lambda: Parameter((3,), np.zeros(3)), TypeError, "init must be a function"),
    (lambda: Parameter([1.0], normal(1.0)), TypeError, "values and an init that would draw others"),
    (lambda: setattr(Parameter((1,)), "data", [1.0]), TypeError, "data is an array, got list"),
    (lambda: setattr(Parameter((1,)), "data", Tensor([1.0])), TypeError, "got Tensor; .* .data")])
def test_what_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
