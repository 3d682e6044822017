"""What the tests of the normalisation layers share: stored numbers and gradient-check cases."""

import json
from pathlib import Path

import numpy as np
import pytest

from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import to_cpu
from minicnn.gradcheck.cases.normalisation import CASES
from minicnn.gradcheck.checker import gradcheck
from tests.layers.common import check_agreement

STORED = json.loads((Path(__file__).parents[1] / "stored" / "normalisation.json").read_text())


def gradient_cases(name):
    return [pytest.param(case, id=case.option) for case in CASES if case.name == name]


def check_gradient(case, device):
    report = gradcheck(case.make(), *case.inputs, device=device)
    assert report and report.error <= 1e-6, str(report)


def stored(name):
    """The cases of one layer in normalisation.json; stored/make_normalisation.py made them."""
    return [pytest.param(case, id=f"{case['arguments']}, {case['mode']}") for case in STORED
            if case["layer"] == name]


def check_stored(kind, case, xp):
    """Output, gradients and running averages against an independent implementation, to 1e-10."""
    layer = kind(**case["arguments"]).to("cpu" if xp is np else "cuda", "float64")
    layer.load_state_dict({name: np.array(values) for name, values in case["state"].items()})
    for batch in case["batches"]:
        layer(Tensor(xp.asarray(np.array(batch))))
    layer.train(case["mode"] == "train")
    x = Tensor(xp.asarray(np.array(case["x"])), requires_grad=True)
    y = layer(x)
    y.backward(xp.asarray(np.array(case["dy"])))
    check_agreement(y.numpy(), np.array(case["y"]), 1e-10)
    check_agreement(to_cpu(x.grad), np.array(case["dx"]), 1e-10)
    for name, parameter in layer.named_parameters():
        check_agreement(to_cpu(parameter.grad), np.array(case["gradients"][name]), 1e-10)
    after = layer.state_dict()
    assert list(after) == list(case["state_after"])
    if "InstanceNorm" in case["layer"]:            # PyTorch's instance norm never counts batches
        after.pop("num_batches_tracked", None)
    for name, values in after.items():
        check_agreement(values, np.array(case["state_after"][name]), 1e-10)
