"""Network in Network: after each convolution two of 1 x 1, and no fully connected layer at the end.

A convolution followed by two of 1 x 1 ("cccp", cascaded cross channel pooling) is an mlpconv: a
small multilayer perceptron that slides over the image.  The last mlpconv has one map for each
class; the mean of a map is the score of its class.

    variant       what it is                                            input    parameters
    "imagenet"    "AlexNet without fc6 and fc7, with NiN added"         227      7,595,176
    "bn"          the same with batch norm: stanford's "BN-NIN"         224      8,655,336
    "cifar10"     the paper's network for CIFAR-10, with 10 classes     32         966,986
    "small"       the same with half as many maps                       32         246,186

All read colour images.  CIFAR-10 in the paper: global contrast normalisation and ZCA whitening;
the ImageNet network takes off the mean image.

Source: Lin, Chen, Yan, "Network in network", ICLR 2014, section 3 and figure 2; the maps' numbers
are those of the authors' published definitions.  Slides: memphis "Network in network: NUS-2013" and
"Advantages on NiN" (its "7.5 million" parameters are 7,595,176, or 7.6); stanford "Comparing
complexity..." (BN-NIN).

Departures from the paper
-------------------------
1. The paper prints no table; the ImageNet network came out with its authors' weights for Caffe.
2. Pooling is the maximum everywhere, as section 4 says; the authors' CIFAR-10 file for Caffe
   averages in pool2.
3. Weights start from He's initialisation (2015), biases at 0; the paper chose by hand, and the
   authors' files have normal, std 0.05.  Those of the last layer are smaller, std 0.01: where the
   scores of an untrained network lie far apart, what it learns first is to make them equal, and on
   the way the ReLU behind them falls silent for good.
4. "bn" is that of Torch's example for ImageNet (ninbn), from the time of the slide's plot (Canziani
   et al. 2016): batch norm with eps 1e-3 behind every convolution, a border of 5 pixels around the
   image and of 1 for each pooling, no dropout, and a fully connected layer behind the means of the
   last 1,024 maps.

Pooling lets its last window hang over the edge, as Caffe does ("bn" excepted).  So crops of
224 x 224, which the authors trained on, lead to the same 27, 13 and 6 as the 227 x 227 of AlexNet:
conv1 gives 54.
"""

from collections.abc import Callable
from functools import partial

from minicnn.init import apply_init, he_normal, normal, zeros
from minicnn.layers.activations import ReLU
from minicnn.layers.adaptive import GlobalAvgPool2d
from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.conv import Conv2d
from minicnn.layers.dropout import Dropout
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.module import Module
from minicnn.models.network import Network, check_choice, check_classes
from minicnn.models.table import Row, row

Rows = tuple[Row, ...]


def mlpconv(label: str, in_channels: int, maps: tuple[int, int, int], kernel_size: int,
            stride: int = 1, padding: int = 0, batch_norm: bool = False) -> Rows:
    """A convolution and the two of 1 x 1 behind it, each with ReLU."""
    first, second, third = maps
    convs = {label: Conv2d(in_channels, first, kernel_size, stride, padding),
             f"{label}_cccp1": Conv2d(first, second, 1), f"{label}_cccp2": Conv2d(second, third, 1)}
    return tuple(row(name, conv, *([BatchNorm2d(conv.out_channels, 1e-3)] if batch_norm else []),
                     ReLU()) for name, conv in convs.items())


def pool(label: str) -> Row:
    return row(label, MaxPool2d(3, 2, ceil_mode=True))


def class_means() -> Rows:
    return row("gap", GlobalAvgPool2d()), row("flat", Flatten())


def imagenet_rows(channels: int, classes: int, dropout: float) -> Rows:
    return (
        *mlpconv("conv1", channels, (96, 96, 96), 11, stride=4), pool("pool1"),
        *mlpconv("conv2", 96, (256, 256, 256), 5, padding=2), pool("pool2"),
        *mlpconv("conv3", 256, (384, 384, 384), 3, padding=1), pool("pool3"),
        row("drop", Dropout(dropout)),
        *mlpconv("conv4", 384, (1024, 1024, classes), 3, padding=1), *class_means(),
    )


def bn_rows(channels: int, classes: int, dropout: float) -> Rows:
    normed = partial(mlpconv, batch_norm=True)
    return (
        *normed("conv1", channels, (96, 96, 96), 11, stride=4, padding=5),
        row("pool1", MaxPool2d(3, 2, 1)),
        *normed("conv2", 96, (256, 256, 256), 5, padding=2), row("pool2", MaxPool2d(3, 2, 1)),
        *normed("conv3", 256, (384, 384, 384), 3, padding=1), row("pool3", MaxPool2d(3, 2, 1)),
        row("drop", Dropout(dropout)),
        *normed("conv4", 384, (1024, 1024, 1024), 3, padding=1), *class_means(),
        row("fc", Linear(1024, classes)),
    )


def cifar10_rows(channels: int, classes: int, dropout: float, share: int = 1) -> Rows:
    """share : 2 for half as many maps, ..."""
    wide, middle, narrow = 192 // share, 160 // share, 96 // share
    return (
        *mlpconv("conv1", channels, (wide, middle, narrow), 5, padding=2), pool("pool1"),
        row("drop1", Dropout(dropout)),
        *mlpconv("conv2", narrow, (wide, wide, wide), 5, padding=2), pool("pool2"),
        row("drop2", Dropout(dropout)),
        *mlpconv("conv3", wide, (wide, wide, classes), 3, padding=1), *class_means(),
    )


def small_rows(channels: int, classes: int, dropout: float) -> Rows:
    return cifar10_rows(channels, classes, dropout, share=2)


VARIANTS = {                                               # rows, side of the image, classes,
    "imagenet": (imagenet_rows, 227, 1000, 0.5),           # dropout
    "bn": (bn_rows, 224, 1000, 0.0),
    "cifar10": (cifar10_rows, 32, 10, 0.5), "small": (small_rows, 32, 10, 0.5),
}


class NiN(Network):
    """Network in Network:  (N, 3, H, W) -> (N, classes) scores, for images of any size that fits.

    Parameters
    ----------
    variant : str, default "imagenet"   see the table at the head of this file
    classes : int, optional             1000 for "imagenet" and "bn" if not given, else 10
    channels : int, default 3           of the image; 1 for grey ones
    dropout : float, default 0.5        probability of dropping a value between the mlpconvs; 0 if
                                        not given for "bn"

    >>> NiN().num_parameters(), NiN("cifar10").num_parameters()
    (7595176, 966986)
    """

    def __init__(self, variant: str = "imagenet", classes: int | None = None, channels: int = 3,
                 dropout: float | None = None) -> None:
        rows, side, usual, drop = VARIANTS[check_choice("NiN", "variant", variant, VARIANTS)]
        classes = check_classes("NiN", usual if classes is None else classes)
        drop = drop if dropout is None else dropout
        super().__init__(*rows(channels, classes, drop), input_shape=(channels, side, side))
        self.variant = variant
        apply_init(self, weight=he_normal(), bias=zeros)
        scores = [part for part in self.modules() if isinstance(part, (Conv2d, Linear))][-1]
        scores.weight.draw_again(normal(0.01))


NETWORKS: dict[str, Callable[..., Module]] = {
    "nin": NiN, "nin_bn": partial(NiN, variant="bn"),
    "nin_cifar10": partial(NiN, variant="cifar10"), "nin_small": partial(NiN, variant="small"),
}
