"""Res2Net: a bottleneck whose 3 x 3 convolution is a ladder of small ones, each seeing farther.

    y_1 = K_1(x_1),   y_i = K_i(x_i + y_i-1),   y_s = x_s       x_1 ... x_s: the channels in s parts

    name             width x scale   parameters    MACs            made for
    res2net50        26w x 4s        25,699,120    4,255,166,464   3 x 224 x 224, 1000 classes
                     48w x 2s        25,287,304    4,159,832,064
                     14w x 8s        25,059,816    4,178,898,944
                     26w x 6s        37,051,448    6,295,523,328
                     26w x 8s        48,403,776    8,335,880,192
    res2net101       26w x 4s        45,206,688    8,066,974,464
    res2net_small     8w x 4s           271,866       44,091,904   3 x 32 x 32, 10 classes

Slide: memphis, "Res2Net in 2019".  Source: Gao et al. 2021, "Res2Net: a new multi-scale backbone
architecture", section 3.1 and figure 2; the stages are those of ResNet-50.  Input: colours scaled
to mean 0 and variance 1 over the training images.  The authors' weights load as the library timm
has them.

Departures from the paper
-------------------------
1. In the first block of each stage, where the image or the number of channels changes, the parts
   are not added to one another, and the last one is averaged over 3 x 3; the paper does not say so,
   the authors' program does.
2. The stride is in the 3 x 3 convolutions, as in the authors' program.
3. The part that goes straight through is the last, as in the authors' program; in the paper it is
   the first, which is the same network with its channels in another order.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

from minicnn.data.preparation import Preparation
from minicnn.init import apply_init, he_normal, zeros
from minicnn.layers.activations import ReLU
from minicnn.layers.adaptive import GlobalAvgPool2d
from minicnn.layers.avgpool import AvgPool2d
from minicnn.layers.channel_slice import ChannelSlice
from minicnn.layers.concat import Concat
from minicnn.layers.containers import Sequential
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.module import Module
from minicnn.layers.residual import Add
from minicnn.models.network import (
    ImageShape,
    Network,
    Residual,
    check_choice,
    check_classes,
    conv_unit,
)
from minicnn.models.table import row
from minicnn.weights.names import Names

DEPTHS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
WIDTHS = ((26, 4), (48, 2), (14, 8), (26, 6), (26, 8))           # (width, scale)


class Ladder(Module):
    """The parts of figure 2 (b):  (N, width scale, H, W) -> (N, width scale, H', W').

    stride : of the 3 x 3 convolutions;  first : True for the first block of a stage
    """

    def __init__(self, width: int, scale: int, stride: int, first: bool) -> None:
        self.parts = [ChannelSlice(i * width, (i + 1) * width) for i in range(scale)]
        self.units = [conv_unit(width, width, 3, stride) for _ in range(scale - 1)]
        self.pool = AvgPool2d(3, stride, 1) if first else None
        self.add, self.concat = Add(), Concat()

    def forward(self, x: Any) -> Any:
        ys: list[Any] = []
        for part, unit in zip(self.parts[:-1], self.units, strict=True):
            x_i = part(x)
            if ys and self.pool is None:
                x_i = self.add(x_i, ys[-1])
            ys.append(unit(x_i))
        last = self.parts[-1](x)
        ys.append(last if self.pool is None else self.pool(last))
        return self.concat(*ys)


def block(in_channels: int, channels: int, width: int, scale: int, stride: int,
          first: bool) -> Residual:
    """1 x 1 to width * scale channels, the ladder, 1 x 1 to `channels`."""
    wide = width * scale
    body = Sequential(reduce=conv_unit(in_channels, wide),
                      ladder=Ladder(width, scale, stride, first),
                      expand=conv_unit(wide, channels, activation=None))
    shortcut = conv_unit(in_channels, channels, 1, stride, activation=None) if first else None
    return Residual(body, shortcut, after=ReLU())


class Res2Net(Network):
    """Res2Net:  (N, 3, 224, 224) -> (N, classes) scores.

    Parameters
    ----------
    depth : 50, 101 or 152          blocks as in ResNet
    width : int, default 26         channels of a part in the first stage; they double with each
    scale : int, default 4          number of parts
    classes : int, default 1000     how many it tells apart

    For networks of another size:

    blocks : whole numbers          of each stage; then any width and scale will do
    channels : int, default 256     behind the first stage
    small : bool, default False     conv1 is 3 x 3 with stride 1, and there is no max pool
    input_shape : (C, H, W)         of the images

    >>> Res2Net().num_parameters()
    25699120
    """

    published = {"timm": Names(
        (r"^conv1\.conv", "conv1"), (r"^conv1\.norm", "bn1"),
        (r"body\.reduce\.conv", "conv1"), (r"body\.reduce\.norm", "bn1"),
        (r"body\.ladder\.units\.(\d)\.conv", r"convs.\1"),
        (r"body\.ladder\.units\.(\d)\.norm", r"bns.\1"),
        (r"body\.expand\.conv", "conv3"), (r"body\.expand\.norm", "bn3"),
        (r"shortcut\.conv", "downsample.0"), (r"shortcut\.norm", "downsample.1"))}

    def __init__(self, depth: int = 50, width: int = 26, scale: int = 4, classes: int = 1000,
                 blocks: Sequence[int] | None = None, channels: int = 256, small: bool = False,
                 input_shape: ImageShape = (3, 224, 224)) -> None:
        if blocks is None:
            check_choice("Res2Net", "depth", depth, DEPTHS)
            check_choice("Res2Net", "(width, scale)", (width, scale), WIDTHS)
        check_classes("Res2Net", classes)
        if channels % 4:
            raise ValueError("Res2Net: conv1 has a quarter of the first stage's channels; "
                             f"{channels} does not divide by 4")
        colours, current = input_shape[0], channels // 4
        rows = [row("conv1", conv_unit(colours, current, 3) if small else
                    conv_unit(colours, current, 7, 2))]
        rows += [] if small else [row("maxpool", MaxPool2d(3, 2, 1))]
        for stage, count in enumerate(blocks or DEPTHS[depth]):
            out, part = channels * 2 ** stage, width * 2 ** stage
            stride = 1 if stage == 0 else 2
            units = [block(current, out, part, scale, stride, first=True)]
            units += [block(out, out, part, scale, 1, first=False) for _ in range(count - 1)]
            rows.append(row(f"layer{stage + 1}", Sequential(*units)))
            current = out
        super().__init__(*rows, row("gap", GlobalAvgPool2d()),
                         row("fc", Flatten(), Linear(current, classes)), input_shape=input_shape)
        self.preparation = Preparation() if blocks is None else None
        apply_init(self, weight=he_normal(), bias=zeros)


def res2net_small(classes: int = 10, channels: int = 3) -> Res2Net:
    """For 32 x 32 images: three stages of two blocks, 64 channels behind the first."""
    return Res2Net(width=8, scale=4, classes=classes, blocks=(2, 2, 2), channels=64, small=True,
                   input_shape=(channels, 32, 32))


NETWORKS = {"res2net50": Res2Net, "res2net101": partial(Res2Net, 101),
            "res2net_small": res2net_small}
