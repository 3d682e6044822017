"""Writes layers.json: inputs, parameters, outputs and gradients of layers as PyTorch computes them.

Run by hand, never by the tests:    python tests/stored/make_layers.py
The stored file was made by torch 2.13.0 on a CPU, in float64, with a random upstream gradient.
"""

import json
from pathlib import Path

import numpy as np
import torch

SMALL = (2, 2, 5, 4)                                       # (N, C, H, W) of x, if nothing is said


def case(layer, shape=SMALL, **arguments):
    return layer, arguments, shape


CASES = [
    case("Conv2d", in_channels=2, out_channels=3, kernel_size=3),
    case("Conv2d", in_channels=2, out_channels=3, kernel_size=[2, 3], stride=[2, 1], padding=[1, 2],
         bias=False),
    case("Conv2d", in_channels=2, out_channels=3, kernel_size=[4, 3], padding="same"),
    case("Conv2d", in_channels=2, out_channels=2, kernel_size=[2, 3], padding="same",
         dilation=[3, 1]),
    case("Conv2d", in_channels=2, out_channels=2, kernel_size=2, padding="valid"),
    case("Conv2d", in_channels=2, out_channels=3, kernel_size=3, padding=2, dilation=2),
    case("Conv2d", (2, 4, 4, 3), in_channels=4, out_channels=6, kernel_size=3, padding=1, groups=2),
    case("Conv2d", (2, 3, 5, 4), in_channels=3, out_channels=6, kernel_size=[3, 2], stride=2,
         groups=3),
    case("Conv2d", (2, 3, 3, 4), in_channels=3, out_channels=2, kernel_size=1),
    case("Conv2d", (2, 4, 3, 5), in_channels=4, out_channels=2, kernel_size=1, stride=2, groups=2),
    case("Linear", (4, 5), in_features=5, out_features=3),
    case("Linear", (3, 4), in_features=4, out_features=2, bias=False),
    case("MaxPool2d", (2, 2, 4, 6), kernel_size=2),
    case("MaxPool2d", (2, 2, 7, 6), kernel_size=3, stride=2),
    case("MaxPool2d", (2, 2, 6, 5), kernel_size=3, stride=2, padding=1),
    case("MaxPool2d", (2, 2, 6, 4), kernel_size=3, stride=2, ceil_mode=True),
    case("MaxPool2d", (2, 2, 6, 6), kernel_size=[2, 3], stride=[3, 2], padding=[1, 1],
         ceil_mode=True),
    case("MaxPool2d", kernel_size=2, stride=1, padding=1, dilation=[2, 1]),
    *[case("AvgPool2d", (2, 2, 6, 5), kernel_size=[3, 2], stride=[2, 2], padding=[1, 1],
           ceil_mode=ceil_mode, count_include_pad=counted)
      for ceil_mode in (False, True) for counted in (False, True)],
    case("AvgPool2d", (2, 2, 5, 6), kernel_size=2),
    case("AvgPool2d", (2, 2, 6, 4), kernel_size=3, stride=2, ceil_mode=True),
    case("AdaptiveAvgPool2d", output_size=1),
    case("AdaptiveAvgPool2d", (2, 2, 5, 7), output_size=[3, 2]),
    case("AdaptiveAvgPool2d", output_size=[7, None]),
    case("ReLU"),
    case("LeakyReLU"),
    case("LeakyReLU", (3, 4), negative_slope=0.3),
    case("PReLU"),
    case("PReLU", (2, 3, 2, 2), num_parameters=3, init=0.1),
    case("PReLU", (3, 4), num_parameters=4),
    case("Sigmoid"),
    case("Tanh"),
    case("Softmax", (3, 5), dim=1),
    case("Softmax", (2, 3, 2, 2), dim=1),
    case("Softmax", (2, 3, 4), dim=-1),
    case("LogSoftmax", (3, 5), dim=1),
    case("LogSoftmax", (4, 3), dim=0),
]


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
