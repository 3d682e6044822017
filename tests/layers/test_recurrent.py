"""Recurrent cells."""

import json
from pathlib import Path

import numpy as np
import pytest

from minicnn import layers
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import to_cpu
from minicnn.layers.recurrent import GRUCell, LSTMCell, RNNCell
from tests.layers.checks import check_agreement
from tests.reference import sequences as reference

STORED = [case for case in json.loads((Path(__file__).parents[1] / "stored/recurrent.json")
                                      .read_text("utf-8")) if case["layer"] != "Embedding"]


def tensors(xp, rows, requires_grad=False):
    return [Tensor(xp.asarray(np.array(q)), requires_grad=requires_grad) for q in rows]


def outputs(y):
    return y if isinstance(y, tuple) else (y,)


def called(cell, x, *state):
    return outputs(cell(x, tuple(state)) if len(state) == 2 else cell(x, *state))


@pytest.mark.parametrize("case", STORED, ids=lambda case: f"{case['layer']} {case['arguments']}")
def test_pytorchs_numbers(case, xp, device):
    """Outputs, every gradient, and the state that is left out."""
    cell = getattr(layers, case["layer"])(**case["arguments"]).to(device, "float64")
    cell.load_state_dict({name: np.array(value) for name, value in case["state"].items()})
    inputs = tensors(xp, case["inputs"], requires_grad=True)
    ys, dys = called(cell, *inputs), tensors(xp, case["dy"])
    total = sum((y * dy).sum() for y, dy in zip(ys, dys, strict=True))
    total.backward()
    for y, stored in zip(ys, case["y"], strict=True):
        check_agreement(y.numpy(), np.array(stored), 1e-10)
    for x, dx in zip(inputs, case["dinputs"], strict=True):
        check_agreement(to_cpu(x.grad), np.array(dx), 1e-10)
    gradients = dict(cell.named_parameters())
    assert list(gradients) == list(case["gradients"])
    for name, value in case["gradients"].items():
        check_agreement(to_cpu(gradients[name].grad), np.array(value), 1e-10)
    for y, stored in zip(outputs(cell(inputs[0])), case["y_from_zeros"], strict=True):
        check_agreement(y.numpy(), np.array(stored), 1e-10)


def test_by_hand(xp, device):
    """Weights 0: gates are 1/2, new values 0; half of the state stays."""
    x, one = tensors(xp, [np.ones((1, 2)), np.full((1, 1), 4.0)])
    for cell, expected in ((RNNCell(2, 1), [0]), (GRUCell(2, 1), [2]),
                           (LSTMCell(2, 1), [np.tanh(2) / 2, 2])):
        cell.to(device, "float64")
        for parameter in cell.parameters():
            parameter.data[...] = 0
        ys = called(cell, x, *[one] * len(expected))
        assert [y.item() for y in ys] == pytest.approx(expected)


def test_agrees_with_loops(rng, xp, device):
    x, h, c = rng.standard_normal((2, 3)), rng.standard_normal((2, 4)), rng.standard_normal((2, 4))
    for cell, loops in ((RNNCell(3, 4), reference.rnn), (GRUCell(3, 4), reference.gru)):
        weights = [to_cpu(q.data).astype(float) for q in cell.parameters()]
        y, = called(cell.to(device, "float64"), *tensors(xp, (x, h)))
        check_agreement(y.numpy(), np.array([loops(x[n], h[n], *weights) for n in range(2)]))
    cell = LSTMCell(3, 4)
    weights = [to_cpu(q.data).astype(float) for q in cell.parameters()]
    ys = called(cell.to(device, "float64"), *tensors(xp, (x, h, c)))
    loops = [reference.lstm(x[n], h[n], c[n], *weights) for n in range(2)]
    for y, expected in zip(ys, np.swapaxes(loops, 0, 1), strict=True):
        check_agreement(y.numpy(), expected)


def test_an_open_gate_carries_a_gradient_far():
    """c' = c where f is 1 and i is 0: after 50 steps dc is still 1.  The RNN's is gone by then."""
    cell = LSTMCell(1, 1).to(dtype="float64")
    cell.load_state_dict({"weight_ih": np.zeros((4, 1)), "weight_hh": np.zeros((4, 1)),
                          "bias_ih": np.array([-40.0, 40, 0, 0]), "bias_hh": np.zeros(4)})
    x, h = Tensor(np.zeros((1, 1))), Tensor(np.zeros((1, 1)))
    first = c = Tensor(np.full((1, 1), 0.3), requires_grad=True)
    for _ in range(50):
        h, c = cell(x, (h, c))
    c.sum().backward()
    assert first.grad == pytest.approx(1)
    plain = RNNCell(1, 1).to(dtype="float64")
    plain.weight_hh.data[...] = 0.5
    first = h = Tensor(np.full((1, 1), 0.3), requires_grad=True)
    for _ in range(50):
        h = plain(x, h)
    h.sum().backward()
    assert abs(first.grad.item()) < 1e-12


def test_start_counts_and_shapes():
    bound = 16 ** -0.5
    for kind, gates in ((RNNCell, 1), (LSTMCell, 4), (GRUCell, 3)):
        cell = kind(8, 16)
        assert cell.num_parameters() == gates * (16 * 8 + 16 * 16 + 16 + 16)
        assert all(abs(q.data).max() <= bound for q in cell.parameters())
        assert cell.macs((8,), (16,)) == gates * (16 * 8 + 16 * 16)
        assert kind(8, 16, bias=False).num_parameters() == gates * (16 * 8 + 16 * 16)
    assert RNNCell(8, 16).shape((8,)) == (16,) and LSTMCell(8, 16).shape((8,)) == ((16,), (16,))
    assert repr(RNNCell(3, 4, False, "relu")) == "RNNCell 3 -> 4, no bias, relu"


@pytest.mark.parametrize("kind", [RNNCell, LSTMCell, GRUCell])
def test_says_what_is_wrong(kind):
    name, cell, x = kind.__name__, kind(3, 4), Tensor(np.ones((2, 3), np.float32))
    with pytest.raises(ValueError, match=f"{name}: input_size must be at least 1, got 0"):
        kind(0, 4)
    with pytest.raises(ValueError, match=r"expected \(N, 3\), got \(N, \); one vector still needs"):
        cell(Tensor(np.ones(3, np.float32)))
    with pytest.raises(ValueError, match=r"got \(N, 5, 3\); a sequence goes in step by step"):
        cell(Tensor(np.ones((2, 5, 3), np.float32)))
    with pytest.raises(ValueError, match="build it with input_size=5"):
        cell(Tensor(np.ones((2, 5), np.float32)))
    wrong = Tensor(np.ones((1, 4), np.float32))            # one row must not serve for two
    with pytest.raises(ValueError, match=r"state h has shape \(1, 4\), expected \(2, 4\)"):
        cell(x, (wrong, wrong) if kind is LSTMCell else wrong)
    with pytest.raises(TypeError, match=r"must be a Tensor \(2, 4\), got an? .*ndarray"):
        cell(x, (wrong.data,) * 2 if kind is LSTMCell else wrong.data)


def test_says_what_is_wrong_with_one_of_them():
    with pytest.raises(ValueError, match='must be "tanh" or "relu", got \'Relu\'; did you mean'):
        RNNCell(3, 4, nonlinearity="Relu")
    state = Tensor(np.ones((2, 4), np.float32))
    with pytest.raises(TypeError, match=r"must be the pair \(h, c\), got a Tensor; h, c = cell"):
        LSTMCell(3, 4)(Tensor(np.ones((2, 3), np.float32)), state)
