"""The networks of benchmarks/networks.py, built from minicnn's layers."""

from collections.abc import Callable, Sequence
from functools import partial

from benchmarks.networks import Row
from minicnn import Module, Sequential, Tensor, layers
from minicnn.init import apply_init, he_normal, zeros
from minicnn.layers import Add, BatchNorm2d, Conv2d, ReLU, Shortcut
from minicnn.layers.module import Shape
from minicnn.models import LeNet5
from minicnn.models.detection.ssd import SSD
from minicnn.models.segmentation.unet import UNet


class Block(Module):
    """Two 3x3 convolutions, each with batch norm, and the shortcut around them."""

    def __init__(self, in_channels: int, out_channels: int, stride: int, option: str) -> None:
        self.conv1 = Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn1 = BatchNorm2d(out_channels)
        self.relu1 = ReLU()
        self.conv2 = Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = BatchNorm2d(out_channels)
        self.shortcut = Shortcut(in_channels, out_channels, stride, option, BatchNorm2d)
        self.add = Add()
        self.relu2 = ReLU()

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu1(self.bn1(self.conv1(x)))
        return self.relu2(self.add(self.bn2(self.conv2(y)), self.shortcut(x)))

    def out_shape(self, in_shape: Shape) -> Shape:
        return self.add.shape(self.conv2.shape(self.conv1.shape(in_shape)),
                              self.shortcut.shape(in_shape))


class Bottleneck(Module):
    """Convolutions 1x1, 3x3 and 1x1, each with batch norm, and the shortcut around them."""

    def __init__(self, in_channels: int, width: int, stride: int) -> None:
        self.convs = Sequential(
            Conv2d(in_channels, width, 1, bias=False), BatchNorm2d(width), ReLU(),
            Conv2d(width, width, 3, stride, padding=1, bias=False), BatchNorm2d(width), ReLU(),
            Conv2d(width, 4 * width, 1, bias=False), BatchNorm2d(4 * width))
        self.shortcut = Shortcut(in_channels, 4 * width, stride, "B", BatchNorm2d)
        self.add = Add()
        self.relu = ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.add(self.convs(x), self.shortcut(x)))

    def out_shape(self, in_shape: Shape) -> Shape:
        return self.add.shape(self.convs.shape(in_shape), self.shortcut.shape(in_shape))


BLOCKS = {"Block": Block, "Bottleneck": Bottleneck}
PACKAGE: dict[str, Callable[[], Module]] = {
    "lenet": LeNet5, "unet_small": partial(UNet, "small"), "ssd_small": partial(SSD, "small")}


def build(name: str, rows: Sequence[Row]) -> Module:
    """The network of these rows; where minicnn has it under that name, the package's own."""
    if name in PACKAGE:
        return PACKAGE[name]()
    model = Sequential(*((BLOCKS.get(what) or getattr(layers, what))(**options)
                         for what, options in rows))
    return apply_init(model, weight=he_normal(), bias=zeros)
