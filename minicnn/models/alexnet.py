"""AlexNet: five convolutions and three fully connected layers, the ImageNet winner of 2012.

    variant         what it is                                           input    parameters
    "paper"         two halves on two GPUs, the slides' "60 million"     227      60,965,224
    "caffenet"      the slide's order of layers with the two halves:     227      60,965,224
                    Caffe's reference network
    "slide"         one tower, as unicamp and stanford print it          227      62,378,344
    "virginia"      the table of virginia, read literally                227     201,838,952
    "torchvision"   Krizhevsky's one-GPU network of 2014                 224      61,100,840
    "bn"            the same with batch norm, stanford's "BN-AlexNet"    224      61,119,528
    "small"         the paper's layers for 32 x 32 pictures              32          368,842

All read colour images.  The paper: 256 x 256 pictures, the mean image of the training set taken
off, crops of 224 x 224.

Source: Krizhevsky, Sutskever, Hinton, "ImageNet classification with deep convolutional neural
networks", NIPS 2012, section 3.5 and figure 2; for "torchvision" Krizhevsky, "One weird trick for
parallelizing convolutional neural networks", 2014.  Slides: unicamp "AlexNet" and stanford "Full
(simplified) AlexNet architecture" (the same 14 lines); virginia "AlexNet" (the table); stanford
"Comparing complexity..." (BN-AlexNet).

Departures from the paper
-------------------------
1. The image has 227 x 227 pixels, as on the slides.  The paper's 224 cannot give its 55 x 55:
   (224 - 11) / 4 is not whole; (227 - 11) / 4 + 1 = 55.
2. The two GPUs' halves are convolutions with two groups, computed one after the other.
3. LocalResponseNorm divides alpha by the 5 channels of its window, the paper does not: so 5e-4
   here is the paper's 1e-4.
4. Dropout doubles what it keeps in training; the paper halves everything in the test instead.

Further departures of the other variants
----------------------------------------
5. "slide" and "caffenet" pool before they normalise; in the paper pooling follows normalisation,
   so that it normalises 55 x 55 maps, not 27 x 27.
6. "slide" is one tower: conv2, conv4 and conv5 see all maps.  That costs 1,413,120 weights more
   than the 60 million which the same slide quotes.
7. "caffenet" has Caffe's constants for normalisation: alpha 1e-4, k 1.
8. "virginia" has no normalisation and, since the table forgets it, no pooling after C7: F8 then
   has 177 million weights.  Nobody trained it.  The table's 224 with "SAME" would give 56 x 56.
9. "torchvision" has 64, 192, 384, 256, 256 maps (a footnote of 2014 says 384 for the fourth,
   Krizhevsky's program 256), no halves, no normalisation, dropout before the hidden layers instead
   of after them, and an average that makes 6 x 6 out of any image.  Weights bear torchvision's
   names, so published ones load.
10. "bn" is that of Torch's example for ImageNet (alexnetowtbn), from the time of the slide's plot
   (Canziani et al. 2016, "An analysis of deep neural network models for practical applications"):
   batch norm with eps 1e-3 behind every layer but the last, whose biases before it stay.
11. "small" starts from He's initialisation, since std 0.01 is meant for wide layers.
"""

from collections.abc import Callable
from functools import partial

from minicnn.data.preparation import Preparation
from minicnn.init import alexnet, apply_init, he_normal, ones, zeros
from minicnn.layers.activations import ReLU
from minicnn.layers.adaptive import AdaptiveAvgPool2d
from minicnn.layers.batchnorm import BatchNorm1d, BatchNorm2d
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.dropout import Dropout
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.lrn import LocalResponseNorm
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.module import Module
from minicnn.models.network import Network, check_choice, check_classes
from minicnn.models.table import Row, row
from minicnn.weights.names import Names

Rows = tuple[Row, ...]


def response_norm() -> LocalResponseNorm:
    """The paper's n = 5, k = 2, alpha = 1e-4 (times n, see departure 3), beta = 0.75."""
    return LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2)


def fully_connected(features: int, classes: int, dropout: float, units: int = 4096) -> Rows:
    """The end of AlexNet and ZFNet; with fewer units it stands on no slide."""
    hidden, scores = ("4096", "1000") if units == 4096 else (None, None)
    return (
        row("fc6", Flatten(), Linear(features, units), ReLU(), Dropout(dropout), output=hidden),
        row("fc7", Linear(units, units), ReLU(), Dropout(dropout), output=hidden),
        row("fc8", Linear(units, classes), output=scores),
    )


