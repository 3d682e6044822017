"""PolyNet: residual blocks as polynomials, I + F + F^2, and sums of several blocks, I + F + G.

    name            modules in stages A, B, C      parameters    MACs             made for
    polynet         10, 20, 10                     95,366,600    34,699,493,472   3 x 331 x 331
    polynet_small   1, 2, 2; maps / 16                 79,546        17,066,752   3 x 32 x 32

    2-way     y = relu(x + s F(x) + s G(x))
    poly-3    y = relu(x + s F(x) + s F(F(x)) + s F(F(F(x))))

F and G are Inception-ResNet's blocks.  The F's of a poly-3 module share their filters, but each
power has its own batch norms and its own last 1 x 1 convolution.  s falls evenly from 1 in the
first module to 0.7 in the last, so that a deep sum does not explode.

Slide: memphis, "PolyNet".  Source: Zhang, Li, Loy and Lin 2017, "PolyNet: a pursuit of structural
diversity in very deep networks", sections 3 and 4, figures 4 and 8 (Very Deep PolyNet).  Input:
colours scaled to mean 0 and variance 1 over the training images.  Its arrays have names of our own:
no library of today has a file of its weights to hold them against.

Departures from the paper
-------------------------
1. Widths, and which of a poly-3 module's layers are shared, are those of the published weights; the
   paper prints neither.  It says 92 million parameters, the published weights have 95.4 million.
2. The paper's stochastic paths, blocks dropped late in the training, are not there.
3. Weights start by He's rule, biases at 0; the paper does not say.
"""

from typing import Any

from minicnn.init import apply_init, he_normal, zeros
from minicnn.layers.activations import ReLU
from minicnn.layers.adaptive import GlobalAvgPool2d
from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.concat import Concat
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.dropout import Dropout
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.module import Module
from minicnn.layers.residual import Add
from minicnn.models.inception_resnet import Scale
from minicnn.models.network import Branches, ImageShape, Network, check_classes, conv_unit
from minicnn.models.paths import (
    COLUMN,
    ROW,
    Path,
    Paths,
    branches,
    maps_of,
    narrow,
    path,
    without_border,
)
from minicnn.models.table import row

convolution = without_border(conv_unit)

# How to read a path: minicnn/models/paths.py.  The stem is Inception v4's, but for the order of its
# paths and of 7 x 1 and 1 x 7.
STEM_1: Paths = {"pool": ["max"], "conv": [(96, 3, 2)]}
STEM_2: Paths = {"short": [(64, 1), (96, 3, 1, 0)],
                 "long": [(64, 1), (64, COLUMN), (64, ROW), (96, 3, 1, 0)]}
STEM_3: Paths = {"pool": ["max"], "conv": [(192, 3, 2)]}

# The paths of a block; a last 1 x 1 convolution brings their maps back to the block's own number.
BLOCK_A: list[Path] = [[(32, 1), (48, 3), (64, 3)], [(32, 1), (32, 3)], [(32, 1)]]
BLOCK_B: list[Path] = [[(128, 1), (160, ROW), (192, COLUMN)], [(192, 1)]]
BLOCK_C: list[Path] = [[(192, 1), (224, (1, 3)), (256, (3, 1))], [(192, 1)]]
REDUCTION_A: list[Path] = [[(256, 1), (256, 3), (384, 3, 2)], [(384, 3, 2)]]
REDUCTION_B: list[Path] = [[(256, 1), (256, 3), (256, 3, 2)], [(256, 1), (256, 3, 2)],
                           [(256, 1), (384, 3, 2)]]


def block(channels: int, paths: list[Path]) -> Sequential:
    """Inception-ResNet's: paths side by side, joined, and a 1 x 1 convolution without ReLU."""
    return Sequential(join=Branches(*[path(channels, steps, convolution) for steps in paths]),
                      expand=conv_unit(maps_of(paths), channels, activation=None))


def reduction(channels: int, paths: list[Path], border: bool) -> Branches:
    """Half the image: paths whose last convolution has stride 2, and a pool.

    border : pad by a pixel, so that small images do not shrink to nothing
    """
    unit, pad = (conv_unit, 1) if border else (convolution, 0)
    return Branches(*[path(channels, steps, unit) for steps in paths], MaxPool2d(3, 2, pad))


class TwoWay(Module):
    """relu(x + s F(x) + s G(x)):  (N, C, H, W) -> (N, C, H, W).  `factor` is s."""

    def __init__(self, channels: int, paths: list[Path], factor: float) -> None:
        self.blocks = [block(channels, paths) for _ in range(2)]
        self.scale, self.add, self.relu = Scale(factor), Add(), ReLU()

    def forward(self, x: Any) -> Any:
        y = x
        for part in self.blocks:
            y = self.add(self.scale(part(x)), y)
        return self.relu(y)


