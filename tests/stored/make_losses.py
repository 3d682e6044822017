"""Writes losses.json: losses of maps and of boxes, and their gradients.

Run by hand, never by the tests:    python tests/stored/make_losses.py
The stored file was made by torch 2.13.0 and torchvision 0.29.1 on a CPU, in float64.
"""

import json
from pathlib import Path

import torch
from torch.nn import functional as F
from torchvision.ops import sigmoid_focal_loss

torch.set_default_dtype(torch.float64)
GENERATOR = torch.Generator().manual_seed(0)


def normal(*shape):
    return torch.randn(shape, generator=GENERATOR).mul(2).round(decimals=2)


def case(function, target, named, shape):
    z = normal(*shape).requires_grad_()
    settings = {name: torch.tensor(value) if isinstance(value, list) else value
                for name, value in named.items()}
    loss = function(z, target, **settings)
    dy = normal(*loss.shape)
    loss.backward(dy)
    return {"loss": function.__name__, "z": z.tolist(), "target": target.tolist(),
            "named": named, "y": loss.tolist(), "dy": dy.tolist(), "dz": z.grad.tolist()}


LABELS = torch.randint(0, 3, (2, 3, 4), generator=GENERATOR)
LABELS[0, 0, 1] = LABELS[1, 2, 2] = 255
WEIGHT = [0.5, 2.0, 0.25]
HARD = torch.randint(0, 2, (3, 4), generator=GENERATOR).double()
SOFT = torch.rand((3, 4), generator=GENERATOR).round(decimals=2)

CASES = [
    *(case(F.cross_entropy, LABELS, {"ignore_index": 255, **named}, (2, 3, 3, 4))
      for named in ({}, {"reduction": "sum"}, {"reduction": "none"}, {"weight": WEIGHT},
                    {"label_smoothing": 0.1},
                    {"weight": WEIGHT, "label_smoothing": 0.1},
                    {"weight": WEIGHT, "label_smoothing": 0.3, "reduction": "none"})),
    *(case(F.binary_cross_entropy_with_logits, SOFT, named, (3, 4))
      for named in ({}, {"reduction": "sum"}, {"reduction": "none"},
                    {"weight": [[1.0], [2.0], [0.0]]}, {"pos_weight": [1.0, 2.0, 3.0, 0.5]},
                    {"weight": [0.5, 1.0, 2.0, 0.0], "pos_weight": [2.0], "reduction": "none"})),
    *(case(sigmoid_focal_loss, HARD, named, (3, 4))
      for named in ({}, {"reduction": "sum"}, {"reduction": "mean"}, {"alpha": -1, "gamma": 0.0},
                    {"alpha": 0.7, "gamma": 1.5})),
    *(case(F.smooth_l1_loss, SOFT, named, (3, 4))
      for named in ({}, {"reduction": "sum"}, {"reduction": "none"}, {"beta": 1 / 9},
                    {"beta": 0.0}, {"beta": 5.0})),
]

if __name__ == "__main__":
    Path(__file__).with_name("losses.json").write_text(json.dumps(CASES) + "\n")
