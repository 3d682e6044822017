"""Embedding: the rows of words."""

import json
from pathlib import Path

import numpy as np
import pytest

from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import to_cpu
from minicnn.layers.embedding import Embedding
from tests.layers.checks import check_agreement

STORED = [case for case in json.loads((Path(__file__).parents[1] / "stored/recurrent.json")
                                      .read_text("utf-8")) if case["layer"] == "Embedding"]


@pytest.mark.parametrize("case", STORED, ids=lambda case: str(case["arguments"]["padding_idx"]))
def test_pytorchs_numbers(case, xp, device):
    """The padding's row is looked up, but learns nothing."""
    layer = Embedding(**case["arguments"]).to(device, "float64")
    layer.load_state_dict({"weight": np.array(case["state"]["weight"])})
    y = layer(Tensor(xp.asarray(np.array(case["words"]))))
    check_agreement(y.numpy(), np.array(case["y"]), 1e-12)
    y.backward(xp.asarray(np.array(case["dy"])))
    check_agreement(to_cpu(layer.weight.grad), np.array(case["gradients"]["weight"]), 1e-12)


def test_by_hand(xp, device):
    layer = Embedding(3, 2).to(device, "float64")
    layer.weight.data = xp.asarray([[0.0, 1], [2, 3], [4, 5]])
    y = layer(Tensor(xp.asarray([2, 0, 2])))
    assert y.numpy().tolist() == [[4, 5], [0, 1], [4, 5]]
    y.backward(xp.asarray([[1.0, 10], [2, 20], [3, 30]]))
    assert to_cpu(layer.weight.grad).tolist() == [[2, 20], [0, 0], [4, 40]]


def test_is_a_linear_layer_of_ones_and_zeros(rng):
    layer, words = Embedding(6, 4), rng.integers(0, 6, (3, 5))
    check_agreement(layer(words).numpy(), (np.eye(6, dtype=np.float32)[words]
                                           @ layer.weight.data), 1e-6)


def test_start_and_shapes():
    assert not Embedding(5, 3, padding_idx=-1).weight.data[4].any()
    assert Embedding(5, 3, padding_idx=-1).padding_idx == 4
    spread = Embedding(1000, 50).weight.data
    assert abs(spread.std() - 1) < 0.02 and abs(spread.mean()) < 0.02
    assert Embedding(5, 3)(np.zeros((0, 7), int)).shape == (0, 7, 3)
    assert Embedding(5, 3)(2).shape == (3,) and Embedding(5, 3).shape((7,)) == (7, 3)
    assert repr(Embedding(5, 3, 0)) == "Embedding 5 words -> 3, padding 0"


def test_says_what_is_wrong(xp, device):
    layer = Embedding(5, 3).to(device)
    for words in ([0, 5], [-1, 0]):
        with pytest.raises(IndexError, match="the words must lie in 0..4, got"):
            layer(Tensor(xp.asarray(words)))
    with pytest.raises(TypeError, match="words are whole numbers, got float64 of a Tensor"):
        layer(Tensor(xp.asarray([1.0])))
    with pytest.raises(ValueError, match="padding_idx must be one of the 5 words, 0 to 4, got 5"):
        Embedding(5, 3, 5)
    with pytest.raises(ValueError, match="num_embeddings must be at least 1, got 0"):
        Embedding(0, 3)
