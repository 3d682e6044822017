"""Dilated-8: VGG-16 without its last two poolings, and a module that gathers context.

    name        variant, context      parameters     MACs             parameters of the context
    dilated8    "paper", "basic"     134,374,973    791,684,600,832        28,392
    dilated8    "paper", "large"     141,149,720    821,187,257,400     6,803,139
    dilated8    "small", "basic"         295,828         53,772,288

    front end    pool4 and pool5 left out; conv5 with holes of 2, fc6 (7 x 7) with holes of 4
    context      layer             1    2    3    4    5    6    7    8
                 filter            3x3  3x3  3x3  3x3  3x3  3x3  3x3  1x1
                 dilation          1    1    2    4    8    16   1    1
                 receptive field   3    5    9    17   33   65   67   67
                 maps, basic       C    C    C    C    C    C    C    C
                 maps, large       2C   2C   4C   8C   16C  32C  32C  C

A pooling throws away seven of eight values so that the next filters see twice as far.  A filter
with holes sees as far and throws nothing away: its nine weights stand `dilation` pixels apart.
With dilations that double, the field grows with 2^layers, and the scores come at every 8th pixel.

The context module reads and writes scores of C classes.  It starts as the identity: each map hands
itself on, so the network begins as good as its front end.

Input 3 x 900 x 900: 528 pixels mirrored at the borders by 186 on each side, the mean of each
channel subtracted.  No convolution of the front end has a border of zeros, so 66 x 66 scores come
out, and are enlarged to the 528 x 528 pixels in the middle.

Source: Yu and Koltun 2016, "Multi-scale context aggregation by dilated convolutions", sections 2 to
4 and table 1.  Slides: memphis, "Segmentation" ("dilated convolution").

Departures from the paper
-------------------------
1. Weights of the front end start by He's rule, where the paper has those of VGG-16 from ImageNet.
2. Scores are enlarged to the pixels by bilinear interpolation; nothing is learnt there.
3. The noise on the large form's identity (equation 5), which keeps maps from staying equal for
   ever, has a size that the paper does not print: here a hundredth of the identity's own.
4. "small" is ours: borders of zeros, 64 maps, batch norm, fc6 of 3 x 3 with 128 maps.
"""

from collections.abc import Callable, Sequence

import numpy as np

from minicnn.autograd.tensor import Tensor
from minicnn.init import Init, apply_init
from minicnn.layers.conv import Conv2d
from minicnn.layers.dropout import Dropout
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.module import Module
from minicnn.models.network import check_choice
from minicnn.models.segmentation.segmenter import (
    HE,
    Resize,
    Segmenter,
    conv_norm_relu,
    conv_relu,
)
from minicnn.models.segmentation.trunks import vgg16
from minicnn.models.table import Row, row

# Table 1: dilations of the 3x3 layers, and maps in multiples of the classes.
DILATIONS = (1, 1, 2, 4, 8, 16, 1)
CONTEXT = {"basic": (1, 1, 1, 1, 1, 1, 1), "large": (2, 2, 4, 8, 16, 32, 32)}


def identity(classes: int) -> Init:
    """Weights that hand each map on (equations 4 and 5).  Maps fall into `classes` groups; one of F
    maps gets classes / F of each map of its own group, and a little noise where that is not 1.
    """
    def draw(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        F, C, KH, KW = shape
        share = classes / F
        same = np.arange(F)[:, None] * classes // F == np.arange(C) * classes // C     # (F, C)
        w = np.zeros(shape, np.float32)
        if share < 1:
            w += 0.01 * share * rng.standard_normal(shape, np.float32)
        w[:, :, KH // 2, KW // 2] = np.where(same, share, w[:, :, KH // 2, KW // 2])
        return w
    return draw


def context_rows(classes: int, form: str) -> list[Row]:
    """Rows ctx1 ... ctx8 of table 1."""
    rows, seen = [], classes
    for number, (dilation, times) in enumerate(zip(DILATIONS, CONTEXT[form], strict=True), 1):
        layers = conv_relu(seen, times * classes, dilation=dilation)
        rows.append(row(f"ctx{number}", *layers, kernel="3x3", dilation=f"dilation {dilation}"))
        seen = times * classes
    return [*rows, row("ctx8", Conv2d(seen, classes, 1), kernel="1x1")]


def front_end(classes: int, channels: int, small: bool, dropout: float) -> list[Row]:
    pools: Sequence[Module | None] = (MaxPool2d(2), MaxPool2d(2), MaxPool2d(2), None, None)
    rows = vgg16(channels, pools, small, "same" if small else "valid", dilations=(1, 1, 1, 1, 2))
    if small:
        return [*rows, row("fc6", *conv_norm_relu(64, 128, dilation=4), Dropout(dropout)),
                row("final", Conv2d(128, classes, 1))]
    return [*rows,
            row("fc6", *conv_relu(512, 4096, 7, "valid", dilation=4), Dropout(dropout)),
            row("fc7", *conv_relu(4096, 4096, 1), Dropout(dropout)),
            row("final", Conv2d(4096, classes, 1))]


class Dilated8(Segmenter):
    """Dilated-8:  (N, 3, 900, 900) -> (N, classes, 528, 528), the middle of the image.

    Of other sizes H the middle H - 372; of the small form all pixels.

    Parameters
    ----------
    variant : "paper" or "small"         "small" is for 64 x 64
    context : "basic" or "large"         see table 1 above
    classes : int, optional              21 (PASCAL VOC, the background counted); 4 of the small one
    channels : int, default 3            of the images
    dropout : float, default 0.5         behind fc6 and fc7

    >>> Dilated8().num_parameters(), Dilated8(context="large").num_parameters()
    (134374973, 141149720)
    """

    def __init__(self, variant: str = "paper", context: str = "basic", classes: int | None = None,
                 channels: int = 3, dropout: float = 0.5) -> None:
        check_choice("Dilated8", "context", context, CONTEXT)
        small, classes, size = self.form(variant, classes, 21, 900)
        rows = front_end(classes, channels, small, dropout)
        super().__init__(*rows, *context_rows(classes, context), row("upsample", Resize()),
                         input_shape=(channels, *size))
        self.variant = f"{variant}, {context} context"
        apply_init(self, **HE)
        for number in range(1, 9):
            apply_init(self.get_submodule(f"ctx{number}"), identity(classes))

    def compute(self, x: Tensor) -> Tensor:
        scores, = self.outputs(x, "ctx8")                  # every 8th pixel
        H, W = scores.shape[2:]
        size = x.shape[2:] if self.variant.startswith("small") else (8 * H, 8 * W)
        return self.upsample(scores, size)


NETWORKS: dict[str, Callable[..., Module]] = {"dilated8": Dilated8}
