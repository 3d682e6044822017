"""Writes layers.json: inputs, parameters, outputs and gradients of layers as PyTorch computes them.

Run by hand, never by the tests:    python tests/stored/make_layers.py
The stored file was made by torch 2.13.0 on a CPU, in float64, with a random upstream gradient.
"""

import json
from pathlib import Path

import numpy as np
import torch

SMALL = (2, 2, 5, 4)

#        layer                arguments by PyTorch's names                           shape of x
CASES = [("Conv2d", dict(in_channels=2, out_channels=3, kernel_size=3), SMALL),
         ("Conv2d", dict(in_channels=2, out_channels=3, kernel_size=[2, 3], stride=[2, 1],
                         padding=[1, 2], bias=False), SMALL),
         ("Conv2d", dict(in_channels=2, out_channels=3, kernel_size=[4, 3], padding="same"), SMALL),
         ("Conv2d", dict(in_channels=2, out_channels=2, kernel_size=[2, 3], padding="same",
                         dilation=[3, 1]), SMALL),
         ("Conv2d", dict(in_channels=2, out_channels=2, kernel_size=2, padding="valid"), SMALL),
         ("Conv2d", dict(in_channels=2, out_channels=3, kernel_size=3, padding=2, dilation=2), SMALL),
         ("Conv2d", dict(in_channels=4, out_channels=6, kernel_size=3, padding=1, groups=2),
          (2, 4, 4, 3)),
         ("Conv2d", dict(in_channels=3, out_channels=6, kernel_size=[3, 2], stride=2, groups=3),
          (2, 3, 5, 4)),
         ("Conv2d", dict(in_channels=3, out_channels=2, kernel_size=1), (2, 3, 3, 4)),
         ("Conv2d", dict(in_channels=4, out_channels=2, kernel_size=1, stride=2, groups=2),
          (2, 4, 3, 5)),
         ("Linear", dict(in_features=5, out_features=3), (4, 5)),
         ("Linear", dict(in_features=4, out_features=2, bias=False), (3, 4)),
         ("MaxPool2d", dict(kernel_size=2), (2, 2, 4, 6)),
         ("MaxPool2d", dict(kernel_size=3, stride=2), (2, 2, 7, 6)),
         ("MaxPool2d", dict(kernel_size=3, stride=2, padding=1), (2, 2, 6, 5)),
         ("MaxPool2d", dict(kernel_size=3, stride=2, ceil_mode=True), (2, 2, 6, 4)),
         ("MaxPool2d", dict(kernel_size=[2, 3], stride=[3, 2], padding=[1, 1], ceil_mode=True),
          (2, 2, 6, 6)),
         ("MaxPool2d", dict(kernel_size=2, stride=1, padding=1, dilation=[2, 1]), SMALL),
         *[("AvgPool2d", dict(kernel_size=[3, 2], stride=[2, 2], padding=[1, 1], ceil_mode=ceil_mode,
                              count_include_pad=counted), (2, 2, 6, 5))
           for ceil_mode in (False, True) for counted in (False, True)],
         ("AvgPool2d", dict(kernel_size=2), (2, 2, 5, 6)),
         ("AvgPool2d", dict(kernel_size=3, stride=2, ceil_mode=True), (2, 2, 6, 4)),
         ("AdaptiveAvgPool2d", dict(output_size=1), SMALL),
         ("AdaptiveAvgPool2d", dict(output_size=[3, 2]), (2, 2, 5, 7)),
         ("AdaptiveAvgPool2d", dict(output_size=[7, None]), SMALL),
         ("ReLU", {}, SMALL),
         ("LeakyReLU", {}, SMALL),
         ("LeakyReLU", dict(negative_slope=0.3), (3, 4)),
         ("PReLU", {}, SMALL),
         ("PReLU", dict(num_parameters=3, init=0.1), (2, 3, 2, 2)),
         ("PReLU", dict(num_parameters=4), (3, 4)),
         ("Sigmoid", {}, SMALL),
         ("Tanh", {}, SMALL),
         ("Softmax", dict(dim=1), (3, 5)),
         ("Softmax", dict(dim=1), (2, 3, 2, 2)),
         ("Softmax", dict(dim=-1), (2, 3, 4)),
         ("LogSoftmax", dict(dim=1), (3, 5)),
         ("LogSoftmax", dict(dim=0), (4, 3))]


def record(name, arguments, shape, rng):
    layer = getattr(torch.nn, name)(**arguments).double()
    for parameter in layer.parameters():
        parameter.data = torch.tensor(rounded(rng, parameter.shape))
    x = torch.tensor(2 * rounded(rng, shape), requires_grad=True)
    y = layer(x)
    dy = torch.tensor(rounded(rng, y.shape))
    y.backward(dy)
    return {"layer": name, "arguments": arguments, "x": x.tolist(), "dy": dy.tolist(),
            "y": y.tolist(), "dx": x.grad.tolist(),
            "parameters": {key: value.tolist() for key, value in layer.named_parameters()},
            "gradients": {key: value.grad.tolist() for key, value in layer.named_parameters()}}


def rounded(rng, shape):
    """Random values that are short to write down, no two of them equal but by chance."""
    return rng.standard_normal(tuple(shape)).round(3)


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    lines = [json.dumps(record(*case, rng)) for case in CASES]
    Path(__file__).with_name("layers.json").write_text("[\n" + ",\n".join(lines) + "\n]\n")
    print(f"{len(lines)} cases by torch {torch.__version__}")
