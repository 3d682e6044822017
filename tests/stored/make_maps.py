"""Writes maps.json: what PyTorch and torchvision compute for layers of networks that give maps.

Run by hand, never by the tests:    python tests/stored/make_maps.py
The stored file was made by torch 2.14.1 and torchvision 0.29.1 on a CPU, in float64, with a random
upstream gradient.

Attention gate and R2U-Net's unit are written out after the much used ports of their papers, with
the names that their parts have here.  The form of a record is that of compositions.json; `pooled`
is what MaxUnpool2d's two inputs were pooled from.
"""

import json
from pathlib import Path

import torch
import torchvision
from torch import nn
from torch.nn import functional


class L2Norm(nn.Module):
    """As in torchvision's SSD: its scale_weight times normalize."""

    def __init__(self, channels, scale=20.0):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels) * scale)

    def forward(self, x):
        return self.weight.view(1, -1, 1, 1) * functional.normalize(x)


def projected(C, F):
    named = nn.Sequential()
    named.add_module("conv", nn.Conv2d(C, F, 1))
    named.add_module("norm", nn.BatchNorm2d(F))
    return named


class AttentionGate(nn.Module):
    def __init__(self, gate_channels, skip_channels, middle):
        super().__init__()
        self.gate, self.skip = projected(gate_channels, middle), projected(skip_channels, middle)
        self.share = projected(middle, 1)

    def forward(self, g, x):
        return x * self.share((self.gate(g) + self.skip(x)).relu()).sigmoid()


class SharedRecurrentConv2d(nn.Module):
    def __init__(self, channels, steps=2):
        super().__init__()
        self.steps = steps
        self.conv, self.norm = nn.Conv2d(channels, channels, 3, 1, 1), nn.BatchNorm2d(channels)

    def forward(self, x):
        for step in range(self.steps):
            if step == 0:
                h = self.norm(self.conv(x)).relu()
            h = self.norm(self.conv(x + h)).relu()
        return h


class RecurrentUnit2d(nn.Module):
    def __init__(self, in_channels, out_channels, steps=2):
        super().__init__()
        self.project = nn.Conv2d(in_channels, out_channels, 1)
        self.layers = nn.Sequential(SharedRecurrentConv2d(out_channels, steps),
                                    SharedRecurrentConv2d(out_channels, steps))

    def forward(self, x):
        x = self.project(x)
        return x + self.layers(x)


LAYERS = {
    "ConvTranspose2d": nn.ConvTranspose2d, "Upsample": nn.Upsample, "MaxUnpool2d": nn.MaxUnpool2d,
    "L2Norm": L2Norm, "FrozenBatchNorm2d": torchvision.ops.FrozenBatchNorm2d,
    "AttentionGate": AttentionGate, "SharedRecurrentConv2d": SharedRecurrentConv2d,
    "RecurrentUnit2d": RecurrentUnit2d,
}


def draw(shape):
    """Few digits, for a small file."""
    return torch.randn(shape).round(decimals=3)


def case(name, *inputs, training=True, **arguments):
    """One record; inputs: shapes, or Tensors of whole numbers."""
    layer = LAYERS[name](**arguments).train(training)
    for key, value in layer.state_dict().items():
        if value.ndim:
            value.copy_(draw(value.shape).abs() + 0.1 if "var" in key else draw(value.shape))
    before = {key: value.tolist() for key, value in layer.state_dict().items()}
    xs = [(2 * draw(x)).requires_grad_() if isinstance(x, tuple) else x for x in inputs]
    y = layer(*xs)
    dy = draw(y.shape)
    y.backward(dy)
    record = {"name": name, "arguments": arguments, "mode": "train" if training else "eval",
              "state": before,
              "inputs": [x.tolist() for x in xs], "y": y.tolist(), "dy": dy.tolist(),
              "dinputs": [None if x.grad is None else x.grad.tolist() for x in xs],
              "gradients": {key: value.grad.tolist() for key, value in layer.named_parameters()}}
    if any(True for _ in layer.buffers()):
        record["state_after"] = {key: value.tolist() for key, value in layer.state_dict().items()}
    return record


def unpooled(shape, **arguments):
    x = 2 * draw(shape)
    y, indices = nn.MaxPool2d(**arguments, return_indices=True)(x)
    record = case("MaxUnpool2d", tuple(y.shape), indices, **arguments)
    return record | {"pooled": {"x": x.tolist(), "y": y.tolist(), "indices": indices.tolist()}}


def transposed(shape, out_channels, kernel_size, **arguments):
    return case("ConvTranspose2d", shape, in_channels=shape[1], out_channels=out_channels,
                kernel_size=kernel_size, **arguments)


def cases():
    image = (2, 2, 3, 4)
    return [
        transposed(image, 3, 3), transposed(image, 2, 2, stride=2, bias=False),
        transposed(image, 2, 4, stride=2, padding=1),
        transposed((1, 2, 3, 2), 3, (2, 3), stride=(3, 2), padding=(0, 1), output_padding=(2, 1)),
        transposed((1, 2, 3, 2), 2, 2, padding=1, output_padding=2, dilation=3),
        transposed((1, 4, 2, 3), 6, 3, stride=2, groups=2),
        transposed((1, 3, 2, 2), 3, 4, stride=2, padding=1, groups=3, bias=False),
        case("Upsample", image, scale_factor=2), case("Upsample", image, size=(7, 3)),
        case("Upsample", image, scale_factor=(0.5, 1.5)),
        case("Upsample", image, scale_factor=2, mode="bilinear"),
        case("Upsample", image, size=(2, 7), mode="bilinear"),
        case("Upsample", (1, 2, 7, 5), scale_factor=1.5, mode="bilinear"),
        case("Upsample", (1, 2, 7, 5), scale_factor=(0.5, 0.7), mode="bilinear"),
        case("Upsample", image, size=(5, 2), mode="bilinear", align_corners=True),
        case("Upsample", image, size=1, mode="bilinear", align_corners=True),
        case("Upsample", image, scale_factor=2.5, mode="bilinear", align_corners=True),
        unpooled((2, 2, 4, 6), kernel_size=2), unpooled((1, 2, 6, 3), kernel_size=(2, 3)),
        unpooled((1, 2, 6, 3), kernel_size=2, stride=3, padding=1),
        case("L2Norm", (2, 3, 2, 3), channels=3), case("L2Norm", (1, 2, 3, 2), channels=2, scale=5),
        case("FrozenBatchNorm2d", (2, 3, 2, 3), num_features=3),
        case("FrozenBatchNorm2d", (1, 2, 2, 2), num_features=2, eps=0.1, training=False),
        case("AttentionGate", (2, 3, 3, 2), (2, 2, 3, 2), gate_channels=3, skip_channels=2,
             middle=4),
        case("AttentionGate", (1, 2, 2, 2), (1, 2, 2, 2), gate_channels=2, skip_channels=2,
             middle=1, training=False),
        case("SharedRecurrentConv2d", (2, 2, 3, 4), channels=2),
        case("SharedRecurrentConv2d", (1, 2, 3, 3), channels=2, steps=1, training=False),
        case("RecurrentUnit2d", (2, 2, 3, 4), in_channels=2, out_channels=3),
        case("RecurrentUnit2d", (2, 1, 2, 3), in_channels=1, out_channels=2, steps=3)]


if __name__ == "__main__":
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float64)
    lines = [json.dumps(record) for record in cases()]
    path = Path(__file__).with_name("maps.json")
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
    print(f"{len(lines)} cases by torch {torch.__version__}")
