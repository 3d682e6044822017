"""Writes module_inputs.json: PyTorch's own inputs of the layers that both have, and its answers.

The arguments and shapes are those with which PyTorch tests its modules (module_db of its testing
folder), and those of ONNX's node tests; the values follow the rules in filled.py.  Of each array
in an answer two numbers are stored, its scalar products with random vectors.

Run by hand, never by the tests:    python tests/stored/make_module_inputs.py
(in an environment with torch and expecttest).  The stored file was made by torch 2.14.1 on a CPU.
"""

import inspect
import json
from pathlib import Path

import torch
from filled import drawn, filled, products, short
from torch.testing._internal.common_modules import module_db

SHARED = {"AdaptiveAvgPool2d", "AvgPool2d", "BatchNorm1d", "BatchNorm2d", "Conv2d",
          "ConvTranspose2d", "GELU", "GroupNorm", "Hardtanh", "InstanceNorm2d", "LayerNorm",
          "LeakyReLU", "Linear", "LocalResponseNorm", "LogSoftmax", "MaxPool2d", "PReLU", "ReLU",
          "ReLU6", "Sigmoid", "SiLU", "Softmax", "Tanh"}
OTHERS = {"device", "dtype", "padding_mode"}               # arguments that are always the default
IMAGE = (1, 3, 8, 8)
ONNX = [                                                   # layer, shape of x, arguments
    ("Conv2d", (1, 1, 7, 5), {"in_channels": 1, "out_channels": 1, "kernel_size": 3, "padding": 1}),
    ("Conv2d", (1, 1, 7, 5), {"in_channels": 1, "out_channels": 1, "kernel_size": 3, "stride": 2}),
    ("ConvTranspose2d", (1, 1, 3, 3), {"in_channels": 1, "out_channels": 2, "kernel_size": 3}),
    ("ConvTranspose2d", (1, 1, 3, 3), {"in_channels": 1, "out_channels": 2, "kernel_size": 3,
                                       "stride": [3, 2], "padding": [1, 2]}),
    ("ConvTranspose2d", (1, 1, 3, 3), {"in_channels": 1, "out_channels": 2, "kernel_size": 3,
                                       "stride": [3, 2], "output_padding": 1}),
    ("ConvTranspose2d", (1, 1, 3, 3), {"in_channels": 1, "out_channels": 1, "kernel_size": 2,
                                       "dilation": 2}),
    ("ConvTranspose2d", (1, 2, 3, 3), {"in_channels": 2, "out_channels": 2, "kernel_size": 3,
                                       "groups": 2, "bias": False}),
    ("MaxPool2d", IMAGE, {"kernel_size": 2}),
    ("MaxPool2d", (1, 1, 5, 5), {"kernel_size": 5, "stride": 1, "padding": 2,
                                 "return_indices": True}),
    ("MaxPool2d", (1, 1, 5, 5), {"kernel_size": 2, "stride": 2, "return_indices": True}),
    ("MaxPool2d", (1, 1, 4, 4), {"kernel_size": 3, "stride": 2, "ceil_mode": True}),
    ("MaxPool2d", (1, 1, 4, 4), {"kernel_size": 2, "stride": 1, "dilation": 2}),
    ("MaxPool2d", (1, 1, 2, 2), {"kernel_size": 1, "stride": 2, "ceil_mode": True}),
    ("MaxPool2d", (1, 1, 5, 5), {"kernel_size": 5, "stride": 1, "padding": 2}),
    ("MaxPool2d", (1, 1, 2, 2), {"kernel_size": 3, "stride": 3, "ceil_mode": True}),
    ("AvgPool2d", (1, 1, 4, 4), {"kernel_size": 3, "stride": 2, "ceil_mode": True}),
    ("AvgPool2d", (1, 1, 2, 2), {"kernel_size": 3, "stride": 3, "ceil_mode": True}),
    ("AvgPool2d", (1, 1, 5, 5), {"kernel_size": 5, "stride": 1, "padding": 2}),
    ("AvgPool2d", (1, 1, 5, 5), {"kernel_size": 5, "stride": 1, "padding": 2,
                                 "count_include_pad": False}),
    ("AvgPool2d", IMAGE, {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True}),
    ("BatchNorm2d", (2, 3, 4, 5), {"num_features": 3, "eps": 1e-2}),
    ("GroupNorm", (3, 4, 2, 2), {"num_groups": 2, "num_channels": 4, "eps": 1e-2}),
    ("InstanceNorm2d", (2, 3, 4, 5), {"num_features": 3, "eps": 1e-2, "affine": True}),
    ("LayerNorm", (2, 3, 4, 5), {"normalized_shape": [4, 5], "eps": 0.1}),
    ("LayerNorm", (3, 4), {"normalized_shape": 4}),
    ("LocalResponseNorm", (5, 5, 5, 5), {"size": 3, "alpha": 2e-4, "beta": 0.5, "k": 2.0}),
    ("GELU", (3, 4, 5), {"approximate": "tanh"}),
    ("Hardtanh", (3, 4, 5), {"min_val": -0.3, "max_val": 0.7}),
    ("PReLU", (3, 4, 5), {"num_parameters": 4}),
    ("Softmax", (3, 4, 5), {"dim": 0}),
    ("LogSoftmax", (3, 4, 5), {"dim": -1}),
]


def pytorchs(training):
    """(layer, shape of x, arguments) of PyTorch's module inputs."""
    for info in module_db:
        if info.module_cls.__name__ not in SHARED:
            continue
        names = list(inspect.signature(info.module_cls.__init__).parameters)[1:]
        for sample in info.module_inputs_func(info, device="cpu", dtype=torch.float64,
                                              requires_grad=False, training=training):
            made, given = sample.constructor_input, sample.forward_input
            arguments = dict(zip(names, made.args, strict=False)) | made.kwargs
            if len(given.args) == 1 and arguments.pop("padding_mode", "zeros") == "zeros":
                kept = {name: value for name, value in arguments.items() if name not in OTHERS}
                yield info.module_cls.__name__, tuple(given.args[0].shape), kept


def answer(number, layer, shape, arguments, training):
    torchs = getattr(torch.nn, layer)(**arguments).double().train(training)
    for place, (name, tensor) in enumerate(torchs.state_dict().items()):
        if tensor.ndim:
            tensor.copy_(torch.tensor(filled(100 * number + place, name, tuple(tensor.shape))))
    x = torch.tensor(drawn(number, shape), requires_grad=True)
    y = torchs(x)
    y, *indices = y if isinstance(y, tuple) else (y,)
    y.backward(torch.tensor(drawn(number + 1, tuple(y.shape))))
    named = {"y": y, "dx": x.grad} | ({"indices": indices[0].double()} if indices else {})
    named |= {f"d{name}": one.grad for name, one in torchs.named_parameters()}
    named |= {name: one for name, one in torchs.named_buffers() if training}
    return {"shape of y": list(y.shape)} | {name: products(one.detach().numpy())
                                            for name, one in named.items()}


def main():
    cases = {}
    for training in (False, True):
        for layer, shape, arguments in [*pytorchs(training), *ONNX]:
            if training and not layer.startswith(("BatchNorm", "InstanceNorm")):
                continue
            case = {"layer": layer, "arguments": arguments, "x": shape, "training": training}
            cases.setdefault(json.dumps(case), case)
    written = [json.dumps(case | {"answers": short(answer(
        number, case["layer"], case["x"], case["arguments"], case["training"]))})
        for number, case in enumerate(cases.values())]
    path = Path(__file__).with_name("module_inputs.json")
    path.write_text("[\n" + ",\n".join(written) + "\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
