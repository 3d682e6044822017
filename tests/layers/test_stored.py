"""Every layer against numbers that an independent implementation of it has computed.

tests/stored/make_*.py made the files beside them: PyTorch's own layer, or its composition from
several operations where PyTorch has not that layer as one.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from minicnn import layers, losses
from minicnn.autograd.tensor import Tensor
from minicnn.backend import together
from minicnn.backend.arrays import to_cpu
from minicnn.layers.module import Module
from tests.layers.checks import check_agreement

FOLDER = Path(__file__).parents[1] / "stored"
CASES = [case for file in ("layers", "normalisation", "compositions", "modern", "maps")
         for case in json.loads((FOLDER / f"{file}.json").read_text("utf-8"))]
MODULES = {name: kind for name, kind in vars(layers).items()
           if name in layers.__all__ and isinstance(kind, type) and issubclass(kind, Module)
           and kind.__module__ not in ("minicnn.layers.module", "minicnn.layers.containers",
                                       "minicnn.layers.roi", "minicnn.layers.recurrent",
                                       "minicnn.layers.embedding")}  # in their own files
# Functions of Tensors: how they take the inputs of a case.
FUNCTIONS = {"rbf_loss": losses.rbf_loss,
             "l2_penalty": lambda *weights, **settings: losses.l2_penalty(weights, **settings)}


def name_of(case):
    return case.get("layer") or case["name"]


def cases(wanted):
    return [pytest.param(case, id=f"{name_of(case)}, {case['arguments']}, {case.get('mode', '')}")
            for case in CASES if name_of(case) in wanted]


def arrays(named):
    return {name: np.array(values) for name, values in named.items()}


class Masks:
    """In place of the random generator: hands out given masks in their order, as 0 and 1."""

    bit_generator = np.random.MT19937(0)                   # not PCG64, whose bits dropout reads

    def __init__(self, kept):
        self.kept = [np.array(mask) for mask in kept]

    def random(self, shape, dtype):
        mask = self.kept.pop(0)
        assert mask.shape == tuple(shape)
        return mask.astype(dtype)


def check(case, xp, function):
    """function(*inputs) and the gradients of its inputs are the stored ones, to 1e-10."""
    given = [np.array(x) for x in case.get("inputs") or [case["x"]]]
    inputs = [Tensor(xp.asarray(x), requires_grad=x.dtype.kind == "f") for x in given]
    y = function(*inputs)
    check_agreement(y.numpy(), np.array(case["y"]), 1e-10)
    y.backward(xp.asarray(np.array(case["dy"])))
    for x, dx in zip(inputs, case.get("dinputs") or [case["dx"]], strict=True):
        if dx is not None:                                 # whole numbers have none
            check_agreement(to_cpu(x.grad), np.array(dx), 1e-10)


def check_named(ours, stored):
    assert ours.keys() == stored.keys()
    for name, values in ours.items():
        check_agreement(values, np.array(stored[name]), 1e-10)


@pytest.mark.parametrize("case", cases(MODULES))
def test_layer(case, xp, device, monkeypatch):
    """Outputs, all gradients, and running averages where the layer keeps them."""
    masks = Masks(case.get("kept", ()))
    if masks.kept:
        monkeypatch.setattr(together, "generator", lambda: masks)
    settings = {name: tuple(value) if isinstance(value, list) else value
                for name, value in case["arguments"].items()}
    layer = MODULES[name_of(case)](**settings).to(device, "float64")
    layer.load_state_dict(arrays(case["parameters"] if "parameters" in case else case["state"]))
    for batch in case.get("batches", ()):                  # what the running averages have seen
        layer(Tensor(xp.asarray(np.array(batch))))
    check(case, xp, layer.train(case.get("mode", "train") == "train"))
    assert not masks.kept                                  # each mask was asked for
    check_named({name: to_cpu(parameter.grad) for name, parameter in layer.named_parameters()},
                case["gradients"])
    if "state_after" in case:
        after, stored = layer.state_dict(), case["state_after"]
        assert list(after) == list(stored)
        if "InstanceNorm" in name_of(case):            # PyTorch's never counts batches
            after.pop("num_batches_tracked", None)
        check_named(after, {name: stored[name] for name in after})


@pytest.mark.parametrize("case", cases(FUNCTIONS))
def test_function(case, xp):
    check(case, xp, lambda *inputs: FUNCTIONS[name_of(case)](*inputs, **case["arguments"]))


def test_lenet_table():
    tables = [case["arguments"]["table"] for case in CASES if name_of(case) == "PartialConv2d"]
    assert [list(seen) for seen in layers.LENET_C3_TABLE] in tables


def test_every_layer_has_stored_numbers():
    stored = set(map(name_of, CASES))
    assert stored >= MODULES.keys(), f"without numbers: {sorted(MODULES.keys() - stored)}"


def test_every_stored_case_is_read():
    """A name in the files is the name of something."""
    assert set(map(name_of, CASES)) <= {*MODULES, *FUNCTIONS}
