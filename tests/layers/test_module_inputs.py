"""The layers under PyTorch's own inputs of its modules, and some of ONNX's: agreed or refused.

tests/stored/make_module_inputs.py has made module_inputs.json.  What is refused is what
docs/from_pytorch.md says.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from minicnn import layers
from minicnn.autograd.tensor import Tensor
from tests.stored.filled import drawn, filled, products

TESTS = Path(__file__).parents[1]
CASES = json.loads((TESTS / "stored" / "module_inputs.json").read_text("utf-8"))
IMAGES = {"AdaptiveAvgPool2d", "AvgPool2d", "Conv2d", "ConvTranspose2d", "InstanceNorm2d",
          "LocalResponseNorm", "MaxPool2d"}


def refusal(layer, arguments, shape):
    """(words of the documentation, of the message) for what is refused, else None."""
    if layer in IMAGES and len(shape) == 3:
        return "one image without a batch axis", r"expected images \(N, C, H, W\), got \(N, ., .\)"
    if layer in IMAGES and len(shape) == 5:
        return "volumes", r"expected images \(N, C, H, W\), got \(N, ., ., ., .\)"
    if layer == "Linear" and len(shape) == 1:
        return "one vector without a batch axis", r"expected \(N, 3\), got \(N, \)"
    if layer in ("Softmax", "LogSoftmax") and not shape:
        return "a number without axes", r"there is no dim 0 in shape \(\)"
    return None


def named(number):
    case = CASES[number]
    return f"{number} {case['layer']} {case['arguments']} {case['x']} {case['training']}"


@pytest.mark.parametrize("number", range(len(CASES)), ids=map(named, range(len(CASES))))
def test_agreed_or_refused(number):
    case, shape = CASES[number], tuple(CASES[number]["x"])
    arguments = {name: tuple(value) if isinstance(value, list) else value
                 for name, value in case["arguments"].items()}
    refused = refusal(case["layer"], arguments, shape)
    if refused:
        words, message = refused
        with pytest.raises(ValueError, match=message):
            answer(number, case["layer"], arguments, shape, case["training"])
        assert words in (TESTS.parent / "docs" / "from_pytorch.md").read_text("utf-8")
        return
    ours = answer(number, case["layer"], arguments, shape, case["training"])
    stored = case["answers"]
    if 0 in shape:                                         # an empty batch is not counted here
        for answers in (ours, stored):
            answers.pop("num_batches_tracked", None)
    assert ours.keys() == stored.keys()
    for name, value in ours.items():
        np.testing.assert_allclose(value, stored[name], rtol=1e-9, atol=1e-9, err_msg=name)


def answer(number, name, arguments, shape, training):
    """What make_module_inputs.py asks of PyTorch, asked here."""
    layer = getattr(layers, name)(**arguments).to(dtype="float64").train(training)
    state = layer.state_dict()
    for place, (key, value) in enumerate(state.items()):
        if value.ndim:
            state[key] = filled(100 * number + place, key, value.shape)
    layer.load_state_dict(state)
    x = Tensor(np.asarray(drawn(number, shape)), requires_grad=True)
    y = layer(x)
    y, *indices = y if isinstance(y, tuple) else (y,)
    y.backward(np.asarray(drawn(number + 1, y.shape)))
    values = {"y": y.numpy(), "dx": x.grad}
    values |= {"indices": indices[0].numpy().astype(float)} if indices else {}
    values |= {f"d{key}": parameter.grad for key, parameter in layer.named_parameters()}
    if training:
        learnt = dict(layer.named_parameters())
        values |= {key: value for key, value in layer.state_dict().items() if key not in learnt}
    return {"shape of y": list(y.shape)} | {key: products(value) for key, value in values.items()}
