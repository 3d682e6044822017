"""A network that is looked into: the values of some of its rows, for what works on the picture.

    name                  what it is                                 content   style
    vgg19                 VGG-19's convolutions, 20,024,384 weights  conv4_2   conv1_1 to conv5_1
    efficientnet_lite0    4,652,008 weights                          stage3    conv1 to stage5
    vgg_small             our own, 567,082 weights                   conv3_1   conv1_1 to conv3_1

Nothing of it learns; the gradient goes to the picture alone.  What comes out depends on which
network looked, and on whether it had learnt anything; so `said` belongs on every such picture.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from minicnn.autograd.tensor import Tensor
from minicnn.backend.messages import did_you_mean
from minicnn.data.preparation import IMAGENET_MEAN, IMAGENET_STD
from minicnn.layers.avgpool import AvgPool2d
from minicnn.layers.freeze import freeze
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.module import Module
from minicnn.models import build
from minicnn.models.network import Network
from minicnn.models.table import TableNet, row
from minicnn.models.vgg import convolutions
from minicnn.weights.error import WeightsError
from minicnn.weights.read import read


class Known(NamedTuple):
    """The rows in which a network's content and style are looked for."""

    content: str
    style: tuple[str, ...]


KNOWN = {
    "vgg19": Known("conv4_2", tuple(f"conv{block}_1" for block in range(1, 6))),
    "efficientnet_lite0": Known("stage3", ("conv1", "stage1", "stage2", "stage3", "stage4",
                                           "stage5")),
    "vgg_small": Known("conv3_1", ("conv1_1", "conv2_1", "conv3_1")),
}


def vgg19_features(path: Any = None) -> TableNet:
    """VGG-19 up to its last pooling; of a file the convolutions are read, whatever else it has.

    >>> vgg19_features().num_parameters()
    20024384
    """
    model = TableNet(*(row(label, *layers) for label, _, layers in convolutions("E", 3, False)))
    if path is None:
        return model
    entries, values, number = read(path).entries, {}, 0
    for label, layers, _ in model.rows:
        for kind in ("weight", "bias") if label.startswith("conv") else ():
            # Ours, torchvision's, and torchvision's where the features were saved alone.
            names = f"{label}.{kind}", f"features.{number}.{kind}", f"{number}.{kind}"
            found = next((entries[name] for name in names if name in entries), None)
            if found is None:
                raise WeightsError(f"{path}: there is none of {', '.join(names)}, so it is no "
                                   "VGG-19; with --model say whose weights these are")
            values[f"{label}.{kind}"] = found.read()
        number += len(layers)
    model.load_state_dict(values)
    return model


class Watched:
    """watched(x) -> {row: its output} for the rows asked for.

    model : a network whose rows follow one another
    said  : what it is, in words for a picture's caption
    mean, std : of its preparation, colours 0 to 1; the range of a normalised picture follows
    """

    def __init__(self, model: Module, name: str, said: str) -> None:
        if not isinstance(model, TableNet) or (isinstance(model, Network) and
                                               type(model).compute is not Network.compute):
            raise ValueError(f"{name}: its paths cross its rows, so they cannot be run one by one; "
                             f"take one of {', '.join(KNOWN)}")
        self.model, self.name, self.said = freeze(model.eval()), name, said
        self.labels = tuple(model.row_ends)
        preparation = getattr(model, "preparation", None)
        mean, std = (preparation.mean, preparation.std) if preparation else \
            (IMAGENET_MEAN, IMAGENET_STD)
        self.mean, self.std = (np.array(q, np.float32)[:, None, None] for q in (mean, std))

    def check(self, *labels: str) -> None:
        for label in labels:
            if label not in self.labels:
                hint = did_you_mean(label, self.labels) or f"it has {', '.join(self.labels)}"
                raise ValueError(f"{self.name} has no row {label!r}; {hint}")

    def __call__(self, x: Tensor, labels: Sequence[str]) -> dict[str, Tensor]:
        self.check(*labels)
        found: dict[str, Tensor] = {}
        for label, layers, _ in self.model.rows:
            for layer in layers:
                x = layer(x)
            if label in labels:
                found[label] = x
            if len(found) == len(set(labels)):
                break
        return found

    def average_pooling(self) -> None:
        """Means in place of the largest values, as Gatys et al. found better for the picture."""
        for label, layers, _ in self.model.rows:
            if len(layers) == 1 and isinstance(layers[0], MaxPool2d):
                setattr(self.model, label, AvgPool2d(layers[0].window.kernel,
                                                     layers[0].window.stride))

    def normalised(self, pixels: np.ndarray) -> np.ndarray:
        """(3, H, W) of 0 to 255 -> (1, 3, H, W) float32."""
        return ((pixels.astype(np.float32) / 255 - self.mean) / self.std)[None]

    def pixels(self, x: np.ndarray) -> np.ndarray:
        """And back, (3, H, W) of 0 to 255."""
        return ((x[0] * self.std + self.mean) * 255).clip(0, 255)

    @property
    def darkest(self) -> np.ndarray:
        return (-self.mean / self.std).astype(np.float32)  # (3, 1, 1)

    @property
    def brightest(self) -> np.ndarray:
        return ((1 - self.mean) / self.std).astype(np.float32)


def watched(weights: Any = None, name: str | None = None) -> Watched:
    """The network of that name with those weights; without weights an untrained vgg_small.

    weights : path of a .pth, .safetensors or .npz file
    name    : of a network; left out, the file's names tell VGG-19, EfficientNet-Lite0 and vgg_small
    """
    if weights is None:
        name = name or "vgg_small"
        return Watched(build(name), name, f"{name} with random weights: it has learnt nothing, so "
                       "expect colours and grain, no strokes")
    name = name or recognised(weights)
    model = vgg19_features(weights) if name == "vgg19" else build(name, weights=weights)
    return Watched(model, name, f"{name} with {Path(weights).name}")


def recognised(weights: Any) -> str:
    entries = read(weights).entries
    if any(entry.startswith("_blocks.") for entry in entries):
        return "efficientnet_lite0"
    if any(entry.startswith(("features.34.", "conv5_4.")) or entry == "34.weight"
           for entry in entries):
        return "vgg19"
    if "conv1_1.weight" in entries:
        return "vgg_small"
    raise WeightsError(f"{weights}: its names are those of none of {', '.join(KNOWN)}; say whose "
                       "weights these are with --model")
