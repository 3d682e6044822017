"""Trunks of detectors: a classifier's convolutions, and the maps that a detector reads from them.

    Trunk(VGG("D"), "conv5_3")                           one map, at 1/16 of the image
    Trunk(ResNet(50), "conv2_x", ..., "conv5_x")         four, at 1/4 to 1/32: see fpn.py

What the classifier has behind the last of them (pooling, fully connected layers) is left out.
"""

from collections.abc import Sequence

from minicnn.autograd.tensor import Tensor
from minicnn.init import apply_init, he_normal, zeros
from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.containers import Sequential
from minicnn.layers.frozen_batchnorm import FrozenBatchNorm2d
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.module import Module
from minicnn.models.network import conv_unit
from minicnn.models.table import TableNet


class Trunk(Module):
    """The outputs of some rows of a network:  (N, C, H, W) -> a tuple of maps.

    net  : the network; its layers keep their names
    rows : labels of the rows whose outputs are wanted, in the network's order
    """

    def __init__(self, net: TableNet, *rows: str) -> None:
        self.wanted = [net.row_ends[label] for label in rows]
        for name, part in net.named_parts():
            setattr(self, name, part)
            if name == self.wanted[-1]:
                break

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        maps = []
        for name, part in self.named_parts():
            x = part(x)
            if name in self.wanted:
                maps.append(x)
        return tuple(maps)


class SmallTrunk(Module):
    """3x3 convolutions with batch norm, and a 2x2 max pool between the blocks, for small images.

    blocks : the maps of each block's convolutions; the network has stride 2 ** (blocks - 1)

    >>> SmallTrunk().shape((3, 64, 64))
    ((64, 16, 16),)
    """

    def __init__(self, channels: int = 3,
                 blocks: Sequence[Sequence[int]] = ((16, 16), (32, 32), (64, 64, 64))) -> None:
        parts: dict[str, Module] = {}
        for number, maps in enumerate(blocks, 1):
            for place, width in enumerate(maps, 1):
                parts[f"conv{number}_{place}"] = conv_unit(channels, width, 3)
                channels = width
            if number < len(blocks):
                parts[f"pool{number}"] = MaxPool2d(2)
        self.layers = apply_init(Sequential(**parts), he_normal(), zeros)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        return (self.layers(x),)


def freeze_norms(net: Module, eps: float = 1e-5) -> Module:
    """The network with FrozenBatchNorm2d in the place of every BatchNorm2d.

    Only for weights that are loaded from a trained classifier: frozen at its start a batch norm
    does nothing, and ResNet-50 without normalisation does not train.
    """
    for part in list(net.modules()):
        for name, inner in part.named_parts():
            if isinstance(inner, BatchNorm2d):
                setattr(part, name, FrozenBatchNorm2d(inner.num_features, eps))
    return net
