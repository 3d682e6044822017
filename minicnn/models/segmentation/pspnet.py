"""PSPNet: each pixel learns the means of the whole image, and of its fourth, ninth and 36th part.

    name        variant    classes    parameters    MACs               image
    pspnet50    "paper"    150        49,180,908    170,506,544,320    3 x 473 x 473
    pspnet50    "small"      4            140,312         38,031,360    3 x  64 x  64

    trunk      ResNet-50 with three 3x3 in the place of the 7x7; conv4_x, conv5_x have holes
    pyramid    means over 1x1, 2x2, 3x3, 6x6 parts, each mixed by 1x1 to 512 maps, enlarged,
               beside the 2048 maps they come from: 4096
    scores     conv 3x3 to 512, dropout 0.1, conv 1x1;  enlarged to the image

A boat on a river and a car by the road look alike; the river does not.  How far a network sees in
theory is more than it uses; so the pyramid hands each pixel the means of its surroundings.  In
training an auxiliary head behind conv4_x gives scores of its own, (scores, aux); its loss counts
0.4.  The counts above include it.

Input 3 x 473 x 473 (ADE20K), a crop, mean and spread of each channel; any size.  Sides of 8 n + 1
have a score in each corner, and the enlargements let the corners lie on each other, as the authors'
do.

Source: Zhao, Shi, Qi, Wang and Jia 2017, "Pyramid scene parsing network", section 3 and figure 3.
Slides: memphis, "Segmentation".

Departures from the paper
-------------------------
1. The stem is of the authors' files (64, 64 and 128 maps); the paper does not speak of it.
2. Weights start by He's rule, where the paper has those of ResNet from ImageNet.
3. "small" is ours: a ResNet of four units with 16 to 128 maps, parts of 1, 2, 4 and 8, for at 64 x
   64 its maps have 8 x 8 pixels, which neither 3 nor 6 divides.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from minicnn.autograd.tensor import Tensor
from minicnn.init import apply_init
from minicnn.layers.adaptive import AdaptiveAvgPool2d
from minicnn.layers.concat import Concat
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.dropout import Dropout
from minicnn.layers.module import Module
from minicnn.models.network import check_choice
from minicnn.models.segmentation.segmenter import HE, Resize, Segmenter, conv_norm_relu
from minicnn.models.segmentation.trunks import maps, resnet
from minicnn.models.table import row

BINS, SMALL_BINS = (1, 2, 3, 6), (1, 2, 4, 8)


class Pyramid(Module):
    """Means over parts of the image beside it:  (N, C, H, W) -> (N, C + F len(bins), H, W).

    in_channels, out_channels : int       C, and F of each level
    bins : whole numbers                  parts in each direction
    """

    def __init__(self, in_channels: int, out_channels: int, bins: Sequence[int]) -> None:
        self.levels = [Sequential(AdaptiveAvgPool2d(parts),
                                  *conv_norm_relu(in_channels, out_channels, 1)) for parts in bins]
        self.resize, self.concat = Resize(align_corners=True), Concat()

    def forward(self, x: Tensor) -> Tensor:
        if self.training and len(x) == 1:
            raise ValueError(f"{self.located()}: the batch norm of its first level sees one pixel "
                             "of each image, and has one image to take a mean of; train with two "
                             "at least, or call eval()")
        size = x.shape[2:]
        return self.concat(x, *[self.resize(level(x), size) for level in self.levels])


def head(in_channels: int, middle: int, classes: int) -> Sequential:
    return Sequential(*conv_norm_relu(in_channels, middle), Dropout(0.1),
                      Conv2d(middle, classes, 1))


class PSPNet(Segmenter):
    """PSPNet:  (N, 3, H, W) -> (N, classes, H, W), published for 473 x 473.

    Parameters
    ----------
    depth : 50, 101 or 152               of the ResNet: layers with weights
    variant : "paper" or "small"         "small" is for 64 x 64
    classes : int, optional              150 (ADE20K); 4 of the small one
    channels : int, default 3            of the images
    aux : bool, default True             with the auxiliary head

    >>> PSPNet().num_parameters(), PSPNet(aux=False).num_parameters()
    (49180908, 46782550)
    """

    def __init__(self, depth: int = 50, variant: str = "paper", classes: int | None = None,
                 channels: int = 3, aux: bool = True) -> None:
        check_choice("PSPNet", "depth", depth, (50, 101, 152))
        small, classes, size = self.form(variant, classes, 150, 473)
        _, _, middle, deep = maps(small)
        bins = SMALL_BINS if small else BINS
        heads = [row("pyramid", Pyramid(deep, deep // len(bins), bins)),
                 row("classifier", head(2 * deep, deep // 4, classes))]
        if aux:
            heads.append(row("aux_classifier", head(middle, middle // 4, classes)))
        super().__init__(
            *resnet(depth, channels, small, deep=True, dilated=(False, True, True), at_once=True),
            *heads, row("upsample", Resize(align_corners=True)), input_shape=(channels, *size))
        self.variant, self.aux = variant if small else f"{depth} {variant}", aux
        apply_init(self, **HE)

    def compute(self, x: Tensor) -> Any:
        middle, deep = self.outputs(x, "conv4_x", "conv5_x")                   # every 8th pixel
        scores = self.upsample(self.classifier(self.pyramid(deep)), x.shape[2:])
        if not (self.aux and self.training):
            return scores
        return scores, self.upsample(self.aux_classifier(middle), x.shape[2:])


NETWORKS: dict[str, Callable[..., Module]] = {"pspnet50": partial(PSPNet, 50)}
