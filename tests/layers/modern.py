"""The cases of mobile networks', transformers' and capsules' layers, for their tests."""

import json
from pathlib import Path

import numpy as np
import pytest

from minicnn import layers
from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import to_cpu
from minicnn.gradcheck.cases import modern
from tests.layers.common import check_agreement

STORED = json.loads((Path(__file__).parents[1] / "stored" / "modern.json").read_text("utf-8"))


def modern_cases(*names):
    """The gradient-check cases of these layers."""
    return [pytest.param(case, id=f"{case.name}, {case.option}") for case in modern.CASES
            if case.name in names]


def stored_modern(*names):
    """Their cases in tests/stored/modern.json; tests/stored/make_modern.py made them."""
    return [pytest.param(case, id=f"{case['name']}, {case['arguments']}") for case in STORED
            if case["name"] in names]


def check_stored_modern(case, xp, device):
    """Outputs and all gradients against an independent implementation, to 1e-10."""
    kind = getattr(layers, case["name"])
    arguments = {name: tuple(value) if isinstance(value, list) else value
                 for name, value in case["arguments"].items()}
    layer = kind(**arguments).to(device, "float64").train(case["mode"] == "train")
    layer.load_state_dict({name: np.array(values) for name, values in case["state"].items()})
    inputs = [Tensor(xp.asarray(np.array(x)), requires_grad=True) for x in case["inputs"]]
    y = layer(*inputs)
    check_agreement(y.numpy(), np.array(case["y"]), 1e-10)
    y.backward(xp.asarray(np.array(case["dy"])))
    for x, dx in zip(inputs, case["dinputs"], strict=True):
        check_agreement(to_cpu(x.grad), np.array(dx), 1e-10)
    gradients = {name: to_cpu(parameter.grad) for name, parameter in layer.named_parameters()}
    assert gradients.keys() == case["gradients"].keys()
    for name, gradient in gradients.items():
        check_agreement(gradient, np.array(case["gradients"][name]), 1e-10)
