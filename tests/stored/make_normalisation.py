"""Writes normalisation.json: what PyTorch's normalisation layers compute, gradients included.

Run by hand, never by the tests:    python tests/stored/make_normalisation.py
The stored file was made by torch 2.13.0 on a CPU, in float64, with a random upstream gradient.

Each case: a layer with random parameters is trained on `batches` (which only moves its running
averages), put into `mode`, and then run forwards and backwards on x.  `state` is its state_dict
before all that, `state_after` the one behind it.
"""

import json
from pathlib import Path

import torch

IMAGES, VECTORS, LINES = (3, 4, 2, 3), (5, 4), (3, 4, 2)
BATCH = {"num_features": 4}

#        layer                arguments                           shape of x  batches before, mode
CASES = [("LocalResponseNorm", {"size": 5, "alpha": 5e-4, "k": 2.0}, (2, 7, 2, 2), 0, "train"),
         ("LocalResponseNorm", {"size": 3}, (2, 4, 2, 2), 0, "train"),
         ("LocalResponseNorm", {"size": 4, "alpha": 2.0, "beta": 0.6, "k": 0.5}, (2, 6, 2, 2), 0,
          "train"),
         ("LocalResponseNorm", {"size": 9, "alpha": 2.0}, IMAGES, 0, "eval"),
         ("BatchNorm1d", BATCH, VECTORS, 0, "train"),
         ("BatchNorm1d", BATCH, VECTORS, 3, "eval"),
         ("BatchNorm1d", BATCH, LINES, 2, "train"),
         ("BatchNorm1d", BATCH, LINES, 2, "eval"),
         ("BatchNorm2d", BATCH, IMAGES, 0, "train"),
         ("BatchNorm2d", BATCH, IMAGES, 3, "train"),
         ("BatchNorm2d", BATCH, IMAGES, 3, "eval"),
         ("BatchNorm2d", dict(BATCH, eps=0.1, momentum=0.4), IMAGES, 3, "eval"),
         ("BatchNorm2d", dict(BATCH, momentum=None), IMAGES, 3, "eval"),
         ("BatchNorm2d", dict(BATCH, affine=False), IMAGES, 3, "eval"),
         ("BatchNorm2d", dict(BATCH, track_running_stats=False), IMAGES, 3, "eval"),
         ("LayerNorm", {"normalized_shape": 4}, VECTORS, 0, "train"),
         ("LayerNorm", {"normalized_shape": [4, 2, 3], "eps": 0.1}, IMAGES, 0, "train"),
         ("LayerNorm", {"normalized_shape": [2, 3], "bias": False}, IMAGES, 0, "eval"),
         ("LayerNorm", {"normalized_shape": 3, "elementwise_affine": False}, IMAGES, 0, "eval"),
         ("GroupNorm", {"num_groups": 2, "num_channels": 4}, IMAGES, 0, "train"),
         ("GroupNorm", {"num_groups": 1, "num_channels": 4, "eps": 0.1}, IMAGES, 0, "eval"),
         ("GroupNorm", {"num_groups": 4, "num_channels": 4, "affine": False}, IMAGES, 0, "train"),
         ("GroupNorm", {"num_groups": 2, "num_channels": 4}, VECTORS, 0, "train"),
         ("InstanceNorm2d", BATCH, IMAGES, 0, "train"),
         ("InstanceNorm2d", dict(BATCH, affine=True, eps=0.1), IMAGES, 0, "eval"),
         ("InstanceNorm2d", dict(BATCH, track_running_stats=True), IMAGES, 3, "train"),
         ("InstanceNorm2d", dict(BATCH, affine=True, track_running_stats=True), IMAGES, 3, "eval")]


def draw(shape):
    """Few digits, for a small file."""
    return torch.randn(shape).round(decimals=3)


def lists(tensors):
    return {name: tensor.tolist() for name, tensor in tensors}


def stored_case(kind, arguments, x_shape, count, mode):
    layer = getattr(torch.nn, kind)(**arguments).double()
    for parameter in layer.parameters():
        parameter.data = draw(parameter.shape)
    state = lists(layer.state_dict().items())
    batches = [2 * draw(x_shape) + 1 for _ in range(count)]
    for batch in batches:
        layer(batch)
    layer.train(mode == "train")
    x = draw(x_shape).requires_grad_()
    y = layer(x)
    dy = draw(y.shape)
    y.backward(dy)
    gradients = lists((name, parameter.grad) for name, parameter in layer.named_parameters())
    return {"layer": kind, "arguments": arguments, "mode": mode, "state": state,
            "batches": [batch.tolist() for batch in batches], "x": x.tolist(), "y": y.tolist(),
            "dy": dy.tolist(), "dx": x.grad.tolist(), "gradients": gradients,
            "state_after": lists(layer.state_dict().items())}


if __name__ == "__main__":
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float64)
    cases = [stored_case(*case) for case in CASES]
    path = Path(__file__).parent / "normalisation.json"
    path.write_text(json.dumps(cases) + "\n")
