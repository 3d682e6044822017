"""ZFNet: AlexNet with a finer first layer, 7 x 7 at stride 2; a relative of it won ILSVRC 2013.

    variant     what it is                                            input    parameters
    "paper"     the paper's figure 3: conv3, 4, 5 of 384, 384, 256    224      62,357,608
    "slide"     unicamp's and stanford's text: 512, 1024, 512         224     107,627,624
    "small"     the paper's layers for 32 x 32 pictures               32          463,562

All read colour images.  The paper: 256 x 256 pictures, the mean of each pixel taken off, crops of
224 x 224.

Source: Zeiler and Fergus, "Visualizing and understanding convolutional networks", ECCV 2014,
section 3 and figure 3.  Slides: memphis "Clarifai/ZFNet: ILSVRC 2013 winner" (figure 3 with its
caption); unicamp "ZFNet" and stanford "ZFNet" (the text "CONV3,4,5: instead of 384, 384, 256
filters use 512, 1024, 512").

The caption's 6 * 6 * 256 = 9216 belongs to "paper"; with the text's 512 maps it is 18,432.  And the
text does not say that conv2 has stride 2: with AlexNet's stride 1 the last maps would be 13 x 13.

Departures from the paper
-------------------------
1. Figure 3 names no padding: a border of 1 around the image gives its 110 x 110, and pooling whose
   last window may hang over the edge gives its 55 x 55 and 13 x 13 (109.5, 54.5 and 12.5
   otherwise).
2. "contrast normalized across feature maps" is the operation of Jarrett et al. 2009, which the
   paper cites beside AlexNet's; norm="response" takes AlexNet's, which later copies used.
3. The paper's rule that shrinks a filter whose weights exceed 0.1 in root mean square belongs to
   training and is not here.
4. "small" starts from He's initialisation, since std 0.01 is meant for wide layers.
"""

from collections.abc import Callable
from functools import partial

from minicnn.init import alexnet, apply_init, he_normal, zeros
from minicnn.layers.activations import ReLU
from minicnn.layers.contrast import ContrastNorm
from minicnn.layers.conv import Conv2d
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.module import Module
from minicnn.models.alexnet import Rows, fully_connected, response_norm
from minicnn.models.network import Network, check_choice, check_classes
from minicnn.models.table import row

NORMS: dict[str, Callable[[], Module]] = {"contrast": ContrastNorm, "response": response_norm}


def paper_rows(channels: int, classes: int, dropout: float, norm: Callable[[], Module]) -> Rows:
    return (
        row("conv1", Conv2d(channels, 96, 7, stride=2, padding=1), ReLU(),
            output="96x110x110", kernel="7x7", stride="2"),
        row("pool1", MaxPool2d(3, 2, ceil_mode=True), output="96x55x55", kernel="3x3", stride="2"),
        row("norm1", norm(), output="96x55x55"),
        row("conv2", Conv2d(96, 256, 5, stride=2), ReLU(),
            output="256x26x26", kernel="5x5", stride="2"),
        row("pool2", MaxPool2d(3, 2, ceil_mode=True), output="256x13x13", kernel="3x3", stride="2"),
        row("norm2", norm(), output="256x13x13"),
        row("conv3", Conv2d(256, 384, 3, padding=1), ReLU(), output="384x13x13", kernel="3x3"),
        row("conv4", Conv2d(384, 384, 3, padding=1), ReLU(), output="384x13x13", kernel="3x3"),
        row("conv5", Conv2d(384, 256, 3, padding=1), ReLU(), output="256x13x13", kernel="3x3"),
        row("pool5", MaxPool2d(3, 2), output="256x6x6", kernel="3x3", stride="2"),
        *fully_connected(256 * 6 * 6, classes, dropout),
    )


def slide_rows(channels: int, classes: int, dropout: float, norm: Callable[[], Module]) -> Rows:
    return (
        *paper_rows(channels, classes, dropout, norm)[:6],
        row("conv3", Conv2d(256, 512, 3, padding=1), ReLU(), filters="512"),
        row("conv4", Conv2d(512, 1024, 3, padding=1), ReLU(), filters="1024"),
        row("conv5", Conv2d(1024, 512, 3, padding=1), ReLU(), filters="512"),
        row("pool5", MaxPool2d(3, 2)),
        *fully_connected(512 * 6 * 6, classes, dropout),
    )


def small_rows(channels: int, classes: int, dropout: float, norm: Callable[[], Module]) -> Rows:
    return (
        row("conv1", Conv2d(channels, 32, 5, padding=2), ReLU()),
        row("pool1", MaxPool2d(3, 2, ceil_mode=True)),
        row("norm1", norm()),
        row("conv2", Conv2d(32, 64, 5, padding=2), ReLU()),
        row("pool2", MaxPool2d(3, 2, ceil_mode=True)),
        row("norm2", norm()),
        row("conv3", Conv2d(64, 96, 3, padding=1), ReLU()),
        row("conv4", Conv2d(96, 96, 3, padding=1), ReLU()),
        row("conv5", Conv2d(96, 64, 3, padding=1), ReLU()),
        row("pool5", MaxPool2d(3, 2)),
        *fully_connected(64 * 3 * 3, classes, dropout, units=256),
    )


VARIANTS = {                                               # rows, side of the image, classes
    "paper": (paper_rows, 224, 1000), "slide": (slide_rows, 224, 1000),
    "small": (small_rows, 32, 10),
}


class ZFNet(Network):
    """ZFNet:  (N, 3, 224, 224) -> (N, classes) scores.

    Parameters
    ----------
    variant : str, default "paper"      see the table at the head of this file
    classes : int, optional             1000 if not given; 10 for "small"
    channels : int, default 3           of the image; 1 for grey ones
    dropout : float, default 0.5        probability of dropping a unit of the two hidden layers
    norm : "contrast" or "response"     see departure 2

    >>> [ZFNet(variant).num_parameters() for variant in ("paper", "slide")]
    [62357608, 107627624]
    """

    def __init__(self, variant: str = "paper", classes: int | None = None, channels: int = 3,
                 dropout: float = 0.5, norm: str = "contrast") -> None:
        rows, side, usual = VARIANTS[check_choice("ZFNet", "variant", variant, VARIANTS)]
        make_norm = NORMS[check_choice("ZFNet", "norm", norm, NORMS)]
        classes = check_classes("ZFNet", usual if classes is None else classes)
        super().__init__(*rows(channels, classes, dropout, make_norm),
                         input_shape=(channels, side, side))
        self.variant = variant
        apply_init(self, weight=he_normal() if variant == "small" else alexnet(), bias=zeros)


NETWORKS: dict[str, Callable[..., Module]] = {
    "zfnet": ZFNet, "zfnet_small": partial(ZFNet, variant="small"),
}