def paper_rows(channels: int, classes: int, dropout: float) -> Rows:
    return (
        row("conv1", Conv2d(channels, 96, 11, stride=4), ReLU(),
            output="96x55x55", filters="96 of 11x11x3", stride="4"),
        row("norm1", response_norm()),
        row("pool1", MaxPool2d(3, 2), output="96x27x27"),
        row("conv2", Conv2d(96, 256, 5, padding=2, groups=2), ReLU(),
            output="256x27x27", filters="256 of 5x5x48"),
        row("norm2", response_norm()),
        row("pool2", MaxPool2d(3, 2), output="256x13x13"),
        row("conv3", Conv2d(256, 384, 3, padding=1), ReLU(),
            output="384x13x13", filters="384 of 3x3x256"),
        row("conv4", Conv2d(384, 384, 3, padding=1, groups=2), ReLU(),
            output="384x13x13", filters="384 of 3x3x192"),
        row("conv5", Conv2d(384, 256, 3, padding=1, groups=2), ReLU(),
            output="256x13x13", filters="256 of 3x3x192"),
        row("pool3", MaxPool2d(3, 2)),
        *fully_connected(256 * 6 * 6, classes, dropout),
    )


def slide_rows(channels: int, classes: int, dropout: float, groups: int = 1,
               norm: Callable[[], Module] = response_norm) -> Rows:
    return (
        row("conv1", Conv2d(channels, 96, 11, stride=4), ReLU(),
            output="96x55x55", kernel="11x11", stride="4", parameters="35K"),
        row("pool1", MaxPool2d(3, 2), output="96x27x27", kernel="3x3", stride="2", parameters=0),
        row("norm1", norm(), output="96x27x27"),
        row("conv2", Conv2d(96, 256, 5, padding=2, groups=groups), ReLU(),
            output="256x27x27", kernel="5x5", stride="1"),
        row("pool2", MaxPool2d(3, 2), output="256x13x13", kernel="3x3", stride="2"),
        row("norm2", norm(), output="256x13x13"),
        row("conv3", Conv2d(256, 384, 3, padding=1), ReLU(),
            output="384x13x13", kernel="3x3", stride="1"),
        row("conv4", Conv2d(384, 384, 3, padding=1, groups=groups), ReLU(),
            output="384x13x13", kernel="3x3", stride="1"),
        row("conv5", Conv2d(384, 256, 3, padding=1, groups=groups), ReLU(),
            output="256x13x13", kernel="3x3", stride="1"),
        row("pool3", MaxPool2d(3, 2), output="256x6x6", kernel="3x3", stride="2"),
        *fully_connected(256 * 6 * 6, classes, dropout),
    )


def caffenet_rows(channels: int, classes: int, dropout: float) -> Rows:
    return slide_rows(channels, classes, dropout, groups=2,
                      norm=lambda: LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=1))


def virginia_rows(channels: int, classes: int, dropout: float) -> Rows:
    return (
        row("C1",  Conv2d(channels, 96, 11, stride=4), ReLU(),
            output="96x55x55", kernel="11x11", stride="4", activation="relu"),
        row("S2",  MaxPool2d(3, 2), output="96x27x27", kernel="3x3", stride="2"),
        row("C3",  Conv2d(96, 256, 5, padding="same"), ReLU(),
            output="256x27x27", kernel="5x5", stride="1", activation="relu"),
        row("S4",  MaxPool2d(3, 2), output="256x13x13", kernel="3x3", stride="2"),
        row("C5",  Conv2d(256, 384, 3, padding="same"), ReLU(),
            output="384x13x13", kernel="3x3", stride="1", activation="relu"),
        row("C6",  Conv2d(384, 384, 3, padding="same"), ReLU(),
            output="384x13x13", kernel="3x3", stride="1", activation="relu"),
        row("C7",  Conv2d(384, 256, 3, padding="same"), ReLU(),
            output="256x13x13", kernel="3x3", stride="1", activation="relu"),
        row("F8",  Flatten(), Linear(256 * 13 * 13, 4096), ReLU(), Dropout(dropout),
            output="4096"),
        row("F9",  Linear(4096, 4096), ReLU(), Dropout(dropout), output="4096"),
        row("Out", Linear(4096, classes), output="1000"),
    )


def torchvision_rows(channels: int, classes: int, dropout: float) -> Rows:
    features = Sequential(
        Conv2d(channels, 64, 11, stride=4, padding=2), ReLU(), MaxPool2d(3, 2),
        Conv2d(64, 192, 5, padding=2), ReLU(), MaxPool2d(3, 2),
        Conv2d(192, 384, 3, padding=1), ReLU(),
        Conv2d(384, 256, 3, padding=1), ReLU(),
        Conv2d(256, 256, 3, padding=1), ReLU(), MaxPool2d(3, 2))
    classifier = Sequential(
        Dropout(dropout), Linear(256 * 6 * 6, 4096), ReLU(),
        Dropout(dropout), Linear(4096, 4096), ReLU(),
        Linear(4096, classes))
    return (row("features", features), row("avgpool", AdaptiveAvgPool2d(6)),
            row("flatten", Flatten()), row("classifier", classifier))


