"""The layers that PyTorch has not as one operation, against their composition from several."""

import json
from pathlib import Path

import numpy as np
import pytest

from minicnn import layers, losses
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import to_cpu
from minicnn.layers import dropout
from minicnn.layers.module import Module
from tests.layers.common import check_agreement

FOLDER = Path(__file__).parents[1] / "stored"
FILES = {name: json.loads((FOLDER / f"{name}.json").read_text())
         for name in ("layers", "normalisation", "compositions", "modern")}
MODULES = {name: kind for name, kind in vars(layers).items()
           if name in layers.__all__ and isinstance(kind, type) and issubclass(kind, Module)}


def cases(wanted):
    """The cases of compositions.json with these names; make_compositions.py beside it made them."""
    return [pytest.param(case, id=f"{case['name']}, {case['arguments']}, {case['mode']}")
            for case in FILES["compositions"] if case["name"] in wanted]


class Masks:
    """In place of the random generator: hands out given masks in their order, as 0 and 1."""

    def __init__(self, kept):
        self.kept = [np.array(mask) for mask in kept]

    def random(self, shape, dtype):
        mask = self.kept.pop(0)
        assert mask.shape == tuple(shape)
        return mask.astype(dtype)


def check(case, xp, function):
    """function(*inputs) and the gradients of its inputs are the stored ones."""
    inputs = [Tensor(xp.asarray(np.array(x)), requires_grad=True) for x in case["inputs"]]
    y = function(*inputs)
    check_agreement(y.numpy(), np.array(case["y"]), 1e-10)
    y.backward(xp.asarray(np.array(case["dy"])))
    for x, dx in zip(inputs, case["dinputs"], strict=True):
        check_agreement(to_cpu(x.grad), np.array(dx), 1e-10)


@pytest.mark.parametrize("case", cases(MODULES))
def test_layer(case, xp, device, monkeypatch):
    masks = Masks(case["kept"])
    monkeypatch.setattr(dropout, "generator", lambda: masks)
    layer = MODULES[case["name"]](**case["arguments"]).to(device, "float64")
    layer.load_state_dict({name: np.array(values) for name, values in case["state"].items()})
    check(case, xp, layer.train(case["mode"] == "train"))
    assert not masks.kept                                  # each mask was asked for
    gradients = {name: to_cpu(parameter.grad) for name, parameter in layer.named_parameters()}
    assert gradients.keys() == case["gradients"].keys()
    for name, gradient in gradients.items():
        check_agreement(gradient, np.array(case["gradients"][name]), 1e-10)


def test_lenet_table():
    tables = [case["arguments"]["table"] for case in FILES["compositions"]
              if case["name"] == "PartialConv2d"]
    assert [list(seen) for seen in layers.LENET_C3_TABLE] in tables


@pytest.mark.parametrize("case", cases(["rbf_loss"]))
def test_rbf_loss(case, xp):
    check(case, xp, lambda distances: losses.rbf_loss(distances, **case["arguments"]))


@pytest.mark.parametrize("case", cases(["l2_penalty"]))
def test_l2_penalty(case, xp):
    check(case, xp, lambda *ws: losses.l2_penalty(ws, **case["arguments"]))


def test_every_layer_has_stored_numbers():
    stored = {case.get("layer", case.get("name")) for file in FILES.values() for case in file}
    assert stored >= MODULES.keys(), f"without numbers: {sorted(MODULES.keys() - stored)}"


def test_every_stored_case_is_read():
    """Also that a name in the file is the name of something."""
    names = {case["name"] for case in FILES["compositions"]}
    assert names <= {*MODULES, "rbf_loss", "l2_penalty"}