def bare(in_channels: int, maps: int, kernel: Any) -> Conv2d:
    """A convolution of a poly-3 module; its batch norms, one for each power, are apart."""
    return Conv2d(in_channels, maps, kernel, padding="same", bias=False)


class Poly(Module):
    """relu(x + s F(x) + s F(F(x)) + ...), up to `order`:  (N, C, H, W) -> (N, C, H, W).

    Between one F and the next is a ReLU.  `factor` is s.
    """

    def __init__(self, channels: int, paths: list[Path], factor: float, order: int = 3) -> None:
        self.lengths, self.order = [len(steps) for steps in paths], order
        shared = [conv for steps in paths for conv in path(channels, steps, bare).modules()
                  if isinstance(conv, Conv2d)]
        self.convs = shared                                # by all powers of F
        self.norms = [BatchNorm2d(conv.out_channels) for _ in range(order) for conv in shared]
        self.expand = [conv_unit(maps_of(paths), channels, activation=None) for _ in range(order)]
        self.concat, self.scale, self.add, self.relu = Concat(), Scale(factor), Add(), ReLU()

    def forward(self, x: Any) -> Any:
        y, norms = x, iter(self.norms)
        for power in range(self.order):
            convs, ends = iter(self.convs), []
            for length in self.lengths:                    # of each path
                h = x
                for _ in range(length):
                    h = self.relu(next(norms)(next(convs)(h)))
                ends.append(h)
            f = self.expand[power](self.concat(*ends))
            y = self.add(self.scale(f), y)
            if power < self.order - 1:
                x = self.relu(f)
        return self.relu(y)


def stem(channels: int) -> Sequential:
    """(N, channels, 331, 331) -> (N, 384, 39, 39)"""
    return Sequential(
        conv1=convolution(channels, 32, 3, 2), conv2=convolution(32, 32, 3, 1, 0),
        conv3=convolution(32, 64, 3), join1=branches(64, STEM_1, convolution),
        join2=branches(160, STEM_2, convolution), join3=branches(192, STEM_3, convolution))


class PolyNet(Network):
    """Very Deep PolyNet:  (N, 3, 331, 331) -> (N, classes) scores.

    Parameters
    ----------
    classes : int, default 1000              how many it tells apart

    For networks of another size:

    modules : three whole numbers     modules of stages A, B and C
    thin : int, default 1             divides all maps; above 1 (32 at most) the stem is one 3 x 3
                                      convolution
    input_shape : (C, H, W)           of the images

    >>> PolyNet().num_parameters()
    95366600
    """

    def __init__(self, classes: int = 1000, modules: tuple[int, int, int] = (10, 20, 10),
                 thin: int = 1, input_shape: ImageShape = (3, 331, 331)) -> None:
        check_classes("PolyNet", classes)
        if not 1 <= thin <= 32:
            raise ValueError(f"PolyNet: thin divides 32 maps and more, so it is from 1 to 32, got "
                             f"{thin}")
        total, done, channels = sum(modules), 0, 384 // thin
        colours = input_shape[0]
        rows = [row("stem", stem(colours) if thin == 1 else conv_unit(colours, channels, 3))]
        stages = [("a", BLOCK_A, REDUCTION_A), ("b", BLOCK_B, REDUCTION_B), ("c", BLOCK_C, [])]
        for (label, paths, between), count in zip(stages, modules, strict=True):
            paths, between = narrow(paths, thin), narrow(between, thin)
            parts: list[Module] = []
            for number in range(count):
                factor = 1 - 0.3 * done / max(total - 1, 1)        # s: from 1 down to 0.7
                kind = TwoWay if label == "a" or number % 2 else Poly          # B, C: in turn
                parts.append(kind(channels, paths, factor))
                done += 1
            rows.append(row(f"stage_{label}", Sequential(*parts)))
            if between:
                rows.append(row(f"reduction_{label}",
                                reduction(channels, between, border=thin > 1)))
                channels += maps_of(between)
        super().__init__(*rows, row("avg_pool", GlobalAvgPool2d()), row("dropout", Dropout(0.2)),
                         row("last_linear", Flatten(), Linear(channels, classes)),
                         input_shape=input_shape)
        apply_init(self, weight=he_normal(), bias=zeros)


def polynet_small(classes: int = 10, channels: int = 3) -> PolyNet:
    """For 32 x 32 images: a sixteenth of the maps, one 3 x 3 convolution as stem."""
    return PolyNet(classes, (1, 2, 2), thin=16, input_shape=(channels, 32, 32))


NETWORKS = {"polynet": PolyNet, "polynet_small": polynet_small}
