"""Writes published.json: what published networks' arrays are called, and scores to load weights by.

Run by hand, never by the tests:    PYTHONPATH=. python tests/stored/make_published.py
The stored file was made by torch 2.14.1, torchvision 0.29.1 and timm 1.0.31 on a CPU, in float64.

"names" has a digest of the names and shapes of each network that check_published.py compares.
"scores" has what a few networks give in eval mode for the image of filled.py, with weights that the
rule there makes from an array's name.
"""

import json
from functools import partial
from pathlib import Path
from zlib import crc32

import timm
import torch
from torchvision import models
from torchvision.models.convnext import CNBlockConfig

from tests.stored.check_published import NETWORKS
from tests.stored.filled import digest, filled, image, names_digest, short


def tiny_vit():
    return models.VisionTransformer(32, 4, 4, 4, 64, 256, num_classes=10)


def tiny_convnext():
    stages = [CNBlockConfig(8, 16, 1), CNBlockConfig(16, 32, 2), CNBlockConfig(32, None, 1)]
    return models.ConvNeXt(stages, num_classes=10)


named = partial(models.get_model, weights=None)
SCORED = {  # name of the network here: theirs, side of the image
    "vit_small": (tiny_vit, 32), "convnext tiny": (tiny_convnext, 32),
    "resnet18": (partial(named, "resnet18"), 64),
    "densenet121": (partial(named, "densenet121"), 64),
    "mobilenet_v2": (partial(named, "mobilenet_v2"), 64),
    "shufflenet_v2": (partial(named, "shufflenet_v2_x0_5"), 64),
    "efficientnet_b0 torchvision": (partial(named, "efficientnet_b0"), 64),
    "efficientnet_b0 timm": (partial(timm.create_model, "tf_efficientnet_b0"), 64),
}


def names_of(pair):
    """Of a network that allocates nothing."""
    with torch.device("meta"):
        net = models.get_model(pair.theirs, weights=None, **pair.their_options) \
            if pair.library == "torchvision" else timm.create_model(pair.theirs,
                                                                    **pair.their_options)
    shapes = {name: tuple(q.shape) for name, q in net.state_dict().items()}
    return {"network": pair.name, "options": pair.options, "library": pair.library,
            "theirs": pair.theirs, "arrays": len(shapes), "digest": names_digest(shapes)}


def scores(net, side):
    net = net.double().eval()
    state = net.state_dict()
    for name, q in state.items():
        if not name.endswith("num_batches_tracked"):
            q.copy_(torch.from_numpy(filled(crc32(name.encode()), name, tuple(q.shape))))
    with torch.no_grad():
        y = net(torch.from_numpy(image((2, 3, side, side)))).numpy()
    shapes = {name: tuple(q.shape) for name, q in state.items()}
    return {"side": side, "digest": names_digest(shapes), "scores": short(digest(y))}


if __name__ == "__main__":
    found = {"names": [names_of(pair) for pair in NETWORKS],
             "scores": {name: scores(make(), side) for name, (make, side) in SCORED.items()}}
    Path(__file__).with_name("published.json").write_text(json.dumps(found) + "\n", "utf-8")
