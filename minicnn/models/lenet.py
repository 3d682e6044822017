"""LeNet-5: the slide's, the 1998 paper's, one in between, and the lecture's visualiser network.

    variant        slide                                    trainable parameters
    "slide"        virginia, "LeNet-5" (the table)          61,706
    "rbf"          the same with the table's word "RBF"     60,856
    "paper"        iitk, "LeNet-5"; the paper's figure 2    60,000
    "visualiser"   unicamp, "Visualizing a CNN trained      63,802
                   on Handwritten Digits"

All read 32 x 32 grey digits: MNIST's 28 x 28 with two pixels of background on each side, scaled to
mean 0 and variance 1.

Source: LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document recognition",
Proceedings of the IEEE 86(11), 1998, section II.B and figure 2.

Departures of "slide" from the paper
------------------------------------
1. C3 sees all 6 maps of S2; the paper's table I connects them in part (1,516 parameters).
2. S2 and S4 are plain means; the paper's have a trained coefficient and bias a map (12 + 32).
3. The squashing function is tanh x; the paper's is 1.7159 tanh(2 x / 3).
4. The output is a fully connected layer whose scores go into a softmax; the paper, and the slide's
   word "RBF", compare F6 with a fixed 7 x 12 picture of each digit.
With 4 undone, it is the variant "rbf": the table read word for word.  With 1, 2 and 4 undone,
61,706 becomes the paper's 60,000: that is the variant "paper".

Departures of "paper" from the paper
------------------------------------
5. Starting weights are uniform within 1 / sqrt(fan_in), the paper's within 2.4 / fan_in, and it is
   trained by plain momentum, without the second-order step sizes of the paper's appendix C.
6. Subsampling multiplies the mean of four pixels, as the iitk slide says; the paper multiplies
   their sum, so its coefficients are a quarter of ours.
"""

from functools import partial

from minicnn.init import apply_init, xavier_uniform, zeros
from minicnn.layers.activations import ReLU, ScaledTanh, Tanh
from minicnn.layers.avgpool import AvgPool2d
from minicnn.layers.conv import Conv2d
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.partial_conv import LENET_C3_TABLE, PartialConv2d
from minicnn.layers.rbf import RBF
from minicnn.layers.subsample import Subsample2d
from minicnn.models.network import Network, check_choice, check_classes
from minicnn.models.table import Row, row


def slide_rows(classes: int) -> tuple[Row, ...]:
    return (
        row("C1",  Conv2d(1, 6, 5), Tanh(),
            output="6x28x28", kernel="5x5", stride="1", activation="tanh"),
        row("S2",  AvgPool2d(2), Tanh(),
            output="6x14x14", kernel="2x2", stride="2", activation="tanh"),
        row("C3",  Conv2d(6, 16, 5), Tanh(),
            output="16x10x10", kernel="5x5", stride="1", activation="tanh"),
        row("S4",  AvgPool2d(2), Tanh(),
            output="16x5x5", kernel="2x2", stride="2", activation="tanh"),
        row("C5",  Conv2d(16, 120, 5), Tanh(),
            output="120x1x1", kernel="5x5", stride="1", activation="tanh"),
        row("F6",  Flatten(), Linear(120, 84), Tanh(),
            output="84", activation="tanh"),
        row("OUT", Linear(84, classes),
            output="10", activation="RBF"),
    )


def rbf_rows(classes: int) -> tuple[Row, ...]:
    return (*slide_rows(classes)[:-1],
            row("OUT", RBF(84, classes), output="10", activation="RBF"))


def paper_rows(classes: int) -> tuple[Row, ...]:
    return (
        row("C1",  Conv2d(1, 6, 5), ScaledTanh(),
            output="6x28x28", kernel="5x5", stride="1", parameters=156),
        row("S2",  Subsample2d(6), ScaledTanh(),
            output="6x14x14", kernel="2x2", stride="2", parameters=12),
        row("C3",  PartialConv2d(6, 16, 5, LENET_C3_TABLE), ScaledTanh(),
            output="16x10x10", kernel="5x5", stride="1", parameters=1_516),
        row("S4",  Subsample2d(16), ScaledTanh(),
            output="16x5x5", kernel="2x2", stride="2", parameters=32),
        row("C5",  Conv2d(16, 120, 5), ScaledTanh(),
            output="120x1x1", kernel="5x5", stride="1", parameters=48_120),
        row("F6",  Flatten(), Linear(120, 84), ScaledTanh(),
            output="84", parameters=10_164),
        row("OUT", RBF(84, classes),
            output="10", activation="RBF", parameters=0),
    )


def visualiser_rows(classes: int) -> tuple[Row, ...]:
    return (
        row("CONV1", Conv2d(1, 6, 5), ReLU(), output="6x28x28", kernel="5x5", stride="1",
            activation="relu"),
        row("POOL1", MaxPool2d(2), output="6x14x14", kernel="2x2", stride="2"),
        row("CONV2", Conv2d(6, 16, 5), ReLU(), output="16x10x10", kernel="5x5", stride="1",
            activation="relu"),
        row("POOL2", MaxPool2d(2), output="16x5x5", kernel="2x2", stride="2"),
        row("FC1",   Flatten(), Linear(400, 120), ReLU(), output="120"),
        row("FC2",   Linear(120, 100), ReLU(), output="100"),
        row("OUT",   Linear(100, classes), output="10"),
    )


VARIANTS = {"slide": slide_rows, "rbf": rbf_rows, "paper": paper_rows,
            "visualiser": visualiser_rows}


class LeNet5(Network):
    """LeNet-5:  (N, 1, 32, 32) grey digits -> (N, classes).

    Parameters
    ----------
    variant : "slide", "rbf", "paper" or "visualiser"     the table at the head of this file
    classes : int, default 10       "rbf" and "paper" have pictures of 10 digits; for any other
                                    number their codes are +1 and -1 at random

    "slide" and "visualiser" return scores (larger is better, for cross_entropy); "rbf" and "paper"
    return distances to each digit's picture (smaller is better, for rbf_loss).

    >>> [LeNet5(variant).num_parameters() for variant in ("slide", "rbf", "paper", "visualiser")]
    [61706, 60856, 60000, 63802]
    """

    def __init__(self, variant: str = "slide", classes: int = 10) -> None:
        rows = VARIANTS[check_choice("LeNet5", "variant", variant, VARIANTS)]
        super().__init__(*rows(check_classes("LeNet5", classes)), input_shape=(1, 32, 32))
        self.variant = variant
        if variant != "paper":
            apply_init(self, weight=xavier_uniform(), bias=zeros)


NETWORKS = {"lenet5": LeNet5, "lenet5_rbf": partial(LeNet5, "rbf")}
