"""IRRCNN and DCRN: an Inception-residual network and a DenseNet of recurrent convolutions.

    name           blocks    parameters   MACs          made for
    irrcnn         2, 2, 2    1,491,402   289,081,856   3 x 32 x 32, 10 classes
    irrcnn_small   1, 1, 1      194,058    38,896,896
    dcrn           4, 4, 4      363,382   176,137,992
    dcrn_small     2, 2, 2       55,082    31,376,000

    IRRCNN block   relu(x + M [R1(x); R3(x); R1(mean of 3 x 3 of x)])
    DCRN layer     [x; R3(bn x)], k new maps each

R3 is a recurrent convolution with 3 x 3 filters whose output is fed back twice (t = 2), R1 the same
with 1 x 1 filters, M a common 1 x 1 convolution; minicnn.layers.recurrent_conv has the formula.

Slides: memphis, the lists "CapsuleNet and IRRCNN", "DenseNet / DCRN".  Sources: Alom, Hasan,
Yakopcic, Taha and Asari 2020, "Improved inception-residual convolutional neural network for object
recognition" (IRRCNN); Alom et al. 2022, "Microscopic nuclei classification, segmentation, and
detection with improved deep convolutional neural networks" (DCRN).  Input: colours scaled to mean 0
and variance 1 over the training images.

Departures from the paper
-------------------------
1. Numbers of blocks and maps are ours: the papers' totals could not be reproduced from what they
   print, so no published count stands beside these networks.
2. Batch norm stands behind each recurrent convolution of IRRCNN and before each of DCRN, never
   between its steps.
3. Weights start by He's rule, biases at 0.
"""

from collections.abc import Sequence

from minicnn.autograd.tensor import Tensor
from minicnn.init import apply_init, he_normal, zeros
from minicnn.layers.activations import ReLU
from minicnn.layers.adaptive import GlobalAvgPool2d
from minicnn.layers.avgpool import AvgPool2d
from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.containers import Sequential
from minicnn.layers.dropout import Dropout
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.module import Module
from minicnn.layers.recurrent_conv import RecurrentConv2d
from minicnn.models.network import (
    Branches,
    Network,
    Residual,
    check_classes,
    check_lengths,
    conv_unit,
)
from minicnn.models.table import row


def recurrent_unit(in_channels: int, out_channels: int, kernel: int, steps: int) -> Sequential:
    return Sequential(recurrent=RecurrentConv2d(in_channels, out_channels, kernel, steps),
                      norm=BatchNorm2d(out_channels))


def irrcnn_block(channels: int, steps: int) -> Residual:
    """Three recurrent paths, joined, mixed by 1 x 1, and added to x."""
    quarter = channels // 4
    paths = Branches(
        one=recurrent_unit(channels, quarter, 1, steps),
        three=recurrent_unit(channels, 2 * quarter, 3, steps),
        pool=Sequential(AvgPool2d(3, 1, 1), recurrent_unit(channels, quarter, 1, steps)))
    return Residual(Sequential(paths=paths, mix=conv_unit(4 * quarter, channels, activation=None)),
                    after=ReLU())


class IRRCNN(Network):
    """Inception recurrent residual network:  (N, 3, 32, 32) -> (N, classes) scores.

    Parameters
    ----------
    classes : int, default 10            how many it tells apart
    blocks, maps : whole numbers         blocks and maps of each stage; maps divide by 4
    steps : int, default 2               t, how often a recurrent convolution feeds itself
    channels : int, default 3            of the image: 1 for grey ones
    """

    def __init__(self, classes: int = 10, blocks: Sequence[int] = (2, 2, 2),
                 maps: Sequence[int] = (64, 128, 256), steps: int = 2, channels: int = 3) -> None:
        check_classes("IRRCNN", classes)
        check_lengths("IRRCNN", blocks=blocks, maps=maps)
        if any(width % 4 for width in maps):
            raise ValueError(f"IRRCNN: the paths of a block take quarters of its maps; not all of "
                             f"{tuple(maps)} divide by 4")
        rows, current = [row("conv1", conv_unit(channels, maps[0], 3))], maps[0]
        for number, (count, width) in enumerate(zip(blocks, maps, strict=True), 1):
            if number > 1:
                rows.append(row(f"transition{number - 1}", Sequential(
                    conv=conv_unit(current, width), pool=MaxPool2d(3, 2, 1), drop=Dropout(0.2))))
            rows.append(row(f"stage{number}",
                            Sequential(*[irrcnn_block(width, steps) for _ in range(count)])))
            current = width
        super().__init__(*rows, row("gap", GlobalAvgPool2d()),
                         row("fc", Flatten(), Linear(current, classes)),
                         input_shape=(channels, 32, 32))
        apply_init(self, weight=he_normal(), bias=zeros)


class Same(Module):
    """x as it is: the path of a dense layer that hands on what it got."""

    def forward(self, x: Tensor) -> Tensor:
        return x


def dense_layer(channels: int, growth: int, steps: int) -> Branches:
    return Branches(old=Same(), new=Sequential(
        norm=BatchNorm2d(channels), recurrent=RecurrentConv2d(channels, growth, 3, steps)))


class DCRN(Network):
    """Densely connected recurrent network:  (N, 3, 32, 32) -> (N, classes) scores.

    Parameters
    ----------
    classes : int, default 10            how many it tells apart
    layers : whole numbers               dense layers of each block
    growth : int, default 24             k, the maps that a layer adds
    steps : int, default 2               t, how often a recurrent convolution feeds itself
    channels : int, default 3            of the image: 1 for grey ones
    """

    def __init__(self, classes: int = 10, layers: Sequence[int] = (4, 4, 4), growth: int = 24,
                 steps: int = 2, channels: int = 3) -> None:
        check_classes("DCRN", classes)
        current = 2 * growth
        rows = [row("conv1", conv_unit(channels, current, 3))]
        for number, count in enumerate(layers, 1):
            if number > 1:
                rows.append(row(f"transition{number - 1}", Sequential(
                    norm=BatchNorm2d(current), relu=ReLU(),
                    conv=conv_unit(current, current // 2, norm=None, activation=None),
                    pool=AvgPool2d(2))))
                current //= 2
            dense = []
            for _ in range(count):
                dense.append(dense_layer(current, growth, steps))
                current += growth
            rows.append(row(f"dense{number}", Sequential(*dense)))
        super().__init__(*rows, row("norm", BatchNorm2d(current), ReLU()),
                         row("gap", GlobalAvgPool2d()),
                         row("fc", Flatten(), Linear(current, classes)),
                         input_shape=(channels, 32, 32))
        apply_init(self, weight=he_normal(), bias=zeros)


def irrcnn_small(classes: int = 10, channels: int = 3) -> IRRCNN:
    """One block in each stage, 32 to 128 maps."""
    return IRRCNN(classes, (1, 1, 1), (32, 64, 128), channels=channels)


def dcrn_small(classes: int = 10, channels: int = 3) -> DCRN:
    """Two dense layers in each block, 16 new maps each."""
    return DCRN(classes, (2, 2, 2), 16, channels=channels)


NETWORKS = {"irrcnn": IRRCNN, "irrcnn_small": irrcnn_small, "dcrn": DCRN, "dcrn_small": dcrn_small}