def bn_rows(channels: int, classes: int, dropout: float) -> Rows:
    def normed(layer: Conv2d | Linear) -> tuple[Module, ...]:
        if isinstance(layer, Conv2d):
            return layer, BatchNorm2d(layer.out_channels, 1e-3), ReLU()
        return layer, BatchNorm1d(layer.out_features, 1e-3), ReLU()

    features = Sequential(
        *normed(Conv2d(channels, 64, 11, stride=4, padding=2)), MaxPool2d(3, 2),
        *normed(Conv2d(64, 192, 5, padding=2)), MaxPool2d(3, 2),
        *normed(Conv2d(192, 384, 3, padding=1)),
        *normed(Conv2d(384, 256, 3, padding=1)),
        *normed(Conv2d(256, 256, 3, padding=1)), MaxPool2d(3, 2))
    classifier = Sequential(
        Flatten(), Dropout(dropout), *normed(Linear(256 * 6 * 6, 4096)),
        Dropout(dropout), *normed(Linear(4096, 4096)), Linear(4096, classes))
    return row("features", features), row("classifier", classifier)


def small_rows(channels: int, classes: int, dropout: float) -> Rows:
    return (
        row("conv1", Conv2d(channels, 32, 5, padding=2), ReLU()),
        row("norm1", response_norm()),
        row("pool1", MaxPool2d(3, 2)),
        row("conv2", Conv2d(32, 64, 5, padding=2, groups=2), ReLU()),
        row("norm2", response_norm()),
        row("pool2", MaxPool2d(3, 2)),
        row("conv3", Conv2d(64, 96, 3, padding=1), ReLU()),
        row("conv4", Conv2d(96, 96, 3, padding=1, groups=2), ReLU()),
        row("conv5", Conv2d(96, 64, 3, padding=1, groups=2), ReLU()),
        row("pool3", MaxPool2d(3, 2)),
        *fully_connected(64 * 3 * 3, classes, dropout, units=256),
    )


VARIANTS = {                                               # rows, side of the image, classes
    "paper": (paper_rows, 227, 1000), "caffenet": (caffenet_rows, 227, 1000),
    "slide": (slide_rows, 227, 1000), "virginia": (virginia_rows, 227, 1000),
    "torchvision": (torchvision_rows, 224, 1000), "bn": (bn_rows, 224, 1000),
    "small": (small_rows, 32, 10),
}


class AlexNet(Network):
    """AlexNet:  (N, 3, 227, 227) -> (N, classes) scores.

    Parameters
    ----------
    variant : str, default "paper"      see the table at the head of this file
    classes : int, optional             1000 if not given; 10 for "small"
    channels : int, default 3           of the image; 1 for grey ones
    dropout : float, default 0.5        probability of dropping a unit of the two hidden layers

    >>> [AlexNet(variant).num_parameters() for variant in ("paper", "slide", "torchvision")]
    [60965224, 62378344, 61100840]
    """

    published = {"torchvision": Names(variant="torchvision",
                                      sign={"features.0.weight": (64, 3, 11, 11)})}

    def __init__(self, variant: str = "paper", classes: int | None = None, channels: int = 3,
                 dropout: float = 0.5) -> None:
        rows, side, usual = VARIANTS[check_choice("AlexNet", "variant", variant, VARIANTS)]
        classes = check_classes("AlexNet", usual if classes is None else classes)
        super().__init__(*rows(channels, classes, dropout), input_shape=(channels, side, side))
        self.variant = variant
        self.keep_published(variant)
        self.preparation = Preparation() if variant == "torchvision" else None
        if variant == "small":
            apply_init(self, weight=he_normal(), bias=zeros)
        elif variant not in ("torchvision", "bn"):         # they start as PyTorch's layers do
            apply_init(self, weight=alexnet(), bias=zeros)
            for name, part in self.named_parts():             # so that their ReLUs start active
                if name in ("conv2", "conv4", "conv5", "fc6", "fc7", "C3", "C6", "C7", "F8", "F9"):
                    apply_init(part, bias=ones)


NETWORKS: dict[str, Callable[..., Module]] = {
    "alexnet": AlexNet, "alexnet_bn": partial(AlexNet, variant="bn"),
    "alexnet_small": partial(AlexNet, variant="small"),
}
