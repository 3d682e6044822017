"""Classifiers without their last layers, for segmentation: VGG-16 and ResNet.

A classifier halves the image five times; to say something of every pixel that is too coarse.  So
these leave out a pooling or a stride, and the filters behind it get holes instead (dilation): they
still see as much of the image, and the weights are the same.

    VGG-16     configuration D of minicnn/models/vgg.py: conv1_1 ... conv5_3, pool1 ... pool5
    ResNet     conv1, conv2_x ... conv5_x of minicnn/models/resnet.py
"""

from collections.abc import Callable, Sequence
from functools import partial

from minicnn.layers.activations import ReLU
from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.conv import Conv2d
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.module import Module
from minicnn.models.resnet import COLUMNS, EXPANSION, stages
from minicnn.models.segmentation.segmenter import conv_norm_relu, conv_relu
from minicnn.models.table import Row, row
from minicnn.models.units import ORDERS, around, convolutions, residual_unit
from minicnn.models.vgg import TABLE

# Maps of the convolutions of each block: (64, 64), (128, 128), (256, 256, 256), ...
WIDTHS = tuple(tuple(int(word.split("-")[1]) for word in block.split())
               for block in TABLE["D"].split("|"))
SMALL_WIDTHS = ((16, 16), (32, 32), (64, 64), (64, 64), (64, 64))


def vgg16(channels: int, pools: Sequence[Module | None], small: bool = False,
          padding: str = "same", border: int | None = None,
          dilations: Sequence[int] = (1, 1, 1, 1, 1)) -> list[Row]:
    """The rows of the convolutions; 512 maps come out, 64 of the small one.

    pools     : the one behind each block, or None
    small     : SMALL_WIDTHS, and batch norm behind each convolution
    padding   : "same", or "valid"
    border    : pixels of zeros around the image, in the place of the first padding
    dilations : of the convolutions of each block
    """
    unit: Callable[..., list[Module]] = conv_norm_relu if small else conv_relu
    rows, seen = [], channels
    blocks = zip(SMALL_WIDTHS if small else WIDTHS, pools, dilations, strict=True)
    for block, (widths, pool, dilation) in enumerate(blocks, 1):
        for number, width in enumerate(widths, 1):
            first = block == number == 1
            layers = unit(seen, width, padding=border if first and border else padding,
                          dilation=dilation)
            rows.append(row(f"conv{block}_{number}", *layers))
            seen = width
        if pool is not None:
            rows.append(row(f"pool{block}", pool))
    return rows


def resnet_unit(stride_on: str, in_channels: int, channels: int, stride: int, dilation: int = 1
                ) -> Module:
    convs = convolutions("bottleneck", in_channels, channels, stride, stride_on, dilation)
    return residual_unit(convs, around(convs), ORDERS["original"])


def stem(channels: int, width: int) -> list[Row]:
    """ResNet's: 7x7 at stride 2, and 3x3 max pooling at stride 2."""
    return [row("conv1", Conv2d(channels, width, 7, 2, 3, bias=False), BatchNorm2d(width), ReLU()),
            row("maxpool", MaxPool2d(3, 2, 1))]


def deep_stem(channels: int, width: int) -> list[Row]:
    """Three 3x3 in the place of the 7x7, the last one with twice the maps."""
    return [row("conv1_1", Conv2d(channels, width, 3, 2, 1, bias=False), BatchNorm2d(width),
                ReLU()),
            row("conv1_2", Conv2d(width, width, 3, 1, 1, bias=False), BatchNorm2d(width), ReLU()),
            row("conv1_3", Conv2d(width, 2 * width, 3, 1, 1, bias=False), BatchNorm2d(2 * width),
                ReLU()),
            row("maxpool", MaxPool2d(3, 2, 1))]


def resnet(depth: int, channels: int, small: bool = False, deep: bool = False,
           dilated: Sequence[bool] = (False, False, False), at_once: bool = False,
           stride_on: str = "3x3") -> list[Row]:
    """The rows up to conv5_x; 2048 maps come out, 128 of the small one, which has one unit a stage.

    deep             : with the stem of three convolutions
    dilated, at_once : see stages() in minicnn/models/resnet.py
    stride_on        : "3x3", torchvision's, or "first 1x1", the paper's
    """
    counts, base = ((1, 1, 1, 1), 4) if small else (COLUMNS[depth].counts, 64)
    width = 16 if small else 64
    first = (deep_stem if deep else stem)(channels, width)
    if small:                                              # 64 pixels are few: not halved twice
        first.pop()
    parts = stages(partial(resnet_unit, stride_on), counts, 2 * width if deep else width,
                   EXPANSION["bottleneck"], base, dilated, at_once)
    return first + [row(f"conv{number}_x", part) for number, part in enumerate(parts, 2)]


def maps(small: bool) -> tuple[int, int, int, int]:
    """What comes out of conv2_x, ..., conv5_x of that ResNet."""
    widths = [EXPANSION["bottleneck"] * (4 if small else 64) * 2 ** number for number in range(4)]
    return widths[0], widths[1], widths[2], widths[3]
