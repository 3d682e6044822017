"""Writes models_alexnet_vgg.json: a digest of each layer's output in AlexNet and VGG-16.

Run by hand, never by the tests:    python tests/stored/make_models_alexnet_vgg.py
The stored file was made by torch 2.13.0 and torchvision 0.28.0 on a CPU, in float64, in eval mode.

"alexnet" and "vgg16" are torchvision's networks.  "alexnet_paper" is put together here from
PyTorch's layers after section 3 of the paper, with its layers named as minicnn names them.
Weights and images come from the rule in filled.py.
"""

import json
from collections import OrderedDict
from pathlib import Path

import torch
import torchvision
from filled import digest, filled, image
from torch import nn

IMAGES = {"alexnet": (2, 3, 96, 80), "alexnet_paper": (1, 3, 227, 227), "vgg16": (2, 3, 64, 48)}


def alexnet_paper():
    def norm():                                            # PyTorch divides alpha by the size
        return nn.LocalResponseNorm(5, alpha=5 * 1e-4, beta=0.75, k=2.0)

    return nn.Sequential(OrderedDict([
        ("conv1", nn.Conv2d(3, 96, 11, 4)), ("conv1_relu", nn.ReLU()),
        ("norm1", norm()), ("pool1", nn.MaxPool2d(3, 2)),
        ("conv2", nn.Conv2d(96, 256, 5, padding=2, groups=2)), ("conv2_relu", nn.ReLU()),
        ("norm2", norm()), ("pool2", nn.MaxPool2d(3, 2)),
        ("conv3", nn.Conv2d(256, 384, 3, padding=1)), ("conv3_relu", nn.ReLU()),
        ("conv4", nn.Conv2d(384, 384, 3, padding=1, groups=2)), ("conv4_relu", nn.ReLU()),
        ("conv5", nn.Conv2d(384, 256, 3, padding=1, groups=2)), ("conv5_relu", nn.ReLU()),
        ("pool3", nn.MaxPool2d(3, 2)), ("fc6_flatten", nn.Flatten()),
        ("fc6", nn.Linear(9216, 4096)), ("fc6_relu", nn.ReLU()),
        ("fc7", nn.Linear(4096, 4096)), ("fc7_relu", nn.ReLU()),
        ("fc8", nn.Linear(4096, 1000))]))


def outputs(network, x):
    """Name of each layer -> digest, taken before a ReLU in place overwrites it."""
    found = {}
    for name, part in network.named_modules():
        if not list(part.children()):
            part.register_forward_hook(
                lambda part, _, y, name=name: found.update({name: digest(y.numpy())}))
    with torch.no_grad():
        network(x)
    return found


def main():
    torch.set_num_threads(1)
    networks = {"alexnet": torchvision.models.alexnet, "alexnet_paper": alexnet_paper,
                "vgg16": torchvision.models.vgg16}
    stored = {}
    for name, build in networks.items():
        network = build().double().eval()
        for number, (path, value) in enumerate(network.state_dict().items()):
            value.copy_(torch.from_numpy(filled(number, path, tuple(value.shape))))
        stored[name] = {"image": IMAGES[name],
                        "outputs": outputs(network, torch.from_numpy(image(IMAGES[name])))}
    path = Path(__file__).with_name("models_alexnet_vgg.json")
    path.write_text(json.dumps(stored, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
